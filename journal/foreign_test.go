package journal_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"

	"powercut/journal"
	"powercut/journal/wire"
)

// appendForeign appends to a file as rayforce does: frames, and no marker.
func appendForeign(c *crashFs, path string, numbers ...int64) {
	data := slices.Clone(c.names[path].data)
	for _, i := range numbers {
		payload := number(i).Payload
		data = append(wire.AppendHeader(data, wire.Header{Type: wire.TypeEntry, Size: int64(len(payload))}), payload...)
	}
	c.put(path, data)
}

// Entries that another program appended to a closed log are refused, whatever else
// the journal did before, and moved aside only by who asks for it.
func TestForeignEntries(t *testing.T) {
	const log = base + ".log"
	for _, tt := range []struct {
		name string
		make func(t *testing.T, j *journal.Journal)
	}{
		{"nothing", func(*testing.T, *journal.Journal) {}},
		{"append", func(t *testing.T, j *journal.Journal) { mustAppend(t, j, number(1)) }},
		{"append and sync", func(t *testing.T, j *journal.Journal) { mustAppend(t, j, number(1)); must(t, j.Sync(bg)) }},
		{"append and roll", func(t *testing.T, j *journal.Journal) { mustAppend(t, j, number(1)); must(t, j.Roll(bg)) }},
		{"append and snapshot", func(t *testing.T, j *journal.Journal) { mustAppend(t, j, number(1)); must(t, j.Snapshot(bg)) }},
	} {
		for _, mode := range []journal.Mode{journal.Sync, journal.Async} {
			for _, behind := range []string{"", "torn", string(make([]byte, 30))} {
				t.Run(fmt.Sprintf("%s, %v, then %q", tt.name, mode, behind), func(t *testing.T) {
					c := newCrashFs()
					m := &recorder{}
					opts := crashOptions(mode, 7)
					opts.RoomBytes = 1000
					j, _, err := journal.Open(c, base, m, opts)
					must(t, err)
					tt.make(t, j)
					must(t, j.Close())
					end := len(c.names[log].data)
					appendForeign(c, log, 7, 8)
					c.put(log, append(c.names[log].data, behind...))
					before := c.tree()

					refusing := withoutAdopting(crashOptions(mode, 8))
					_, _, err = journal.Open(c, base, &recorder{}, refusing)
					foreign, ok := errors.AsType[*journal.ForeignError](err)
					if !ok || foreign.Entries != 2 || foreign.Offset != int64(end) || foreign.LastLSN != uint64(len(m.got)) {
						t.Fatalf("Open: got %v", err)
					}
					if _, err := journal.Validate(c, log); journal.StatusOf(err) != journal.StatusForeign {
						t.Errorf("Validate: got %v", err)
					}
					if _, err := journal.Repair(c, base, journal.RepairOptions{}); journal.StatusOf(err) != journal.StatusForeign {
						t.Errorf("Repair: got %v", err)
					}
					if c.tree() != before {
						t.Fatal("files changed although they were refused")
					}
					checkAdopted(t, c.clone(), append(slices.Clone(m.got), 7, 8), behind)
					rep, err := journal.Repair(c, base, journal.RepairOptions{AcceptLoss: true})
					if err != nil || rep.ValidBytes != int64(end) || len(c.names[rep.KeptAs].data) != 2*(len(oldLog())/2)+len(behind) {
						t.Fatalf("Repair: got %+v, %v", rep, err)
					}
					wantRecovered(t, c, m.got)
				})
			}
		}
	}
}

