package properties

import (
	"errors"
	"fmt"
	"os"
	"syscall"
	"testing"

	"github.com/spf13/afero"

	"powercut/journal"
	"powercut/sim/core"
	"powercut/vfs"
)

// broken wraps an engine to break one law.
type broken struct {
	engine
	append func(e engine, next entry) (uint64, error)
}

func (b *broken) Append(e entry) (uint64, error) { return b.append(b.engine, e) }

// breakers are protocols that break one law each, by hand, around the sound
// journal.
var breakers = map[core.Law]func(p *protocol){
	FailStop: func(p *protocol) {
		p.open = afterOpen(func(e engine) engine {
			failed := false
			return &broken{e, func(e engine, next entry) (uint64, error) {
				lsn, err := e.Append(next)
				if failed && errors.Is(err, journal.ErrPoisoned) {
					return 1 << 30, nil
				}
				failed = failed || errors.Is(err, journal.ErrIndeterminate)
				return lsn, err
			}}
		})
	},
	SpaceReturns: func(p *protocol) {
		p.open = afterOpen(func(e engine) engine {
			full := false
			return &broken{e, func(e engine, next entry) (uint64, error) {
				if full {
					return 0, fmt.Errorf("still full: %w: %w: %w", journal.ErrRefused, vfs.ErrInjected, syscall.ENOSPC)
				}
				lsn, err := e.Append(next)
				full = errors.Is(err, syscall.ENOSPC)
				return lsn, err
			}}
		})
	},
	BadInput: func(p *protocol) {
		p.open = afterOpen(func(e engine) engine {
			return &broken{e, func(e engine, next entry) (uint64, error) {
				lsn, err := e.Append(next)
				if errors.Is(err, journal.ErrRefused) && !errors.Is(err, vfs.ErrInjected) {
					return 1, nil
				}
				return lsn, err
			}}
		})
	},
	Liveness: func(p *protocol) {
		p.open = func(r *core.Run, w *Workload, disk *vfs.Disk, m *machine, monitor *core.Monitor) (engine, error) {
			e, err := openJournal(r, w, disk, m, monitor)
			if err == nil && e.(*journalEngine).LastLSN() > 5 {
				return nil, errors.Join(errors.New("too long a log"), e.Close())
			}
			return e, err
		}
	},
	TailForgiven: func(p *protocol) {
		p.open = func(r *core.Run, w *Workload, disk *vfs.Disk, m *machine, monitor *core.Monitor) (engine, error) {
			if report, err := journal.Validate(disk, base+".log"); err == nil && report.TailErr != nil {
				return nil, &journal.CorruptError{Path: base + ".log", Offset: report.ValidBytes, Reason: "a torn tail"}
			}
			return openJournal(r, w, disk, m, monitor)
		}
	},
	DamageRefused: func(p *protocol) {
		p.open = func(r *core.Run, w *Workload, disk *vfs.Disk, m *machine, monitor *core.Monitor) (engine, error) {
			e, err := openJournal(r, w, disk, m, monitor)
			if journalDamaged(err) {
				if _, err := journal.Repair(disk, base, journal.RepairOptions{AcceptLoss: true}); err == nil {
					return openJournal(r, w, disk, m, monitor)
				}
			}
			return e, err
		}
	},
	ReadErrorsHarmless: func(p *protocol) {
		p.open = func(r *core.Run, w *Workload, disk *vfs.Disk, m *machine, monitor *core.Monitor) (engine, error) {
			e, err := openJournal(r, w, disk, m, monitor)
			if errors.Is(err, syscall.EIO) && !errors.Is(err, journal.ErrPoisoned) {
				return nil, &journal.CorruptError{Path: base + ".log", Reason: "could not be read"}
			}
			return e, err
		}
	},
	ArchivesKept: func(p *protocol) {
		p.open = func(r *core.Run, w *Workload, disk *vfs.Disk, m *machine, monitor *core.Monitor) (engine, error) {
			e, err := openJournal(r, w, disk, m, monitor)
			if err != nil {
				return nil, err
			}
			return &shredder{e, disk}, nil
		}
	},
	NotTooCautious: func(p *protocol) {
		p.open = afterOpenOn(func(e engine, disk *vfs.Disk) engine { return &leaky{e, disk} })
	},
	RecoveryIdempotent: func(p *protocol) {
		p.open = func(r *core.Run, w *Workload, disk *vfs.Disk, m *machine, monitor *core.Monitor) (engine, error) {
			e, err := openJournal(r, w, disk, m, monitor)
			if seen, _ := afero.Exists(disk, "/data/opened"); err == nil && seen && monitor == nil {
				return &forgetful{e}, nil
			}
			if err == nil && monitor == nil {
				err = afero.WriteFile(disk, "/data/opened", nil, 0o644)
			}
			return e, err
		}
	},
}

// leaky leaves its log open behind Close.
type leaky struct {
	engine
	disk *vfs.Disk
}

func (l *leaky) Close() error {
	_, _ = l.disk.Open(base + ".log") // if it fails, nothing is broken
	return l.engine.Close()
}

// forgetful recovers a name less than there is.
type forgetful struct{ engine }

func (f *forgetful) Recovered(o *oracle) (recovered, error) {
	got, err := f.engine.Recovered(o)
	delete(got.state, "c")
	return got, err
}

// shredder empties the archives that it removes, as if nobody else could have
// linked them.
type shredder struct {
	engine
	disk *vfs.Disk
}

func (s *shredder) Prune() error {
	names, err := afero.Glob(s.disk, "/data/j.*.log")
	if err != nil {
		return s.engine.Prune()
	}
	var files []afero.File
	for _, name := range names {
		if f, err := s.disk.OpenFile(name, os.O_RDWR, 0); err == nil {
			files = append(files, f)
		}
	}
	err = s.engine.Prune()
	for _, f := range files {
		if gone, _ := afero.Exists(s.disk, f.Name()); !gone {
			_ = f.Truncate(0) // if it fails, nothing is broken
		}
		_ = f.Close()
	}
	return err
}

func afterOpen(wrap func(engine) engine) func(*core.Run, *Workload, *vfs.Disk, *machine, *core.Monitor) (engine, error) {
	return afterOpenOn(func(e engine, _ *vfs.Disk) engine { return wrap(e) })
}

func afterOpenOn(wrap func(engine, *vfs.Disk) engine) func(*core.Run, *Workload, *vfs.Disk, *machine, *core.Monitor) (engine, error) {
	return func(r *core.Run, w *Workload, disk *vfs.Disk, m *machine, monitor *core.Monitor) (engine, error) {
		e, err := openJournal(r, w, disk, m, monitor)
		if err != nil {
			return nil, err
		}
		return wrap(e, disk), nil
	}
}

// maxBreachSeeds is how many runs a hand-made breach may go unnoticed.
const maxBreachSeeds = 600

// A journal that breaks one law is caught under that law. That the sound one is
// never accused is what every other test here shows.
func TestBreachesAreCaught(t *testing.T) {
	for law, breakIt := range breakers {
		t.Run(string(law), func(t *testing.T) {
			t.Parallel()
			p := journalProtocol
			breakIt(&p)
			target := Target{&p}
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
