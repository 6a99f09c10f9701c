package journal_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/spf13/afero"

	"powercut/journal"
	"powercut/journal/wire"
)

// Room is there while the journal is open, in sync mode alone, and nothing of it
// is left behind the end of an archive or of a journal that was closed.
func TestRoom(t *testing.T) {
	const room = 10_000
	for _, mode := range []journal.Mode{journal.Sync, journal.Async} {
		t.Run(mode.String(), func(t *testing.T) {
			fs := afero.NewMemMapFs()
			must(t, fs.MkdirAll("/d", 0o755))
			j, _, err := journal.Open(fs, "/d/j", nothing{}, journal.Options{Mode: mode, RoomBytes: room})
			must(t, err)
			var sizes []int64
			for range 300 {
				_, err := j.Append(bg, journal.Entry{Payload: wire.Encode(wire.Int(1))})
				must(t, err)
				info, err := fs.Stat("/d/j.log")
				must(t, err)
				if n := len(sizes); n == 0 || sizes[n-1] != info.Size() {
					sizes = append(sizes, info.Size())
				}
			}
			content, err := afero.ReadFile(fs, "/d/j.log")
			must(t, err)
			behind := content[j.Stats().LogBytes:]
			if len(bytes.Trim(behind, "\x00")) > 0 {
				t.Errorf("what is set aside is not zero: %q", behind)
			}
			// 300 entries and their commits take some 40 KB.
			if grown := len(sizes); mode == journal.Sync && (grown < 3 || grown > 6 || len(behind) == 0) || mode == journal.Async && (grown != 300 || len(behind) > 0) {
				t.Errorf("the log had %d sizes, and %d bytes are set aside", grown, len(behind))
			}

			must(t, j.Roll(bg))
			must(t, j.Close())
			logs, err := afero.Glob(fs, "/d/j*.log")
			must(t, err)
			if len(logs) != 2 {
				t.Fatalf("got %v, want a log and an archive", logs)
			}
			for _, log := range logs {
				report, err := journal.Validate(fs, log)
				must(t, err)
				if report.TailErr != nil {
					t.Errorf("%s: %v", log, report.TailErr)
				}
			}
		})
	}
}

func TestRoomOutOfBounds(t *testing.T) {
	for _, room := range []int{-1, 64<<20 + 1} {
		_, _, err := journal.Open(afero.NewMemMapFs(), "/j", nothing{}, journal.Options{RoomBytes: room})
		if !errors.Is(err, journal.ErrBadInput) {
			t.Errorf("%d bytes: got %v, want ErrBadInput", room, err)
		}
	}
}
