package sim

import (
	"cmp"
	"context"
	"fmt"

	"powercut/sim/core"
	"powercut/sim/explain"
)

// What an engine keeps in its process of a run that crashed, the next run there would
// meet: SQLite its table of the files that are open, say. So of each run that is to make a
// case smaller, or to say what would have helped, there is a process, too, in which it is
// the first.

// Ask implements explain.Asker.
func (g *goCode) Ask(c *core.Case, q *explain.Question) (*explain.Answer, bool) {
	a, ok := g.elsewhere.(*away)
	if !ok || a.job.Do == answerQuestion {
		return nil, false
	}
	reply := a.want(answer{Asked: &asked{c.String(), q}}).Reply
	if reply == nil {
		return &explain.Answer{Died: true}, true
	}
	answer, err := explain.Received(reply, func(name string) core.Target {
		if name == targetName {
			return g.target
		}
		return nil
	})
	if err != nil {
		a.fail(err)
	}
	return answer, true
}

// answer answers a question, for another process.
func (k *corpus) answer(j job) answer {
	c, err := core.ParseCase(j.Case, k.find)
	if err != nil {
		return answer{Why: err.Error()}
	}
	if j.Question.GivenUp {
		given := givenUp()
		j.Question.Over = func() bool { return given.Err() != nil }
	}
	reply, err := j.Question.Answer(c).Send()
	if err != nil {
		return answer{Why: err.Error()}
	}
	return answer{Reply: reply}
}

// ask has a question of a process answered by another one.
func (n *nativeTest) ask(ctx context.Context, q *asked, of job) (h handed) {
	if !q.Question.GivenUp {
		ctx = context.Background()
	}
	j := job{Do: answerQuestion, Seed: of.Seed, Case: q.Case, Question: q.Question, Apart: of.Apart || n.apart.Load()}
	a, err := n.process(ctx, j, nil)
	if err == nil && a.Apart && !j.Apart {
		n.goApart(sharedWait)
		j.Apart = true
		a, err = n.process(ctx, j, nil)
	}
	_, died := err.(*deathError)
	switch {
	case died, err == nil && a.refused(): // the reply is nil
	case err != nil:
		h.Fatal = err.Error()
	case a.Reply == nil:
		h.Fatal = fmt.Sprintf("powercut: a process that was asked %q has no answer: %s", q.Question.Asks, cmp.Or(a.Why, a.Lacks, "it ran another test"))
	default:
		h.Reply = a.Reply
	}
	return h
}
