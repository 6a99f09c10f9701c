package shrink_test

import (
	"fmt"
	"testing"

	"powercut/sim/core"
	"powercut/sim/explain"
	"powercut/sim/internal/toys"
	"powercut/sim/shrink"
)

// Where each image takes long, the case of an unmodified program, few are looked at first,
// and none behind where it went wrong; what found nothing is not asked again; and what is
// left is as small as where everything is looked at from the beginning.
func TestLittleIsLookedAtFirst(t *testing.T) {
	few, vain := 0, 0
	eachDefect(t, func(t *testing.T, target toys.Slots, v *core.Violation, all shrink.Shrunk) {
		many := false
		asked := make(map[string]bool)
		e := &elsewhere{Target: target, asked: make(map[explain.Asks]int)}
		e.told = func(c *core.Case, q *explain.Question, a *explain.Answer) {
			if q.Asks != explain.Anywhere || q.Depth == 0 {
				return
			}
			crashes := c.Epochs[len(c.Epochs)-1].Crashes
			if q.Last < crashes[0].Step || q.Last > 2*crashes[0].Step+16 {
				t.Errorf("searched up to operation %d, where it went wrong at %d", q.Last, crashes[0].Step)
			}
			switch {
			case q.Few == 0:
				many = true
			case many:
				t.Errorf("few images were looked at behind many")
			default:
				few++
			}
			c = c.Clone()
			c.Build = core.Build{}
			c.Epochs[len(c.Epochs)-1].Crashes = nil
			key := fmt.Sprint(c, q.Depth, q.Few, q.Last)
			if asked[key] {
				t.Errorf("nothing was found up to operation %d, and it is looked for again in\n%s", q.Last, c)
			}
			if len(a.Cases) == 0 {
				asked[key] = true
				vain++
			}
		}
		c := e.caseOf(v.Case)
		c.Build.Binary = "a program"
		slow, err := shrink.Shrink(t.Context(), c, 2000)
		if err != nil {
			t.Fatal(err)
		}
		if !slow.Complete || slow.After != all.After {
			t.Errorf("got %s, complete %v, want %s", slow.After, slow.Complete, all.After)
		}
	})
	if few == 0 || vain == 0 {
		t.Errorf("few images were looked at %d times, and nothing was found %d times", few, vain)
	}
}
