package properties

import (
	"crypto/sha256"
	"maps"
	"path"
	"slices"
	"strings"

	"powercut/journal/wire"
	"powercut/sim/core"
	"powercut/vfs"
)

// judgeArchives expects each archive to hold what it held when it was made, and the
// newest one to end with a marker: no crash came before it was made that could have
// left something behind its end. It is called after a roll that succeeded, as long as
// no fault has struck: one may change what the page cache shows of any file.
func (p *program) judgeArchives() error {
	if p.run.FaultsFired() > 0 || p.run.PowerIsOff() {
		return nil
	}
	if p.archives == nil {
		p.archives = make(map[string][sha256.Size]byte)
	}
	tree := p.run.Disk().Tree()
	if p.older = append(p.older, tree); len(p.older) > maxOlder {
		p.older = p.older[1:]
	}
	newest := ""
	for _, name := range slices.Sorted(maps.Keys(tree)) {
		if file := path.Base(name); path.Dir(name) != path.Dir(base) || !neverChanged(file) || !strings.HasSuffix(file, ".log") {
			continue
		}
		digest := sha256.Sum256(tree[name])
		if before, seen := p.archives[name]; seen && before != digest {
			return core.Breachf(archivesKept, "the archive %s was overwritten: it has %d bytes now", name, len(tree[name]))
		}
		p.archives[name] = digest
		newest = name
	}
	if p.can.Markers && newest != "" && p.trespassed == 0 && !endsInMarker(tree[newest]) {
		return core.Breachf(archivesKept, "the archive %s does not end with its last commit: it has %d bytes", newest, len(tree[newest]))
	}
	return nil
}

// maxOlder bounds how many old states of the disk are kept.
const maxOlder = 4

// judgeNewArchives expects the archives that a disk has now, and had not before, to end
// with a marker.
func (p *program) judgeNewArchives(before vfs.Tree, disk *vfs.Disk) error {
	tree := disk.Tree()
	for _, name := range slices.Sorted(maps.Keys(tree)) {
		_, old := before[name]
		if file := path.Base(name); old || path.Dir(name) != path.Dir(base) || !neverChanged(file) || !strings.HasSuffix(file, ".log") {
			continue
		}
		if !endsInMarker(tree[name]) {
			return core.Breachf(archivesKept, "the archive %s does not end with its last commit: it has %d bytes", name, len(tree[name]))
		}
	}
	return nil
}

// endsInMarker says whether a log with markers ends with one. A log of the
// original has none.
func endsInMarker(log []byte) bool {
	if m, err := wire.ParseMarker(log, 0); err != nil || m.Kind != wire.Genesis {
		return true
	}
	for _, kind := range []wire.MarkerKind{wire.Commit, wire.SnapshotMarker, wire.Genesis} {
		at := int64(len(log)) - (&wire.Marker{Kind: kind}).Size()
		if at < 0 {
			continue
		}
		if m, err := wire.ParseMarker(log[at:], at); err == nil && m.Kind == kind {
			return true
		}
	}
	return false
}
