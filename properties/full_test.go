package properties

import (
	"path"
	"testing"

	"github.com/spf13/afero"

	"powercut/vfs"
)

// An Open on a full disk is excused for want of a name only where the log has none, a roll had
// made it, and the filesystem has no room for one more.
func TestNamingTakesSpace(t *testing.T) {
	for _, c := range []struct {
		name       string
		filesystem vfs.Profile
		files      []string
		full, want bool
	}{
		{"any name may take a block", vfs.POSIX, []string{base + ".log.tmp"}, true, true},
		{"the log has its name", vfs.POSIX, []string{base + ".log.tmp", base + ".log"}, true, false},
		{"no roll had made it", vfs.POSIX, []string{base + ".qdb"}, true, false},
		{"there is space", vfs.POSIX, []string{base + ".log.tmp"}, false, false},
		{"the directory has room", vfs.Ext4, []string{base + ".log.tmp"}, true, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			disk := vfs.New(vfs.Options{Filesystem: c.filesystem})
			if err := disk.MkdirAll(path.Dir(base), 0o755); err != nil {
				t.Fatal(err)
			}
			for _, name := range c.files {
				if err := afero.WriteFile(disk, name, []byte("content"), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if c.full {
				fill(disk)
			}
			if got := namingTakesSpace(disk); got != c.want {
				t.Errorf("got %v, want %v", got, c.want)
			}
			if _, err := disk.Stat(base + ".log.tmp"); c.files[0] == base+".log.tmp" && err != nil {
				t.Errorf("the disk itself was changed: %v", err)
			}
		})
	}
}
