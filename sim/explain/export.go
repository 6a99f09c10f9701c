package explain

import (
	"errors"

	"github.com/spf13/afero"

	"powercut/sim/core"
)

// ErrNoImage says that a case comes to no crash image.
var ErrNoImage = errors.New("sim: the case leaves no crash image: it has no crash, or does not come to it any more")

// Export runs a case, and writes what the last crash that it comes to left below
// a directory of another filesystem, which must exist. The error is ErrNoImage,
// or that of a write.
func Export(c *core.Case, dst afero.Fs, dir string) error {
	law := c.Law
	if Holds(c) {
		law = "" // as Explain does
	}
	all := Outline(c, law)
	if all.Died {
		return ErrEnded
	}
	if all.Missed {
		return ErrNoImage
	}
	crashes, err := all.Crashes, ErrNoImage
	c.Follow(core.Probe{Law: law, Crashed: func(_ *core.Point, crash *core.Crash) {
		if crashes--; crashes == 0 {
			err = crash.Image().Export(dst, dir)
		}
	}})
	return err
}