// checkAdopted takes over the entries that another program appended to a closed log,
// goes on behind them, and finds all of them without asking again.
func checkAdopted(t *testing.T, c *crashFs, want []int64, behind string) {
	t.Helper()
	m := &recorder{}
	j, rec, err := journal.Open(c, base, m, crashOptions(journal.Sync, 9))
	must(t, err)
	if !slices.Equal(m.got, want) || rec.Adopted != 2 || rec.LastLSN != uint64(len(want)) || j.LastLSN() != rec.LastLSN || rec.TailBytes != int64(len(behind)) {
		t.Fatalf("got %v, want %v; %+v", m.got, want, rec)
	}
	if kept := c.names[rec.TailKept]; (kept != nil) != (behind == "torn") || kept != nil && string(kept.data) != behind {
		t.Fatalf("%q is kept in %q: %+v", behind, rec.TailKept, rec)
	}
	mustAppend(t, j, number(9))
	must(t, j.Close())
	if report, err := journal.Validate(c, base+".log"); err != nil || report.LastLSN != uint64(len(want)+1) || report.TailErr != nil {
		t.Fatalf("Validate: got %+v, %v", report, err)
	}
	m = &recorder{}
	again := crashOptions(journal.Sync, 9)
	again.AdoptForeign = false
	j, _, err = journal.Open(c, base, m, again)
	must(t, err)
	must(t, j.Close())
	if want = append(want, 9); !slices.Equal(m.got, want) {
		t.Fatalf("opened again: got %v, want %v", m.got, want)
	}
}

// Wherever the power is cut or an operation fails while entries are taken over, the
// next Open takes them over, once. If the other program has not synced them, a power
// cut may take any of them, with the bytes of a sector and no checksum that would
// tell, until Open has returned. It is never taken for damage to what is ours.
func TestCrashWhileEntriesAreTakenOver(t *testing.T) {
	rotten := wire.AppendMarker(nil, &wire.Marker{Kind: wire.Commit, Log: wire.LogID{1}, Entries: 2})
	rotten[wire.MarkerPrefixSize-3] ^= 4
	for n := range 4 {
		synced, behind := n%2 == 0, []string{"torn", string(rotten)}[n/2]
		made := newCrashFs()
		j, _, err := journal.Open(made, base, &recorder{}, crashOptions(journal.Sync, 7))
		must(t, err)
		mustAppend(t, j, number(1), number(2))
		must(t, j.Close())
		closed := slices.Clone(made.names[base+".log"].data)
		var foreign []byte // several sectors, with what is torn
		for _, i := range takenOver[2:] {
			foreign = append(foreign, oldLogOf(number(i))...)
		}
		foreign = append(foreign, behind...)
		if synced {
			made.put(base+".log", append(closed, foreign...))
		} else {
			file, err := made.OpenFile(base+".log", os.O_RDWR, 0)
			must(t, err)
			_, err = file.WriteAt(foreign, int64(len(closed)))
			must(t, err)
		}
		for at := 1; crashTakingOver(t, made, at, synced); at++ {
		}
	}
}

// takenOver are two entries of the journal's own and those of another program.
var takenOver = func() []int64 {
	all := []int64{1, 2}
	for i := range int64(60) {
		all = append(all, 7+i)
	}
	return all
}()

// crashTakingOver lets the operation of that number fail in several ways. It returns
// false if there was none.
func crashTakingOver(t *testing.T, made *crashFs, at int, synced bool) bool {
	t.Helper()
	want := takenOver
	open := func(c *crashFs) ([]int64, error) {
		m := &recorder{}
		j, _, err := journal.Open(c, base, m, crashOptions(journal.Sync, 8))
		if err != nil {
			return nil, err
		}
		return m.got, j.Close()
	}
	for _, cause := range []error{errPower, syscall.EIO, syscall.ENOSPC} {
		rnd := rand.New(rand.NewPCG(uint64(at), 5))
		c := made.clone()
		failed := false
		c.op = 0
		c.fail = func(op int, _, _ string) error {
			switch {
			case op < at || op > at && cause != errPower:
				return nil
			case cause == errPower:
				c.dead = errPower
			}
			failed = true
			return cause
		}
		_, opened := open(c)
		c.fail, c.dead = nil, nil
		least := 2
		if synced || opened == nil {
			least = len(want)
		}
		for n := range 8 {
			left := c.clone().powerCut(rnd)
			if n == 0 {
				left = c.clone().processCrash()
			}
			if got, err := open(left); err != nil || len(got) < least || synced && len(got) > least || !slices.Equal(got[:least], want[:least]) {
				t.Fatalf("synced %v, %v at operation %d (%v): got %v, %v, want %v", synced, cause, at, opened, got, err, want)
			}
		}
		if !failed {
			must(t, opened)
			return false
		}
	}
	return true
}

