package properties

import (
	"crypto/sha256"
	"maps"
	"path"
	"slices"
	"strings"

	"powercut/sim"
)

// judgeArchives expects each archive to hold what it held when it was made. It
// is asked after a roll that succeeded, as long as no fault has struck: one may
// change what the page cache shows of any file.
func (p *program) judgeArchives() error {
	if p.run.FaultsFired() > 0 || p.run.PowerIsOff() {
		return nil
	}
	if p.archives == nil {
		p.archives = make(map[string][sha256.Size]byte)
	}
	tree := p.run.Disk().Tree()
	for _, name := range slices.Sorted(maps.Keys(tree)) {
		if file := path.Base(name); path.Dir(name) != path.Dir(base) || !neverChanged(file) || !strings.HasSuffix(file, ".log") {
			continue
		}
		digest := sha256.Sum256(tree[name])
		if before, seen := p.archives[name]; seen && before != digest {
			return sim.Breachf(ArchivesKept, "the archive %s was overwritten: it has %d bytes now", name, len(tree[name]))
		}
		p.archives[name] = digest
	}
	return nil
}
