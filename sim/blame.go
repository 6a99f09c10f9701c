package sim

import (
	"fmt"
	"strings"

	"powercut/vfs"
)

func (a *Account) findCulprit() Culprit {
	c := a.blamed()
	last := a.lastOperation()
	if n := len(a.Crashes); n > 0 {
		last = a.operation(n-1, int64(a.Crashes[n-1].Step)-1)
	}
	if last != nil {
		at := Culprit{Stack: last.Stack}
		c.cutAt = at.site()
	}
	return c
}

func (a *Account) blamed() Culprit {
	v := a.Violation
	if v == nil {
		return Culprit{}
	}
	if v.Stack != "" {
		return Culprit{How: CulpritPanic, Stack: panicSites(v.Stack)}
	}
	for i := len(a.Crashes) - 1; i >= 0; i-- {
		for _, change := range a.Crashes[i].Changes {
			if change.Fate != Kept {
				op := vfs.Op{Kind: change.Kind, Path: change.Path, NewPath: change.NewPath}
				return a.culprit(CulpritLost, op, change.Stack)
			}
		}
	}
	for i := range a.Events {
		if e := &a.Events[i]; e.Struck != "" {
			return a.culprit(CulpritFault, opOf(e), e.Stack)
		}
	}
	how, last := CulpritLast, a.lastOperation()
	if n := len(a.Crashes); n > 0 {
		how = CulpritCut
		if e := a.operation(n-1, int64(a.Crashes[n-1].Step)-1); e != nil {
			last = e
		}
	}
	if last == nil {
		return Culprit{}
	}
	return a.culprit(how, opOf(last), last.Stack)
}

func (a *Account) culprit(how CulpritKind, op vfs.Op, stack []Site) Culprit {
	c := Culprit{How: how, Op: op.Kind.String() + " of " + op.Path, Stack: stack}
	if op.NewPath != "" {
		c.Op += " to " + op.NewPath
	}
	if s, ok := a.Case.Workload.Program().(Stepper); ok {
		c.Step = s.ProtocolStep(op)
	}
	return c
}

func opOf(e *Event) vfs.Op {
	return vfs.Op{Kind: opKinds[e.Op], Path: e.Path, NewPath: e.To, Offset: e.Offset, Len: e.Len}
}

// lastOperation is the last one of a workload, of the actor that got no answer
// if there is one.
func (a *Account) lastOperation() *Event {
	silent := ""
	for _, c := range a.Calls() {
		if !c.Done {
			silent = c.Actor
		}
	}
	var last *Event
	for i := range a.Events {
		if e := &a.Events[i]; e.Kind == EventOp && e.Depth == 0 && (last == nil || e.Actor == silent || last.Actor != silent) {
			last = e
		}
	}
	return last
}

// panicSites reads the first places outside of the runtime off a printed stack.
func panicSites(stack string) []Site {
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
		if _, err := fmt.Sscanf(rest, "%d", &s.Line); err == nil {
			sites = append(sites, s)
		}
	}
	return sites
}