// An entry of another program's that can't be decoded is not taken over, nor is what
// stands before it.
func TestForeignEntryThatCannotBeDecoded(t *testing.T) {
	c := newCrashFs()
	j, _, err := journal.Open(c, base, &recorder{}, crashOptions(journal.Sync, 7))
	must(t, err)
	must(t, j.Close())
	appendForeign(c, base+".log", 7)
	bad := wire.AppendHeader(slices.Clone(c.names[base+".log"].data), wire.Header{Type: wire.TypeEntry, Size: 3})
	c.put(base+".log", append(bad, 0x55, 0, 0))
	before := c.tree()
	_, _, err = journal.Open(c, base, &recorder{}, crashOptions(journal.Sync, 8))
	if journal.StatusOf(err) != journal.StatusForeign || c.tree() != before {
		t.Errorf("got %v", err)
	}
}

// Where they may as well be ours, of a batch that was torn, they are kept aside and
// called by that name.
func TestPossiblyForeignEntries(t *testing.T) {
	const log = base + ".log"
	c := newCrashFs()
	j, _, err := journal.Open(c, base, &recorder{}, crashOptions(journal.Sync, 7))
	must(t, err)
	mustAppend(t, j, number(1))
	c = c.processCrash()
	appendForeign(c, log, 7, 8)
	report, err := journal.Validate(c, log)
	if err != nil || report.TailFrames != 2 || report.Status != journal.StatusBadTail {
		t.Errorf("Validate: got %+v, %v", report, err)
	}
	m := &recorder{}
	j, rec, err := journal.Open(c, base, m, crashOptions(journal.Sync, 8))
	must(t, err)
	if rec.TailFrames != 2 || rec.TailKept == "" || strings.Contains(rec.TailReason.Error(), "never") || !slices.Equal(m.got, []int64{1}) {
		t.Errorf("got %v, %+v", m.got, rec)
	}
	must(t, j.Close())
}

// A batch of ours behind a sealed marker is never taken for another program's,
// however the power cut tears it: at every length of the log, so that every byte of
// what comes first is once the last of its sector.
func TestTornFirstBatchIsNotForeign(t *testing.T) {
	for pad := range 520 {
		c := newCrashFs()
		j, _, err := journal.Open(c, base, &payloads{}, crashOptions(journal.Sync, 7))
		must(t, err)
		bytes := wire.Vector{Of: wire.KindU8, Data: make([]byte, pad+1)}
		mustAppend(t, j, journal.Entry{Payload: wire.Encode(bytes)})
		must(t, j.Close())
		end := len(c.names[base+".log"].data)
		j, _, err = journal.Open(c, base, &payloads{}, crashOptions(journal.Sync, 8))
		must(t, err)
		if pad%2 == 0 {
			mustAppend(t, j, number(1), number(2))
		} else {
			must(t, j.Snapshot(bg))
		}
		data := c.names[base+".log"].data
		if pad%2 == 1 {
			data = c.names[c.newest(t)].data
		}
		for _, fill := range []byte{0, 0xa5} {
			for keep := range 4 { // which of the sectors were written
				torn := slices.Clone(data)
				for at := end; at < len(torn); at++ {
					if sector := at/512 - end/512; sector > 2 || keep>>min(sector, 1)&1 == 0 {
						torn[at] = fill
					}
				}
				c := newCrashFs()
				c.put(base+".log", torn)
				_, err := journal.Validate(c, base+".log")
				if _, foreign := errors.AsType[*journal.ForeignError](err); foreign {
					t.Fatalf("%d bytes, sectors %b, filled with %#x: %v", end, keep, fill, err)
				}
			}
		}
		must(t, j.Close())
	}
}

