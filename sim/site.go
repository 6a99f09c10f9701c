package sim

import (
	"fmt"
	"path"
	"runtime"
	"runtime/debug"
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

// maxFrames bounds how much of a stack is looked at, maxSites how many places
// of it are kept.
const (
	maxFrames = 40
	maxSites  = 8
)

// between are packages that stand between the code under test and the disk.
var between = map[string]bool{
	modulePath + "/vfs": true, modulePath + "/sim": true, modulePath + "/faults": true,
	"github.com/spf13/afero": true, "io": true, "bufio": true, "io/fs": true, "io/ioutil": true, "os": true, "sync": true,
}

// modulePath is the path of the module that this package belongs to.
var modulePath = path.Dir(packageOf(callerName()))

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

// sitesOf names the places of the code under test in a stack, innermost first.
// Harness is the package of the program that drives it: if nothing else is
// there, the operation is the harness's own.
func sitesOf(pcs []uintptr, harness string) []Site {
	var sites, own []Site
	frames := runtime.CallersFrames(pcs)
	for {
		f, more := frames.Next()
		pkg := packageOf(f.Function)
		s := Site{File: fileOf(pkg, f.File), Line: f.Line, Func: strings.TrimPrefix(f.Function, mainModule()+"/")}
		switch {
		case pkg == "iter" || pkg == "runtime" || pkg == "testing":
			more = false
		case pkg == harness && pkg != modulePath+"/sim":
			s.Harness = true
			own = append(own, s)
		case between[pkg] && len(sites) == 0 && len(own) == 0:
		case between[pkg]:
			more = false
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
	return strings.TrimPrefix(pkg, mainModule()+"/") + "/" + path.Base(file)
}

// mainModule is the path of the module that the program was built from, whose
// files are named from its root.
var mainModule = sync.OnceValue(func() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Path != "" {
		return info.Main.Path
	}
	return modulePath
})
