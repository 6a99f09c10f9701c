package journal_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/afero"

	"powercut/journal"
	"powercut/journal/wire"
)

// Archives whose names have a number at their end, since another roll within the same
// second had taken the name: rayforce's, and ours of one log id.
const (
	taken  = base + ".2026.11.23T02.49.57Z.log"
	second = base + ".2026.11.23T02.49.57Z.1.log"
	tenth  = base + ".2026.11.23T02.49.57Z.10.log"
)

// A purge removes archives with a number at the end of their names, of either program,
// and no log of another base.
func TestPurgeOfNumberedArchives(t *testing.T) {
	for _, test := range []struct {
		name   string
		files  []string
		others []string
	}{
		{"of rayforce", []string{taken, second, tenth}, nil},
		{"the first is gone", []string{second}, nil},
		{"of this package", []string{base + ".2026.11.23T02.49.57Z-00000001-0a0b0c0d.log", base + ".2026.11.23T02.49.57Z-00000001-0a0b0c0d.1.log"}, nil},
		{"no number", nil, []string{base + ".2026.11.23T02.49.57Z.x.log", base + ".2026.11.23T02.49.57Z..log", base + ".2026.11.23T02.49.57Z.1.2.log", base + ".2026.11.23T02.49.57Z.-1.log"}},
		{"another base", []string{second}, []string{tenth, base + ".2026.11.23T02.49.57Z.10.qdb"}},
		{"another base with an archive", []string{tenth}, []string{second, strings.TrimSuffix(second, ".log") + ".2026.11.24T00.00.00Z.log"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			fs := newFs(t)
			for _, name := range slices.Concat(test.files, test.others, []string{base + ".log"}) {
				must(t, afero.WriteFile(fs, name, []byte(name), 0o644))
			}
			must(t, journal.Purge(fs, base))
			infos, err := afero.ReadDir(fs, "/data")
			must(t, err)
			var left []string
			for _, info := range infos {
				left = append(left, "/data/"+info.Name())
			}
			slices.Sort(test.others)
			if !slices.Equal(left, test.others) {
				t.Errorf("left: got %v, want %v", left, test.others)
			}
		})
	}
}

// rolledTwice is a journal with two archives, and returns the names of archives. Those
// that are taken somebody else puts there meanwhile.
func rolledTwice(t *testing.T, c *crashFs, taken ...string) (archives []string) {
	t.Helper()
	j, _, err := journal.Open(c, base, &recorder{}, crashOptions(journal.Sync, 7))
	must(t, err)
	for _, name := range taken {
		c.put(name, oldFrames(5))
	}
	for i := range 3 {
		if i > 0 {
			must(t, j.Roll(bg))
		}
		mustAppend(t, j, number(int64(i)))
	}
	must(t, j.Close())
	for name := range c.names {
		if strings.HasPrefix(name, base+".2") {
			archives = append(archives, name)
		}
	}
	slices.Sort(archives)
	return archives
}

// Archives of this package with a number at the end of their names are found,
// replayed, read, and pruned once a snapshot covers them. What had the name before
// them is nobody's.
func TestNumberedArchives(t *testing.T) {
	names := rolledTwice(t, newCrashFs()) // with the same entropy, and the same clock
	c := newCrashFs()
	want := slices.Clone(names)
	for _, name := range names {
		want = append(want, strings.TrimSuffix(name, ".log")+".1.log")
	}
	slices.Sort(want)
	if got := rolledTwice(t, c, names...); len(names) != 2 || !slices.Equal(got, want) {
		t.Fatalf("got archives %v, want %v", got, want)
	}
	m := &recorder{}
	j, rec, err := journal.Open(c, base, m, crashOptions(journal.Sync, 8))
	must(t, err)
	var read []int64
	for e, err := range j.Read(1) {
		must(t, err)
		v, err := wire.Decode(e.Payload)
		must(t, err)
		read = append(read, v.(wire.Scalar).Int())
	}
	if want := []int64{0, 1, 2}; !slices.Equal(m.got, want) || !slices.Equal(read, want) || rec.Archives != 2 {
		t.Errorf("got %v, read %v, want %v: %+v", m.got, read, want, rec)
	}
	must(t, j.Snapshot(bg))
	must(t, j.Prune(bg))
	must(t, j.Close())
	for _, name := range names {
		if c.names[name] == nil || c.names[strings.TrimSuffix(name, ".log")+".1.log"] != nil {
			t.Errorf("after a prune: %s is gone, or its namesake is not:\n%s", name, c.tree())
		}
	}
	wantRecovered(t, c, []int64{0, 1, 2})
}

