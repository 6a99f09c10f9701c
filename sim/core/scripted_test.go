package core_test

import (
	"cmp"
	"errors"
	"os"
	"time"

	"github.com/spf13/afero"

	"powercut/faults"
	"powercut/sim/core"
	"powercut/vfs"
)

// scripted is a workload whose program is written down in a test. A program may
// leave Recover out: then nothing is wrong with what a crash leaves.
type scripted struct {
	epoch   func(r *core.Run, epoch int)
	recover func(r *core.Run, c *core.Crash) error
	// The power of an epoch that is not the last may go before one of so many
	// operations. Without any, epochs come to their end.
	operations int
}

func (s scripted) String() string        { return "(a test)\n" }
func (s scripted) Operations() int       { return cmp.Or(s.operations, 1<<40) }
func (s scripted) Program() core.Program { return scriptedProgram{s} }

type scriptedProgram struct{ scripted }

func (p scriptedProgram) Epoch(r *core.Run, epoch int) { p.epoch(r, epoch) }

func (p scriptedProgram) Recover(r *core.Run, c *core.Crash) error {
	if p.recover == nil {
		return nil
	}
	return p.recover(r, c)
}

func (p scriptedProgram) OracleDigest() uint64 { return 0 }

// execute runs a script with seed 1, without crashes but where settings ask for
// them.
func execute(s scripted, settings core.Settings, plan string) core.Result {
	parsed, err := faults.Parse(plan)
	if err != nil {
		panic(err)
	}
	return core.Execute(1, core.Scenario{Target: "test", Workload: s, Plan: parsed, Settings: settings}, true)
}

// oneActor is a script of a single client in each epoch.
func oneActor(f func(r *core.Run) error) scripted {
	return scripted{epoch: func(r *core.Run, _ int) { r.Go("client", func() error { return f(r) }) }}
}

// writeSynced writes a file and makes it durable, with its name.
func writeSynced(fs afero.Fs, name, text string) error {
	f, err := fs.OpenFile(name, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o644)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	dir, err := fs.Open("/")
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// external is a script of an engine that may start goroutines of its own.
type external struct{ scripted }

func (external) HangAfter() time.Duration { return time.Minute }

func (external) StepBudget() uint64 { return 0 }

var posix = core.Settings{Profile: vfs.POSIX}
