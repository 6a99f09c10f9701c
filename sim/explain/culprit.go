package explain

import (
	"powercut/faults"
	"powercut/sim/core"
	"powercut/vfs"
)

func (a *Account) findCulprit() core.Culprit {
	c := a.blamed()
	last := a.lastOperation()
	if n := len(a.Crashes); n > 0 {
		last = a.operation(n-1, int64(a.Crashes[n-1].Step)-1)
	}
	if last != nil {
		at := core.Culprit{Stack: last.Stack}
		c.CutAt = at.Site()
	}
	return c
}

func (a *Account) blamed() core.Culprit {
	v := a.Violation
	if v == nil {
		return core.Culprit{}
	}
	if v.Stack != "" {
		return core.Culprit{How: core.CulpritPanic, Stack: core.PanicSites(v.Stack)}
	}
	for i := len(a.Crashes) - 1; i >= 0; i-- {
		for _, change := range a.Crashes[i].Changes {
			if change.Fate.isLoss() {
				op := vfs.Op{Kind: change.Kind, Path: change.Path, NewPath: change.NewPath}
				return a.culprit(core.CulpritLost, op, change.Stack)
			}
		}
	}
	if e := a.firstStruck(); e != nil {
		return a.culprit(core.CulpritFault, e.Operation(), e.Stack)
	}
	how, last := core.CulpritLast, a.lastOperation()
	if n := len(a.Crashes); n > 0 {
		how = core.CulpritCut
		if e := a.operation(n-1, int64(a.Crashes[n-1].Step)-1); e != nil {
			last = e
		}
	}
	if last == nil {
		return core.Culprit{}
	}
	return a.culprit(how, last.Operation(), last.Stack)
}

// firstStruck is the first operation that a fault struck, and did more than delay if one
// did, nil if none was.
func (a *Account) firstStruck() (first *core.Event) {
	for i := range a.Events {
		e := &a.Events[i]
		if e.Struck != "" && e.Struck != string(faults.Latency) {
			return e
		}
		if e.Struck != "" && first == nil {
			first = e
		}
	}
	return first
}

func (a *Account) culprit(how core.CulpritKind, op vfs.Op, stack []core.Site) core.Culprit {
	c := core.Culprit{How: how, Op: op.Kind.String() + " of " + op.Path, Stack: stack}
	if op.NewPath != "" {
		c.Op += " to " + op.NewPath
	}
	if s, ok := a.Case.Workload.Program().(core.Stepper); ok {
		c.Step = s.ProtocolStep(op)
	}
	return c
}

// lastOperation is the last one of a workload, of the actor that got no answer
// if there is one.
func (a *Account) lastOperation() *core.Event {
	silent := ""
	for _, c := range a.Calls() {
		if !c.Done {
			silent = c.Actor
		}
	}
	var last *core.Event
	for i := range a.Events {
		if e := &a.Events[i]; e.Kind == core.EventOp && e.Depth == 0 && (last == nil || e.Actor == silent || last.Actor != silent) {
			last = e
		}
	}
	return last
}
