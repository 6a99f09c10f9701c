package journal_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/spf13/afero"

	"powercut/journal"
	"powercut/journal/wire"
)

const (
	killEnv    = "POWERCUT_KILL_CHILD"
	killers    = 64 // goroutines in the child
	killRounds = 3  // 50 in a soak
)

// TestMain turns the test binary into the child that is killed.
func TestMain(m *testing.M) {
	if base := os.Getenv(killEnv); base != "" {
		killChild(base)
		return
	}
	os.Exit(m.Run())
}

// killChild appends from many goroutines, and snapshots and rolls from some,
// and prints the number of each entry after it was acknowledged, until it is
// killed.
func killChild(base string) {
	m := &counters{}
	mode := journal.Sync
	if strings.HasSuffix(base, "async") {
		mode = journal.Async
	}
	j, _, err := journal.Open(afero.NewOsFs(), base, m, journal.Options{Mode: mode})
	if err != nil {
		fmt.Println("open:", err)
		return
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	out := bufio.NewWriter(os.Stdout)
	for g := range int64(killers) {
		next := m.n[g]
		wg.Go(func() {
			for i := next; ; i++ {
				_, err := j.Append(context.Background(), number(i*killers+g))
				if err == nil {
					switch {
					case g == 0 && i%40 == 39:
						err = j.Snapshot(context.Background())
					case g == 1 && i%40 == 19:
						err = j.Roll(context.Background())
					case g == 2 && i%40 == 29:
						err = j.Prune(context.Background())
					}
				}
				mu.Lock()
				if err != nil {
					fmt.Fprintln(out, "failed:", err)
				} else {
					fmt.Fprintln(out, i*killers+g)
				}
				_ = out.Flush() // nobody listens any more, at worst
				mu.Unlock()
			}
		})
	}
	wg.Wait()
}

// counters is a machine that counts, for each goroutine of the child, the
// entries that came in their order.
type counters struct{ n [killers]int64 }

var errOutOfOrder = errors.New("out of order")

func (m *counters) Apply(e journal.Entry) error {
	v, err := wire.Decode(e.Payload)
	if err != nil {
		return err
	}
	i := v.(wire.Scalar).Int()
	if m.n[i%killers] != i/killers {
		return errOutOfOrder
	}
	m.n[i%killers]++
	return nil
}

func (m *counters) Snapshot() ([]byte, error) {
	return wire.Encode(wire.NewDict([]string{"n"}, []wire.Value{wire.Ints(m.n[:]...)})), nil
}

func (m *counters) Restore(payload []byte) (int, error) {
	v, err := wire.Decode(payload)
	if err != nil {
		return 0, err
	}
	list := v.(wire.Dict).Vals.(wire.List).Items[0].(wire.Vector)
	for i := range m.n {
		m.n[i] = list.At(i).Int()
	}
	return 1, nil
}

// A process that is killed loses nothing that it acknowledged, in either mode:
// the page cache survives.
func TestKilledProcess(t *testing.T) {
	rounds := killRounds
	if os.Getenv("POWERCUT_SOAK") != "" {
		rounds = 50
	}
	for _, mode := range []string{"sync", "async"} {
		t.Run(mode, func(t *testing.T) {
			base := t.TempDir() + "/" + mode
			var acknowledged [killers]int64 // per goroutine: how many
			for round := range rounds {
				killOne(t, base, &acknowledged, 400+300*(round%5))
				m := &counters{}
				j, rec, err := journal.Open(afero.NewOsFs(), base, m, journal.Options{})
				if err != nil {
					t.Fatalf("round %d: %v", round, err)
				}
				if rec.EvalErrors != 0 {
					t.Errorf("round %d: %d entries out of order", round, rec.EvalErrors)
				}
				for g := range m.n {
					if m.n[g] < acknowledged[g] {
						t.Errorf("round %d, goroutine %d: got %d entries, want at least the %d acknowledged", round, g, m.n[g], acknowledged[g])
					}
					acknowledged[g] = m.n[g]
				}
				must(t, j.Close())
			}
		})
	}
}

// killOne runs the child until it acknowledged some entries, and kills it.
func killOne(t *testing.T, base string, acknowledged *[killers]int64, after int) {
	t.Helper()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), killEnv+"="+base)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	must(t, err)
	must(t, child.Start())
	lines := bufio.NewScanner(out)
	for n := 0; lines.Scan(); n++ {
		if n == after {
			must(t, child.Process.Kill()) // what it said before is still read
		}
		i, err := strconv.ParseInt(lines.Text(), 10, 64)
		if err != nil {
			if n <= after {
				t.Errorf("child: %s", lines.Text())
				_ = child.Process.Kill()
			}
			break
		}
		acknowledged[i%killers] = max(acknowledged[i%killers], i/killers+1)
	}
	_ = child.Wait() // it was killed
}
