package journal_test

import (
	"errors"
	"fmt"
	iofs "io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"powercut/journal"
	"powercut/journal/wire"
)

// fileSets are sets of files to begin with: those of the real program, those that
// were made by hand, and ours, closed, crashed, and in the middle of things.
func fileSets(t testing.TB) map[string]*crashFs {
	t.Helper()
	sets := map[string]*crashFs{}
	folders, err := filepath.Glob("testdata/rayforce*/*")
	must(t, err)
	for _, folder := range folders {
		c := newCrashFs()
		names, err := filepath.Glob(folder + "/j*")
		must(t, err)
		for _, name := range names {
			raw, err := os.ReadFile(name)
			must(t, err)
			c.put(filepath.Join("/data", filepath.Base(name)), raw)
		}
		sets[folder] = c
	}
	odd, err := filepath.Glob("testdata/odd-logs/*")
	must(t, err)
	for _, name := range odd {
		raw, err := os.ReadFile(name)
		must(t, err)
		sets[name] = newCrashFs()
		sets[name].put(base+".log", raw)
	}
	own := func(name string, make func(t *testing.T, c *crashFs)) {
		sets[name] = newCrashFs()
		make(t.(*testing.T), sets[name])
	}
	if _, ok := t.(*testing.T); !ok {
		return sets
	}
	own("nothing", func(*testing.T, *crashFs) {})
	own("closed", func(t *testing.T, c *crashFs) { closedJournal(t, c) })
	own("short", func(t *testing.T, c *crashFs) { shortJournal(t, c, 2) })
	own("new", func(t *testing.T, c *crashFs) { shortJournal(t, c, 0) })
	own("pruned", prunedJournal)
	own("interrupted roll", interruptedRoll)
	own("rolled log of rayforce", rolledOldLog)
	own("log of rayforce", func(_ *testing.T, c *crashFs) { c.put(base+".log", oldFrames(4)) })
	own("archived", func(t *testing.T, c *crashFs) {
		closedJournal(t, c)
		delete(c.names, base+".log")
	})
	own("nameless", func(t *testing.T, c *crashFs) {
		closedJournal(t, c)
		c.moved(base+".log", base+".log.tmp")
	})
	own("crashed", func(t *testing.T, c *crashFs) {
		j, _, err := journal.Open(c, base, &recorder{}, crashOptions(journal.Async, 7))
		must(t, err)
		mustAppend(t, j, number(1), number(2))
		must(t, j.Sync(bg))
		mustAppend(t, j, number(3))
	})
	return sets
}

// damages are what can happen to a file at rest.
var damages = []struct {
	name string
	do   func(t *rapid.T, data []byte) []byte
}{
	{"flip a bit", func(t *rapid.T, data []byte) []byte {
		bit := rapid.IntRange(0, 8*len(data)-1).Draw(t, "bit")
		data[bit/8] ^= 1 << (bit % 8)
		return data
	}},
	{"flip a bit of the first header", func(t *rapid.T, data []byte) []byte {
		bit := rapid.IntRange(0, 8*min(len(data), 60)-1).Draw(t, "bit")
		data[bit/8] ^= 1 << (bit % 8)
		return data
	}},
	{"zero a sector", func(t *rapid.T, data []byte) []byte {
		at := 512 * rapid.IntRange(0, (len(data)-1)/512).Draw(t, "sector")
		clear(data[at:min(at+512, len(data))])
		return data
	}},
	{"zero all", func(_ *rapid.T, data []byte) []byte { clear(data); return data }},
	{"cut", func(t *rapid.T, data []byte) []byte { return data[:rapid.IntRange(0, len(data)-1).Draw(t, "length")] }},
	{"append zeros", func(t *rapid.T, data []byte) []byte {
		return append(data, make([]byte, rapid.IntRange(1, 600).Draw(t, "zeros"))...)
	}},
	{"append garbage", func(t *rapid.T, data []byte) []byte {
		return append(data, rapid.SliceOfN(rapid.Byte(), 1, 40).Draw(t, "garbage")...)
	}},
	{"append entries", func(t *rapid.T, data []byte) []byte {
		return append(data, oldFrames(rapid.IntRange(1, 3).Draw(t, "entries"))...)
	}},
	{"repeat the end", func(t *rapid.T, data []byte) []byte {
		return append(data, data[rapid.IntRange(0, len(data)-1).Draw(t, "from"):]...)
	}},
	{"another version", func(t *rapid.T, data []byte) []byte {
		var at []int
		for off := 0; off+wire.CommitSize <= len(data); {
			h, err := wire.ParseHeader(data[off:], wire.MaxPayload)
			if err != nil || h.Size > int64(len(data)-off-wire.HeaderSize) {
				break
			}
			if wire.IsMarkerFrame(data[off:]) {
				at = append(at, off)
			}
			off += wire.HeaderSize + int(h.Size)
		}
		if len(at) > 0 {
			restamp(data, rapid.SampledFrom(at).Draw(t, "at"), rapid.SampledFrom([]byte{1, 2, 3, 4}).Draw(t, "kind"), rapid.SampledFrom([]byte{1, 2}).Draw(t, "version"))
		}
		return data
	}},
}

