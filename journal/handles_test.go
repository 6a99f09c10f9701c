package journal_test

import (
	"fmt"
	"syscall"
	"testing"

	"github.com/spf13/afero"

	"powercut/journal"
	"powercut/vfs"
)

// failFrom lets the nth operation fail, and those after it too if it is sticky. A
// Close that fails has closed all the same.
type failFrom struct {
	nth    int
	sticky bool
	err    error
	fired  bool
}

// Inject implements vfs.Injector.
func (f *failFrom) Inject(op vfs.Op) vfs.Outcome {
	f.nth--
	if f.nth > 0 || f.nth < 0 && !f.sticky {
		return vfs.Outcome{}
	}
	f.fired = true
	return vfs.Outcome{Err: f.err}
}

// handleStates are what is on a disk when somebody comes to open it.
var handleStates = map[string]func(t *testing.T, disk *vfs.Disk){
	"nothing": func(*testing.T, *vfs.Disk) {},
	"a log with a tail": func(t *testing.T, disk *vfs.Disk) {
		closedWith(t, disk, func(j *journal.Journal) { mustAppend(t, j, number(1), number(2)) })
		appendTo(t, disk, base+".log", "half a frame of something")
	},
	"archives, a snapshot and leftovers": func(t *testing.T, disk *vfs.Disk) {
		closedWith(t, disk, func(j *journal.Journal) {
			mustAppend(t, j, number(1))
			must(t, j.Roll(bg))
			mustAppend(t, j, number(2))
			must(t, j.Snapshot(bg))
			mustAppend(t, j, number(3))
			must(t, j.Roll(bg))
		})
		must(t, afero.WriteFile(disk, base+".log.tmp", []byte("x"), 0o644))
		must(t, afero.WriteFile(disk, base+".qdb.tmp", []byte("x"), 0o644))
	},
	"a roll half done": func(t *testing.T, disk *vfs.Disk) {
		closedWith(t, disk, func(j *journal.Journal) { mustAppend(t, j, number(1)) })
		closedWith(t, disk, func(j *journal.Journal) { mustAppend(t, j, number(2)); must(t, j.Roll(bg)) })
		must(t, disk.Rename(base+".log", base+".log.tmp"))
	},
	"a log of the original": func(t *testing.T, disk *vfs.Disk) {
		must(t, afero.WriteFile(disk, base+".log", oldLog(), 0o644))
	},
	"a log of the original with a bad tail": func(t *testing.T, disk *vfs.Disk) {
		must(t, afero.WriteFile(disk, base+".log", append(oldLog(), "half a frame"...), 0o644))
	},
	"a purge half done": func(t *testing.T, disk *vfs.Disk) {
		closedWith(t, disk, func(j *journal.Journal) { mustAppend(t, j, number(1)); must(t, j.Roll(bg)) })
		must(t, afero.WriteFile(disk, base+".purge", nil, 0o644))
	},
}

func closedWith(t *testing.T, disk *vfs.Disk, do func(*journal.Journal)) {
	t.Helper()
	j, _, err := journal.Open(disk, base, &recorder{}, crashOptions(journal.Sync, 7))
	must(t, err)
	do(j)
	must(t, j.Close())
}

func appendTo(t *testing.T, disk *vfs.Disk, name, what string) {
	t.Helper()
	raw, err := afero.ReadFile(disk, name)
	must(t, err)
	must(t, afero.WriteFile(disk, name, append(raw, what...), 0o644))
}

