package journal_test

import (
	"errors"
	"strings"
	"syscall"
	"testing"

	"powercut/journal"
	"powercut/vfs"
)

// badRemoval has the removal of an archive done and told as failed, and notes the kinds of
// the operations that change something.
type badRemoval struct {
	struck bool
	after  []vfs.OpKind
}

// Inject implements vfs.Injector.
func (b *badRemoval) Inject(op vfs.Op) vfs.Outcome {
	switch {
	case !b.struck && op.Kind == vfs.OpRemove && strings.Contains(op.Path, "-00000001-"):
		b.struck = true
		return vfs.Outcome{Err: syscall.EIO, Effect: vfs.EffectFull}
	case b.struck && (op.Kind == vfs.OpWrite || op.Kind == vfs.OpSyncDir):
		b.after = append(b.after, op.Kind)
	}
	return vfs.Outcome{}
}

// A removal that fails may have been done. What is written next may go into the blocks that
// the archive gave up, so the removal is made durable first: or else the archive might come
// back after a power cut with that in it.
func TestFailedRemovalIsDurableBeforeTheNextWrite(t *testing.T) {
	for name, next := range map[string]func(*journal.Journal) error{
		"append": func(j *journal.Journal) error { _, err := j.Append(bg, number(2)); return err },
		"close":  (*journal.Journal).Close,
		"prune":  func(j *journal.Journal) error { return j.Prune(bg) },
	} {
		t.Run(name, func(t *testing.T) {
			fault := &badRemoval{}
			disk := vfs.New(vfs.Options{Injector: fault})
			must(t, disk.Mkdir("/data", 0o755))
			j, _, err := journal.Open(disk, base, &recorder{}, journal.Options{})
			must(t, err)
			mustAppend(t, j, number(1))
			must(t, j.Snapshot(bg))
			if err := j.Prune(bg); !errors.Is(err, journal.ErrRefused) || !fault.struck {
				t.Fatalf("prune: got %v, want it refused, since the removal failed", err)
			}
			must(t, next(j))
			if len(fault.after) == 0 || fault.after[0] != vfs.OpSyncDir {
				t.Errorf("after the removal: %v, want the directory's sync first", fault.after)
			}
		})
	}
}
