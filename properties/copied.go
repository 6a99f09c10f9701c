package properties

import (
	"errors"
	"io/fs"

	"github.com/spf13/afero"
)

// copiedFiles are those that whoever restores a journal puts in place.
var copiedFiles = []string{base + ".log", base + ".qdb"}

// copyFiles does what whoever restores a journal from a copy does: it puts other files
// with the same content in the place of the log and the snapshot, and forgets to sync
// them. Until an Open has succeeded, a crash may take them; from then on what Open
// reported must be durable. But if an fsync of such a copy fails and gives up what it
// was to write, no later fsync can tell: then nothing is promised any more.
func (p *program) copyFiles() error {
	p.copying = true
	p.oracle.changed(2)
	disk := p.run.Disk()
	for _, name := range copiedFiles {
		content, err := afero.ReadFile(disk, name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err == nil {
			err = afero.WriteFile(disk, name+".copy", content, 0o644)
		}
		if err == nil {
			err = disk.Rename(name+".copy", name)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
