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
