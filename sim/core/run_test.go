package core_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/afero"

	"powercut/faults"
	"powercut/sim/core"
	"powercut/vfs"
)

// What goes wrong in a run is a violation of the law that says so, in words that
// name it.
func TestVerdicts(t *testing.T) {
	write := func(r *core.Run) error { return writeSynced(r.Disk(), "/f", "x") }
	for _, test := range []struct {
		name   string
		script scripted
		law    core.Law // "": it is no violation
		what   string
	}{
		{"all is well", oneActor(write), "", ""},
		{"an actor fails", oneActor(func(*core.Run) error { return errors.New("ouch") }), core.Works, "ouch"},
		{"an actor names a law", oneActor(func(*core.Run) error { return core.Breachf("kept", "lost %d", 3) }), "kept", "lost 3"},
		{"an actor panics", oneActor(func(*core.Run) error { panic("ouch") }), core.NoPanic, "panic: ouch"},
		{"an actor never ends", oneActor(func(r *core.Run) error {
			for {
				_ = write(r)
			}
		}), core.Progress, "more than 300 operations, the last of them "},
		{"all wait for each other", scripted{epoch: func(r *core.Run, _ int) {
			r.Go("one", func() error { r.WaitUntil(func() bool { return false }); return nil })
			r.Go("two", func() error { r.WaitUntil(func() bool { return false }); return nil })
			r.Go("three", func() error { return nil })
		}}, core.Progress, "every actor waits for another: waiting: one two"},
		{"recovery fails", scripted{
			epoch:   oneActor(write).epoch,
			recover: func(*core.Run, *core.Crash) error { return errors.New("ouch") },
		}, core.Recovers, "ouch"},
		{"recovery panics", scripted{
			epoch:   oneActor(write).epoch,
			recover: func(*core.Run, *core.Crash) error { panic("ouch") },
		}, core.NoPanic, "panic: ouch"},
	} {
		t.Run(test.name, func(t *testing.T) {
			v := execute(test.script, core.Settings{Profile: vfs.POSIX, StepBudget: 300}, "").Violation
			if test.law == "" {
				if v != nil {
					t.Fatalf("got %v", v)
				}
				return
			}
			if v == nil || v.Law != test.law || !strings.HasPrefix(v.What, test.what) {
				t.Fatalf("got %v, want %s: %s", v, test.law, test.what)
			}
			if test.law == core.NoPanic && !strings.Contains(v.Stack, "run_test.go:") {
				t.Errorf("the stack doesn't say where the panic was:\n%s", v.Stack)
			}
			// A run that passes over that law ends there, and says nothing.
			quiet := execute(test.script, core.Settings{Profile: vfs.POSIX, StepBudget: 300, Except: []core.Law{test.law}}, "")
			if quiet.Violation != nil {
				t.Errorf("passed over, and still %v", quiet.Violation)
			}
			other := execute(test.script, core.Settings{Profile: vfs.POSIX, StepBudget: 300, Law: "another"}, "")
			if other.Violation != nil {
				t.Errorf("about another law, and still %v", other.Violation)
			}
		})
	}
}

// An actor that goes on after the power was cut sees its operations fail for a
// while, and is ended then.
func TestActorsAfterThePowerCut(t *testing.T) {
	after := 0
	script := oneActor(func(r *core.Run) error {
		if r.Epoch() > 0 {
			return nil
		}
		for {
			if err := writeSynced(r.Disk(), "/f", "x"); err != nil && r.PowerIsOff() {
				if after++; !errors.Is(err, vfs.ErrPowerCut) {
					return fmt.Errorf("after the power cut: %w", err)
				}
			}
		}
	})
	script.operations = 10
	result := execute(script, core.Settings{Profile: vfs.POSIX, Epochs: 2}, "")
	if result.Violation != nil || result.Abandoned != 1 || after < 10 {
		t.Errorf("%v; %d actors abandoned, %d errors seen", result.Violation, result.Abandoned, after)
	}
}

