package faults

import (
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"pgregory.net/rapid"

	"powercut/vfs"
)

// rapidSource lets a property draw what an injector or a mix leaves open.
type rapidSource struct{ t *rapid.T }

func (s rapidSource) Uint64n(n uint64) uint64 { return rapid.Uint64Range(0, n-1).Draw(s.t, "n") }

// countingSource is a source that is never random and counts its calls.
type countingSource struct{ calls int }

func (s *countingSource) Uint64n(n uint64) uint64 {
	s.calls++
	return uint64(s.calls*7919) % n
}

func mustParse(t testing.TB, text string) Plan {
	t.Helper()
	plan, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

// writes lets an injector see n writes of size bytes to path and returns which
// of them were struck, counted from 1.
func writes(in *Injector, path string, n int, size int64) (struck []int) {
	for i := 1; i <= n; i++ {
		out := in.Inject(vfs.Op{Seq: uint64(i), Kind: vfs.OpWrite, Path: path, Offset: int64(i-1) * size, Len: size})
		if out != (vfs.Outcome{}) {
			struck = append(struck, i)
		}
	}
	return struck
}

func TestWhenARuleStrikes(t *testing.T) {
	for plan, want := range map[string][]int{
		"":                                       nil,
		"write-error":                            {1, 2, 3, 4, 5, 6, 7, 8, 9, 10},
		"write-error of *.log times=2":           {1, 2},
		"write-error of *.qdb":                   nil,
		"write-error nth=3":                      {3},
		"write-error from=8":                     {8, 9, 10},
		"write-error until=2":                    {1, 2},
		"write-error from=3 until=5":             {3, 4, 5},
		"write-error every=4":                    {4, 8},
		"write-error from=2 every=4":             {5, 9},
		"write-error from=2 until=7 every=2":     {3, 5, 7},
		"write-error every=4 sticky":             {4, 5, 6, 7, 8, 9, 10},
		"write-error every=4 sticky until=6":     {4, 5, 6},
		"write-error every=4 sticky times=2":     {4, 5},
		"write-error seq=9":                      {9},
		"write-error seq=4..6":                   {4, 5, 6},
		"write-error seq=9..":                    {9, 10},
		"write-error seq=..2":                    {1, 2},
		"write-error seq=4..6 nth=2":             {5},
		"write-error seq=4 nth=2":                nil,
		"write-error budget=800":                 {9, 10},
		"write-error budget=799":                 {8, 9, 10},
		"write-error budget=799 nth=2":           {9},
		"write-error p=1/1":                      {1, 2, 3, 4, 5, 6, 7, 8, 9, 10},
		"read-error":                             nil,
		"write-error nth=3\nshort-write nth=3":   {3},
		"latency delay=1s nth=2":                 {2},
		"write-error seq=5\nwrite-error every=5": {5, 10},
	} {
		in := NewInjector(mustParse(t, plan), nil)
		if got := writes(in, "/wal.log", 10, 100); !slices.Equal(got, want) {
			t.Errorf("%q strikes %v, want %v", plan, got, want)
		}
	}
}

func TestChanceComesUpAsOftenAsItSays(t *testing.T) {
	in := NewInjector(mustParse(t, "write-error p=1/4"), &countingSource{})
	if n := len(writes(in, "/a", 1000, 1)); n < 200 || n > 300 {
		t.Errorf("struck %d of 1000, want about 250", n)
	}
}

// The first rule of a plan wins, and which matches a rule strikes doesn't
// depend on those before it.
func TestFirstRuleWins(t *testing.T) {
	in := NewInjector(mustParse(t, "latency delay=1ms\nwrite-error nth=2\nlatency delay=2ms\nshort-write from=2 until=3 n=7"), nil)
	var got []vfs.Outcome
	for i := range 3 {
		got = append(got, in.Inject(vfs.Op{Seq: uint64(i + 1), Kind: vfs.OpWrite, Path: "/a", Len: 10}))
	}
	want := []vfs.Outcome{
		{Latency: 3 * time.Millisecond},
		{Latency: 3 * time.Millisecond, Err: syscall.EIO},
		{Latency: 3 * time.Millisecond, Err: syscall.EIO, Effect: vfs.EffectPartial, N: 7},
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got := in.Delayed(); got != 9*time.Millisecond {
		t.Errorf("delayed by %v, want 9ms", got)
	}
	if k, ok := in.Struck(2); k != WriteError || !ok {
		t.Errorf("operation 2 was struck by %v, %v; want write-error", k, ok)
	}
	if k, ok := in.Struck(1); k != Latency || !ok {
		t.Errorf("operation 1 was struck by %v, %v; want latency", k, ok)
	}
	if k, ok := in.Struck(9); ok {
		t.Errorf("operation 9 was struck by %v", k)
	}
}

func TestOutcomes(t *testing.T) {
	write := vfs.Op{Seq: 1, Kind: vfs.OpWrite, Path: "/a", Offset: 600, Len: 2000}
	for _, c := range []struct {
		rule string
		op   vfs.Op
		want vfs.Outcome
	}{
		{"write-error errno=EDQUOT", write, vfs.Outcome{Err: syscall.EDQUOT}},
		{"short-write n=5", write, vfs.Outcome{Err: syscall.EIO, Effect: vfs.EffectPartial, N: 5}},
		{"short-write n=5000", write, vfs.Outcome{Err: syscall.EIO, Effect: vfs.EffectPartial, N: 2000}},
		// Sector 0 of the request holds the bytes 600..1023, sector 1 the next 512.
		{"torn-write sectors=0x5", write, vfs.Outcome{Err: syscall.EIO, Effect: vfs.EffectPartial, Torn: 5, N: 424}},
		{"torn-write sectors=0x3", write, vfs.Outcome{Err: syscall.EIO, Effect: vfs.EffectPartial, Torn: 3, N: 936}},
		{"torn-write sectors=0x4", write, vfs.Outcome{Err: syscall.EIO, Effect: vfs.EffectPartial, Torn: 4, N: 0}},
		{"lost-write", write, vfs.Outcome{Effect: vfs.EffectNone}},
		{"write-flip bit=77", write, vfs.Outcome{Flip: 78}},
		{"write-flip bit=16001", write, vfs.Outcome{Flip: 2}},
		{"no-space", write, vfs.Outcome{Err: syscall.ENOSPC, Effect: vfs.EffectPartial}},
		{"no-space budget=1500", write, vfs.Outcome{Err: syscall.ENOSPC, Effect: vfs.EffectPartial, N: 1500}},
		{"no-space", vfs.Op{Seq: 1, Kind: vfs.OpMkdir, Path: "/a"}, vfs.Outcome{Err: syscall.ENOSPC}},
		{"rename-error to /b", vfs.Op{Seq: 1, Kind: vfs.OpRename, Path: "/a", NewPath: "/b"}, vfs.Outcome{Err: syscall.EIO}},
		{"rename-error to /c", vfs.Op{Seq: 1, Kind: vfs.OpRename, Path: "/a", NewPath: "/b"}, vfs.Outcome{}},
		{"rename-error after", vfs.Op{Seq: 1, Kind: vfs.OpRename, Path: "/a", NewPath: "/b"}, vfs.Outcome{Err: syscall.EIO, Effect: vfs.EffectFull}},
		{"close-error", vfs.Op{Seq: 1, Kind: vfs.OpClose, Path: "/a"}, vfs.Outcome{Err: syscall.EIO, Effect: vfs.EffectFull}},
		{"thin-no-space", vfs.Op{Seq: 1, Kind: vfs.OpSync, Path: "/a"}, vfs.Outcome{Err: syscall.ENOSPC, Sync: vfs.SyncDropClean}},
		{"lying-sync", vfs.Op{Seq: 1, Kind: vfs.OpSyncDir, Path: "/"}, vfs.Outcome{Sync: vfs.SyncLies}},
		{"short-read n=3", vfs.Op{Seq: 1, Kind: vfs.OpRead, Path: "/a", Len: 9}, vfs.Outcome{Effect: vfs.EffectPartial, N: 3}},
		{"short-read n=3 errno=EOF", vfs.Op{Seq: 1, Kind: vfs.OpRead, Path: "/a", Len: 9}, vfs.Outcome{Err: io.EOF, Effect: vfs.EffectPartial, N: 3}},
		{"short-write", vfs.Op{Seq: 1, Kind: vfs.OpWrite, Path: "/a"}, vfs.Outcome{}},
	} {
		in := NewInjector(mustParse(t, c.rule), nil)
		if got := in.Inject(c.op); got != c.want {
			t.Errorf("%s on %+v: got %+v, want %+v", c.rule, c.op, got, c.want)
		}
	}
}

func TestMisdirectedWriteLandsElsewhere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := NewInjector(Plan{Rules: []Rule{{Kind: MisdirectedWrite}}}, rapidSource{t})
		for i, path := range []string{"/a", "/b", "/a", "/b", "/c"} {
			op := vfs.Op{Seq: uint64(i + 1), Kind: vfs.OpWrite, Path: path, Offset: int64(i) * 512, Len: 300}
			out := in.Inject(op)
			if out.Redirect == nil || out.Redirect.Offset < 0 {
				t.Fatalf("got %+v", out)
			}
			if to := out.Redirect; to.Offset == op.Offset && (to.Path == "" || to.Path == op.Path) {
				t.Fatalf("%+v lands where it belongs: %+v", op, to)
			}
		}
	})
}

