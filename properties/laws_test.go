package properties

import (
	"flag"
	"os"
	"testing"

	"pgregory.net/rapid"

	"powercut/faults"
	"powercut/sim/core"
)

// defaultChecks is how many runs each law gets unless -rapid.checks says
// otherwise: thirteen laws share a few seconds.
const defaultChecks = "20"

func TestMain(m *testing.M) {
	flag.Parse()
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "rapid.checks" })
	if !given {
		if err := flag.Set("rapid.checks", defaultChecks); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}

// rapidSource lets rapid make the choices that a seeded stream makes in a
// campaign: one generator, two drivers, and rapid shrinks what it drew.
type rapidSource struct {
	t    *rapid.T
	name string
}

// Uint64n implements sim.Source.
func (s rapidSource) Uint64n(n uint64) uint64 {
	return rapid.Uint64Range(0, n-1).Draw(s.t, s.name)
}

func rapidStreams(t *rapid.T) core.Streams {
	return func(name string) core.Source { return rapidSource{t, name} }
}

// holds draws a scenario, changes it so that it comes close to what a law
// forbids, and runs it: every law must hold in it.
func holds(change func(t *rapid.T, s *core.Scenario, w *Workload)) func(*rapid.T) {
	return func(t *rapid.T) {
		s := Journal.Draw(rapidStreams(t))
		change(t, &s, s.Workload.(*Workload))
		seed := core.Seed(rapid.Uint64().Draw(t, "seed"))
		if v := core.Execute(seed, s, false).Violation; v != nil {
			t.Fatalf("%v\n%s\n%s", v, v.Diff, v.Case)
		}
	}
}

// withFaults makes a mix of some kinds strike in every run.
func withFaults(kinds ...faults.Kind) func(*rapid.T, *core.Scenario, *Workload) {
	return func(t *rapid.T, s *core.Scenario, w *Workload) {
		mix := faults.Mix{Kinds: kinds, Paths: faultPaths, Ops: uint64(w.Operations()), QuietOneIn: 1 << 30, SuspendingOneIn: 1}
		s.Plan = mix.Plan(rapidSource{t, "faults"})
	}
}

func quiet(_ *rapid.T, s *core.Scenario, w *Workload) { s.Plan = faults.Plan{} }

// onlySteps replaces the steps of all clients by ones of these kinds.
func onlySteps(kinds ...OpKind) func(*rapid.T, *core.Scenario, *Workload) {
	return func(t *rapid.T, _ *core.Scenario, w *Workload) {
		for _, clients := range w.Epochs {
			for _, client := range clients {
				for i := range client {
					client[i] = Op{Kind: core.Pick(rapidSource{t, "step"}, kinds)}
				}
			}
		}
	}
}

func both(changes ...func(*rapid.T, *core.Scenario, *Workload)) func(*rapid.T, *core.Scenario, *Workload) {
	return func(t *rapid.T, s *core.Scenario, w *Workload) {
		for _, change := range changes {
			change(t, s, w)
		}
	}
}

func mode(async bool) func(*rapid.T, *core.Scenario, *Workload) {
	return func(_ *rapid.T, _ *core.Scenario, w *Workload) { w.Async = async }
}

// full fills the disk for a while, in most runs.
func full(t *rapid.T, _ *core.Scenario, w *Workload) { w.Full = core.Intn(rapidSource{t, "full"}, 5) }

// lawTests has, for each law, the runs that come closest to breaking it. All
// laws are judged in every run.
var lawTests = map[core.Law]func(*rapid.T, *core.Scenario, *Workload){
	AcknowledgedDurable: both(mode(false), quiet),
	NothingInvented:     both(mode(false), withFaults(faults.ShortWrite, faults.TornWrite, faults.WriteError, faults.DropClean, faults.KeepDirty)),
	AsyncPrefix:         both(mode(true), quiet),
	DamageRefused:       withFaults(faults.WriteFlip, faults.LostWrite, faults.MisdirectedWrite, faults.LyingSync),
	TailForgiven:        both(quiet, onlySteps(OpBig, OpPush, OpOpaque)),
	RecoveryIdempotent: both(quiet, func(_ *rapid.T, s *core.Scenario, _ *Workload) {
		s.Settings.Depth, s.Settings.RecoveryOneIn = 2, 1
	}, onlySteps(OpPush, OpSnapshot, OpRoll)),
	FailStop:           both(mode(false), withFaults(faults.DropClean, faults.KeepDirty, faults.Revert, faults.JournalFails, faults.ThinNoSpace)),
	SpaceReturns:       both(withFaults(faults.NoSpace), full),
	Liveness:           withFaults(faults.RenameError, faults.OpenError, faults.CreateError, faults.TruncateError, faults.RemoveError),
	ReadErrorsHarmless: both(withFaults(faults.ReadError, faults.ShortRead), onlySteps(OpPush, OpReopen, OpRoll)),
	PrivilegeKept:      both(quiet, onlySteps(OpRestricted, OpPush, OpSnapshot)),
	ArchivesKept:       both(quiet, onlySteps(OpPush, OpRoll, OpSnapshot, OpPrune, OpReopen, OpBackup, OpRepair)),
	NotTooCautious:     both(withFaults(faults.OpenError, faults.CloseError, faults.CreateError, faults.RenameError, faults.StatError), onlySteps(OpPush, OpRoll, OpSnapshot, OpReopen)),
	BadInput:           both(quiet, onlySteps(OpBad, OpPush)),
}

// Each law has its test, shrunk by rapid; -rapid.checks=N runs more.
func TestLaws(t *testing.T) {
	for _, law := range Laws {
		change, ok := lawTests[law]
		if !ok {
			t.Errorf("%s has no test", law)
			continue
		}
		t.Run(string(law), func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, holds(change))
		})
	}
}

// FuzzLaws lets the Go fuzzer make the choices, that of the law included.
func FuzzLaws(f *testing.F) {
	f.Fuzz(rapid.MakeFuzz(holds(func(t *rapid.T, s *core.Scenario, w *Workload) {
		if law := core.Intn(rapidSource{t, "law"}, len(Laws)+1); law > 0 {
			lawTests[Laws[law-1]](t, s, w)
		}
	})))
}
