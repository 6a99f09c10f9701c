package journal_test

import (
	"errors"
	iofs "io/fs"
	"slices"
	"testing"

	"powercut/journal"
	"powercut/vfs"
)

// A Read that goes on after Close, whatever the next owner did to the files, says
// that the journal is closed: what it finds there is not the journal's any more.
func TestReadGoesOnAfterClose(t *testing.T) {
	next := func(t *testing.T, disk *vfs.Disk, then func(*journal.Journal)) {
		j, _, err := journal.Open(disk, base, &recorder{}, journal.Options{})
		must(t, err)
		then(j)
		must(t, j.Close())
	}
	for name, meanwhile := range map[string]func(t *testing.T, disk *vfs.Disk){
		"nothing": func(*testing.T, *vfs.Disk) {},
		"a roll": func(t *testing.T, disk *vfs.Disk) {
			next(t, disk, func(j *journal.Journal) { mustAppend(t, j, number(9)); must(t, j.Roll(bg)) })
		},
		"a snapshot and a prune": func(t *testing.T, disk *vfs.Disk) {
			next(t, disk, func(j *journal.Journal) { must(t, j.Snapshot(bg)); must(t, j.Prune(bg)) })
		},
		"a purge": func(t *testing.T, disk *vfs.Disk) { must(t, journal.Purge(disk, base)) },
		"a purge and a new journal": func(t *testing.T, disk *vfs.Disk) {
			must(t, journal.Purge(disk, base))
			next(t, disk, func(j *journal.Journal) { mustAppend(t, j, number(9)) })
		},
		"all of it gone": func(t *testing.T, disk *vfs.Disk) { must(t, disk.RemoveAll("/data")) },
	} {
		for at := uint64(1); at <= 4; at++ { // in an archive, at its end, in the active log
			t.Run(name, func(t *testing.T) {
				disk := vfs.New(vfs.Options{})
				must(t, disk.Mkdir("/data", 0o755))
				j, _, err := journal.Open(disk, base, &recorder{}, journal.Options{})
				must(t, err)
				mustAppend(t, j, number(1), number(2))
				must(t, j.Roll(bg))
				mustAppend(t, j, number(3), number(4), number(5))
				var last error
				got := uint64(0)
				for e, err := range j.Read(1) {
					if last = err; err != nil {
						break
					}
					if got = e.LSN; got == at {
						must(t, j.Close())
						meanwhile(t, disk)
					}
				}
				if !errors.Is(last, journal.ErrClosed) || got != at {
					t.Errorf("closed at LSN %d: read up to LSN %d and then %v, want %v", at, got, last, journal.ErrClosed)
				}
				if _, corrupt := errors.AsType[*journal.CorruptError](last); corrupt || errors.Is(last, iofs.ErrNotExist) {
					t.Errorf("closed at LSN %d: %v blames the files", at, last)
				}
			})
		}
	}
}

// An iteration whose caller left it in the middle, and one that the caller closes
// the journal under, leave nothing open.
func TestReadLeavesNothingOpen(t *testing.T) {
	disk := vfs.New(vfs.Options{})
	must(t, disk.Mkdir("/data", 0o755))
	j, _, err := journal.Open(disk, base, &recorder{}, journal.Options{})
	must(t, err)
	mustAppend(t, j, number(1), number(2))
	for range j.Read(1) {
		break
	}
	wantOpen(t, disk, base+".log")
	for e := range j.Read(1) {
		if e.LSN == 1 {
			must(t, j.Close())
			wantOpen(t, disk)
		}
	}
	wantOpen(t, disk)
}

// wantOpen compares what is open on a disk with what should be.
func wantOpen(t testing.TB, disk *vfs.Disk, want ...string) {
	t.Helper()
	if got := disk.OpenFiles(); !slices.Equal(got, want) {
		t.Errorf("open: got %q, want %q", got, want)
	}
}
