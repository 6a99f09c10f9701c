package journal

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	iofs "io/fs"
	"os"
	"strings"

	"github.com/spf13/afero"

	"powercut/journal/wire"
)

// keepTail copies what path holds from an offset to its end to a file of its
// own, durably, before it is cut off. It returns "" if there are only zeros. A
// copy that an interrupted recovery made is found again. An error that is no
// failure says that nothing changed.
func (f files) keepTail(path string, id wire.LogID, from, to int64) (kept string, err error) {
	src, err := openLog(f.fs, path)
	if err != nil {
		return "", err
	}
	defer src.close()
	src.limit = min(src.limit, to)
	zero, err := allZero(src, from)
	if err != nil || zero {
		return "", err
	}
	for n := 0; ; n++ {
		name := f.tail(id, from, n)
		copied, exists, err := f.isCopy(name, src, from)
		if err != nil {
			return "", err
		}
		if copied {
			return name, f.syncKept()
		}
		if !exists {
			if err := f.copyTail(name, src, from); err != nil {
				_ = f.remove(name + ".tmp") // the first error tells more
				return "", fmt.Errorf("journal: keeping the tail of %s: %w", path, err)
			}
			return name, f.syncKept()
		}
	}
}

// syncKept makes the name of a copy durable. Where the directory can't be opened there
// was no fsync yet, and nothing was cut off: the copy is found again.
func (f files) syncKept() error {
	err := f.syncDir()
	if _, unopened := errors.AsType[*unopenedError](err); err == nil || unopened {
		return err
	}
	return dead(err)
}

// onlyZeros says whether there is no other byte.
func onlyZeros(b []byte) bool { return len(bytes.Trim(b, "\x00")) == 0 }

// allZero is onlyZeros for a file from an offset on.
func allZero(r *logReader, from int64) (bool, error) {
	r.restart(from, 0)
	for r.left() > 0 {
		skipped, err := r.skipHole()
		if err != nil {
			return false, err
		}
		if skipped {
			continue
		}
		b, err := r.peek(readBufferBytes)
		if err != nil {
			return false, err
		}
		if !onlyZeros(b) {
			return false, nil
		}
		if err := r.skip(int64(len(b))); err != nil {
			return false, err
		}
	}
	return true, nil
}

// isCopy says whether a file of that name holds the tail. A crash while the
// tail is cut off may bring it back in part, with zeros in it: that is held as
// well by a copy of the whole.
func (f files) isCopy(name string, src *logReader, from int64) (copied, exists bool, err error) {
	dst, err := openLog(f.fs, name)
	if errors.Is(err, iofs.ErrNotExist) {
		return false, false, nil
	}
	if err != nil {
		return false, false, err
	}
	defer dst.close()
	src.restart(from, 0)
	dst.restart(0, 0)
	for src.left() > 0 {
		if n, err := src.hole(); err != nil || n > 0 {
			if err == nil {
				err = src.skip(n)
			}
			if err == nil {
				err = dst.skip(min(n, dst.left()))
			}
			if err != nil {
				return false, true, err
			}
			continue
		}
		b, err := src.peek(readBufferBytes)
		if err != nil {
			return false, true, err
		}
		c, err := dst.peek(len(b))
		if err != nil {
			return false, true, err
		}
		for i := range b {
			if b[i] != 0 && (i >= len(c) || b[i] != c[i]) {
				return false, true, nil
			}
		}
		if err := src.skip(int64(len(b))); err != nil {
			return false, true, err
		}
		if err := dst.skip(int64(len(c))); err != nil {
			return false, true, err
		}
	}
	return true, true, nil
}

// copyTail copies a file from an offset on to another, which has its name only once
// all of it is durable.
func (f files) copyTail(name string, src *logReader, from int64) (err error) {
	tmp := name + ".tmp"
	if err := f.remove(tmp); err != nil {
		return err
	}
	dst, err := f.fs.OpenFile(tmp, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	if err := src.copyTo(dst, from); err != nil {
		_ = dst.Close() // the first error tells more
		return err
	}
	if err := dst.Sync(); err != nil {
		_ = dst.Close() // the first error tells more
		return dead(err)
	}
	if err := dst.Close(); err != nil {
		return err
	}
	return f.fs.Rename(tmp, name)
}

// copyTo copies all from an offset on to the beginning of another file. Holes stay holes.
func (r *logReader) copyTo(dst afero.File, from int64) error {
	end := int64(0) // of what was written
	for r.restart(from, 0); r.left() > 0; {
		skipped, err := r.skipHole()
		if err != nil {
			return err
		}
		if skipped {
			continue
		}
		b, err := r.peek(readBufferBytes)
		if err == nil {
			err = writeAt(dst, b, r.off-from)
		}
		if err == nil {
			err = r.skip(int64(len(b)))
			end = r.off - from
		}
		if err != nil {
			return err
		}
	}
	if end < r.off-from {
		return dst.Truncate(r.off - from)
	}
	return nil
}

// isTailTmp says whether a name is that of a tail's unfinished copy.
func (f files) isTailTmp(name, baseName string) bool {
	rest, ok := strings.CutPrefix(name, baseName+".log.tail-")
	if !ok {
		return false
	}
	rest, ok = strings.CutSuffix(rest, ".tmp")
	return ok && isTailPart(rest)
}

// isTailPart judges what stands behind "<base>.log.tail-": an id and an offset.
func isTailPart(part string) bool {
	id, offset, ok := strings.Cut(part, "-")
	return ok && isDigits(id, "abcdef") && isDigits(offset, ".")
}

func writeAt(file afero.File, b []byte, off int64) error {
	n, err := file.WriteAt(b, off)
	if err == nil && n < len(b) {
		err = io.ErrShortWrite
	}
	return err
}

// syncAndClose closes in any case.
func syncAndClose(file afero.File) error {
	if err := file.Sync(); err != nil {
		_ = file.Close() // the first error tells more
		return err
	}
	return file.Close()
}
