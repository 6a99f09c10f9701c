package properties

import (
	"bytes"
	"fmt"
	"iter"
	"maps"
	"path"
	"slices"
	"strings"

	"powercut/journal/wire"
	"powercut/vfs"
)

// damage is something that befell one file of a journal at rest, or two.
type damage struct {
	what   string            // for a person
	name   string            // of the file
	was    map[string][]byte // what files held before that are still the same
	change map[string][]byte // what files hold now; nil: the name is gone
}

// sectorBytes is what rots as a whole.
const sectorBytes = 512

// drawDamage damages files that have a content, in a way that n picks; ok is false if
// there is nothing that can be damaged in that way. Older is what files of those names
// once held.
func drawDamage(files map[string][]byte, older []vfs.Tree, n uint64) (d damage, ok bool) {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if !strings.HasPrefix(path.Base(name), keptPrefix) && len(files[name]) > 0 {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return d, false
	}
	next := func(limit int) int { // a digit of n
		at := int(n % uint64(limit))
		n /= uint64(limit)
		return at
	}
	kind := next(len(damages))
	d.name = names[next(len(names))]
	if next(2) == 0 && len(files[base+".log"]) > 0 {
		d.name = base + ".log"
	}
	rolling := len(files[base+".log"]) == 0 && next(2) == 0
	if rolling {
		kind = d.aimBetweenLogs(kind, next, files)
	}
	content := bytes.Clone(files[d.name])
	at := next(len(content))
	if rolling && next(2) == 0 {
		at %= sectorBytes
	}
	if sector := next(1 << 10); next(2) == 0 { // what stands in the last sectors is least likely to be claimed
		at = max(0, len(content)-1-sector%min(len(content), 2*sectorBytes))
	}
	d.change, d.was = make(map[string][]byte), make(map[string][]byte)
	d.what = damages[kind](&d, content, at, next, files, older)
	if kind < inPlace {
		d.was[d.name] = files[d.name]
	}
	if d.what != "" && rolling && next(2) == 0 {
		d.alsoSuccessor(next, files)
	}
	return d, d.what != ""
}

// aimBetweenLogs picks the file that matters where no log has the active one's name: the
// newest archive, if it is one of ours, or the snapshot that a first log is about to
// follow, which that alone proves. It returns the kind of damage, which may be another then.
func (d *damage) aimBetweenLogs(kind int, next func(int) int, files map[string][]byte) int {
	logs := logsIn(files)
	if len(logs) > 0 {
		d.name = logs[len(logs)-1].name
		return kind
	}
	if snapshot := base + ".qdb"; len(files[snapshot]) > 0 && len(files[base+".log.tmp"]) > 0 {
		if d.name = snapshot; next(2) == 0 {
			return lostName
		}
	}
	return kind
}

// alsoSuccessor damages the first sector of the log that is to follow an unfinished roll,
// so that neither it nor the archive before it says which is the newest log.
func (d *damage) alsoSuccessor(next func(int) int, files map[string][]byte) {
	successor := damage{name: base + ".log.tmp", change: d.change}
	content := files[successor.name]
	if _, changed := d.change[successor.name]; changed || len(content) == 0 {
		return
	}
	do := damages[next(inPlace)]
	d.was[successor.name] = content
	d.what += ", and " + do(&successor, bytes.Clone(content), next(min(len(content), sectorBytes)), next, files, nil)
}

// inPlace is how many of the damages, the first ones, leave the same file; lostName is
// the one behind them.
const (
	inPlace  = 5
	lostName = inPlace
)

