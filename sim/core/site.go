package core

import (
	"fmt"
	"path"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
)

// Site is a place in the code under test from which an operation came.
type Site struct {
	File    string // from the root of its module: "journal/roll.go"
	Line    int
	Func    string // "journal.(*Journal).roll"
	Harness bool   // it is the harness's own doing
}

// String says where: "journal/roll.go:63".
func (s Site) String() string {
	if s.File == "" {
		return "(unknown)"
	}
	return fmt.Sprintf("%s:%d", s.File, s.Line)
}

// MarshalText adds the function: "journal/roll.go:63 journal.(*Journal).roll".
func (s Site) MarshalText() ([]byte, error) {
	return []byte(s.String() + " " + s.Func), nil
}

// UnmarshalText reads what MarshalText wrote.
func (s *Site) UnmarshalText(text []byte) error {
	place, function, _ := strings.Cut(string(text), " ")
	colon := strings.LastIndexByte(place, ':')
	if colon < 0 {
		*s = Site{Func: function}
		return nil // an unknown place
	}
	line, err := strconv.Atoi(place[colon+1:])
	if err != nil {
		return fmt.Errorf("sim: place %q: want file:line function", text)
	}
	*s = Site{File: place[:colon], Line: line, Func: function}
	return nil
}

// maxFrames bounds how much of a stack is looked at, maxSites how many places
// of it are kept.
const (
	maxFrames = 40
	maxSites  = 8
)

// ours says whether a package is of the harness, or afero.
func ours(pkg string) bool {
	switch pkg {
	case modulePath + "/vfs", modulePath + "/faults",
		modulePath + "/sim", modulePath + "/sim/core", modulePath + "/sim/explain", "github.com/spf13/afero",
		modulePath + "/sim/native", modulePath + "/sim/native/linux", modulePath + "/sim/internal/lineage",
		modulePath + "/cmd/simrun/internal/fuse": // whose callers are other processes
		return true
	}
	return false
}

// standard says whether a package is of the standard library.
func standard(pkg string) bool {
	first, _, _ := strings.Cut(pkg, "/")
	module, _, _ := strings.Cut(mainModule(), "/")
	own, _, _ := strings.Cut(modulePath, "/")
	return !strings.ContainsAny(first, ".-") && first != module && first != own && first != "main"
}

// modulePath is the path of the module that this package belongs to.
var modulePath = strings.TrimSuffix(packageOf(callerName()), "/sim/core")

// ModulePath is the path of the module that this package belongs to.
func ModulePath() string { return modulePath }

func callerName() string {
	pc, _, _, _ := runtime.Caller(0)
	return runtime.FuncForPC(pc).Name()
}

// callers notes where an operation came from, to be looked up by sitesOf.
func callers() []uintptr {
	var pcs [maxFrames]uintptr
	n := runtime.Callers(3, pcs[:])
	return append([]uintptr(nil), pcs[:n]...)
}

// harness is what drives the code under test, and is not under test itself.
type harness struct {
	pkg    string // of the program
	driven Driven // the program, if it has drivers in other packages
}

func (h harness) has(pkg, function string) bool {
	return pkg == h.pkg && !ours(pkg) || h.driven != nil && h.driven.IsDriver(function)
}

// sitesOf names the places of the code under test in a stack, innermost first. If
// nothing but the harness is there, the operation is the harness's own.
func sitesOf(pcs []uintptr, h harness) []Site {
	var sites, own []Site
	frames := runtime.CallersFrames(pcs)
	for {
		f, more := frames.Next()
		pkg := packageOf(f.Function)
		s := Site{File: fileOf(pkg, f.File), Line: f.Line, Func: strings.TrimPrefix(f.Function, mainModule()+"/")}
		noteSource(s, f.File)
		switch {
		case pkg == "iter" || pkg == "runtime" || pkg == "testing":
			more = false
		case h.has(pkg, f.Function):
			s.Harness = true
			own = append(own, s)
		case standard(pkg):
		case ours(pkg):
			more = more && len(sites) == 0 && len(own) == 0
		case len(own) == 0:
			sites = append(sites, s)
		}
		if !more || len(sites) == maxSites {
			break
		}
	}
	if len(sites) == 0 && len(own) > 0 {
		return own[:1]
	}
	return sites
}

// packageOf cuts the function off a qualified name.
func packageOf(function string) string {
	slash := strings.LastIndexByte(function, '/') + 1
	if dot := strings.IndexByte(function[slash:], '.'); dot >= 0 {
		return function[:slash+dot]
	}
	return function
}

// fileOf names a file by its package: that is the same on every machine.
func fileOf(pkg, file string) string {
	dir := strings.TrimSuffix(pkg, "_test") // an external test lives beside what it tests
	return strings.TrimPrefix(dir, mainModule()+"/") + "/" + path.Base(file)
}

// mainModule is the path of the module that the program was built from, whose
// files are named from its root.
var mainModule = sync.OnceValue(func() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Path != "" {
		return info.Main.Path
	}
	return modulePath
})

// PanicSites reads the first places outside of the runtime off a printed stack.
func PanicSites(stack string) []Site {
	var sites []Site
	lines := strings.Split(stack, "\n")
	for i := 0; i+1 < len(lines) && len(sites) < maxSites; i++ {
		where, ok := strings.CutPrefix(lines[i+1], "\t")
		if !ok {
			continue
		}
		function := lines[i]
		if cut := strings.LastIndexByte(function, '('); cut > 0 {
			function = function[:cut]
		}
		pkg := packageOf(function)
		if pkg == "panic" || standard(pkg) || ours(pkg) {
			continue
		}
		file, rest, _ := strings.Cut(where, ".go:")
		s := Site{File: fileOf(pkg, file+".go"), Func: strings.TrimPrefix(function, mainModule()+"/")}
		noteSource(s, file+".go")
		if _, err := fmt.Sscanf(rest, "%d", &s.Line); err == nil {
			sites = append(sites, s)
		}
	}
	return sites
}
