package properties

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"syscall"

	"powercut/journal"
	"powercut/journal/wire"
	"powercut/sim/core"
	"powercut/vfs"
)

// judgeAtRest damages the beginning of the newest log that a crash left, on a copy of
// the disk, and opens that. Open must refuse it and change nothing, or else nothing may
// be missing: what stands beside a log, or behind its beginning, tells that something
// was there. The states in which nothing tells that are left out.
func (p *program) judgeAtRest(r *core.Run, c *core.Crash, whole *recovered) error {
	if !p.can.Markers || r.Suspends(acknowledgedDurable) || p.oracle.purging {
		return nil
	}
	disk := c.Mount(nil)
	defer disk.Release()
	// The run and the place decide which damage it is: a draw would shift all that is
	// drawn after it.
	what, refuse, err := damageNewest(disk, placeOf(c)+17*whole.lsn+3*uint64(len(p.oracle.byLSN)))
	if errors.Is(err, syscall.ENOSPC) {
		return nil // on some filesystems even overwriting needs a block
	}
	if err != nil || what == "" {
		return err
	}
	before := contents(disk)
	if nobodyCanTell(before) {
		return nil
	}
	e, err := p.openCopy(r, disk)
	if err != nil {
		if v, other := errors.AsType[*journal.VersionError](err); other && !refuse && hasMarker(before[v.Path]) {
			return core.Breachf(damageRefused, "of a log at rest %s; Open took it for one of another version, though markers of this one follow: %v", what, err)
		}
		return judgeRefusal(p, disk, before, what, err)
	}
	got, err := e.readBack(p.oracle)
	if closeErr := e.Close(); err == nil && !errors.Is(closeErr, syscall.ENOSPC) {
		err = closeErr
	}
	switch {
	case err != nil:
		return core.Breachf(damageRefused, "of a log at rest %s; Open succeeded, and then: %v", what, err)
	case refuse:
		return core.Breachf(damageRefused, "of a log at rest %s; Open did not refuse it", what)
	case got.lsn < whole.lsn:
		return core.Breachf(damageRefused, "of a log at rest %s; recovery reached LSN %d instead of refusing, and %d without that", what, got.lsn, whole.lsn)
	}
	return nil
}

// hasMarker says whether some marker in a file proves itself.
func hasMarker(content []byte) bool {
	for range markersIn(content) {
		return true
	}
	return false
}

// placeOf is a number that differs from crash to crash of a run.
func placeOf(c *core.Crash) uint64 { return 31*c.Step + 7*uint64(c.Epoch) + uint64(c.Depth) }

// nobodyCanTell says whether files are those that an interrupted creation leaves: a
// log that is empty or holds nothing but zeros, and beside it at most temporary files
// of which not even the first frame was written, or the copy of a whole log that
// Repair removed.
func nobodyCanTell(files map[string][]byte) bool {
	for name, content := range files {
		switch {
		case name == base+".log" && len(bytes.Trim(content, "\x00")) == 0:
		case name == base+".qdb" && !isOwnSnapshot(content):
			// It stood alone, as another program's does, whose log is empty then.
		case strings.HasPrefix(name, base+".log.tail-0-0"):
			// All that a log of the original held before Repair removed it. The
			// creation of the log after it may have been interrupted as well.
		case name == base+".log.tmp":
			if _, err := wire.ParseMarker(content, 0); err == nil {
				return false
			}
		case name == base+".qdb.tmp":
			if _, err := wire.ParseHeader(content, wire.MaxSnapshot); err == nil {
				return false
			}
		default:
			return false
		}
	}
	return true
}

// isOwnSnapshot says whether a snapshot belongs to a log of the journal.
func isOwnSnapshot(content []byte) bool {
	h, err := wire.ParseHeader(content, wire.MaxSnapshot)
	return err != nil || h.Type == wire.TypeOwnSnapshot
}

// judgeRefusal expects an error of Open on a damaged log to say that, and the files to
// be what they were.
func judgeRefusal(p *program, disk *vfs.Disk, before map[string][]byte, what string, refusal error) error {
	if errors.Is(refusal, syscall.ENOSPC) {
		return nil
	}
	if !p.damaged(refusal) {
		return core.Breachf(damageRefused, "of a log at rest %s; Open failed, and not because of that: %v", what, refusal)
	}
	after := contents(disk)
	if len(after) != len(before) {
		return core.Breachf(damageRefused, "of a log at rest %s; Open refused it, and left %d files of %d", what, len(after), len(before))
	}
	for name, content := range before {
		if !bytes.Equal(after[name], content) {
			return core.Breachf(damageRefused, "of a log at rest %s; Open refused it, and changed %s", what, name)
		}
	}
	return nil
}

