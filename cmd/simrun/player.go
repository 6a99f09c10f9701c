package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"powercut/sim/core"
	"powercut/sim/explain"
	"powercut/sim/worker"
)

// writePlayer writes a page in which the case can be played: its engine, compiled to
// WebAssembly, runs in it.
func writePlayer(ctx context.Context, f *caseFile, page string, flags []string) error {
	if test := f.subject.test; test != nil && test.Native {
		return fmt.Errorf("--player: %s uses r.WorkloadDir: its system calls are simulated on Linux alone, and not in a browser. Natively it is played with\n"+
			"\tsimrun debug %s --before N    the state before operation N, and what a power cut there may leave\n"+
			"\tsimrun explain %s --html FILE which crashes break the law, and the nearest lawful image", test.Name.Test, f.name, f.name)
	}
	note, err := f.do(ctx, worker.Case{Do: worker.Play})
	if err != nil {
		return failed(err)
	}
	engine, err := buildEngine(ctx, f, flags)
	if err != nil {
		return err
	}
	var html bytes.Buffer
	if err := explain.PlayerPage(&html, engine, f.name, f.subject.target.Name(), f.text, note.Play); err != nil {
		return harnessFailed(err)
	}
	if err := writeWhole(realDisk, page, html.Bytes()); err != nil {
		return harnessFailed(fmt.Errorf("the player: %w", err))
	}
	return nil
}

// buildEngine compiles what runs the case for a browser, with the installed Go, whose
// cache of builds keeps it.
func buildEngine(ctx context.Context, f *caseFile, flags []string) (e explain.Engine, err error) {
	if _, err := exec.LookPath("go"); err != nil {
		return e, fmt.Errorf("--player: the engine has to be compiled for the page: %w. Without Go the case is played natively: simrun debug %s --before N", err, f.name)
	}
	temp, err := os.MkdirTemp("", "simrun-player-")
	if err != nil {
		return e, harnessFailed(err)
	}
	defer os.RemoveAll(temp)
	b := &engineBuild{file: filepath.Join(temp, "engine.wasm"), env: append(os.Environ(), "GOOS=js", "GOARCH=wasm", "CGO_ENABLED=0")}
	if test := f.subject.test; test != nil {
		e.Args = []string{"package.test", "-test.run", core.RunPattern(test.Name.Test), "-test.timeout", "0", "-test.paniconexit0"}
		e.Env = map[string]string{worker.TestVariable: test.Name.Test}
		err = b.test(ctx, test.Name.Package, flags)
	} else {
		e.Args = []string{"player"}
		err = b.named(ctx)
	}
	if err != nil {
		return e, fmt.Errorf("--player: %w", err)
	}
	if e.Wasm, err = os.ReadFile(b.file); err != nil {
		return e, harnessFailed(err)
	}
	e.Exec, err = b.support(ctx)
	return e, err
}

// engineBuild compiles an engine to WebAssembly.
type engineBuild struct {
	file string   // that it is put into
	dir  string   // that Go runs in; "": the present one
	env  []string // with the system that it is compiled for
}

// smaller leaves out of the file what a debugger alone would read.
const smaller = "-ldflags=-s -w"

// test compiles the test binary of a package.
func (b *engineBuild) test(ctx context.Context, pkg string, flags []string) error {
	out, err := b.run(ctx, append(append([]string{"test", "-c", smaller, "-o", b.file}, flags...), pkg)...)
	if err != nil {
		return fmt.Errorf("the tests of %s do not compile for a browser (GOOS=js GOARCH=wasm):\n%sNatively the case is played with simrun debug CASE --before N, and simrun explain CASE --html FILE", pkg, indented(out))
	}
	return nil
}

// named compiles the engines that this program has by name: out of the module that is
// worked in, if they are of that or of one that it requires, or else out of the source
// that this program was built from.
func (b *engineBuild) named(ctx context.Context) error {
	pkg := core.ModulePath() + "/cmd/simrun/internal/player"
	if _, err := b.run(ctx, "list", pkg); err != nil {
		_, file, _, ok := runtime.Caller(0)
		if _, err := os.Stat(file); !ok || err != nil {
			return errors.New("the source of simrun, which has to be compiled for the page, is not at hand: call simrun in a checkout of powercut, or in a module that requires it")
		}
		b.dir = filepath.Dir(file)
	}
	out, err := b.run(ctx, "build", smaller, "-o", b.file, pkg)
	if err != nil {
		return fmt.Errorf("the engines do not compile for a browser (GOOS=js GOARCH=wasm):\n%s", strings.TrimRight(indented(out), "\n"))
	}
	return nil
}

// support reads what a page needs to run what that Go compiled: it is of its version.
func (b *engineBuild) support(ctx context.Context) (string, error) {
	root, err := b.run(ctx, "env", "GOROOT")
	if err != nil {
		return "", harnessFailed(fmt.Errorf("go env GOROOT: %w", err))
	}
	file := filepath.Join(strings.TrimSpace(root), "lib", "wasm", "wasm_exec.js")
	text, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("--player: this Go comes without the script that runs WebAssembly in a page: %w", err)
	}
	return string(text), nil
}

// run runs Go, and returns what it said.
func (b *engineBuild) run(ctx context.Context, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Env, cmd.Dir = b.env, b.dir
	out, err := cmd.CombinedOutput()
	return string(out), err
}
