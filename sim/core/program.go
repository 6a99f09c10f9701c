package core

import (
	"fmt"

	"powercut/faults"
	"powercut/vfs"
)

// Program is a system under test together with its oracle, made for one run.
//
// An oracle remembers what the system promised (which appends were
// acknowledged, say) in plain Go values, as the actors of the run go along.
// Whenever the run takes a crash image, all actors stand still, so that what
// the oracle remembers is what had been promised at that very instant.
type Program interface {
	// Epoch adds the actors of an epoch with r.Go. Epoch 0 begins with an empty
	// disk, each later one with what a crash left (r.LastCrash says which
	// kind), or with what the clean end of the one before left.
	Epoch(r *Run, epoch int)
	// Recover opens what a crash left and judges it by what was promised. It
	// returns a *Breach, or any error, if that does not hold. It must not
	// change what later calls judge by.
	Recover(r *Run, c *Crash) error
	// OracleDigest sums up all that Recover judges by. The same image is not
	// judged twice at the same digest. Zero means that this can't be told.
	OracleDigest() uint64
}

// Recorder is a Program that draws what it does as it goes. Recorded is a Workload
// that does what it has done so far.
type Recorder interface{ Recorded() Workload }

// Driven is a Program that reaches the code under test through drivers in other
// packages than its own.
type Driven interface {
	// IsDriver says whether a function, by its qualified name, belongs to a driver:
	// like the program it is not under test. It must go by nothing but the name.
	IsDriver(function string) bool
}

// Workload is what the actors of a program will do, in an explicit form that
// prints and reads back, and does not depend on what drew it.
type Workload interface {
	fmt.Stringer
	// Program returns a fresh program that does this.
	Program() Program
	// Operations is a rough number of file operations, for choosing crash
	// points.
	Operations() int
}

// Target is a kind of system under test, known by name.
type Target interface {
	Name() string
	// Draw draws a scenario from the named streams that it asks for.
	Draw(streams Streams) Scenario
	// ParseWorkload reads what a Workload of this target printed.
	ParseWorkload(text string) (Workload, error)
}

// Streams gives the source of that name: of a seed in a campaign, of a property
// library in its tests.
type Streams func(name string) Source

// Streams returns the streams of a seed.
func (s Seed) Streams() Streams {
	return func(name string) Source { return s.Stream(name) }
}

// Scenario is everything about a run that is decided before it starts.
type Scenario struct {
	Target   string   // its name
	Test     TestName // which test it is of, if the target is one
	Workload Workload
	Plan     faults.Plan
	Settings Settings
}

// Settings say how a run is explored. The zero value of each field stands for
// the default in brackets.
type Settings struct {
	Profile        vfs.Profile
	Epochs         int    // [1] power cuts in a row, each on what the one before left
	Points         int    // [64] every operation is a crash point up to so many; later ones are sampled
	ImagesPerPoint int    // [2]
	Depth          int    // 1: recoveries are crashed too; 2: and the recoveries after that; 0 means what it says
	StepBudget     uint64 // [100000] operations of one epoch, or one recovery
	Law            Law    // if not "", violations of other laws are passed over, so that a common one doesn't hide a rare one
	Except         []Law  // violations of these are passed over, too
	Sabotage       *Sabotage
	Sites          SiteCounts  `transfer:"-"` // if not nil, the barriers that are reached are counted here
	SectorBytes    int         // [512] what the device writes atomically
	Disks          []vfs.Mount // beside the one of the root, which may be among them, as vfs.MainDevice, to be bounded
	RecoveryOneIn  int         // [4] one in so many recoveries is crashed in turn, at each of its operations
	// PriorityDepth, if not 0, has actors scheduled by priorities, which finds
	// bugs of that depth (see priorityPolicy). Otherwise each choice is drawn.
	PriorityDepth int
	PrioritySteps int // [100] the priorities change within so many choices of an epoch

	// IgnoresSync says of which files the fsync does nothing, as a canary wants
	// it; nil: of none.
	IgnoresSync func(path string) bool `transfer:"-"`
}

func (s Settings) withDefaults() Settings {
	def := func(p *int, v int) {
		if *p == 0 {
			*p = v
		}
	}
	def(&s.Epochs, 1)
	def(&s.Points, 64)
	def(&s.ImagesPerPoint, 2)
	def(&s.SectorBytes, 512)
	def(&s.RecoveryOneIn, 4)
	def(&s.PrioritySteps, 100)
	if s.StepBudget == 0 {
		s.StepBudget = 100_000
	}
	return s
}