// A program knows which faults struck, and what they excuse: in its own epoch and in
// those before it. It can have none strike.
func TestFaultsAreKnown(t *testing.T) {
	first := func(r *core.Run) error {
		if r.FaultsOver() || r.FaultStruck() || r.Suspensions() != 0 {
			return errors.New("no fault has struck yet")
		}
		if err := r.WithoutFaults(func() error { return writeSynced(r.Disk(), "/f", "x") }); err != nil || r.FaultsFired() > 0 {
			return fmt.Errorf("a fault struck where none may: %w", err)
		}
		if err := writeSynced(r.Disk(), "/f", "x"); err != nil {
			return err
		}
		if r.FaultsFired() != 2 || r.OnlyFault(faults.LyingSync) {
			return fmt.Errorf("two syncs lied, and %d faults are known of", r.FaultsFired())
		}
		if !r.Suspends("acknowledged-durable") || r.Suspends("privilege-kept") || r.Suspensions() == 0 {
			return errors.New("a sync that lies suspends acknowledged-durable, and not privilege-kept")
		}
		r.StopFaults()
		if err := writeSynced(r.Disk(), "/f", "x"); err != nil || r.FaultsFired() != 2 {
			return fmt.Errorf("a fault struck after they were stopped: %w", err)
		}
		return nil
	}
	last := func(r *core.Run) error {
		if !r.FaultsOver() || r.FaultsFired() != 0 || !r.Suspends("acknowledged-durable") || r.SuspendsNow("acknowledged-durable") {
			return errors.New("in the last epoch no fault strikes, and what one did before is remembered")
		}
		return nil
	}
	script := oneActor(func(r *core.Run) error {
		if r.Epoch() == 0 {
			return first(r)
		}
		return last(r)
	})
	if v := execute(script, core.Settings{Profile: vfs.POSIX, Epochs: 2}, "lying-sync\n").Violation; v != nil {
		t.Error(v)
	}
}

// A program knows how the epoch before its own ended.
func TestLastCrash(t *testing.T) {
	var crashes []*core.Crash
	script := oneActor(func(r *core.Run) error { crashes = append(crashes, r.LastCrash()); return nil })
	if v := execute(script, core.Settings{Profile: vfs.POSIX, Epochs: 2}, "").Violation; v != nil {
		t.Fatal(v)
	}
	if len(crashes) != 2 || crashes[0] != nil || crashes[1] == nil || crashes[1].Epoch != 0 || !crashes[1].Clean {
		t.Errorf("the epochs began with %v", crashes)
	}
}

// Time goes on, and entropy is what the seed's stream gives, whatever the recoveries that
// are judged meanwhile draw. What one draws is decided by its image and how deep it is.
func TestClockAndEntropy(t *testing.T) {
	read := func(src io.Reader) string {
		var b [8]byte
		_, _ = io.ReadFull(src, b[:])
		return fmt.Sprintf("%x", b)
	}
	run := func(settings core.Settings) (got []string, recoveries map[string]int) {
		recoveries = make(map[string]int)
		script := oneActor(func(r *core.Run) error {
			for i := range 3 {
				got = append(got, read(r.Entropy()))
				if err := writeSynced(r.Disk(), fmt.Sprint("/", i), "x"); err != nil {
					return err
				}
			}
			if before := r.Now(); !r.Now().After(before) {
				return errors.New("the clock stands still")
			}
			return nil
		})
		script.recover = func(r *core.Run, c *core.Crash) error {
			recoveries[read(r.Entropy())+fmt.Sprint(c.Depth)]++
			return writeSynced(c.Disk(), "/recovered", "x")
		}
		if v := execute(script, settings, "").Violation; v != nil {
			t.Fatal(v)
		}
		return got, recoveries
	}
	own := core.Seed(1).Stream("entropy")
	want := []string{read(own), read(own), read(own)}
	for _, settings := range []core.Settings{posix, {Profile: vfs.POSIX, ImagesPerPoint: 3, Depth: 1}} {
		got, recoveries := run(settings)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("entropy with %v (-want +got):\n%s", settings, diff)
		}
		_, again := run(settings)
		if diff := cmp.Diff(recoveries, again); diff != "" {
			t.Errorf("entropy of recoveries (-want +got):\n%s", diff)
		}
		if settings.Depth > 0 && len(recoveries) < 10 {
			t.Errorf("%d recoveries drew: %v", len(recoveries), recoveries)
		}
	}
}

// One fault alone is known as such, in whichever epoch it struck.
func TestOnlyFault(t *testing.T) {
	result := execute(oneActor(func(r *core.Run) error {
		err := writeSynced(r.Disk(), "/f", "x")
		if r.Epoch() == 0 && !errors.Is(err, vfs.ErrInjected) {
			return fmt.Errorf("nothing struck: %w", err)
		}
		if !r.OnlyFault(faults.WriteError) || r.OnlyFault(faults.ReadError) || r.FaultStruck() != (r.Epoch() == 0) {
			return errors.New("the one fault is not known")
		}
		return nil
	}), core.Settings{Profile: vfs.POSIX, Epochs: 2}, "write-error nth=1\n")
	if v := result.Violation; v != nil {
		t.Error(v)
	}
}

