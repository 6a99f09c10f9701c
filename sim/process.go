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
	j.call = call{n.corpus.target.test.Test, n.call}
	if j.Made, err = madeOf(n.corpus.target.test.Package); err != nil {
		return a, err
	}
	text, err := json.Marshal(j.call)
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
	cmd.Env = append(scrubbed(os.Environ()), jobVariable+"="+string(text), fmt.Sprintf("POWERCUT_SEED=%d", n.seedOf(j)),
		"POWERCUT_PROFILE="+n.o.profile, "POWERCUT_OUT="+n.o.out)
	err = cmd.Start()
	_, _, _ = theirs.Close(), wanted.Close(), hands.Close() // the process has its own
	if err != nil {
		return a, err
	}
	if j.Do == answerQuestion || j.Do == recoverHere {
		defer endSoonAfter(ctx, cmd)()
	}
	watch := n.watch(cmd, j)
	hand := json.NewEncoder(handing)
	_ = hand.Encode(handed{Job: &j}) // if it is dead, that is seen below
	if j.order != nil {
		_ = hand.Encode(handed{Order: j.order})
	}
	told := a.read(answers, func(a answer) {
		watch.Reset(n.patience(j))
		if more != nil {
			more(a)
		}
	}, func(a answer) error {
		watch.Stop()
		h := n.serve(ctx, a, j)
		watch.Reset(n.patience(j))
		return hand.Encode(h)
	})
	err = cmd.Wait()
	if watch.Stop(); told == nil {
		return a, nil
	}
	died := &deathError{how: "the process of the run ended", hang: watch.rang.Load(), output: output.String()}
	if err != nil {
		died.how += " (" + err.Error() + ")"
	}
	died.unsupported = cmd.ProcessState.ExitCode() == lineage.ExitUnsupported
	if died.hang {
		died.how = fmt.Sprintf("the run did not end within %s. Does a goroutine spin, or block outside of the disk? Neither can be interrupted: the stacks tell. A run that is slow, and nothing else, needs a longer Config.HangAfter", n.patience(j))
	}
	return a, died
}

// endSoonAfter ends a process some time behind ctx, unless what is returned is called
// before: a run that nobody waits for any more may never end.
func endSoonAfter(ctx context.Context, cmd *exec.Cmd) (stop func() bool) {
	return context.AfterFunc(ctx, func() { time.AfterFunc(endsWithin, func() { _ = cmd.Process.Kill() }) })
}

// endsWithin is how long a process may take to notice that.
const endsWithin = 2 * time.Second

// seedOf is what decides all that a process does before its run: what the packages of a
// program draw when they are initialised, say. It is the seed of the run.
func (n *nativeTest) seedOf(j job) uint64 {
	if text := j.caseText(); text != "" {
		if c, err := core.ParseCase(text, n.corpus.find); err == nil { // or the job says what is wrong
			return uint64(c.Seed)
		}
	}
	return j.Seed
}

// read reads the last answer, behind those that more is given, and those that want
// something of another process, which serve does.
func (a *answer) read(from io.Reader, more func(answer), serve func(answer) error) error {
	for all := json.NewDecoder(from); ; {
		*a = answer{}
		err := all.Decode(a)
		if err == nil && (a.Order != nil || a.Asked != nil) {
			if err = serve(*a); err == nil {
				continue
			}
		}
		if err != nil || !a.goesOn() {
			return err
		}
		more(*a)
	}
}

// patience is how long by the real clock a process may take.
func (n *nativeTest) patience(j job) time.Duration {
	patience := 2 * n.corpus.target.runHangAfter()
	if len(j.Orders) > 1 && j.Orders[0].Campaign != nil && j.Orders[0].Campaign.HangAfter > 0 {
		return j.Orders[0].Campaign.HangAfter
	}
	switch {
	case j.Question != nil:
		patience += j.Question.For // it may judge many images
	case j.Do != runSeed && j.Do != recoverHere:
		patience *= 10 // it asks many questions
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
	w.Timer = time.AfterFunc(n.patience(j), func() {
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