// damage does something to the files.
func damage(t *rapid.T, c *crashFs, others []*crashFs) {
	names := slices.Sorted(maps.Keys(c.names))
	if len(names) == 0 {
		return
	}
	name := rapid.SampledFrom(names).Draw(t, "file")
	data := slices.Clone(c.names[name].data)
	switch rapid.IntRange(0, 9).Draw(t, "what") {
	case 0:
		delete(c.names, name)
	case 1:
		to := rapid.SampledFrom([]string{base + ".log", base + ".log.tmp", base + ".qdb", base + ".2026.11.23T02.49.57Z.log", base + ".2026.11.23T02.49.57Z-00000009-01020304.log"}).Draw(t, "to")
		c.put(to, data)
	case 2:
		other := rapid.SampledFrom(others).Draw(t, "set")
		if theirs := slices.Sorted(maps.Keys(other.names)); len(theirs) > 0 {
			from := rapid.SampledFrom(theirs).Draw(t, "from")
			c.put(from, slices.Clone(other.names[from].data))
		}
	default:
		d := rapid.SampledFrom(damages).Draw(t, "damage")
		if len(data) > 0 {
			c.put(name, d.do(t, data))
		}
	}
}

// Open, Validate, Inspect, Replay and Repair say the same of the same files, as the package
// documentation has it, whatever the files are.
func TestAgree(t *testing.T) {
	sets := fileSets(t)
	names := slices.Sorted(maps.Keys(sets))
	for _, name := range names {
		t.Run(name, func(t *testing.T) { checkAgree(t, sets[name]) })
	}
	var all []*crashFs
	for _, name := range names {
		all = append(all, sets[name])
	}
	t.Run("damaged", rapid.MakeCheck(func(t *rapid.T) {
		c := sets[rapid.SampledFrom(names).Draw(t, "set")].clone()
		for range rapid.IntRange(1, 3).Draw(t, "damages") {
			damage(t, c, all)
		}
		checkAgree(t, c)
	}))
}

// FuzzAgree is TestAgree with a log that a fuzzer makes.
func FuzzAgree(f *testing.F) {
	for _, c := range fileSets(f) {
		if log := c.names[base+".log"]; log != nil {
			f.Add(log.data)
		}
	}
	f.Fuzz(func(t *testing.T, log []byte) {
		c := newCrashFs()
		c.put(base+".log", log)
		checkAgree(t, c)
	})
}

