package properties

import (
	"errors"
	"fmt"
	"os"
	"syscall"
	"testing"

	"github.com/spf13/afero"

	"powercut/journal"
	"powercut/journal/wire"
	"powercut/properties/engines"
	"powercut/sim/core"
	"powercut/vfs"
)

// broken is the journal's driver, but for how it opens.
type broken struct {
	engines.Driver
	open func(disk *vfs.Disk, base string, o engines.Options) (engines.Engine, engines.Recovered, error)
}

func (b broken) Open(disk *vfs.Disk, base string, o engines.Options) (engines.Engine, engines.Recovered, error) {
	return b.open(disk, base, o)
}

// appender is an engine with another Append.
type appender struct {
	engines.Engine
	append func(e engines.Engine, next engines.Entry) (uint64, error)
}

func (a *appender) Append(e engines.Entry) (uint64, error) { return a.append(a.Engine, e) }

// open opens the sound journal.
var open = Journal.driver.Open

// breakers are ways to open a journal that breaks one law each, by hand, around the
// sound one.
var breakers = map[core.Law]func(disk *vfs.Disk, base string, o engines.Options) (engines.Engine, engines.Recovered, error){
	failStop: afterOpen(func(e engines.Engine, _ *vfs.Disk) engines.Engine {
		failed := false
		return &appender{e, func(e engines.Engine, next engines.Entry) (uint64, error) {
			lsn, err := e.Append(next)
			if failed && errors.Is(err, journal.ErrPoisoned) {
				return 1 << 30, nil
			}
			failed = failed || errors.Is(err, journal.ErrIndeterminate)
			return lsn, err
		}}
	}),
	spaceReturns: afterOpen(func(e engines.Engine, _ *vfs.Disk) engines.Engine {
		full := false
		return &appender{e, func(e engines.Engine, next engines.Entry) (uint64, error) {
			if full {
				return 0, fmt.Errorf("still full: %w: %w: %w", journal.ErrRefused, vfs.ErrInjected, syscall.ENOSPC)
			}
			lsn, err := e.Append(next)
			full = errors.Is(err, syscall.ENOSPC)
			return lsn, err
		}}
	}),
	badInput: afterOpen(func(e engines.Engine, _ *vfs.Disk) engines.Engine {
		return &appender{e, func(e engines.Engine, next engines.Entry) (uint64, error) {
			lsn, err := e.Append(next)
			if errors.Is(err, journal.ErrRefused) && !errors.Is(err, vfs.ErrInjected) {
				return 1, nil
			}
			return lsn, err
		}}
	}),
	liveness: func(disk *vfs.Disk, base string, o engines.Options) (engines.Engine, engines.Recovered, error) {
		e, found, err := open(disk, base, o)
		if err == nil && e.LastLSN() > 5 {
			return nil, found, errors.Join(errors.New("too long a log"), e.Close())
		}
		return e, found, err
	},
	tailForgiven: func(disk *vfs.Disk, base string, o engines.Options) (engines.Engine, engines.Recovered, error) {
		if report, err := journal.Validate(disk, base+".log"); err == nil && report.TailErr != nil {
			return nil, engines.Recovered{}, &journal.CorruptError{Path: base + ".log", Offset: report.ValidBytes, Reason: "a torn tail"}
		}
		return open(disk, base, o)
	},
	damageRefused: func(disk *vfs.Disk, base string, o engines.Options) (engines.Engine, engines.Recovered, error) {
		e, found, err := open(disk, base, o)
		if Journal.driver.Classify(err).Damage != engines.NoDamage {
			if _, err := journal.Repair(disk, base, journal.RepairOptions{AcceptLoss: true}); err == nil {
				return open(disk, base, o)
			}
		}
		return e, found, err
	},
	readErrorsHarmless: func(disk *vfs.Disk, base string, o engines.Options) (engines.Engine, engines.Recovered, error) {
		e, found, err := open(disk, base, o)
		if errors.Is(err, syscall.EIO) && !errors.Is(err, journal.ErrPoisoned) {
			return nil, found, &journal.CorruptError{Path: base + ".log", Reason: "could not be read"}
		}
		return e, found, err
	},
	archivesKept:   afterOpen(func(e engines.Engine, disk *vfs.Disk) engines.Engine { return &shredder{e, disk} }),
	notTooCautious: afterOpen(func(e engines.Engine, disk *vfs.Disk) engines.Engine { return &leaky{e, disk} }),
	// The second recovery brings back a name less than there is.
	recoveryIdempotent: func(disk *vfs.Disk, base string, o engines.Options) (engines.Engine, engines.Recovered, error) {
		e, found, err := open(disk, base, o)
		if seen, _ := afero.Exists(disk, "/data/opened"); err == nil && seen && o.Monitor == nil {
			err = o.Machine.Apply(engines.Entry{Payload: wire.Encode(wire.String("(del c)"))})
			return e, found, err
		}
		if err == nil && o.Monitor == nil {
			err = afero.WriteFile(disk, "/data/opened", nil, 0o644)
		}
		return e, found, err
	},
}

// leaky leaves its log open behind Close.
type leaky struct {
	engines.Engine
	disk *vfs.Disk
}

func (l *leaky) Close() error {
	_, _ = l.disk.Open(base + ".log") // if it fails, nothing is broken
	return l.Engine.Close()
}

// shredder empties the archives that it removes, as if nobody else could have
// linked them.
type shredder struct {
	engines.Engine
	disk *vfs.Disk
}

func (s *shredder) Prune() error {
	names, err := afero.Glob(s.disk, "/data/j.*.log")
	if err != nil {
		return s.Engine.Prune()
	}
	var files []afero.File
	for _, name := range names {
		if f, err := s.disk.OpenFile(name, os.O_RDWR, 0); err == nil {
			files = append(files, f)
		}
	}
	err = s.Engine.Prune()
	for _, f := range files {
		if gone, _ := afero.Exists(s.disk, f.Name()); !gone {
			_ = f.Truncate(0) // if it fails, nothing is broken
		}
		_ = f.Close()
	}
	return err
}

func afterOpen(wrap func(engines.Engine, *vfs.Disk) engines.Engine) func(*vfs.Disk, string, engines.Options) (engines.Engine, engines.Recovered, error) {
	return func(disk *vfs.Disk, base string, o engines.Options) (engines.Engine, engines.Recovered, error) {
		e, found, err := open(disk, base, o)
		if err != nil {
			return nil, found, err
		}
		return wrap(e, disk), found, nil
	}
}

// maxBreachSeeds is how many runs a hand-made breach may go unnoticed.
const maxBreachSeeds = 600

// A journal that breaks one law is caught under that law. That the sound one is
// never accused is what every other test here shows.
func TestBreachesAreCaught(t *testing.T) {
	for law, opens := range breakers {
		t.Run(string(law), func(t *testing.T) {
			t.Parallel()
			target := Target{broken{Journal.driver, opens}}
			others := map[core.Law]int{}
			for seed := range core.Seed(maxBreachSeeds) {
				v := core.Execute(seed, target.Draw(seed.Streams()), false).Violation
				if v != nil && v.Law == law {
					return
				}
				if v != nil {
					others[v.Law]++
				}
			}
			t.Errorf("%d runs, and no violation of %s (but of others: %v)", maxBreachSeeds, law, others)
		})
	}
}
