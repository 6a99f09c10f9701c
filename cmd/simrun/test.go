package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"powercut/cmd/simrun/internal/goverlay"
)

func newTestCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "test [packages] [flags of go test]",
		Short: "go test for programs that are simulated as they are: tests that use r.WorkloadDir",
		Long: `Test runs go test with a Go whose system calls and scheduler the simulation takes
over, so that a test may give the directory of r.WorkloadDir and r.RecoverDir to
code that calls package os, maps files, takes locks and starts goroutines. Each
seed has a process of its own, and decides in it who goes on, what time it is and
which numbers are random. Other tests run as always.

Packages, flags, output and exit code are those of go test; flags of package sim,
-powercut.seed and the like, go with them. Cgo is off, so -race can't be had. It
needs Linux on amd64 and Go 1.26 or 1.27, and keeps what it makes of that Go in
the user's cache directory, or in POWERCUT_CACHE.`,
		Example: `  simrun test ./...
  simrun test ./store -run TestStore -v -powercut.seed=7
  simrun test -json ./store | jq .`,
		DisableFlagParsing: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 && (args[0] == "-h" || args[0] == "--help" || args[0] == "-help") {
				return cmd.Help()
			}
			return testNatively(cmd, args)
		},
	}
}

func testNatively(cmd *cobra.Command, args []string) error {
	args, err := testArguments(args)
	if err != nil {
		return err
	}
	g, err := installedGo()
	if err != nil {
		return err
	}
	overlay, err := g.overlay()
	if err != nil {
		return err
	}
	temp, err := os.MkdirTemp("", "simrun-")
	if err != nil {
		return harnessFailed(err)
	}
	defer os.RemoveAll(temp)
	modules := filepath.Join(temp, "modules")
	g.writeModules(cmd.Context(), modules, args[0], packagesOf(args)...)
	g.environ = append(g.environ, modulesIn(modules))
	all := append([]string{"test", "-overlay=" + overlay}, args...)
	test := exec.CommandContext(cmd.Context(), g.command, all...)
	test.Env, test.Stdin, test.Stdout, test.Stderr = g.environ, cmd.InOrStdin(), cmd.OutOrStdout(), cmd.ErrOrStderr()
	err = test.Run()
	if failed, ok := errors.AsType[*exec.ExitError](err); ok {
		_, _ = io.WriteString(cmd.ErrOrStderr(), g.hintAtCgo(args)) // there is nobody else to tell
		return &exitError{code: max(1, failed.ExitCode())}
	}
	if err != nil {
		return harnessFailed(err)
	}
	return nil
}

// nativeTag is the build tag of what only a changed Go has.
const nativeTag = "powercut"

// testArguments adds the build tag to those of go test, and refuses what can't be had.
func testArguments(args []string) ([]string, error) {
	tags := []string{nativeTag}
	var rest []string
	for i := 0; i < len(args); i++ {
		name, value, has := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(args[i], "-"), "-"), "=")
		if args[i] == "-args" || args[i] == "--args" {
			rest = append(rest, args[i:]...)
			break
		}
		switch {
		case !strings.HasPrefix(args[i], "-"):
		case name == "tags":
			if !has && i+1 < len(args) {
				i++
				value = args[i]
			}
			tags = append(tags, value)
			continue
		case name == "race" && value != "false", name == "msan", name == "asan":
			return nil, fmt.Errorf("-%s needs cgo, in whose programs time can't be simulated; run it with go test, where tests that use r.WorkloadDir are skipped", name)
		case name == "overlay":
			return nil, errors.New("-overlay: simrun test has an overlay of its own, and go test takes one")
		}
		rest = append(rest, args[i])
	}
	return append([]string{"-tags=" + strings.Join(tags, ",")}, rest...), nil
}

// goInstallation is the Go that is used.
type goInstallation struct {
	command string
	environ []string
	root    string // GOROOT, by a path at which its files may be replaced
	version string
	cache   string // where simrun keeps what it makes
}

