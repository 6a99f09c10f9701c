//go:build unix

package journal_test

import (
	"errors"
	iofs "io/fs"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/spf13/afero"

	"powercut/journal"
)

// lockStat is a real directory in which Stat of the lock file gives what somebody
// says, and counts how often it was asked.
type lockStat struct {
	afero.Fs
	stat  func(name string) (os.FileInfo, error)
	asked int
}

// askedTooOften stops a test that would never end.
const askedTooOften = 10_000

func (l *lockStat) Stat(name string) (os.FileInfo, error) {
	if !strings.HasSuffix(name, ".lock") {
		return l.Fs.Stat(name)
	}
	if l.asked++; l.asked > askedTooOften {
		panic("Open asks for the lock file again and again")
	}
	return l.stat(name)
}

// plainInfo is what a filesystem in between may make of a FileInfo: nothing that
// tells files apart.
type plainInfo struct{ os.FileInfo }

func (plainInfo) Sys() any { return nil }

// Whatever Stat says of the lock file, Open comes to an end, and says why.
func TestLockFileCannotBeLookedAt(t *testing.T) {
	real := afero.NewOsFs()
	for name, tc := range map[string]struct {
		stat func(string) (os.FileInfo, error)
		want error // nil: it opens
	}{
		"an error": {func(name string) (os.FileInfo, error) {
			return nil, &iofs.PathError{Op: "stat", Path: name, Err: syscall.EIO}
		}, syscall.EIO},
		"no permission": {func(name string) (os.FileInfo, error) {
			return nil, &iofs.PathError{Op: "stat", Path: name, Err: syscall.EACCES}
		}, syscall.EACCES},
		"never there": {func(name string) (os.FileInfo, error) {
			return nil, &iofs.PathError{Op: "stat", Path: name, Err: syscall.ENOENT}
		}, journal.ErrLocked},
		"always another file": {func(string) (os.FileInfo, error) { return real.Stat("/") }, journal.ErrLocked},
		"a file of no identity": {func(name string) (os.FileInfo, error) {
			info, err := real.Stat(name)
			return plainInfo{info}, err
		}, journal.ErrLocked},
		"a FileInfo of another type": {func(name string) (os.FileInfo, error) {
			info, err := real.Stat(name)
			return struct{ os.FileInfo }{info}, err
		}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			fs := &lockStat{Fs: real, stat: tc.stat}
			base := t.TempDir() + "/j"
			j, _, err := journal.Open(fs, base, &recorder{}, journal.Options{})
			if !errors.Is(err, tc.want) || err != nil && !strings.Contains(err.Error(), base+".lock") {
				t.Errorf("got %v, want %v naming %s.lock", err, tc.want, base)
			}
			if err == nil {
				must(t, j.Close())
			}
			// Nothing stays locked.
			j, _, err = journal.Open(real, base, &recorder{}, journal.Options{})
			must(t, err)
			must(t, j.Close())
		})
	}
}

// Rayforce has flock'ed <base>.lk while it has a base open: it keeps us out, and we
// keep it out. A file that it left behind keeps nobody out, and Purge removes it.
func TestRayforceLock(t *testing.T) {
	base := t.TempDir() + "/j"
	open := func() (*journal.Journal, error) {
		j, _, err := journal.Open(afero.NewOsFs(), base, &recorder{}, journal.Options{})
		return j, err
	}
	theirs, err := os.OpenFile(base+".lk", os.O_RDWR|os.O_CREATE, 0o644)
	must(t, err)
	defer theirs.Close()
	flock := func(how int) error { return syscall.Flock(int(theirs.Fd()), how|syscall.LOCK_NB) }
	must(t, flock(syscall.LOCK_EX))
	for _, try := range []func() error{
		func() error { _, err := open(); return err },
		func() error { return journal.Purge(afero.NewOsFs(), base) },
		func() error { _, err := journal.Repair(afero.NewOsFs(), base, journal.RepairOptions{}); return err },
	} {
		if err := try(); !errors.Is(err, journal.ErrLocked) && !errors.Is(err, iofs.ErrNotExist) || err == nil {
			t.Errorf("got %v, want it locked", err)
		}
	}
	if _, err := open(); err == nil || !strings.Contains(err.Error(), "rayforce") || !strings.Contains(err.Error(), base+".lk") {
		t.Errorf("got %v, want it to name rayforce and %s.lk", err, base)
	}
	if _, err := os.Stat(base + ".log"); err == nil {
		t.Error("a log was made")
	}
	must(t, flock(syscall.LOCK_UN))
	j, err := open()
	must(t, err)
	if err := flock(syscall.LOCK_EX); !errors.Is(err, syscall.EWOULDBLOCK) {
		t.Errorf("rayforce would open it as well: %v", err)
	}
	must(t, j.Close())
	must(t, flock(syscall.LOCK_EX))
	must(t, flock(syscall.LOCK_UN))
	must(t, journal.Purge(afero.NewOsFs(), base))
	if left, err := os.ReadDir(strings.TrimSuffix(base, "/j")); err != nil || len(left) != 0 {
		t.Errorf("left: %v, %v", left, err)
	}
}