// Notes of a program stand in the trace where they were made, and count in the
// digest no more than other remarks; a number that is mixed in does.
func TestNotes(t *testing.T) {
	var mixed uint64
	noted := true
	script := oneActor(func(r *core.Run) error {
		if noted {
			r.NoteCall("write x")
		}
		err := writeSynced(r.Disk(), "/f", "x")
		if noted {
			r.NoteReturn(fmt.Sprint(err))
			r.Note("a remark")
		}
		r.Mix(mixed)
		return err
	})
	with := execute(script, posix, "")
	var got []string
	for _, e := range with.Events {
		if e.Kind == core.EventCall || e.Kind == core.EventReturn || e.Kind == core.EventNote {
			got = append(got, fmt.Sprintf("%s of %s before operation %d: %s", e.Kind, e.Actor, e.Step+1, e.Note))
		}
	}
	want := []string{"call of client before operation 1: write x", "return of client before operation 8: <nil>", "note of client before operation 8: a remark"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("notes (-want +got):\n%s", diff)
	}
	noted = false
	if without := execute(script, posix, ""); without.Digest != with.Digest {
		t.Error("the digest depends on notes")
	}
	mixed = 7
	if other := execute(script, posix, ""); other.Digest == with.Digest {
		t.Error("the digest does not depend on what is mixed in")
	}
}

// Actors give way to each other where they ask to, and share the monitor.
func TestActorsTakeTurns(t *testing.T) {
	for seed := range core.Seed(20) {
		order := ""
		script := scripted{epoch: func(r *core.Run, _ int) {
			for _, name := range []string{"a", "b"} {
				r.Go(name, func() error {
					r.Monitor().Lock()
					order += name
					r.Yield()
					order += name
					r.Monitor().Unlock()
					return nil
				})
			}
			r.Go("last", func() error {
				r.WaitUntil(func() bool { return len(order) == 4 })
				order += "."
				return nil
			})
		}}
		core.Execute(seed, core.Scenario{Target: "test", Workload: script, Settings: posix}, false)
		if order != "aabb." && order != "bbaa." {
			t.Errorf("seed %s: %s", seed, order)
		}
	}
}

// What Recover is given tells where the crash came; the same image can be mounted
// anew, with faults of its own, and what is done to that is no part of the run.
func TestCrash(t *testing.T) {
	titles := make(map[string]bool)
	script := scripted{
		epoch: oneActor(func(r *core.Run) error { return writeSynced(r.Disk(), "/f", "x") }).epoch,
		recover: func(r *core.Run, c *core.Crash) error {
			titles[c.String()] = true
			_, err := afero.ReadFile(c.Mount(failing{}), "/f")
			if there, _ := afero.Exists(c.Disk(), "/f"); there && !errors.Is(err, vfs.ErrInjected) {
				return fmt.Errorf("read through a failing disk: %w", err)
			}
			if c.Image().Choice().String() != c.Choice.String() || c.Kind != vfs.PowerCut && c.Choice.Kind == vfs.PowerCut {
				return fmt.Errorf("%s is judged as a %s, on the image %s", c.Choice, c.Kind, c.Image().Choice())
			}
			c.EndRecovery()
			if err := afero.WriteFile(c.Disk(), "/after", nil, 0o644); err != nil {
				return err
			}
			return nil
		},
	}
	if v := execute(script, core.Settings{Profile: vfs.POSIX, Depth: 1, RecoveryOneIn: 1, Epochs: 2, ImagesPerPoint: 4}, "").Violation; v != nil {
		t.Fatal(v)
	}
	for _, want := range []string{
		"power cut before operation 3 of the workload in epoch 0", "power cut before operation 1 of the recovery in epoch 0",
		"power cut after the last operation of the workload in epoch 1",
	} {
		if !titles[want] {
			t.Errorf("there was no %s", want)
		}
	}
}

// failing fails every read.
type failing struct{}

func (failing) Inject(op vfs.Op) (out vfs.Outcome) {
	if op.Kind == vfs.OpRead {
		out.Err = errors.New("unreadable")
	}
	return out
}

func TestCrashPlace(t *testing.T) {
	for at, want := range map[core.CrashPlace]string{
		{}:                              "the workload",
		{Depth: 1}:                      "the recovery",
		{Depth: 2}:                      "the recovery after that",
		{Depth: 3}:                      "recovery number 3 in a row",
		{Depth: 1, Epoch: 2, Epochs: 3}: "the recovery in epoch 2",
	} {
		if got := at.Level(); got != want {
			t.Errorf("%+v is %q, want %q", at, got, want)
		}
	}
}