// drawOps gives a stream of operations that may be: sizes, paths and kinds mixed.
func drawOps(t *rapid.T) []vfs.Op {
	path := rapid.SampledFrom([]string{"/wal.log", "/wal.qdb", "/d/x.log", "/", "/odd [1]*"})
	ops := make([]vfs.Op, rapid.IntRange(0, 60).Draw(t, "operations"))
	for i := range ops {
		ops[i] = vfs.Op{Seq: uint64(i + 1), Kind: rapid.SampledFrom(opNames).Draw(t, "op").kind, Path: path.Draw(t, "path")}
		switch op := &ops[i]; op.Kind {
		case vfs.OpWrite, vfs.OpRead:
			op.Offset, op.Len = rapid.Int64Range(0, 9000).Draw(t, "offset"), rapid.Int64Range(0, 40000).Draw(t, "len")
		case vfs.OpRename, vfs.OpLink:
			op.NewPath = path.Draw(t, "to")
		}
	}
	return ops
}

// What struck, told as a plan, strikes again in the same way, without a source.
func TestFiredRepeats(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		plan := Mix{QuietOneIn: 1 << 20, SuspendingOneIn: 1, Ops: 40, Paths: []string{"*.log"}}.Plan(rapidSource{t})
		plan = plan.Append(drawPlan(t).Rules...)
		ops := drawOps(t)
		first := NewInjector(plan, rapidSource{t})
		var want []vfs.Outcome
		for _, op := range ops {
			want = append(want, first.Inject(op))
		}
		text := first.Fired().String()
		fired, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		again := NewInjector(fired, nil)
		for i, op := range ops {
			got := again.Inject(op)
			if !reflect.DeepEqual(got, want[i]) {
				t.Fatalf("%+v: got %+v, want %+v, by the plan\n%sof\n%s", op, got, want[i], text, plan)
			}
		}
		if got := again.Fired().String(); got != text {
			t.Fatalf("fired again\n%swant\n%s", got, text)
		}
		if never := again.NeverFired(); len(never) > 0 {
			t.Fatalf("never fired again: %v", never)
		}
	})
}