// reporter is what a property and a test have in common.
type reporter interface {
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

func checkAgree(t reporter, c *crashFs) {
	before := c.tree()
	unchanged := func(what string, c *crashFs) {
		if c.tree() != before {
			t.Errorf("%s changed files:\n%s", what, before)
		}
	}
	opened := c.clone()
	var applied payloads
	j, rec, err := journal.Open(opened, base, &applied, withoutAdopting(crashOptions(journal.Sync, 8)))
	if err == nil {
		if err := j.Close(); err != nil {
			t.Fatalf("Close: %v", err)
		}
	} else {
		unchanged("an Open that refuses", opened)
		if status := journal.StatusOf(err); status == journal.StatusIO || status == journal.StatusOK {
			t.Errorf("Open: %v, of no type", err)
		}
	}
	checkRepair(t, c, rec, err)
	var valid journal.Report
	if c.names[base+".log"] != nil {
		valid = checkValidate(t, c, rec, err)
		checkReplay(t, c, applied, err)
	}
	unchanged("Validate, Inspect or Replay", c)
	if err != nil {
		return
	}
	// And of what Open left there is nothing more to tell.
	after, err := journal.Validate(opened, base+".log")
	if err != nil || after.TailErr != nil {
		t.Errorf("after Open and Close, Validate: %v, %v", err, after.TailErr)
	}
	if rep, err := journal.Repair(opened, base, journal.RepairOptions{Machine: &payloads{}}); err != nil || rep.Path != "" {
		t.Errorf("after Open and Close, Repair: %+v, %v (before: %+v)", rep, err, valid)
	}
}

// checkRepair compares Repair with what Open said.
func checkRepair(t reporter, c *crashFs, rec journal.Recovery, openErr error) {
	before := c.tree()
	for _, accept := range []bool{false, true} {
		what := fmt.Sprintf("Repair, AcceptLoss %v", accept)
		c := c.clone()
		rep, err := journal.Repair(c, base, journal.RepairOptions{AcceptLoss: accept, Machine: &payloads{}})
		if rep.Path == "" && c.tree() != before {
			t.Errorf("%s: changed files, and names none: %v", what, err)
		}
		switch {
		case errors.Is(err, iofs.ErrNotExist) && before == "":
			continue
		case (err == nil && rep.Path == "") != (openErr == nil):
			t.Errorf("%s: %+v, %v, but Open: %v", what, rep, err, openErr)
			continue
		case rep.Path == "" && journal.StatusOf(err) != journal.StatusOf(openErr):
			tail, ok := errors.AsType[*journal.BadTailError](openErr)
			if !ok || !tail.FramesBehind {
				t.Errorf("%s: %v, but Open: %v", what, err, openErr)
			}
		}
		if rep.Path == "" || err != nil {
			continue
		}
		j, rec, err := journal.Open(c, base, &payloads{}, withoutAdopting(crashOptions(journal.Sync, 8)))
		if err != nil {
			t.Errorf("%s: %+v, but then Open: %v", what, rep, err)
			continue
		}
		if rep.Path == base+".log" && !rep.Removed && rec.LastLSN != rep.LastLSN {
			t.Errorf("%s: %+v, but then Open: %+v", what, rep, rec)
		}
		if err := j.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	}
}

// checkValidate compares Validate and Inspect of the log with each other and with
// what Open said.
func checkValidate(t reporter, c *crashFs, rec journal.Recovery, openErr error) journal.Report {
	const log = base + ".log"
	valid, err := journal.Validate(c, log)
	if openErr == nil {
		if err != nil {
			t.Errorf("Validate: %v, but Open succeeds: %+v", err, rec)
		}
		if !sameLog(valid, rec) {
			t.Errorf("Validate: %+v, but Open: %+v", valid, rec)
		}
	}
	seen := inspectAll(c, log)
	if seen.end < valid.ValidBytes {
		t.Errorf("Inspect: whole frames up to %d (%v), but Validate: %+v", seen.end, seen.err, valid)
	}
	whole := seen.err == nil && seen.frameErr == nil && seen.end == valid.SizeBytes && seen.entries == valid.Entries
	if err == nil && valid.TailErr == nil && !whole {
		t.Errorf("Inspect: %d entries up to %d, %v, %v, but Validate: %+v", seen.entries, seen.end, seen.frameErr, seen.err, valid)
	}
	if len(c.names) == 1 && !seen.needsOthers() && (err == nil) != (openErr == nil) {
		t.Errorf("Validate: %v, but Open of the log alone: %v", err, openErr)
	}
	return valid
}

// sameLog says whether Validate's report and Open's tell the same of <base>.log, if
// Open went on with that: a roll that it completed makes another one.
func sameLog(valid journal.Report, rec journal.Recovery) bool {
	switch {
	case valid.Markers && rec.Log == valid.Log:
		return rec.LastLSN == valid.LastLSN && rec.TailBytes == valid.SizeBytes-valid.ValidBytes && rec.TailFrames == valid.TailFrames
	case !valid.Markers && rec.OldLog:
		return rec.LastLSN == uint64(valid.Entries) && valid.ValidBytes == valid.SizeBytes
	}
	return true
}

// inspected is what Inspect says of a whole log.
type inspected struct {
	entries  int
	end      int64        // of the last whole frame
	first    *wire.Marker // if the log begins with one
	frameErr error        // of any frame
	err      error        // that ended it
}

func inspectAll(c *crashFs, log string) (s inspected) {
	// A preamble of rayforce's is no frame: the first one stands behind it.
	if file := c.names[log]; file != nil && len(file.data) >= 16 && string(file.data[:8]) == "RAYJLG1\x00" {
		s.end = 16
	}
	begins := true
	for f, err := range journal.Inspect(c, log) {
		if err != nil {
			s.err = err
			break
		}
		if f.Marker == nil {
			s.entries++
		} else if begins {
			marker := *f.Marker
			s.first = &marker
		}
		begins = false
		s.frameErr = errors.Join(s.frameErr, f.Err)
		s.end = f.Offset + f.SizeBytes
	}
	return s
}

// needsOthers says whether the log continues another file. One that does not, and
// stands alone, opens if it is whole.
func (s *inspected) needsOthers() bool {
	return s.first != nil && (s.first.Previous.Kind != wire.NoPrevious || s.first.Snapshot.SizeBytes > 0)
}

// withoutAdopting are options with which Open refuses what another program appended,
// as Validate and Repair do.
func withoutAdopting(opts journal.Options) journal.Options {
	opts.AdoptForeign = false
	return opts
}
