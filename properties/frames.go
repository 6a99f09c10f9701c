package properties

import (
	"maps"
	"path"
	"slices"
	"strings"

	"powercut/journal/wire"
	"powercut/vfs"
)

// frameAt is a frame of a file, as the bytes say.
type frameAt struct {
	off, size int64
	restrict  bool
	marker    *wire.Marker // nil for an entry
}

func (f *frameAt) end() int64 { return f.off + f.size }

// framesIn walks over the frames of a log, up to the first that is not whole, or is a
// marker that does not prove itself.
func framesIn(log []byte) []frameAt {
	var all []frameAt
	for off := int64(0); ; {
		rest := log[off:]
		h, err := wire.ParseHeader(rest, wire.MaxPayload)
		if err != nil || h.Size > int64(len(rest))-wire.HeaderSize {
			return all
		}
		f := frameAt{off: off, size: wire.HeaderSize + h.Size, restrict: h.Flags&wire.FlagRestricted != 0}
		if wire.IsMarkerFrame(rest) {
			m, err := wire.ParseMarker(rest, off)
			if err != nil {
				return all
			}
			f.marker = &m
		}
		all = append(all, f)
		off += f.size
	}
}

// logFile is a log with markers.
type logFile struct {
	name    string
	genesis wire.Marker
	content []byte
}

// logsIn are the logs with markers of the base, the oldest first: archives, and the
// active one if it is there.
func logsIn(tree vfs.Tree) []logFile {
	var all []logFile
	for _, name := range slices.Sorted(maps.Keys(tree)) {
		if !strings.HasPrefix(name, base+".") || !strings.HasSuffix(name, ".log") || path.Dir(name) != path.Dir(base) {
			continue
		}
		if m, err := wire.ParseMarker(tree[name], 0); err == nil && m.Kind == wire.Genesis {
			all = append(all, logFile{name, m, tree[name]})
		}
	}
	slices.SortStableFunc(all, func(a, b logFile) int { return int(a.genesis.Generation) - int(b.genesis.Generation) })
	return all
}
