package journal

import (
	"fmt"
	"os"
	"testing"
)

const (
	// replayBytes is how much the entries of a log that is read come to.
	replayBytes = 64 << 20
	// replayBatch is how many entries shared a commit when it was written, as
	// under so many writers.
	replayBatch = 64
)

// BenchmarkReplay reads a log of 64 MiB of entries, which is in the page cache,
// and hands out each entry. Its bytes per second are those of the entries. The
// log of batch=1 is what a single writer leaves: there, the journal has a
// commit marker behind each entry.
func BenchmarkReplay(b *testing.B) {
	logs := buildLogs(b)
	onPlaces(b, func(b *testing.B, at place) {
		for _, size := range entrySizes {
			for _, r := range readers {
				b.Run(fmt.Sprintf("entry=%d/batch=%d/of=%s", size, replayBatch, r.name), func(b *testing.B) {
					r.replay(b, logs(b, r, size, replayBatch), at, size)
				})
			}
		}
		for _, r := range readers {
			if size := entrySizes[0]; isPowercutLog(r) {
				b.Run(fmt.Sprintf("entry=%d/batch=1/of=%s", size, r.name), func(b *testing.B) {
					r.replay(b, logs(b, r, size, 1), at, size)
				})
			}
		}
	})
}

// isPowercutLog says whether it is the journal's log that is read.
func isPowercutLog(r reader) bool {
	return logName(r) == "powercut"
}

// logName tells the logs apart: several readers read the journal's.
func logName(r reader) string {
	switch r.name {
	case "read+crc32c", "mmap+crc32c", "powercut-validate", "powercut-replay", "powercut-read":
		return "powercut"
	}
	return r.name
}

// buildLogs returns a function that writes each log once, in memory if there is
// a place in memory: fsyncs are not what is measured here.
func buildLogs(b *testing.B) func(b *testing.B, r reader, size, batch int) string {
	built := make(map[string]string)
	at := quickPlace()
	return func(inner *testing.B, r reader, size, batch int) string {
		key := fmt.Sprint(logName(r), size, batch)
		if dir, ok := built[key]; ok {
			return dir
		}
		dir := scratch(b, at)
		ring := newEntries(distinctEntries, size)
		fill(inner, r.open, dir, batch, func(i int) []byte { return ring[i%distinctEntries] }, replayBytes/size)
		built[key] = dir
		return dir
	}
}

func (r reader) replay(b *testing.B, log string, at place, size int) {
	dir := scratch(b, at)
	must(b, os.CopyFS(dir, os.DirFS(log)))
	want := replayBytes / size
	read := r.prepare(b, dir)
	b.ReportAllocs()
	b.SetBytes(int64(want * size))
	for b.Loop() {
		n := 0
		err := read(func(e []byte) error {
			if len(e) != size {
				return fmt.Errorf("entry %d has %d bytes, want %d", n, len(e), size)
			}
			n++
			return nil
		})
		must(b, err)
		if r.handsOut && n != want {
			b.Fatalf("got %d entries, want %d", n, want)
		}
	}
}
