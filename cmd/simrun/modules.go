package main

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"slices"
	"strings"

	"powercut/sim/worker"
)

// listFormat has go list print a package, the module that it is of, and, of a test
// binary, all that is in it.
const listFormat = `{{.ImportPath}}	{{with .Module}}{{.Path}} {{if .Replace}}{{if .Replace.Version}}{{.Replace.Path}}@{{.Replace.Version}}{{end}}{{else}}{{.Version}}{{end}}{{end}}	{{if eq .Name "main"}}{{join .Deps ","}}{{end}}`

// writeModules writes into a file of which modules, in which versions, the tests of
// packages are made, which a test binary doesn't know of itself. Where go list fails
// nothing is known: the build tells why.
func (g *goInstallation) writeModules(ctx context.Context, file string, tags string, packages ...string) {
	list := exec.CommandContext(ctx, g.command, append([]string{"list", "-deps", "-test", tags, "-f", listFormat}, packages...)...)
	list.Env = g.environ
	out, err := list.Output()
	if err != nil {
		return
	}
	text, err := json.Marshal(modulesOf(string(out)))
	if err == nil {
		_ = os.WriteFile(file, text, 0o644) // a case without them can be run just as well
	}
}

// modulesOf reads what go list printed: the modules of each package's tests, if they
// use package sim.
func modulesOf(list string) map[string][]string {
	module := make(map[string]string) // of a package
	inside := make(map[string]string) // a test binary
	for line := range strings.Lines(list) {
		parts := strings.SplitN(strings.TrimSuffix(line, "\n"), "\t", 3)
		if len(parts) < 3 {
			continue
		}
		if name, version, ok := strings.Cut(parts[1], " "); ok {
			if version == "" {
				version = "(devel)"
			}
			module[parts[0]] = name + " " + version
		}
		if pkg, ok := strings.CutSuffix(parts[0], ".test"); ok {
			inside[pkg] = parts[2]
		}
	}
	all := make(map[string][]string)
	for pkg, deps := range inside {
		usesSim := false
		for dep := range strings.SplitSeq(deps, ",") {
			usesSim = usesSim || dep == simPackage
			if m := module[dep]; m != "" && !slices.Contains(all[pkg], m) {
				all[pkg] = append(all[pkg], m)
			}
		}
		if !usesSim {
			delete(all, pkg)
			continue
		}
		slices.Sort(all[pkg])
	}
	return all
}

// simPackage is what a test imports to be simulated.
const simPackage = "powercut/sim"

// modulesIn is what the environment says of a file that writeModules wrote.
func modulesIn(file string) string { return worker.ModulesVariable + "=" + file }
