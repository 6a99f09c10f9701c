package journal

import (
	"errors"
	"fmt"
	iofs "io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/afero"

	"powercut/journal/wire"
)

// files is a base and the names of its files.
type files struct {
	fs   afero.Fs
	base string
	dir  string
	// acceptNoDirSync: see Options.
	acceptNoDirSync bool
	adoptForeign    bool // likewise
}

// newFiles returns the files of a base, which may be none, or says what is wrong with
// its name.
func newFiles(fs afero.Fs, base string) (files, error) {
	if fs == nil {
		return files{}, badInput("filesystem", base, "is nil")
	}
	name := filepath.Base(base)
	switch {
	case base == "":
		return files{}, badInput("base", base, "is empty")
	case os.IsPathSeparator(base[len(base)-1]), name == ".", name == "..":
		return files{}, badInput("base", base, "names a directory, want the part of a file's name before .log")
	case strings.ContainsRune(base, 0):
		return files{}, badInput("base", base, "holds a zero byte")
	}
	base = filepath.Clean(base)
	f := files{fs: fs, base: base, dir: filepath.Dir(base)}
	info, err := fs.Stat(f.dir)
	if err != nil {
		return files{}, fmt.Errorf("journal: directory of base %q: %w", base, err)
	}
	if !info.IsDir() {
		return files{}, badInput("base", base, f.dir+" is not a directory")
	}
	return f, nil
}

func (f files) log() string { return f.base + ".log" }

func (f files) logTmp() string { return f.base + ".log.tmp" }

func (f files) snapshot() string { return f.base + ".qdb" }

func (f files) snapshotTmp() string { return f.base + ".qdb.tmp" }

func (f files) lock() string { return f.base + ".lock" }

// rayforceLock is the lock file of rayforce's own.
func (f files) rayforceLock() string { return f.base + ".lk" }

func (f files) purging() string { return f.base + ".purge" }

func (f files) archive(part string) string { return f.base + "." + part + ".log" }

// tail names the copy of what was cut from a log; n tells apart different
// tails that were cut at one offset.
func (f files) tail(id wire.LogID, offset int64, n int) string {
	name := fmt.Sprintf("%s.log.tail-%s-%d", f.base, tailID(id), offset)
	if n > 0 {
		name += fmt.Sprintf(".%d", n)
	}
	return name
}

// tailID is the name of a log in that of a tail which was cut off it.
func tailID(id wire.LogID) string {
	if id == (wire.LogID{}) {
		return "0" // a log without markers has no id
	}
	return id.String()
}

// stamp formats a time as archives are named by it. What it looks like for
// times that four digits can't name does not matter: the rest of the name
// makes it unique.
func stamp(t time.Time) string {
	t = t.UTC()
	if t.Year() < 0 || t.Year() > 9999 {
		t = time.Unix(0, 0).UTC()
	}
	return t.Format("2006.01.02T15.04.05Z")
}

const stampPattern = "0000.00.00T00.00.00Z"

// archivePart returns what stands between "<base>." and ".log" if name is that
// of an archive: a stamp, and from this package also a generation and the
// beginning of the log's id. A number follows where a name was taken already.
func (f files) archivePart(name string) (string, bool) {
	rest, ok := strings.CutPrefix(name, filepath.Base(f.base)+".")
	if !ok {
		return "", false
	}
	part, ok := strings.CutSuffix(rest, ".log")
	if !ok || !isArchivePart(part) {
		return "", false
	}
	return part, true
}

// isArchivePart says whether a text is what stands between "<base>." and ".log" in the
// name of an archive, of this package or of the original.
func isArchivePart(part string) bool {
	if len(part) < len(stampPattern) {
		return false
	}
	for i := range len(stampPattern) {
		if c := part[i]; stampPattern[i] == '0' && (c < '0' || c > '9') || stampPattern[i] != '0' && c != stampPattern[i] {
			return false
		}
	}
	rest := part[len(stampPattern):]
	if rest == "" {
		return true
	}
	if n, ok := strings.CutPrefix(rest, "."); ok {
		return isDigits(n, "") // the original's, of a second roll within one second
	}
	fields := strings.Split(rest, "-")
	return len(fields) == 3 && fields[0] == "" && isDigits(fields[1], "") && isDigits(fields[2], "abcdef.")
}

