package toys

import (
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"slices"
	"strconv"
	"strings"

	"powercut/faults"
	"powercut/sim/core"
	"powercut/sim/explain"
	"powercut/sim/internal/hash"
	"powercut/sim/internal/toys/slots"
	"powercut/vfs"
)

// SlotsKept is the law of Slots.
const SlotsKept core.Law = "slots-kept"

// Slots is a target: clients that put numbers into slots of their own, by the
// engine of package slots. Its workloads can be made smaller.
type Slots struct{ Defect slots.Defect }

// Name implements core.Target.
func (s Slots) Name() string { return "slots-" + string(s.Defect) }

// OwnLaws implements core.Judging.
func (Slots) OwnLaws() []core.LawInfo {
	return []core.LawInfo{{Law: SlotsKept, Judge: core.ByTarget, Sentence: "A slot holds what was put there last, or what was being put."}}
}

// CanaryPath implements campaign.Canary.
func (Slots) CanaryPath() string { return "*.new" }

// Draw implements core.Target.
func (s Slots) Draw(streams core.Streams) core.Scenario {
	src := streams("workload")
	load := SlotsLoad{Defect: s.Defect}
	epochs := core.Between(src, 1, 2)
	for epoch := range epochs {
		for range core.Between(src, 1, 5) {
			load.Puts = append(load.Puts, SlotsPut{epoch, core.Intn(src, 2), string(rune('a' + core.Intn(src, 2))), len(load.Puts) + 1})
		}
	}
	return core.Scenario{Target: s.Name(), Workload: load, Plan: faults.Mix{Kinds: kinds}.Plan(streams("faults")),
		Settings: core.Settings{Profile: core.Pick(src, []vfs.Profile{vfs.POSIX, vfs.Ext4}), Epochs: epochs, Depth: 1}}
}

// ParseWorkload implements core.Target.
func (s Slots) ParseWorkload(text string) (core.Workload, error) {
	load := SlotsLoad{Defect: s.Defect}
	for line := range strings.Lines(text) {
		var p SlotsPut
		if _, err := fmt.Sscanf(line, slotsFormat, &p.Epoch, &p.Client, &p.Slot, &p.Number); err != nil {
			return nil, fmt.Errorf("toys: %q: %w", line, err)
		}
		load.Puts = append(load.Puts, p)
	}
	return load, nil
}

const slotsFormat = "epoch %d client %d puts %s %d\n"

// SlotsPut is a step of a workload.
type SlotsPut struct {
	Epoch, Client int
	Slot          string
	Number        int
}

// SlotsLoad is a workload of Slots.
type SlotsLoad struct {
	Defect slots.Defect
	Puts   []SlotsPut
}

func (l SlotsLoad) String() string {
	text := ""
	for _, p := range l.Puts {
		text += fmt.Sprintf(slotsFormat, p.Epoch, p.Client, p.Slot, p.Number)
	}
	return text
}

// Operations implements core.Workload.
func (l SlotsLoad) Operations() int { return 8 * len(l.Puts) }

// Size implements core.Reducible.
func (l SlotsLoad) Size() int { return len(l.Puts) }

// Simpler implements core.Reducible: each put is left out in turn.
func (l SlotsLoad) Simpler() iter.Seq[core.Workload] {
	return func(yield func(core.Workload) bool) {
		for i := range l.Puts {
			fewer := slices.Delete(slices.Clone(l.Puts), i, i+1)
			if !yield(SlotsLoad{l.Defect, fewer}) {
				return
			}
		}
	}
}

// WithoutEpoch implements core.Reducible.
func (l SlotsLoad) WithoutEpoch(epoch int) core.Workload {
	fewer := SlotsLoad{Defect: l.Defect}
	for _, p := range l.Puts {
		if p.Epoch == epoch {
			continue
		}
		if p.Epoch > epoch {
			p.Epoch--
		}
		fewer.Puts = append(fewer.Puts, p)
	}
	return fewer
}

// Program implements core.Workload.
func (l SlotsLoad) Program() core.Program {
	return &slotsProgram{load: l, lawful: make(map[string][]int)}
}

// slotsProgram is a run of it. Its oracle holds, of each slot, the numbers that
// may come back: the one that was acknowledged last, and those being put. 0 is
// an empty slot.
type slotsProgram struct {
	load   SlotsLoad
	lawful map[string][]int

	opening, opened bool // of this epoch: somebody recovers what the crash left, or has
}

func (p *slotsProgram) store(r *core.Run) slots.Store {
	return slots.Store{Fs: r.Disk(), Defect: p.load.Defect}
}

