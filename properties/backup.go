package properties

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/spf13/afero"

	"powercut/sim/core"
	"powercut/vfs"
)

// backupPrefix is how the folders of backups begin.
const backupPrefix = "/data/backup"

// backup is a file that was linked into a folder of its own, and the digest of its
// content at that time. Archives and snapshots are never changed once they have their
// name, so that a second name for one is as good as a copy.
type backup struct {
	name   string
	digest [sha256.Size]byte
}

// backup does what an operator does to back up a journal without copying it: it makes
// the names in the directory durable, links each archive and the snapshot into a new
// folder, and closes the folder to others.
func (p *program) backup() error {
	disk := p.run.Disk()
	dir := fmt.Sprintf("%s-%d-%d", backupPrefix, p.run.Epoch(), p.folders)
	p.folders++
	struck := p.excuses()
	err := disk.Mkdir(dir, 0o755)
	if err == nil || errors.Is(err, fs.ErrExist) {
		err = disk.Chmod(dir, 0o700)
	}
	names, listErr := afero.ReadDir(disk, path.Dir(base))
	if err = errors.Join(err, listErr); err == nil {
		// Where a power cut may still take an archive's name back, the log goes on under
		// its old one, and a link to it grows.
		err = p.syncAsAnother(disk, path.Dir(base))
	}
	for _, info := range names {
		if name := info.Name(); err == nil && neverChanged(name) {
			err = p.backupFile(disk, path.Join(path.Dir(base), name), path.Join(dir, name))
		}
	}
	return p.checkAnswer("backup", err, struck)
}

func syncFolder(disk *vfs.Disk, name string) error {
	folder, err := disk.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

// neverChanged says whether the journal promises to do nothing to a file of that name
// but remove it, or rename another over it.
func neverChanged(name string) bool {
	return name == "j.qdb" || strings.HasPrefix(name, "j.") && strings.HasSuffix(name, ".log") && name != "j.log"
}

// backupFile links one file into the folder of a backup, and remembers what it holds.
func (p *program) backupFile(disk *vfs.Disk, name, as string) error {
	struck := p.run.FaultsFired()
	err := disk.Link(name, as)
	if errors.Is(err, fs.ErrNotExist) && p.run.FaultsFired() == struck {
		return nil // pruned, or replaced, since the folder was listed
	}
	if err != nil {
		return err
	}
	content, err := afero.ReadFile(disk, as)
	if err != nil || p.run.PowerIsOff() || p.run.FaultsFired() > struck {
		return err
	}
	b := backup{name: as, digest: sha256.Sum256(content)}
	p.backups = append(p.backups, b)
	p.oracle.changed(binary.LittleEndian.Uint64(b.digest[:]))
	return nil
}

// judgeLiveBackups looks at the backups on the disk of the epoch, without a crash.
func (p *program) judgeLiveBackups() error {
	if len(p.backups) == 0 || p.run.Disk().Failed() {
		return nil // a filesystem that shut itself down reads nothing
	}
	struck := p.run.FaultsFired()
	err := p.judgeBackups(p.run, p.run.Disk())
	if p.run.PowerIsOff() || p.run.FaultsFired() > struck {
		return nil
	}
	return err
}

// judgeBackups expects each backup to hold what it held when it was made. Its
// name may be lost, since nobody synced the folder.
func (p *program) judgeBackups(r *core.Run, disk *vfs.Disk) error {
	if len(p.backups) == 0 || r.Suspends(acknowledgedDurable) {
		return nil
	}
	for _, b := range p.backups {
		content, err := afero.ReadFile(disk, b.name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return core.Breachf(archivesKept, "the backup %s can't be read: %v", b.name, err)
		}
		if digest := sha256.Sum256(content); !bytes.Equal(digest[:], b.digest[:]) {
			return core.Breachf(archivesKept, "the file linked as %s was changed afterwards: it has %d bytes now", b.name, len(content))
		}
	}
	return nil
}