// handleUses are what somebody does with a base. Errors don't matter here; what
// they return is closed.
var handleUses = map[string]func(disk *vfs.Disk){
	"Open":     func(disk *vfs.Disk) { use(disk, func(*journal.Journal) {}) },
	"Append":   func(disk *vfs.Disk) { use(disk, func(j *journal.Journal) { _, _ = j.Append(bg, number(5)) }) },
	"Async":    func(disk *vfs.Disk) { use(disk, func(j *journal.Journal) { _, _ = j.AppendAsync(number(5)) }) },
	"Sync":     func(disk *vfs.Disk) { use(disk, func(j *journal.Journal) { _ = j.Sync(bg) }) },
	"Snapshot": func(disk *vfs.Disk) { use(disk, func(j *journal.Journal) { _ = j.Snapshot(bg) }) },
	"Roll": func(disk *vfs.Disk) {
		use(disk, func(j *journal.Journal) { _, _ = j.Append(bg, number(5)); _ = j.Roll(bg) })
	},
	"Roll twice": func(disk *vfs.Disk) {
		use(disk, func(j *journal.Journal) { _ = j.Roll(bg); _ = j.Roll(bg) })
	},
	"Prune": func(disk *vfs.Disk) { use(disk, func(j *journal.Journal) { _ = j.Prune(bg) }) },
	"Read": func(disk *vfs.Disk) {
		use(disk, func(j *journal.Journal) {
			for range j.Read(1) {
			}
		})
	},
	"Read, and leave": func(disk *vfs.Disk) {
		use(disk, func(j *journal.Journal) {
			for range j.Read(1) {
				break
			}
		})
	},
	"Close while reading": func(disk *vfs.Disk) {
		use(disk, func(j *journal.Journal) {
			for range j.Read(1) {
				_ = j.Close()
			}
		})
	},
	"Validate": func(disk *vfs.Disk) { _, _ = journal.Validate(disk, base+".log") },
	"Replay":   func(disk *vfs.Disk) { _, _ = journal.Replay(disk, base+".log", &recorder{}) },
	"Inspect": func(disk *vfs.Disk) {
		for range journal.Inspect(disk, base+".log") {
		}
	},
	"Inspect, and leave": func(disk *vfs.Disk) {
		for range journal.Inspect(disk, base+".log") {
			break
		}
	},
	"Repair": func(disk *vfs.Disk) { _, _ = journal.Repair(disk, base, journal.RepairOptions{AcceptLoss: true}) },
	"Purge":  func(disk *vfs.Disk) { _ = journal.Purge(disk, base) },
}

func use(disk *vfs.Disk, do func(*journal.Journal)) {
	j, _, err := journal.Open(disk, base, &recorder{}, crashOptions(journal.Sync, 8))
	if err == nil {
		do(j)
		_ = j.Close()
	}
}

// Whatever fails, at whichever operation of whatever is done, and whatever is
// there: nothing stays open, and the base is not locked any more.
func TestNothingStaysOpen(t *testing.T) {
	for state, prepare := range handleStates {
		prepared := vfs.New(vfs.Options{})
		must(t, prepared.Mkdir("/data", 0o755))
		prepare(t, prepared)
		wantOpen(t, prepared)
		image := prepared.ProcessCrash()
		for name, do := range handleUses {
			for _, f := range []failFrom{{err: syscall.EIO}, {err: syscall.EIO, sticky: true}, {err: syscall.ENOSPC}, {err: syscall.EMFILE, sticky: true}} {
				t.Run(fmt.Sprintf("%s of %s, %v", name, state, f.err), func(t *testing.T) {
					for nth := 1; ; nth++ {
						f := f
						f.nth = nth
						disk := image.Mount(vfs.Options{Injector: &f})
						do(disk)
						if open := disk.OpenFiles(); len(open) > 0 {
							t.Fatalf("operation %d failed (and what follows: %v): open is %q", nth, f.sticky, open)
						}
						unlock, err := disk.Lock(base + ".lock")
						if err != nil {
							t.Fatalf("operation %d failed: %v", nth, err)
						}
						must(t, unlock())
						disk.Release()
						if !f.fired {
							break
						}
					}
				})
			}
		}
		image.Release()
	}
}

// While it is open a journal has one file open, its log, whatever it did before.
func TestOneFileIsOpen(t *testing.T) {
	disk := vfs.New(vfs.Options{})
	must(t, disk.Mkdir("/data", 0o755))
	j, _, err := journal.Open(disk, base, &recorder{}, journal.Options{})
	must(t, err)
	wantOpen(t, disk, base+".log")
	for range 2 {
		mustAppend(t, j, number(1))
		must(t, j.Roll(bg))
		wantOpen(t, disk, base+".log")
		must(t, j.Snapshot(bg))
		wantOpen(t, disk, base+".log")
		must(t, j.Prune(bg))
		must(t, j.Sync(bg))
		wantOpen(t, disk, base+".log")
	}
	must(t, j.Close())
	wantOpen(t, disk)
}