// damages are the kinds of it. Each returns what it did, "" for nothing.
var damages = []func(d *damage, content []byte, at int, next func(int) int, files map[string][]byte, older []vfs.Tree) string{
	func(d *damage, content []byte, at int, next func(int) int, _ map[string][]byte, _ []vfs.Tree) string {
		content[at] ^= 1 << next(8)
		d.change[d.name] = content
		return fmt.Sprintf("a bit of byte %d of %s rotted", at, d.name)
	},
	func(d *damage, content []byte, at int, next func(int) int, _ map[string][]byte, _ []vfs.Tree) string {
		return d.sectors(content, at, 1, next(3))
	},
	func(d *damage, content []byte, at int, next func(int) int, _ map[string][]byte, _ []vfs.Tree) string {
		return d.sectors(content, at, 2+next(600), next(3))
	},
	func(d *damage, content []byte, at int, _ func(int) int, _ map[string][]byte, _ []vfs.Tree) string {
		d.change[d.name] = content[:at]
		return fmt.Sprintf("%s lost all from byte %d on", d.name, at)
	},
	func(d *damage, content []byte, _ int, next func(int) int, _ map[string][]byte, _ []vfs.Tree) string {
		frames := framesIn(content)
		if len(frames) == 0 {
			return ""
		}
		last := frames[len(frames)-1-next(min(len(frames), 4))]
		d.change[d.name] = content[:last.off]
		return fmt.Sprintf("%s lost whole frames from byte %d on", d.name, last.off)
	},
	func(d *damage, _ []byte, _ int, _ func(int) int, _ map[string][]byte, _ []vfs.Tree) string {
		d.change[d.name] = nil
		return d.name + " lost its name"
	},
	func(d *damage, content []byte, _ int, next func(int) int, _ map[string][]byte, older []vfs.Tree) string {
		if len(older) == 0 {
			return ""
		}
		was, there := older[next(len(older))][d.name]
		if !there || bytes.Equal(was, content) {
			return ""
		}
		d.change[d.name] = was
		return d.name + " was put back from an older backup"
	},
	func(d *damage, content []byte, _ int, next func(int) int, files map[string][]byte, _ []vfs.Tree) string {
		names := slices.Sorted(maps.Keys(files))
		other := names[next(len(names))]
		if other == d.name || bytes.Equal(files[other], content) || strings.HasPrefix(path.Base(other), keptPrefix) {
			return ""
		}
		d.change[d.name], d.change[other] = files[other], content
		return d.name + " and " + other + " were exchanged"
	},
	func(d *damage, _ []byte, _ int, next func(int) int, files map[string][]byte, _ []vfs.Tree) string {
		logs := logsIn(files)
		if len(logs) < 2 {
			return ""
		}
		one := next(len(logs))
		a, b := logs[one], logs[(one+1+next(len(logs)-1))%len(logs)]
		d.name = a.name
		d.change[a.name], d.change[b.name] = b.content, a.content
		return a.name + " and " + b.name + ", which are both logs, were exchanged"
	},
}

// sectors damages a run of sectors, from the one on that holds a byte: with zeros, with
// noise, or with what stood there when the file ended within the first of them.
func (d *damage) sectors(content []byte, at, n, how int) string {
	from := at / sectorBytes * sectorBytes
	to := min(len(content), from+n*sectorBytes)
	said := "zeros"
	switch how {
	case 1:
		said = "noise"
		for i := from; i < to; i++ {
			content[i] ^= byte(i*i>>3) | 1
		}
	case 2:
		said = "an older version"
		keep := from // what ended there once
		for _, f := range framesIn(content) {
			if f.end() <= int64(at) {
				keep = max(keep, int(f.end()))
			}
		}
		clear(content[keep:to])
	default:
		clear(content[from:to])
	}
	d.change[d.name] = content
	return fmt.Sprintf("bytes %d to %d of %s became %s", from, to, d.name, said)
}

// strike does the damage to a disk.
func (d *damage) strike(disk *vfs.Disk) error {
	for _, name := range slices.Sorted(maps.Keys(d.change)) {
		var err error
		if content := d.change[name]; content != nil {
			err = overwrite(disk, name, content)
		} else {
			err = disk.Remove(name)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// claimed is the highest LSN that a marker which stands in a log claims durable, by the
// protocol: a log that another follows is durable as a whole; so is all before a marker
// without entries, and in sync mode all before a batch.
func claimed(files map[string][]byte, async bool) uint64 {
	highest := uint64(0)
	for name, content := range files {
		if !strings.HasSuffix(name, ".log") && name != base+".log.tmp" {
			continue
		}
		for m := range markersIn(content) {
			highest = max(highest, claimOf(&m, async))
		}
	}
	return highest
}

// markersIn are the markers that stand in a log, wherever that is. Those of another log
// are leftovers on the disk.
func markersIn(log []byte) iter.Seq[wire.Marker] {
	return func(yield func(wire.Marker) bool) {
		genesis, noGenesis := wire.ParseMarker(log, 0)
		for at := 0; ; at++ {
			i := bytes.Index(log[at:], []byte(wire.MarkerMagic))
			if i < 0 {
				return
			}
			at += i
			start := at + len(wire.MarkerMagic) - wire.MarkerPrefixSize
			if start < 0 {
				continue
			}
			if m, err := wire.ParseMarker(log[start:], int64(start)); err == nil && (noGenesis != nil || m.Log == genesis.Log) && !yield(m) {
				return
			}
		}
	}
}

func claimOf(m *wire.Marker, async bool) uint64 {
	switch {
	case m.Kind == wire.Genesis, m.Kind == wire.Commit && m.Entries == 0:
		return m.LastLSN
	case !async:
		return m.LastLSN - uint64(m.Entries)
	}
	return m.DurableLSN
}