// Frames behind what an archive's successor says that it holds are another
// program's, which had the log open while it was rolled: they are reported.
func TestForeignEntriesInAnArchive(t *testing.T) {
	c := newCrashFs()
	want := closedJournal(t, c)
	archive := c.newest(t)
	end := int64(len(c.names[archive].data))
	appendForeign(c, archive, 7)
	m := &recorder{}
	j, rec, err := journal.Open(c, base, m, crashOptions(journal.Sync, 8))
	must(t, err)
	must(t, j.Close())
	if !slices.Equal(m.got, want) || len(rec.Foreign) != 1 || rec.Foreign[0].Path != archive || rec.Foreign[0].Offset != end || rec.Foreign[0].Frames != 1 {
		t.Errorf("got %v, %+v", m.got, rec.Foreign)
	}
}

// Logs of before there were sealed markers open as they did.
func TestUnsealedLog(t *testing.T) {
	c := newCrashFs()
	genesis := wire.Marker{Kind: wire.Genesis, Log: wire.LogID{1}, Generation: 1}
	data := wire.AppendMarker(nil, &genesis)
	payload := number(1).Payload
	frame := append(wire.AppendHeader(nil, wire.Header{Type: wire.TypeEntry, Size: int64(len(payload))}), payload...)
	data = append(data, frame...)
	commit := wire.Marker{Kind: wire.Commit, Log: genesis.Log, Generation: 1, Offset: int64(len(data)), LastLSN: 1, DurableBytes: 274,
		BatchBytes: int64(len(frame)), BatchCRC: wire.Checksum(genesis.CRC, frame), Entries: 1}
	data = wire.AppendMarker(data, &commit)
	claim := wire.Marker{Kind: wire.Commit, Log: genesis.Log, Generation: 1, Offset: int64(len(data)), LastLSN: 1, DurableLSN: 1, DurableBytes: int64(len(data)), BatchCRC: commit.CRC}
	data = wire.AppendMarker(data, &claim)
	c.put(base+".log", data)
	wantRecovered(t, c, []int64{1})
}

// A log that only another program has written is written to only by who accepts what
// that means for it. To open and close it is no writing.
func TestLogOfAnotherProgramIsAskedFor(t *testing.T) {
	for name, do := range map[string]func(j *journal.Journal) error{
		"append":   func(j *journal.Journal) error { _, err := j.Append(bg, number(1)); return err },
		"roll":     func(j *journal.Journal) error { return j.Roll(bg) },
		"snapshot": func(j *journal.Journal) error { return j.Snapshot(bg) },
		"close":    func(*journal.Journal) error { return nil },
	} {
		t.Run(name, func(t *testing.T) {
			for _, adopt := range []bool{false, true} {
				c := newCrashFs()
				c.put(base+".log", oldLog())
				before := c.tree()
				opts := crashOptions(journal.Sync, 7)
				opts.AdoptForeign = adopt
				j, _, err := journal.Open(c, base, &recorder{}, opts)
				must(t, err)
				err = do(j)
				must(t, j.Close())
				asked, ok := errors.AsType[*journal.OldLogError](err)
				switch {
				case adopt || name == "close":
					must(t, err)
				case !ok || !errors.Is(err, journal.ErrRefused) || asked.Path != base+".log" || asked.Entries != 2:
					t.Errorf("got %v", err)
				}
				if changed := c.tree() != before; changed != (adopt && name != "close") {
					t.Errorf("adopt %v: files changed: %v", adopt, changed)
				}
			}
		})
	}
}
