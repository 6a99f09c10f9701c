package properties

import (
	"fmt"
	"strconv"
	"strings"
)

// stepKind is what a client does in one step.
type stepKind string

// The steps of a client. Each appended entry carries a number of its own, so
// that a lost, doubled or reordered one shows.
const (
	stepPush       stepKind = "push"       // append: number to a list, by source text
	stepExpression stepKind = "expression" // the same, as a serialised expression
	stepCount      stepKind = "count"      // append: count up, and push
	stepHash       stepKind = "hash"       // append: fold the number into a hash that depends on the order, and push
	stepSet        stepKind = "set"        // append: set one of a few names, and push
	stepBig        stepKind = "big"        // append: a long string (compressed in the log), and push
	stepOpaque     stepKind = "opaque"     // append: bytes that change nothing
	stepMistake    stepKind = "mistake"    // append: what can't be evaluated
	stepRestricted stepKind = "restricted" // append: a restricted entry that tries to mutate
	stepBad        stepKind = "bad"        // append: what the journal must refuse
	stepAsync      stepKind = "async"      // accept a push, wait for it later
	stepWait       stepKind = "wait"       // wait for all that this client accepted
	stepSync       stepKind = "sync"
	stepSnapshot   stepKind = "snapshot"
	stepRoll       stepKind = "roll"
	stepPrune      stepKind = "prune"
	stepReopen     stepKind = "reopen" // close the journal and open it again
	stepRepair     stepKind = "repair" // the same, with Repair in between
	stepBackup     stepKind = "backup" // link the archives and the snapshot into a folder of their own

	// Those that need the whole API of package journal.

	stepPartial       stepKind = "partial"        // append: a push, and then what can't be evaluated
	stepUnsupported   stepKind = "unsupported"    // append: what the machine knows that it doesn't know
	stepAsyncMistake  stepKind = "async-mistake"  // accept what can't be evaluated, wait for it later
	stepMistakes      stepKind = "mistakes"       // that many times async-mistake, and then wait
	stepLeave         stepKind = "leave"          // append a push, and give up waiting after a while
	stepLeaveWait     stepKind = "leave-wait"     // wait for one that this client accepted, and give up
	stepLeaveSync     stepKind = "leave-sync"     // a call that gives up if it has to wait that long
	stepLeaveRoll     stepKind = "leave-roll"     // likewise
	stepLeaveSnapshot stepKind = "leave-snapshot" // likewise
	stepLeavePrune    stepKind = "leave-prune"    // likewise
	stepFollow        stepKind = "follow"         // read entries from some LSN on, while others go on
	stepIntrude       stepKind = "intrude"        // open, repair or purge what is open
	stepPurge         stepKind = "purge"          // close the journal, remove it, and open it again
	stepForeign       stepKind = "foreign"        // close it, let another program append to its log, and open it again
	stepTrespass      stepKind = "trespass"       // let another program append to the log while it is open
	stepLoss          stepKind = "loss"           // close it, let its log rot, accept the loss, and open it again
)

// stepKinds lists them; true for those that append at once.
var stepKinds = map[stepKind]bool{
	stepPush: true, stepExpression: true, stepCount: true, stepHash: true, stepSet: true, stepBig: true, stepOpaque: true, stepMistake: true,
	stepRestricted: true, stepBad: true, stepAsync: false, stepWait: false, stepSync: false, stepSnapshot: false, stepRoll: false,
	stepPrune: false, stepReopen: false, stepRepair: false, stepBackup: false,
	stepPartial: true, stepUnsupported: true, stepAsyncMistake: false, stepLeave: false, stepLeaveWait: false, stepLeaveSync: false,
	stepLeaveRoll: false, stepLeaveSnapshot: false, stepLeavePrune: false, stepFollow: false, stepIntrude: false, stepPurge: false, stepForeign: false,
	stepTrespass: false, stepLoss: false, stepMistakes: false,
}

// step is one step of a client.
type step struct {
	kind stepKind
	// arg is how many bytes an opaque, big or restricted entry has besides, the name of
	// a set one, the kind of bad input, how patient the caller is (see patience), from
	// where to follow, how to intrude, how much another program appends, and whether
	// Open is asked then without leave to take that over; otherwise 0.
	arg int
}

// maxArg bounds what a step's argument may ask for, in bytes.
const maxArg = 1 << 20

// String prints the step in the form that parseStep reads: "push", "set:2".
func (s step) String() string {
	if s.arg == 0 {
		return string(s.kind)
	}
	return fmt.Sprintf("%s:%d", s.kind, s.arg)
}

func parseStep(word string) (step, error) {
	kind, arg, given := strings.Cut(word, ":")
	s := step{kind: stepKind(kind)}
	if _, known := stepKinds[s.kind]; !known {
		return s, fmt.Errorf("unknown step %q", kind)
	}
	if given {
		n, err := strconv.Atoi(arg)
		if err != nil || n < 0 || n > maxArg {
			return s, fmt.Errorf("step %q: want a number from 0 to %d after the colon", word, maxArg)
		}
		s.arg = n
	}
	return s, nil
}