// One source and one plan give the same faults on every run.
func TestSameSourceSameFaults(t *testing.T) {
	plan := Plan{}
	for _, k := range Kinds() {
		plan.Rules = append(plan.Rules, Rule{Kind: k, Chance: Chance{1, 3}})
	}
	run := func() string {
		in := NewInjector(plan, &countingSource{})
		for i := range 500 {
			in.Inject(vfs.Op{Seq: uint64(i + 1), Kind: vfs.OpKind(1 + i%15), Path: fmt.Sprint("/", i%3), Len: int64(i * 13), Offset: int64(i * 100)})
		}
		return in.Fired().String()
	}
	first := run()
	if second := run(); first != second {
		t.Errorf("first\n%ssecond\n%s", first, second)
	}
}

func TestCounts(t *testing.T) {
	in := NewInjector(mustParse(t, "write-error nth=2\nshort-write of *.qdb\nwrite-error nth=7\nread-error"), nil)
	writes(in, "/wal.log", 5, 10)
	want := map[Kind]Count{
		WriteError: {Scheduled: 2, Fired: 1, Matched: 10, Struck: 1}, ShortWrite: {Scheduled: 1}, ReadError: {Scheduled: 1},
	}
	if got := in.Counts(); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	never := fmt.Sprint(in.NeverFired())
	if want := "[short-write of *.qdb write-error nth=7 read-error]"; never != want {
		t.Errorf("never fired: %s, want %s", never, want)
	}
	wantReport := `no operation matched         short-write of *.qdb
never struck, 5 matched      write-error nth=7
no operation matched         read-error
struck 1 of 5                write-error nth=2
`
	if got := in.Report(); got != wantReport {
		t.Errorf("got\n%swant\n%s", got, wantReport)
	}
	if got, want := in.String(), "4 rules, 1 faults"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	log := in.Log()
	if len(log) != 1 || log[0].String() != "2 write /wal.log: write-error errno=EIO" {
		t.Errorf("log %v", log)
	}
}

