package core

import (
	"slices"
)

// breach makes a violation of an error: of which law, in which run, after which
// crashes, and the case that repeats it.
func (r *Run) breach(err error, otherwise Law) *Violation {
	v := asViolation(err, otherwise)
	v.Seed, v.Profile, v.Only = r.seed, r.settings.Profile, r.settings.Law
	v.Case = r.record.caseOf(r, v)
	v.Crashes = r.record.crashesTo(r.judging)
	return v
}

// fail records the first violation of the run, and turns the power off so that
// whatever still runs comes to its end.
func (r *Run) fail(err error, otherwise Law) {
	if r.violation != nil || err == nil {
		return
	}
	if !r.violated(err, otherwise) {
		r.endedByIgnoredLaw = true
	}
	r.disk.PowerCut()
	r.hook.cut = true
}

// violated records the violation that an error is, if the run is about it.
func (r *Run) violated(err error, otherwise Law) bool {
	if r.violation != nil || !r.counts(err, otherwise) {
		return false
	}
	v := r.breach(err, otherwise)
	if r.probe.Accept != nil && !r.probe.Accept(v) {
		return false
	}
	r.violation = v
	r.trace.note(EventNote, r.At(), "violation: "+v.Error())
	return true
}

// counts says whether an error is a violation of a law that this run is about.
func (r *Run) counts(err error, otherwise Law) bool {
	if err == nil {
		return false
	}
	law := asViolation(err, otherwise).Law
	return (r.settings.Law == "" || law == r.settings.Law) && !slices.Contains(r.settings.Except, law)
}
