package simulator

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"

	"github.com/spf13/afero"

	"powercut/sim"
)

// EnginePuts is how many puts a run of the engine makes.
const EnginePuts = 1000

// EnginePoints are before how many operations at least a run of the engine is crashed.
var EnginePoints = []int{1, 64}

// lines is an engine as a user of package sim may have one: a file to whose end each
// put writes a line, with a sync.
type lines struct {
	file afero.File
	held int // lines
}

// openLines opens what is in a directory. A torn last line is cut off.
func openLines(fsys afero.Fs, dir string) (*lines, error) {
	name := path.Join(dir, "lines")
	raw, err := afero.ReadFile(fsys, name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	whole := strings.LastIndexByte(string(raw), '\n') + 1
	l := &lines{held: strings.Count(string(raw[:whole]), "\n")}
	if l.file, err = fsys.OpenFile(name, os.O_CREATE|os.O_RDWR, 0o644); err != nil {
		return nil, err
	}
	if err := l.file.Truncate(int64(whole)); err != nil {
		return nil, err
	}
	if _, err := l.file.Seek(int64(whole), 0); err != nil {
		return nil, err
	}
	in, err := fsys.Open(dir)
	if err != nil {
		return nil, err
	}
	return l, errors.Join(l.file.Sync(), in.Sync(), in.Close())
}

func (l *lines) put(text string) error {
	if _, err := l.file.WriteString(text + "\n"); err != nil {
		return err
	}
	l.held++
	return l.file.Sync()
}

// RunEngine opens the engine, puts so many lines and closes it. Told is called behind
// each put that succeeded.
func RunEngine(fsys afero.Fs, dir string, puts int, told func()) error {
	l, err := openLines(fsys, dir)
	if err != nil {
		return err
	}
	for i := range puts {
		if err := l.put(fmt.Sprintf("line %d of the engine that is measured", i)); err != nil {
			return err
		}
		told()
	}
	return l.file.Close()
}

// ExploreEngine has package sim run the engine once, with a seed, and crash it before each
// of the first operations, up to so many, and of a sample of those behind them. It
// returns how many times it was recovered and judged.
func ExploreEngine(t sim.TB, seed uint64, points, puts int) (judged int) {
	cfg := sim.Config{Runs: 1, Seed: sim.Seed(seed), Points: points, Workers: 1, Corpus: "none", Promises: sim.Nothing}
	sim.Test(t, cfg, func(r *sim.Run) {
		acked := 0
		r.Workload(func(fsys afero.Fs) error { return RunEngine(fsys, "/", puts, func() { acked++ }) })
		r.Recover(func(fsys afero.Fs) error {
			judged++
			return recoverEngine(fsys, "/", acked)
		})
	})
	return judged
}

// ExploreEngineIn is ExploreEngine of the engine on package os, in a test that simrun
// builds. Flags say how many seeds.
func ExploreEngineIn(t sim.TB, points int) {
	sim.Test(t, sim.Config{Points: points, Corpus: "none", Promises: sim.Nothing}, func(r *sim.Run) {
		acked := 0
		r.WorkloadDir(func(dir string) error { return RunEngine(afero.NewOsFs(), dir, EnginePuts, func() { acked++ }) })
		r.RecoverDir(func(dir string) error { return recoverEngine(afero.NewOsFs(), dir, acked) })
	})
}

// recoverEngine opens what a crash left, and expects so many lines.
func recoverEngine(fsys afero.Fs, dir string, acked int) error {
	l, err := openLines(fsys, dir)
	if err != nil {
		return err
	}
	if l.held < acked {
		return fmt.Errorf("%d lines were acknowledged, and %d came back", acked, l.held)
	}
	return l.file.Close()
}