// Rayforce never reads its archives back, and neither does recovery here: they are
// no part of the state, stay when archives are pruned, and go with a purge.
func TestArchivesOfRayforce(t *testing.T) {
	c := newCrashFs()
	c.put(base+".log", oldFrames(2))
	c.put(taken, oldFrames(3))
	c.put(second, oldFrames(4))
	m := &recorder{}
	opts := crashOptions(journal.Sync, 7)
	j, rec, err := journal.Open(c, base, m, opts)
	must(t, err)
	if !slices.Equal(m.got, []int64{0, 1}) || rec.Archives != 0 {
		t.Errorf("got %v, %+v", m.got, rec)
	}
	mustAppend(t, j, number(7))
	must(t, j.Snapshot(bg))
	must(t, j.Prune(bg))
	must(t, j.Close())
	for _, name := range []string{taken, second} {
		if c.names[name] == nil {
			t.Errorf("%s is gone", name)
		}
	}
	must(t, journal.Purge(c, base))
	delete(c.names, base+".lock")
	if tree := c.tree(); tree != "" {
		t.Errorf("left: %v", tree)
	}
}

// A log of this package that rayforce has rolled holds entries that the log which
// rayforce began behind it does not: they are missed, whatever the name, unless a
// snapshot of rayforce's holds them.
func TestRolledByRayforce(t *testing.T) {
	for _, archive := range []string{taken, second, tenth} {
		t.Run(archive, func(t *testing.T) {
			c := newCrashFs()
			shortJournal(t, c, 2)
			c.moved(base+".log", archive)
			c.put(base+".log", oldFrames(1))
			before := c.tree()
			_, _, err := journal.Open(c, base, &recorder{}, crashOptions(journal.Sync, 8))
			corrupt, ok := errors.AsType[*journal.CorruptError](err)
			if !ok || corrupt.Path != base+".log" || !strings.Contains(err.Error(), "another program rolled it") || c.tree() != before {
				t.Errorf("got %v", err)
			}
			m := &recorder{}
			state, err := m.Snapshot()
			must(t, err)
			c.put(base+".qdb", append(wire.AppendHeader(nil, wire.Header{Type: wire.TypeSnapshot, Size: int64(len(state))}), state...))
			j, rec, err := journal.Open(c, base, m, crashOptions(journal.Sync, 8))
			must(t, err)
			if !rec.Snapshot || !slices.Equal(m.got, []int64{0}) {
				t.Errorf("with a snapshot of rayforce's: got %v, %+v", m.got, rec)
			}
			must(t, j.Close())
		})
	}
}

// A snapshot of a journal without entries covers LSN 0, and so the archive that its roll
// leaves, which has none.
func TestPruneBehindASnapshotOfNoEntries(t *testing.T) {
	fs := newFs(t)
	j, _, err := journal.Open(fs, base, &recorder{}, journal.Options{})
	must(t, err)
	must(t, j.Snapshot(bg))
	must(t, j.Prune(bg))
	must(t, j.Close())
	archives, err := afero.Glob(fs, base+".*-*.log")
	must(t, err)
	if len(archives) > 0 {
		t.Errorf("Prune left %v", archives)
	}
}
