package journal

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// quickPlace is in memory if possible: these tests are not about speed.
func quickPlace() place {
	all := places()
	if all[1].exists() {
		return all[1]
	}
	return all[0]
}

// Every contestant stores what it acknowledged, in order, and returns it.
func TestStoredIsReturned(t *testing.T) {
	for _, list := range []struct {
		name string
		p    promise
		of   []contestant
	}{{"append", process, appenders}, {"sync", power, syncers}} {
		for _, c := range list.of {
			if c.read == nil {
				continue // stores nothing: what a checksum alone costs
			}
			t.Run(list.name+"/"+c.name, func(t *testing.T) {
				const n = 300
				for _, size := range entrySizes {
					entries := c.shape(newEntries(n, size), false)
					dir := scratch(t, quickPlace())
					s, err := c.open(dir, list.p)
					must(t, err)
					for _, e := range entries {
						must(t, s.Append(e))
					}
					must(t, s.Close())
					wantAll(t, c, dir, entries, true)
				}
			})
		}
	}
}

// Under many writers, everything that was acknowledged is there once.
func TestGroupsAreReturned(t *testing.T) {
	for _, c := range groupers {
		t.Run(c.name, func(t *testing.T) {
			const each = 5
			entries := c.shape(newEntries(writers*each, 1024), true)
			dir := scratch(t, quickPlace())
			s, err := c.open(dir, power)
			must(t, err)
			if !c.concurrent {
				s = newFront(s)
			}
			var wg sync.WaitGroup
			for w := range writers {
				wg.Go(func() {
					for _, e := range entries[w*each : (w+1)*each] {
						if err := s.Append(e); err != nil {
							t.Error(err)
						}
					}
				})
			}
			wg.Wait()
			if n := s.(syncCounter).Fsyncs(); n == 0 || n > uint64(len(entries)+8) {
				t.Errorf("%d fsyncs for %d entries", n, len(entries))
			}
			must(t, s.Close())
			wantAll(t, c, dir, entries, false)
		})
	}
}

// wantAll compares what is read with what was stored.
func wantAll(t *testing.T, c contestant, dir string, entries [][]byte, ordered bool) {
	t.Helper()
	missing := make(map[string]bool, len(entries))
	for _, e := range entries {
		missing[string(e)] = true
	}
	n := 0
	err := c.read(dir, len(entries[0]), func(e []byte) error {
		if !missing[string(e)] {
			return fmt.Errorf("entry %d was not stored, or is there twice", n)
		}
		if ordered && !bytes.Equal(e, entries[n]) {
			return fmt.Errorf("entry %d is not the one stored there", n)
		}
		delete(missing, string(e))
		n++
		return nil
	})
	must(t, err)
	if len(missing) > 0 {
		t.Errorf("%d of %d entries are missing", len(missing), len(entries))
	}
}

// What was acknowledged is in a file before anything else is called: nothing
// but a contestant that says so holds it back in the process.
func TestAcknowledgedIsWritten(t *testing.T) {
	for _, list := range []struct {
		name string
		p    promise
		of   []contestant
	}{{"append", process, appenders}, {"sync", power, syncers}} {
		for _, c := range list.of {
			if c.read == nil || c.name == "pebble-buffered" {
				continue
			}
			t.Run(list.name+"/"+c.name, func(t *testing.T) {
				entries := c.shape(newEntries(20, 1024), false)
				dir := scratch(t, quickPlace())
				s, err := c.open(dir, list.p)
				must(t, err)
				for _, e := range entries {
					must(t, s.Append(e))
				}
				if !isWritten(t, dir, entries[len(entries)-1]) {
					t.Error("the last entry is in no file")
				}
				must(t, s.Close())
			})
		}
	}
}

// isWritten says whether a file holds an entry, in one piece.
func isWritten(t *testing.T, dir string, entry []byte) (found bool) {
	t.Helper()
	must(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || found {
			return err
		}
		b, err := os.ReadFile(path)
		found = found || bytes.Contains(b, entry)
		return err
	}))
	return found
}

// Every reader hands out each entry of its log, in order.
func TestReadersHandOutAll(t *testing.T) {
	for _, r := range readers {
		t.Run(r.name, func(t *testing.T) {
			for _, size := range entrySizes {
				entries := newEntries(300, size)
				dir := scratch(t, quickPlace())
				fill(t, r.open, dir, 64, func(i int) []byte { return entries[i] }, len(entries))
				n := 0
				must(t, r.prepare(t, dir)(func(e []byte) error {
					if n >= len(entries) || !bytes.Equal(e, entries[n]) {
						return fmt.Errorf("entry %d is not the one stored there", n)
					}
					n++
					return nil
				}))
				if r.handsOut && n != len(entries) {
					t.Errorf("got %d entries, want %d", n, len(entries))
				}
			}
		})
	}
}

// Both floors for reading read the same bytes.
func TestFloorsForReadingAgree(t *testing.T) {
	entries := newEntries(300, 1024)
	dir := scratch(t, quickPlace())
	fill(t, openPowercut, dir, 64, func(i int) []byte { return entries[i] }, len(entries))
	path := powercutBase(dir) + ".log"
	want, err := scanRead(path, make([]byte, 1000))
	must(t, err)
	got, err := scanMapped(path)
	must(t, err)
	if got != want {
		t.Errorf("got %#x, want %#x", got, want)
	}
}
