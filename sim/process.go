package sim

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"powercut/sim/core"
	"powercut/sim/internal/lineage"
)

// deathError is a process that ended without an answer.
type deathError struct {
	how         string
	output      string // the end of what it said
	hang        bool   // it was ended, since it took too long
	unsupported bool   // it asked for what is not simulated

	shrinking *smaller // how far it was with making a case smaller; nil: it was not at that
}

func (e *deathError) Error() string { return e.how + ":\n" + e.output }

// start does a job in a process of its own.
func (n *nativeTest) start(j job) (a answer, err error) {
	return n.startTold(context.Background(), j, nil)
}

// startTold does a job that ctx may cut short. More, if not nil, is given what comes
// before the last answer.
func (n *nativeTest) startTold(ctx context.Context, j job, more func(answer)) (a answer, err error) {
	n.settleCase(ctx, j)
	j.Apart = n.apart.Load()
	a, err = n.process(ctx, j, more)
	switch {
	case err == nil && a.Apart:
		n.goApart(sharedWait)
	case j.Apart || n.confirmed(ctx, j, a, err):
		return a, err
	default:
		n.goApart(sharedFinding)
	}
	j.Apart = true
	return n.process(ctx, j, more)
}

// process does a job in a process of its own.
func (n *nativeTest) process(ctx context.Context, j job, more func(answer)) (a answer, err error) {
	j.Test, j.Call = n.corpus.target.test.Test, n.call
	if j.Made, err = madeOf(n.corpus.target.test.Package); err != nil {
		return a, err
	}
	text, err := json.Marshal(j)
	if err != nil {
		return a, err
	}
	self, err := os.Executable()
	if err != nil {
		return a, err
	}
	answers, theirs, err := os.Pipe()
	if err != nil {
		return a, err
	}
	defer answers.Close()
	output := &said{}
	cmd := exec.Command(self, append([]string{"-test.run=" + core.RunPattern(j.Test)}, ownArguments(os.Args[1:])...)...)
	cmd.Stderr = output
	cmd.Stdout = output
	if j.Do == runCase {
		cmd.Stdout = os.Stdout
	}
	wanted, ours, err := os.Pipe()
	if err != nil {
		_ = theirs.Close() // nobody has it
		return a, err
	}
	defer ours.Close()
	defer context.AfterFunc(ctx, func() { _ = ours.Close() })()
	defer dieTogether(cmd)()
	hands, handing, err := os.Pipe()
	if err != nil {
		_, _ = theirs.Close(), wanted.Close()
		return a, err
	}
	defer handing.Close()
	cmd.ExtraFiles = []*os.File{theirs, wanted, hands}
	cmd.Env = append(scrubbed(os.Environ()), jobVariable+"="+string(text), fmt.Sprintf("POWERCUT_SEED=%d", j.Seed),
		"POWERCUT_PROFILE="+n.o.profile, "POWERCUT_OUT="+n.o.out)
	err = cmd.Start()
	_, _, _ = theirs.Close(), wanted.Close(), hands.Close() // the process has its own
	if err != nil {
		return a, err
	}
	var at *smaller
	watch := n.watch(cmd, j)
	hand := json.NewEncoder(handing)
	if j.order != nil {
		_ = hand.Encode(handed{Order: j.order}) // if it is dead, that is seen below
	}
	told := a.read(answers, func(a answer) {
		at = at.goOn(a.Note)
		watch.Reset(n.patience(j, at))
		if more != nil {
			more(a)
		}
	}, func(order []byte) error {
		watch.Reset(n.patience(j, at))
		return hand.Encode(n.recover(order, j))
	})
	err = cmd.Wait()
	if watch.Stop(); told == nil {
		return a, nil
	}
	end := &deathError{how: "the process of the run ended", hang: watch.rang.Load(), output: output.String(), shrinking: at}
	if err != nil {
		end.how += " (" + err.Error() + ")"
	}
	end.unsupported = cmd.ProcessState.ExitCode() == lineage.ExitUnsupported
	if end.hang {
		end.how = fmt.Sprintf("the run did not end within %s. Does a goroutine spin, or block outside of the disk? Neither can be interrupted: the stacks tell. A run that is slow, and nothing else, needs a longer Config.HangAfter", n.patience(j, at))
	}
	return a, end
}

// read reads the last answer, behind those that more is given, and the orders, which
// recover does.
func (a *answer) read(from io.Reader, more func(answer), recover func(order []byte) error) error {
	for all := json.NewDecoder(from); ; {
		*a = answer{}
		err := all.Decode(a)
		if err == nil && a.Order != nil {
			if err = recover(a.Order); err == nil {
				continue
			}
		}
		if err != nil || !a.goesOn() {
			return err
		}
		more(*a)
	}
}

// patience is how long by the real clock a process may take, or the run that it is making
// to make a case smaller.
func (n *nativeTest) patience(j job, at *smaller) time.Duration {
	patience := 2 * n.corpus.target.runHangAfter()
	if len(j.Orders) > 1 && j.Orders[0].Campaign != nil && j.Orders[0].Campaign.HangAfter > 0 {
		return j.Orders[0].Campaign.HangAfter
	}
	if j.Do != runSeed && j.Do != recoverHere && (at == nil || at.over) {
		patience *= 10 // it makes many runs
	}
	return patience
}

// watched is a process that is ended if it takes too long.
type watched struct {
	*time.Timer
	rang atomic.Bool
}

func (n *nativeTest) watch(cmd *exec.Cmd, j job) *watched {
	w := &watched{}
	w.Timer = time.AfterFunc(n.patience(j, nil), func() {
		w.rang.Store(true)
		_ = cmd.Process.Signal(syscall.SIGQUIT) // it prints its stacks
		time.AfterFunc(5*time.Second, func() { _ = cmd.Process.Kill() })
	})
	return w
}

// said keeps what a process says: the beginning, where a fatal error tells what it is,
// and the end, which may be a great many stacks further down.
type said struct{ head, tail []byte }

// saidBytes is how much of either.
const saidBytes = 4 << 10

func (t *said) Write(p []byte) (int, error) {
	n := min(len(p), saidBytes-len(t.head))
	t.head = append(t.head, p[:n]...)
	t.tail = append(t.tail, p[n:]...)
	if more := len(t.tail) - saidBytes; more > 0 {
		t.tail = append(t.tail[:0], t.tail[more:]...)
		if !bytes.HasPrefix(t.tail, cutOff) {
			t.tail = append(append([]byte(nil), cutOff...), t.tail[len(cutOff):]...)
		}
	}
	return len(p), nil
}

var cutOff = []byte("\n[...]\n")

func (t *said) String() string { return strings.TrimSpace(string(t.head) + string(t.tail)) }

// ownArguments leaves of a test binary's arguments those that are neither go test's
// nor the harness's.
func ownArguments(args []string) []string {
	var own []string
	for _, arg := range args {
		name := strings.TrimLeft(arg, "-")
		if !strings.HasPrefix(name, "test.") && !strings.HasPrefix(name, "powercut.") {
			own = append(own, arg)
		}
	}
	return own
}

// scrubbed leaves of the environment what a run may depend on. One processor, and a
// collector that stops the world, are part of what makes it repeat.
func scrubbed(environ []string) []string {
	env := []string{"GOMAXPROCS=1", "GODEBUG=gcstoptheworld=2", "TZ=UTC"}
	for _, v := range environ {
		name, _, _ := strings.Cut(v, "=")
		switch name {
		case "PATH", "HOME", "TMPDIR":
			env = append(env, v)
		}
	}
	return env
}
