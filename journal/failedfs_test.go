package journal_test

import (
	"errors"
	"syscall"
	"testing"

	"powercut/journal"
	"powercut/vfs"
)

// journalFails has the filesystem's own journal fail at the next fsync of a directory.
type journalFails struct{ next bool }

// Inject implements vfs.Injector.
func (f *journalFails) Inject(op vfs.Op) vfs.Outcome {
	if f.next && op.Kind == vfs.OpSyncDir {
		f.next = false
		return vfs.Outcome{Err: syscall.EIO, Sync: vfs.SyncJournalFails}
	}
	return vfs.Outcome{}
}

// Where the filesystem failed and another program was told, ext4 returns nil to the journal's
// next fsync, and makes nothing durable. The marker behind it is refused: then nothing that
// only that fsync made durable counts as durable.
func TestFilesystemFailsAndAnotherIsTold(t *testing.T) {
	for name, call := range map[string]func(*journal.Journal) error{
		"close": func(j *journal.Journal) error { return nil },
		"sync":  func(j *journal.Journal) error { return j.Sync(bg) },
		"roll":  func(j *journal.Journal) error { return j.Roll(bg) },
	} {
		t.Run(name, func(t *testing.T) {
			fault := &journalFails{}
			disk := vfs.New(vfs.Options{Filesystem: vfs.Ext4, Injector: fault})
			must(t, disk.Mkdir("/data", 0o755))
			j, _, err := journal.Open(disk, base, &recorder{}, journal.Options{Mode: journal.Async})
			must(t, err)
			mustAppend(t, j, number(1))
			must(t, j.Sync(bg))
			mustAppend(t, j, number(2))
			another, err := disk.Open("/data")
			must(t, err)
			fault.next = true
			if err := another.Sync(); !errors.Is(err, syscall.EIO) {
				t.Fatalf("the other program was told: %v", err)
			}
			if err := call(j); name != "close" && (!errors.Is(err, journal.ErrPoisoned) || !errors.Is(err, syscall.EROFS)) {
				t.Errorf("%s: got %v, want %v and %v", name, err, journal.ErrPoisoned, syscall.EROFS)
			}
			err = j.Close()
			unsynced, ok := errors.AsType[*journal.UnsyncedError](err)
			if !ok || unsynced.DurableLSN != 1 || unsynced.LastLSN != 2 {
				t.Errorf("Close: got %v, want an *UnsyncedError of LSN 2, with LSN 1 durable", err)
			}
			if s := j.Stats(); s.DurableLSN != 1 || s.LastLSN != 2 {
				t.Errorf("Stats says that LSN %d is the last and LSN %d durable, want 2 and 1", s.LastLSN, s.DurableLSN)
			}
		})
	}
}
