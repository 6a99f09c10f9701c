package sim

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"powercut/faults"
	"powercut/sim/core"
	"powercut/sim/internal/lineage"
	"powercut/sim/worker"
)

// handedDescriptor is where a process is handed what another one has for it: orders
// come through whoever started both.
const handedDescriptor = 5

// handed is what comes there.
type handed struct {
	Job   *job   // to be done; the first that a process is handed
	Order []byte // to be done; for recoverHere
	Reply []byte // to the order that was given, or the question that was asked
	Death string // in its place: the process ended, and said this
	Fatal string // likewise, and it can't be known what that says of the engine
}

// away implements core.Elsewhere in a process that does a job.
type away struct {
	job     job
	answers *json.Encoder
	handed  *json.Decoder
}

// newAway takes the job of this process.
func newAway() *away {
	a := &away{answers: json.NewEncoder(os.NewFile(answerDescriptor, "answer")), handed: json.NewDecoder(os.NewFile(handedDescriptor, "handed"))}
	h := handed{Job: &a.job}
	if err := a.handed.Decode(&h); err != nil {
		a.fail(err)
	}
	return a
}

func (a *away) Always() bool { return a.job.Apart }

func (a *away) Blocked() { a.end(answer{Apart: true}) }

func (a *away) Refused(why string) {
	a.end(answer{Lacks: why, Why: why, Error: &worker.Error{Text: why}})
}

func (a *away) Recover(order []byte) (reply []byte, death error) {
	h := a.want(answer{Order: order})
	if h.Death != "" {
		return nil, deathOf(h.Death)
	}
	return h.Reply, nil
}

// want says what is wanted of another process, and waits for what is handed back.
func (a *away) want(w answer) (h handed) {
	if err := a.answers.Encode(w); err != nil {
		a.fail(err)
	}
	if err := a.handed.Decode(&h); err != nil {
		a.fail(err)
	}
	if h.Fatal != "" {
		fmt.Fprintln(os.Stderr, h.Fatal)
		os.Exit(lineage.ExitUnsupported)
	}
	return h
}

// serve has what a process wants of another one done by that.
func (n *nativeTest) serve(ctx context.Context, a answer, of job) handed {
	if a.Asked != nil {
		return n.ask(ctx, a.Asked, of)
	}
	return n.recover(ctx, a.Order, of)
}

// end gives the last answer.
func (a *away) end(last answer) {
	if err := a.answers.Encode(last); err != nil {
		a.fail(err)
	}
	os.Exit(0)
}

func (a *away) fail(err error) {
	fmt.Fprintln(os.Stderr, "powercut: the answer:", err)
	os.Exit(lineage.ExitUnsupported)
}

// deathOf is what a recovery is judged by that ended its process, which said that.
func deathOf(said string) error {
	for _, begin := range []string{"panic: ", "fatal error: "} {
		if i := strings.Index("\n"+said, "\n"+begin); i >= 0 {
			what, stack, _ := strings.Cut(said[i+len(begin):], "\n")
			return &core.PanicError{Value: what, Stack: []byte(stack)}
		}
	}
	return core.Breachf(core.Recovers, "the recovery ended its process: %s", said)
}

// recoverHere recovers for another process.
func (k *corpus) recoverHere(a *away) answer {
	var h handed
	if err := a.handed.Decode(&h); err != nil {
		a.fail(err)
	}
	ignoresSync, _ := faults.MatchPath(cmp.Or(k.target.CanaryPath(), "*")) // they are constants
	reply, err := core.RecoverHere(h.Order, &goCode{target: k.target}, ignoresSync)
	if err != nil {
		return answer{Why: err.Error()}
	}
	return answer{Reply: reply}
}

// recover has an order of a process done by another one. A run is recovered to its end,
// whatever becomes of ctx; a question that nobody asks any more is not.
func (n *nativeTest) recover(ctx context.Context, order []byte, of job) (h handed) {
	if of.Do != answerQuestion {
		ctx = context.Background()
	}
	a, err := n.process(ctx, job{Do: recoverHere, Seed: n.seedOf(of), Apart: true, order: order}, nil)
	died, _ := err.(*deathError)
	switch {
	case ctx.Err() != nil:
		h.Fatal = "powercut: nobody asks any more"
	case died != nil && !died.hang && !died.unsupported:
		h.Death = cmp.Or(died.output, died.how)
	case err != nil:
		h.Fatal = err.Error()
	case a.Reply == nil:
		h.Fatal = "powercut: a process that was to recover has no answer: " + cmp.Or(a.Why, a.Lacks, "it ran another test")
	default:
		h.Reply = a.Reply
	}
	return h
}
