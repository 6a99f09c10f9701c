package sim

import (
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
		return Culprit{How: CulpritPanic, Stack: PanicSites(v.Stack)}
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
			return a.culprit(CulpritFault, e.Operation(), e.Stack)
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
	return a.culprit(how, last.Operation(), last.Stack)
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
