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
// otherwise: all laws share a few seconds.
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

// Uint64n implements core.Source.
func (s rapidSource) Uint64n(n uint64) uint64 {
	return rapid.Uint64Range(0, n-1).Draw(s.t, s.name)
}

func rapidStreams(t *rapid.T) core.Streams {
	return func(name string) core.Source { return rapidSource{t, name} }
}

// holds draws a scenario, changes it so that it comes close to what a law
// forbids, and runs it: every law must hold in it.
func holds(change func(t *rapid.T, s *core.Scenario, w *workload)) func(*rapid.T) {
	return func(t *rapid.T) {
		s := Journal.Draw(rapidStreams(t))
		if w, ok := s.Workload.(*workload); ok { // no fault may strike another
			change(t, &s, w)
		}
		seed := core.Seed(rapid.Uint64().Draw(t, "seed"))
		if v := core.Execute(seed, s, false).Violation; v != nil {
			t.Fatalf("%v\n%s\n%s", v, v.Diff, v.Case)
		}
	}
}

// withFaults makes a mix of some kinds strike in every run.
func withFaults(kinds ...faults.Kind) func(*rapid.T, *core.Scenario, *workload) {
	return func(t *rapid.T, s *core.Scenario, w *workload) {
		mix := faults.Mix{Kinds: kinds, Paths: faultPaths, Ops: uint64(w.Operations()), QuietOneIn: 1 << 30, SuspendingOneIn: 1}
		s.Plan = mix.Plan(rapidSource{t, "faults"})
	}
}

func quiet(_ *rapid.T, s *core.Scenario, w *workload) { s.Plan = faults.Plan{} }

// onlySteps replaces the steps of all clients by ones of these kinds.
func onlySteps(kinds ...stepKind) func(*rapid.T, *core.Scenario, *workload) {
	return func(t *rapid.T, _ *core.Scenario, w *workload) {
		for _, clients := range w.epochs {
			for _, client := range clients {
				for i := range client {
					client[i] = step{kind: core.Pick(rapidSource{t, "step"}, kinds)}
				}
			}
		}
	}
}

func both(changes ...func(*rapid.T, *core.Scenario, *workload)) func(*rapid.T, *core.Scenario, *workload) {
	return func(t *rapid.T, s *core.Scenario, w *workload) {
		for _, change := range changes {
			change(t, s, w)
		}
	}
}

func mode(async bool) func(*rapid.T, *core.Scenario, *workload) {
	return func(_ *rapid.T, _ *core.Scenario, w *workload) { w.async = async }
}

// full fills the disk for a while, in most runs.
func full(t *rapid.T, _ *core.Scenario, w *workload) { w.full = core.Intn(rapidSource{t, "full"}, 5) }

// lawTests has, for each law, the runs that come closest to breaking it. All
// laws are judged in every run.
var lawTests = map[core.Law]func(*rapid.T, *core.Scenario, *workload){
	acknowledgedDurable: both(mode(false), quiet),
	nothingInvented:     both(mode(false), withFaults(faults.ShortWrite, faults.TornWrite, faults.WriteError, faults.DropClean, faults.KeepDirty)),
	asyncPrefix:         both(mode(true), quiet),
	damageRefused:       withFaults(faults.WriteFlip, faults.LostWrite, faults.MisdirectedWrite, faults.LyingSync),
	tailForgiven:        both(quiet, onlySteps(stepBig, stepPush, stepOpaque)),
	recoveryIdempotent: both(quiet, func(_ *rapid.T, s *core.Scenario, _ *workload) {
		s.Settings.Depth, s.Settings.RecoveryOneIn = 2, 1
	}, onlySteps(stepPush, stepSnapshot, stepRoll)),
	failStop:           both(mode(false), withFaults(faults.DropClean, faults.KeepDirty, faults.Revert, faults.JournalFails, faults.ThinNoSpace)),
	spaceReturns:       both(withFaults(faults.NoSpace), full),
	liveness:           withFaults(faults.RenameError, faults.OpenError, faults.CreateError, faults.TruncateError, faults.RemoveError),
	readErrorsHarmless: both(withFaults(faults.ReadError, faults.ShortRead), onlySteps(stepPush, stepReopen, stepRoll)),
	privilegeKept:      both(quiet, onlySteps(stepRestricted, stepPush, stepSnapshot)),
	archivesKept:       both(quiet, onlySteps(stepPush, stepRoll, stepSnapshot, stepPrune, stepReopen, stepBackup, stepRepair)),
	notTooCautious:     both(withFaults(faults.OpenError, faults.CloseError, faults.CreateError, faults.RenameError, faults.StatError), onlySteps(stepPush, stepRoll, stepSnapshot, stepReopen)),
	saysWhatIsSo: onlySteps(stepPush, stepMistake, stepUnsupported, stepAsync, stepAsyncMistake, stepWait, stepSync, stepRoll, stepSnapshot, stepPrune, stepReopen,
		stepLeave, stepLeaveWait, stepLeaveSync, stepFollow),
	oneOwner: both(quiet, onlySteps(stepPush, stepIntrude, stepReopen)),
	badInput: both(quiet, onlySteps(stepBad, stepPush)),
}

// Each law has its test, shrunk by rapid; -rapid.checks=N runs more.
func TestLaws(t *testing.T) {
	for _, law := range laws {
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
	f.Fuzz(rapid.MakeFuzz(holds(func(t *rapid.T, s *core.Scenario, w *workload) {
		if law := core.Intn(rapidSource{t, "law"}, len(laws)+1); law > 0 {
			lawTests[laws[law-1]](t, s, w)
		}
	})))
}
