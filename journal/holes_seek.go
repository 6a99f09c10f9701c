//go:build linux || freebsd

package journal

import (
	"os"

	"github.com/spf13/afero"
)

// The values of whence that find data, and holes. Another system may have them the other
// way round.
const (
	seekData = 3
	seekHole = 4
)

// osHoles asks the operating system, of a file that is its own: another filesystem's may
// have a descriptor, and its content elsewhere.
func osHoles(file afero.File) holeSeeker {
	if f, ok := file.(*os.File); ok {
		return osFile{f}
	}
	return nil
}

type osFile struct{ *os.File }

func (f osFile) SeekData(off int64) (int64, error) { return f.Seek(off, seekData) }

func (f osFile) SeekHole(off int64) (int64, error) { return f.Seek(off, seekHole) }