// partGeneration returns the generation that a part of an archive's name holds; ok
// is false for a name that the original gave.
func partGeneration(part string) (generation uint64, ok bool) {
	fields := strings.Split(part, "-")
	if len(fields) != 3 {
		return 0, false
	}
	generation, err := strconv.ParseUint(fields[1], 10, 64)
	return generation, err == nil
}

// isDigits says whether a text has nothing but digits and some other characters.
func isDigits(s, others string) bool {
	for _, c := range s {
		if (c < '0' || c > '9') && !strings.ContainsRune(others, c) {
			return false
		}
	}
	return s != ""
}

// newArchivePart returns a part of a name that no file has.
func (f files) newArchivePart(now time.Time, generation uint64, id wire.LogID) (string, error) {
	first := fmt.Sprintf("%s-%08d-%x", stamp(now), generation, id[:4])
	for n := 0; ; n++ {
		part := first
		if n > 0 {
			part = fmt.Sprintf("%s.%d", first, n)
		}
		exists, err := f.exists(f.archive(part))
		if err != nil {
			return "", err
		}
		if !exists {
			return part, nil
		}
	}
}

// exists says whether there is a file of that name; an error other than "does
// not exist" is not taken for an answer.
func (f files) exists(name string) (bool, error) {
	_, err := f.fs.Stat(name)
	switch {
	case err == nil:
		return true, nil
	case errors.Is(err, iofs.ErrNotExist):
		return false, nil
	}
	return false, fmt.Errorf("journal: looking for %s: %w", name, err)
}

// remove removes a file that may not be there.
func (f files) remove(name string) error {
	if err := f.fs.Remove(name); err != nil && !errors.Is(err, iofs.ErrNotExist) {
		return fmt.Errorf("journal: removing %s: %w", name, err)
	}
	return nil
}

// list returns the names in the base's directory, sorted.
func (f files) list() ([]string, error) {
	dir, err := f.fs.Open(f.dir)
	if err != nil {
		return nil, fmt.Errorf("journal: listing %s: %w", f.dir, err)
	}
	names, err := dir.Readdirnames(-1)
	if closeErr := dir.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return nil, fmt.Errorf("journal: listing %s: %w", f.dir, err)
	}
	slices.Sort(names)
	return names, nil
}

// archives returns the parts of the archives' names in names.
func (f files) archives(names []string) []string {
	var parts []string
	for _, name := range names {
		if part, ok := f.archivePart(name); ok {
			parts = append(parts, part)
		}
	}
	return parts
}

// syncDir makes the names in the base's directory durable. On a filesystem that
// can't fsync a directory it returns a *DirSyncError, or nil if that was accepted.
func (f files) syncDir() error {
	dir, err := f.fs.Open(f.dir)
	if err != nil {
		return &unopenedError{f.dir, err}
	}
	err = dir.Sync()
	_ = dir.Close() // nothing was written
	switch {
	case cannotSyncDir(err) && f.acceptNoDirSync:
		return nil
	case cannotSyncDir(err):
		return &DirSyncError{f.dir, err}
	case err != nil:
		return fmt.Errorf("journal: syncing %s: %w", f.dir, err)
	}
	return nil
}

// unopenedError says that a directory could not even be opened to be synced, for lack of
// descriptors, say: no fsync has failed, and it can be tried again.
type unopenedError struct {
	path string
	err  error
}

func (e *unopenedError) Error() string { return fmt.Sprintf("journal: syncing %s: %v", e.path, e.err) }

func (e *unopenedError) Unwrap() error { return e.err }

// cannotSyncDir says whether an error of an fsync of a directory means that there
// is no such thing, and not that it failed.
func cannotSyncDir(err error) bool {
	return errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.EBADF) || errors.Is(err, errors.ErrUnsupported) ||
		runtime.GOOS == "windows" && errors.Is(err, iofs.ErrPermission)
}
