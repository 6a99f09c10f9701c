package sim

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime"
	"sync"

	"powercut/sim/core"
	"powercut/sim/internal/lineage"
	"powercut/sim/worker"
)

// Build implements core.Builder.
func (g *goCode) Build() core.Build {
	if !lineage.Native() {
		return core.Build{} // a case has the schedule
	}
	return core.Build{Go: runtime.Version(), Changes: lineage.Changes(), Modules: g.made.Modules, Binary: g.made.Binary}
}

// made is what a process that a seed decides is told of its program.
type made struct {
	Modules []string // as simrun says; nil if it did not start the test
	Binary  string   // digest of the program's file
}

// madeOf finds that out, for the tests of a package.
func madeOf(pkg string) (m made, err error) {
	if m.Binary, err = ownDigest(); err != nil {
		return m, err
	}
	m.Modules = ownModules()[pkg]
	return m, nil
}

// ownModules are the modules of each package's tests.
var ownModules = sync.OnceValue(func() (all map[string][]string) {
	text, err := os.ReadFile(os.Getenv(worker.ModulesVariable))
	if err == nil {
		_ = json.Unmarshal(text, &all) // or nobody says
	}
	return all
})

// ownDigest is that of this program's file.
var ownDigest = sync.OnceValues(func() (string, error) {
	name, err := os.Executable()
	if err != nil {
		return "", err
	}
	f, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close() // it is only read
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return fmt.Sprintf("%x", h.Sum(nil)[:8]), nil
})