// contents are the files of the journal, by their full names.
func contents(disk *vfs.Disk) map[string][]byte {
	all := disk.Tree()
	maps.DeleteFunc(all, func(name string, _ []byte) bool {
		return !strings.HasPrefix(name, base+".") || strings.HasSuffix(name, "/")
	})
	return all
}

// newestLog names the log that Open takes for the newest one: the active log, or in the
// middle of a roll, where there is none, the archive of the highest generation. It is ""
// if there is neither.
func newestLog(files map[string][]byte) string {
	if _, active := files[base+".log"]; active {
		return base + ".log"
	}
	newest, highest := "", uint64(0)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if !strings.HasSuffix(name, ".log") {
			continue // Open reads no tail that was kept, and no temporary file, for a log
		}
		genesis, err := wire.ParseMarker(files[name], 0)
		if err == nil && genesis.Kind == wire.Genesis && (newest == "" || genesis.Generation > highest) {
			newest, highest = name, genesis.Generation
		}
	}
	return newest
}

// damageNewest damages the beginning of the newest log, if there is one: see
// damageBeginning.
func damageNewest(disk *vfs.Disk, n uint64) (what string, refuse bool, err error) {
	files := contents(disk)
	log := newestLog(files)
	content := files[log]
	if len(content) == 0 {
		return "", false, nil
	}
	return damageBeginning(disk, log, content, n)
}

// damageBeginning damages a log in one of six ways, which n picks, and says what it did;
// "" if it can't be damaged in that way. Refuse is true for damage that Open must refuse,
// whatever it can still read.
func damageBeginning(disk *vfs.Disk, log string, content []byte, n uint64) (what string, refuse bool, err error) {
	kind, n := n%6, n/6
	switch kind {
	case 0:
		clear(content[:min(512, len(content))])
		what = "the first sector was zeroed"
	case 1:
		if len(content) < wire.HeaderSize || !wire.IsMarkerFrame(content) {
			return "", false, nil // a log without markers may well end anywhere
		}
		content = content[:min(100, len(content))]
		what = "all but the first 100 bytes were lost"
	case 2:
		span := wire.HeaderSize
		if wire.IsMarkerFrame(content) {
			span = wire.MarkerPrefixSize + 2 // what kind it is, and of which version
		}
		bit := n % uint64(8*span)
		if bit/8 == 5 || bit/8 == 7 || len(content) < span {
			return "", false, nil // flags and types of a log without markers are nobody's business
		}
		content[bit/8] ^= 1 << (bit % 8)
		what = fmt.Sprintf("bit %d of the first frame rotted", bit)
	case 3:
		content = nil
		what = "all bytes were lost"
	case 5:
		if !wire.IsMarkerFrame(content) {
			return "", false, nil // nothing proves an entry of a log without markers
		}
		for i := wire.HeaderSize; i < wire.HeaderSize+64 && i < len(content); i++ {
			content[i] ^= byte(i*i>>2) | 1
		}
		what = "the payload of the first frame became noise"
	case 4:
		markers := ownMarkers(disk, log)
		if len(markers) == 0 {
			return "", false, nil
		}
		at := markers[n%uint64(len(markers))]
		if n/uint64(len(markers))%2 == 0 {
			content[at+wire.MarkerPrefixSize+1]++
		} else {
			content[at+wire.MarkerPrefixSize] += 10
		}
		proveMarker(content[at:])
		what, refuse = fmt.Sprintf("the marker at offset %d became one of another version or kind", at), true
	}
	return what, refuse, overwrite(disk, log, content)
}

// ownMarkers returns the offsets of the markers in a log that have its log id: what a
// disk left of an older log behind them does not count.
func ownMarkers(disk *vfs.Disk, log string) []int {
	var at []int
	var id wire.LogID
	for f, err := range journal.Inspect(disk, log) {
		if err != nil {
			break // the rest is a tail
		}
		if f.Marker == nil {
			continue
		}
		if len(at) == 0 {
			id = f.Marker.Log
		}
		if f.Marker.Log == id {
			at = append(at, int(f.Offset))
		}
	}
	return at
}

// proveMarker gives a marker's frame the checksum that proves it (package wire draws
// where it stands).
func proveMarker(frame []byte) {
	const crcAt = wire.MarkerPrefixSize + 4
	size := wire.HeaderSize + binary.LittleEndian.Uint64(frame[8:])
	clear(frame[crcAt : crcAt+4])
	binary.LittleEndian.PutUint32(frame[crcAt:], wire.Checksum(0, frame[:size]))
}

// overwrite changes a file in place.
func overwrite(disk *vfs.Disk, name string, content []byte) error {
	file, err := disk.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	if _, err = file.WriteAt(content, 0); err == nil {
		err = file.Truncate(int64(len(content)))
	}
	if closeErr := file.Close(); err == nil {
		err = closeErr
	}
	return err
}
