package properties

import (
	"fmt"
	"strings"

	"powercut/sim/core"
	"powercut/sim/explain"
)

// CorpusResult is what became of a case of the corpus. A case of the journal must hold,
// since its defect is mended; one of any other target must still violate its law.
// Both must come to the crash that they name, and have the digest that they name, if
// any.
type CorpusResult struct {
	tested   *core.Case // what was run
	Result   core.Result
	Expected string // "holds" or "violates"
	Got      string // the same, "violates LAW" for another law
}

// RunCorpusCase runs a case of the corpus.
func RunCorpusCase(c *core.Case) CorpusResult {
	k := CorpusResult{tested: c, Result: core.Reproduce(c, false), Expected: "holds", Got: "holds"}
	if c.Target != Journal.Name() {
		k.Expected = "violates"
	}
	if v := k.Result.Violation; v != nil {
		k.Got = "violates"
		if v.Law != c.Law {
			k.Got += " " + string(v.Law)
		}
	}
	return k
}

// Problem says what is wrong with the case, "" if it does what it should.
func (k *CorpusResult) Problem() string {
	switch {
	case k.Got != k.Expected:
		return "it " + k.Got + "; it should be one that " + k.Expected
	case k.Result.Missed:
		return "it does not come to its crash any more, so that it proves nothing"
	case k.Stale():
		return fmt.Sprintf("its digest is %s now, and not %s", k.Result.Digest, k.tested.Digest)
	}
	return ""
}

// Stale says whether the run has another digest than the case says.
func (k *CorpusResult) Stale() bool {
	return k.tested.Digest != 0 && k.tested.Digest != k.Result.Digest
}

// Renewed returns the text of a case with the digest of its run today, and otherwise as
// it is; or "", and why not: a case that no longer does what it should, or violates its
// law in another protocol step, must not pass for the same case.
func (k *CorpusResult) Renewed(text string) (renewed, why string) {
	if k.Got != k.Expected || k.Result.Missed {
		return "", k.Problem()
	}
	if step := k.step(); step != k.tested.Step {
		return "", fmt.Sprintf("it violates %s in step %q now, and not in step %q", k.tested.Law, step, k.tested.Step)
	}
	var b strings.Builder
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "digest ") {
			line = fmt.Sprintf("digest %s\n", k.Result.Digest)
		}
		b.WriteString(line)
	}
	return b.String(), ""
}

// step is the protocol step that the violation goes back to today; what the case says
// if that is nothing, or if nothing is violated.
func (k *CorpusResult) step() string {
	if k.tested.Step == "" || k.Result.Violation == nil {
		return k.tested.Step
	}
	return explain.Explain(k.tested).Culprit.Step
}