func TestInvalidPlanPanics(t *testing.T) {
	defer func() {
		err, _ := recover().(error)
		e, ok := errors.AsType[*RuleError](err)
		if want := `faults: rule "drop-clean after": after: want drop-clean without it: it has only errno, got after`; !ok || e.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}()
	NewInjector(Plan{Rules: []Rule{{Kind: DropClean, After: true}}}, nil)
}

// Plans that are made of one plan do not share its rules.
func TestAppend(t *testing.T) {
	a := mustParse(t, "# a\nread-error\n# end of a")
	c := a.Append(Rule{Kind: StatError})
	d := a.Append(Rule{Kind: OpenError})
	if c.Rules[1].Kind != StatError || d.Rules[1].Kind != OpenError || len(a.Rules) != 1 {
		t.Errorf("plans share their rules: %v, %v, %v", a, c, d)
	}
	if got, want := c.without(0, 1).String(), "stat-error\n# end of a\n"; got != want || len(c.Rules) != 2 {
		t.Errorf("got %q, want %q", got, want)
	}
}

// An operation that no rule strikes costs no allocation, whatever the plan.
func TestNothingAllocated(t *testing.T) {
	in := NewInjector(mustParse(t, benchPlan), &countingSource{})
	op := vfs.Op{Kind: vfs.OpWrite, Path: "/db/wal.log", Len: 200}
	if n := testing.AllocsPerRun(1000, func() {
		op.Seq++
		in.Inject(op)
	}); n != 0 {
		t.Errorf("%v allocations for each operation", n)
	}
}

const benchPlan = `
drop-clean of *.log nth=1000000000
no-space of /db/**/*.tmp budget=64KiB
write-error of wal-?.log p=1/2
short-write of *.log p=1/1000000000000
misdirected-write of /db/*.qdb
rename-error
`

func BenchmarkInject(b *testing.B) {
	in := NewInjector(mustParse(b, benchPlan), &countingSource{})
	op := vfs.Op{Kind: vfs.OpWrite, Path: "/db/wal.log", Len: 200}
	b.ReportAllocs()
	for b.Loop() {
		op.Seq++
		in.Inject(op)
	}
}

// What has struck may be asked for while some goroutine is at work on the disk, as
// an engine's own may be at any time. (Only the race detector sees it if not.)
func TestAskedWhileAtWork(t *testing.T) {
	in := NewInjector(Plan{Rules: []Rule{{Kind: Latency, Delay: time.Microsecond}, {Kind: WriteError, Every: 2}}}, nil)
	const ops = 200
	var wg sync.WaitGroup
	wg.Go(func() {
		for seq := range uint64(ops) {
			in.Inject(vfs.Op{Seq: seq + 1, Kind: vfs.OpWrite, Path: "/f", Len: 1})
		}
	})
	for len(in.Log()) < ops+ops/2 {
		in.Struck(ops)
		fired := len(in.Fired().Rules)
		if struck := in.Counts()[Latency].Struck; struck > ops || fired > ops+ops/2 {
			t.Fatalf("%d strikes in %d operations, %d faults", struck, ops, fired)
		}
		_, _, _ = in.Delayed(), in.NeverFired(), in.RuleCounts()
		_, _ = in.String(), in.Report()
	}
	wg.Wait()
	if d := in.Delayed(); d != ops*time.Microsecond {
		t.Errorf("%d operations were delayed by %s in all", ops, d)
	}
}