func (p *slotsProgram) Epoch(r *core.Run, epoch int) {
	p.opened, p.opening = epoch == 0, false // an empty disk has nothing to recover
	for client := range 2 {
		var puts []SlotsPut
		for _, put := range p.load.Puts {
			if put.Epoch == epoch && put.Client == client {
				puts = append(puts, put)
			}
		}
		if len(puts) > 0 {
			r.Go(fmt.Sprint("client ", client), func() error { return p.client(r, puts) })
		}
	}
}

// names of all slots that the workload uses, sorted.
func (p *slotsProgram) names() []string {
	var all []string
	for _, put := range p.load.Puts {
		all = append(all, put.name())
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func (p SlotsPut) name() string { return fmt.Sprint(p.Slot, p.Client) }

// open recovers what the last epoch left, once: whichever client comes first does
// it, and the others wait. What it finds is what holds from then on.
func (p *slotsProgram) open(r *core.Run) error {
	if p.opening || p.opened {
		r.WaitUntil(func() bool { return p.opened || r.PowerIsOff() })
		return nil
	}
	p.opening = true
	return r.WithoutFaults(func() error {
		if err := p.store(r).Recover(); err != nil {
			return err
		}
		for _, name := range p.names() {
			number, err := readSlot(p.store(r), name)
			if err != nil {
				return err
			}
			p.lawful[name] = []int{number}
		}
		p.opened = true
		return nil
	})
}

func (p *slotsProgram) client(r *core.Run, puts []SlotsPut) error {
	if err := p.open(r); err != nil || r.PowerIsOff() {
		if r.PowerIsOff() {
			return nil
		}
		return err
	}
	for _, put := range puts {
		name := put.name()
		p.lawful[name] = append(slices.Clone(p.allowed(name)), put.Number)
		r.NoteCall(fmt.Sprintf("put %d into %s", put.Number, name))
		err := p.store(r).Put(name, strconv.Itoa(put.Number))
		if r.PowerIsOff() {
			return nil // nobody heard what Put said
		}
		if errors.Is(err, vfs.ErrInjected) {
			r.NoteReturn("failed: " + err.Error())
			return nil // both numbers stay lawful
		}
		if err != nil {
			return err
		}
		r.NoteReturn("done")
		p.lawful[name] = []int{put.Number}
	}
	return nil
}

func (p *slotsProgram) allowed(name string) []int {
	if numbers := p.lawful[name]; len(numbers) > 0 {
		return numbers
	}
	return []int{0}
}

func (p *slotsProgram) Recover(r *core.Run, c *core.Crash) error {
	store := slots.Store{Fs: c.Disk(), Defect: p.load.Defect}
	if err := store.Recover(); err != nil {
		return err
	}
	for _, name := range p.names() {
		got, err := readSlot(store, name)
		if err != nil {
			return err
		}
		if want := p.allowed(name); !slices.Contains(want, got) {
			if r.Suspends("acknowledged-durable") {
				continue // the disk lied
			}
			return &core.Breach{Law: SlotsKept, What: fmt.Sprintf("slot %s holds %d, want one of %d", name, got, want),
				Diff: fmt.Sprintf("-%d\n+%d\n", want[0], got)}
		}
	}
	return nil
}

// readSlot reads what a slot holds; 0 of one that is empty, missing or torn.
func readSlot(s slots.Store, name string) (int, error) {
	text, err := s.Get(name)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	number, _ := strconv.Atoi(text)
	return number, err
}

func (p *slotsProgram) OracleDigest() uint64 {
	sum := uint64(hash.Offset)
	for _, name := range p.names() {
		sum = hash.Add(sum, fmt.Sprintln(name, p.allowed(name)))
	}
	return sum
}

// ProtocolStep implements core.Stepper.
func (p *slotsProgram) ProtocolStep(op vfs.Op) string {
	if strings.HasSuffix(op.Path, ".new") {
		return "prepare"
	}
	return "publish"
}

// Describe implements explain.Describer.
func (p *slotsProgram) Describe(disk *vfs.Disk, path string) []explain.Piece {
	text, err := slots.Store{Fs: disk}.Get(strings.TrimPrefix(path, "/"))
	if err != nil {
		return []explain.Piece{{Text: err.Error(), Bad: true}}
	}
	_, err = strconv.Atoi(text)
	return []explain.Piece{{Size: int64(len(text)), Text: fmt.Sprintf("%q", text), Bad: err != nil}}
}
