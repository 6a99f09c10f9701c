package sim

import (
	"fmt"
	"math"
	"slices"
	"time"

	"powercut/faults"
	"powercut/sim/core"
	"powercut/vfs"
)

// Config says how Test runs. The zero value works. A value that nothing could be
// run with is a failure of the test, which names it. Flags of the test binary, and
// their twins in the environment, go before Runs, Seed, Profiles and Corpus: the
// documentation of the package lists them.
type Config struct {
	Runs int  // [100] seeds
	Seed Seed // the first seed
	// Profiles are the filesystems whose crash images are lawful; the seed draws
	// one of them. [all]
	Profiles []vfs.Profile
	// Faults draws the faults that strike in each run; nil: none. Plan is what
	// strikes instead in every run, if it has rules.
	Faults *faults.Mix
	Plan   faults.Plan
	// Lies lets Faults draw faults of a disk that lies or rots, too: then look at
	// what Run.Suspends says.
	Lies bool
	// RecoveryFaults draws faults that strike a recovery: it is given up then, as
	// if the process had ended, and the next one, without faults, is judged.
	RecoveryFaults *faults.Mix
	// Epochs is how many power cuts follow each other. In each epoch the
	// workload is called anew, on what the crash before it left. [1] At most
	// 1000.
	Epochs int
	Images int // [2] crash images at each point, at most 1000
	// Points is at how many operations of an epoch crash images are taken; later
	// ones are sampled. [64]
	Points int
	// Depth 1 crashes the recovery as well, 2 the recovery after that, and so
	// on. A run goes further than 2 in a bounded number of images.
	Depth int
	// SectorBytes is what the device writes atomically: 512 or 4096. [512]
	SectorBytes int
	// Disks are the disks of the machine beside the one that the engine's files are on:
	// each with its own power and capacity.
	Disks []DiskConfig
	// ClosesFiles says that the workload leaves no file open when it has come to its end
	// and no fault has struck. One that does is told, with the place that opened it.
	ClosesFiles bool
	// StepBudget is how many operations an epoch, or a recovery, may take
	// before it counts as never ending. [100000]
	StepBudget uint64
	// HangAfter is how long, by the real clock, a run may go without an
	// operation until it is reported as a suspected hang. [1 minute]
	HangAfter time.Duration
	// Workers is how many runs go on at once: body is called from as many
	// goroutines. [1 per processor]
	Workers int
	// Known are defects to pass over, so that they don't hide others: by their
	// signatures, which the message of a failure says.
	Known []string
	// KeepGoing runs all seeds, and reports every defect that they show, instead
	// of the first.
	KeepGoing bool
	// Corpus is where the cases of failures are kept, and run first. A path is
	// taken from the package's directory. [testdata/powercut/TestName] "none":
	// nothing is kept.
	Corpus string
	// Promises is what the engine promises. [Durability]
	Promises Promises
}

// DiskConfig is a disk. One that is called "log" is the directory /log of the fs that
// the workload and the recovery are given, and /log of a directory that they are given;
// a rename or link between two disks fails with EXDEV. A power cut strikes all of them,
// and what each of them loses has no bearing on the others. With Faults, one may lose
// its power alone (faults.Offline). All are of the profile that the run is.
type DiskConfig struct {
	// Name is what directory it is, and what "disk=" means in a plan. "main" is the
	// disk that everything else is on, if that is to have a capacity.
	Name string
	// CapacityBytes is what its files may hold; 0: no bound. A disk that is full
	// counts as a fault that struck. A recovery finds room.
	CapacityBytes int64
}

// disks are the disks as a run takes them.
func (c *Config) disks() []vfs.Mount {
	var out []vfs.Mount
	for _, d := range c.Disks {
		out = append(out, vfs.Mount{Name: d.Name, CapacityBytes: d.CapacityBytes})
	}
	return out
}

// checkDisks says what is wrong with the disks, or with what a plan says of them.
func (c *Config) checkDisks() error {
	if err := core.CheckDisks(c.disks()); err != nil {
		return fmt.Errorf("%s: %w", "Disks", err)
	}
	for _, r := range c.Plan.Rules {
		known := slices.ContainsFunc(c.Disks, func(d DiskConfig) bool { return d.Name == r.Disk })
		if r.Disk != "" && r.Disk != vfs.MainDevice && !known {
			return fmt.Errorf("%s: rule %q: there is no such disk among Disks", "Plan", r)
		}
	}
	return nil
}

// Promises says what the code under test promises.
type Promises uint8

const (
	// Durability: what a sync was for is there after a power cut. Then a run on a
	// disk whose syncs do nothing must be seen to fail, or the test proves nothing.
	Durability Promises = iota
	// Nothing: whatever is lost is no failure, so that no such run is made.
	Nothing
)

// The most that a Config may ask for where more would never end.
const (
	maxEpochs = 1000
	maxImages = 1000
)

// check says what is wrong with a configuration.
func (c *Config) check() error {
	for _, f := range []struct {
		name  string
		value int
		most  int
	}{{"Runs", c.Runs, math.MaxInt}, {"Epochs", c.Epochs, maxEpochs}, {"Images", c.Images, maxImages}, {"Points", c.Points, math.MaxInt}, {"Depth", c.Depth, math.MaxInt},
		{"Workers", c.Workers, math.MaxInt}} {
		if f.value < 0 {
			return fmt.Errorf("%s: want 0, for the default, or more; got %d", f.name, f.value)
		}
		if f.value > f.most {
			return fmt.Errorf("%s: want at most %d, got %d", f.name, f.most, f.value)
		}
	}
	if c.HangAfter < 0 {
		return fmt.Errorf("%s: want 0, for the default, or more; got %s", "HangAfter", c.HangAfter)
	}
	for _, p := range c.Profiles {
		if _, err := vfs.ParseProfile(p.String()); err != nil {
			return fmt.Errorf("%s: %d is none; want some of %v", "Profiles", p, vfs.Profiles())
		}
	}
	if c.SectorBytes != 0 && c.SectorBytes != 512 && c.SectorBytes != 4096 {
		return fmt.Errorf("%s: want 512 or 4096, got %d", "SectorBytes", c.SectorBytes)
	}
	if err := c.checkDisks(); err != nil {
		return err
	}
	if c.Promises > Nothing {
		return fmt.Errorf("%s: want Durability or Nothing, got %d", "Promises", c.Promises)
	}
	if c.Faults != nil && len(c.Plan.Rules) > 0 {
		return fmt.Errorf("%s: want one of them", "Faults and Plan")
	}
	if err := c.Plan.Validate(); err != nil {
		return fmt.Errorf("%s: %w", "Plan", err)
	}
	return nil
}