// installedGo finds the Go that the current directory's module is built with.
func installedGo() (*goInstallation, error) {
	out, err := exec.Command("go", "env", "-json", "GOROOT", "GOVERSION", "GOOS", "GOARCH", "GOMODCACHE").Output()
	if err != nil {
		return nil, harnessFailed(fmt.Errorf("go env: %w", err))
	}
	var env struct{ GOROOT, GOVERSION, GOOS, GOARCH, GOMODCACHE string }
	if err := json.Unmarshal(out, &env); err != nil {
		return nil, harnessFailed(fmt.Errorf("go env: %w", err))
	}
	if system := env.GOOS + "/" + env.GOARCH; system != "linux/amd64" {
		return nil, harnessFailed(fmt.Errorf("simrun test needs linux/amd64, and this is %s: its system calls and its clock are not simulated.\n"+
			"Run the tests with go test: those that use r.WorkloadDir are skipped", system))
	}
	g := &goInstallation{command: "go", root: env.GOROOT, version: env.GOVERSION, environ: append(os.Environ(), "CGO_ENABLED=0")}
	if g.cache, err = cacheDir(); err != nil {
		return nil, harnessFailed(err)
	}
	if rel, err := filepath.Rel(env.GOMODCACHE, env.GOROOT); err == nil && filepath.IsLocal(rel) {
		return g, g.link()
	}
	return g, nil
}

// cacheDir is where simrun keeps what it can make again.
func cacheDir() (string, error) {
	if dir := os.Getenv("POWERCUT_CACHE"); dir != "" {
		return filepath.Abs(dir)
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("a place for the changed Go: %w (name one in POWERCUT_CACHE)", err)
	}
	return filepath.Join(dir, "powercut"), nil
}

// link gives a Go that lies in the module cache, where nothing may be replaced, another
// name.
func (g *goInstallation) link() error {
	name := filepath.Join(g.cache, "goroot-"+filepath.Base(g.root))
	if at, err := os.Readlink(name); err != nil || at != g.root {
		if err := os.MkdirAll(g.cache, 0o755); err != nil {
			return harnessFailed(err)
		}
		fresh := fmt.Sprintf("%s.%d", name, os.Getpid())
		err := os.Symlink(g.root, fresh)
		if err == nil {
			err = os.Rename(fresh, name)
		}
		if err != nil {
			return harnessFailed(fmt.Errorf("another name for %s: %w", g.root, err))
		}
	}
	g.root, g.command = name, filepath.Join(name, "bin", "go")
	g.environ = append(g.environ, "GOROOT="+name, "GOTOOLCHAIN=local", "PATH="+filepath.Join(name, "bin")+string(os.PathListSeparator)+os.Getenv("PATH"))
	return nil
}

func (g *goInstallation) overlay() (string, error) {
	overlay, err := goverlay.Write(g.root, g.version, filepath.Join(g.cache, "overlay"))
	if unknown, ok := errors.AsType[*goverlay.UnknownGoError](err); ok {
		return "", harnessFailed(fmt.Errorf("%w.\nsimrun test knows %s: name one that is known, GOTOOLCHAIN=go1.26.8 for example", unknown, goverlay.Known))
	}
	if err != nil {
		return "", harnessFailed(err)
	}
	return overlay, nil
}

// packagesOf are the packages among the arguments of go test.
func packagesOf(args []string) (packages []string) {
	for i, arg := range args {
		if arg == "-args" || arg == "--args" {
			break
		}
		flag := i > 0 && strings.HasPrefix(args[i-1], "-") && !strings.Contains(args[i-1], "=")
		if strings.HasPrefix(arg, "./") || arg == "." || !flag && strings.Contains(arg, "/") && !strings.HasPrefix(arg, "-") {
			packages = append(packages, arg)
		}
	}
	return packages
}

// hintAtCgo says which packages need cgo, which is off: without it they fail to build,
// or to work, in ways that don't tell why.
func (g *goInstallation) hintAtCgo(args []string) string {
	list := exec.Command(g.command, append([]string{"list", "-deps", "-test", "-e", "-f", "{{if and .CgoFiles (not .Standard)}}{{.ImportPath}}{{end}}"}, packagesOf(args)...)...)
	list.Env = append(g.environ, "CGO_ENABLED=1")
	out, err := list.Output()
	if err != nil {
		return "" // go test has said what is wrong
	}
	if all := strings.Fields(string(out)); len(all) > 0 {
		return fmt.Sprintf("simrun: cgo is off, and these packages use it: %s\n"+
			"Many have a build tag, or a twin, without it (modernc.org/sqlite for SQLite). As it is, a program with cgo is tested by simrun fuse\n", strings.Join(all, ", "))
	}
	return ""
}
