package rayfall_test

import (
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"powercut/journal"
	"powercut/journal/rayfall"
	"powercut/journal/wire"
)

// state is a machine's environment as people read it.
func state(m *rayfall.Machine) []string {
	var s []string
	for name, v := range m.Env() {
		s = append(s, name+"="+v.String())
	}
	return s
}

func TestApply(t *testing.T) {
	expression := wire.Values(wire.Name("set"), wire.Name("x"), wire.Values(wire.Name("+"), wire.Name("x"), wire.Int(1)))
	m := rayfall.New()
	for i, test := range []struct {
		payload    []byte
		restricted bool
		want       error
	}{
		{wire.Encode(wire.String("(set x 1)")), false, nil},
		{wire.Encode(expression), false, nil},
		{wire.Encode(expression), true, rayfall.ErrAccess},
		{wire.Encode(wire.String("(del x)")), true, rayfall.ErrAccess},
		{wire.Encode(wire.String("(+ x 1)")), true, nil},
		{wire.Encode(wire.String("(do (set y 1) (set x 100))")), true, rayfall.ErrAccess},
		{wire.Encode(wire.String("(do (set y 1) (nosuch) (set y 2))")), false, rayfall.ErrName},
		{wire.Encode(wire.String("")), false, nil},
		{wire.Encode(wire.String(" ")), false, rayfall.ErrParse},
		{wire.Encode(wire.String("(set z 1)\x00(set z 2)")), false, nil},
		{wire.Encode(wire.Bytes([]byte("(set x 9)"))), false, nil},
		{wire.Encode(wire.Int(7)), false, nil},
		{wire.Encode(wire.Null{}), false, nil},
		{wire.Encode(wire.Name("nosuch")), false, rayfall.ErrName},
		{wire.Encode(wire.Values(wire.Lambda{Params: wire.Null{}, Body: wire.Null{}})), false, rayfall.ErrUnsupported},
		{wire.Encode(wire.Values(wire.Builtin{Of: wire.KindBinary, Name: "set"}, wire.Name("w"), wire.Int(1))), false, nil},
		{wire.Encode(wire.Values(wire.Builtin{Of: wire.KindUnary, Name: "nosuch"}, wire.Int(1))), false, rayfall.ErrName},
		{[]byte{0x55}, false, wire.ErrUnknownType},
		{nil, false, wire.ErrTruncated},
	} {
		err := m.Apply(journal.Entry{LSN: uint64(i + 1), Payload: test.payload, Restricted: test.restricted})
		if !errors.Is(err, test.want) {
			t.Errorf("entry %d: got %v, want %v", i, err, test.want)
		}
	}
	if diff := cmp.Diff([]string{"w=1", "x=2", "y=1", "z=1"}, state(m)); diff != "" {
		t.Errorf("state (-want +got):\n%s", diff)
	}
}

// Apply keeps nothing of the payload that it was given.
func TestApplyKeepsNoReference(t *testing.T) {
	m := rayfall.New()
	for _, v := range []wire.Value{
		wire.String(`(set s "text")`),
		wire.Values(wire.Name("set"), wire.Name("v"), wire.Ints(1, 2)),
		wire.Values(wire.Name("set"), wire.Name("w"), wire.String("text")),
	} {
		payload := wire.Encode(v)
		if err := m.Apply(journal.Entry{Payload: payload}); err != nil {
			t.Fatal(err)
		}
		for i := range payload {
			payload[i] = 'X'
		}
	}
	if diff := cmp.Diff([]string{`s="text"`, "v=[1 2]", `w="text"`}, state(m)); diff != "" {
		t.Errorf("state (-want +got):\n%s", diff)
	}
	if err := m.Apply(entry(`(set s "text")`)); err != nil {
		t.Error(err)
	}
}

func TestRestoreRefuses(t *testing.T) {
	good := wire.Encode(wire.NewDict([]string{"a", "b"}, []wire.Value{wire.Int(1), wire.Int(2)}))
	for _, test := range []struct {
		name    string
		payload []byte
	}{
		{"an integer", wire.Encode(wire.Int(5))},
		{"nothing", nil},
		{"cut short", good[:len(good)-1]},
		{"values in a vector", wire.Encode(wire.Dict{Keys: wire.Symbols{Names: []string{"a"}}, Vals: wire.Ints(1)})},
		{"a name of the system's", wire.Encode(wire.NewDict([]string{"a", ".sys"}, []wire.Value{wire.Int(1), wire.Int(2)}))},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := rayfall.New()
			if err := m.Apply(entry("(set kept 1)")); err != nil {
				t.Fatal(err)
			}
			n, err := m.Restore(test.payload)
			if n != 0 || !errors.Is(err, rayfall.ErrNotSnapshot) {
				t.Errorf("got %d, %v, want 0, %v", n, err, rayfall.ErrNotSnapshot)
			}
			if diff := cmp.Diff([]string{"kept=1"}, state(m)); diff != "" {
				t.Errorf("state (-want +got):\n%s", diff)
			}
		})
	}
	m := rayfall.New()
	if err := m.Apply(entry("(set gone 1)")); err != nil {
		t.Fatal(err)
	}
	if n, err := m.Restore(good); n != 2 || err != nil {
		t.Errorf("got %d, %v, want 2", n, err)
	}
	if diff := cmp.Diff([]string{"a=1", "b=2"}, state(m)); diff != "" {
		t.Errorf("state (-want +got):\n%s", diff)
	}
	if n, err := m.Restore(wire.Encode(wire.NewDict(nil, nil))); n != 0 || err != nil || m.Len() != 0 {
		t.Errorf("of an empty environment: got %d, %v, %d bindings", n, err, m.Len())
	}
}

// A snapshot does not depend on the order in which its names were bound.
func TestSnapshotOrder(t *testing.T) {
	m := rayfall.New()
	for _, name := range []string{"b", "a10", "a9", "Z"} {
		if err := m.Apply(entry("(set " + name + " 1)")); err != nil {
			t.Fatal(err)
		}
	}
	got, err := m.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	const want = "63000c0004000000000000005a00613130006139006200" + "00000400000000000000" +
		"fb000100000000000000fb000100000000000000fb000100000000000000fb000100000000000000"
	if hex.EncodeToString(got) != want {
		t.Errorf("got %x, want %s", got, want)
	}
}

// Replaying a prefix, taking a snapshot, and replaying the rest on what was
// restored from it, comes to the same as replaying everything.
func TestSnapshotInTheMiddle(t *testing.T) {
	names := []string{"a", "b", "c"}
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.SampledFrom(names)
		entries := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) journal.Entry {
			x, y, n := name.Draw(t, "x"), name.Draw(t, "y"), rapid.IntRange(-5, 5).Draw(t, "n")
			source := rapid.SampledFrom([]string{
				"(set %[1]s %[3]d)", "(set %[1]s (+ %[1]s %[3]d))", "(set %[1]s (concat %[1]s %[2]s))", "(del %[1]s)",
				"(set %[1]s (list %[1]s %[2]s))", "(set %[1]s (%% %[2]s %[3]d))", "(set %[1]s {k: %[3]d})", "(set %[1]s (reverse %[2]s))",
				"(set %[1]s [1 %[3]d])", "(if (> %[1]s %[2]s) (set %[1]s %[2]s))", "(set %[1]s (at %[2]s %[3]d))",
			}).Draw(t, "form")
			return journal.Entry{
				Payload:    wire.Encode(wire.String(fmt.Sprintf(source, x, y, n))),
				Restricted: rapid.IntRange(0, 9).Draw(t, "restricted") == 0,
			}
		}), 1, 30).Draw(t, "entries")
		cut := rapid.IntRange(0, len(entries)).Draw(t, "cut")

		whole, half := rayfall.New(), rayfall.New()
		for i, e := range entries {
			if i == cut {
				snapshot, err := half.Snapshot()
				if err != nil {
					t.Fatal(err)
				}
				half = rayfall.New()
				if _, err := half.Restore(snapshot); err != nil {
					t.Fatal(err)
				}
			}
			wholeErr, halfErr := whole.Apply(e), half.Apply(e)
			if (wholeErr == nil) != (halfErr == nil) {
				t.Fatalf("entry %d: got %v, want %v", i, halfErr, wholeErr)
			}
		}
		if diff := cmp.Diff(state(whole), state(half)); diff != "" {
			t.Fatalf("state (-want +got):\n%s", diff)
		}
	})
}

func TestClone(t *testing.T) {
	m := rayfall.New()
	if err := m.Apply(entry("(set v [1 2])")); err != nil {
		t.Fatal(err)
	}
	c := m.Clone()
	if err := c.Apply(entry("(set v (concat v 3))")); err != nil {
		t.Fatal(err)
	}
	if got := state(m)[0] + " " + state(c)[0]; got != "v=[1 2] v=[1 2 3]" {
		t.Errorf("got %s", got)
	}
}

func Example() {
	m := rayfall.New()
	for _, source := range []string{
		`(set x 1)`,
		`(set x (+ x 1))`,
		`(set log (list x "two"))`,
		`(set y nosuch)`,
	} {
		if err := m.Apply(journal.Entry{Payload: wire.Encode(wire.String(source))}); err != nil {
			fmt.Println(err)
		}
	}
	for name, v := range m.Env() {
		fmt.Println(name, v)
	}
	// Output:
	// rayfall: name: "nosuch" is not defined
	// log (2 "two")
	// x 2
}

func BenchmarkApply(b *testing.B) {
	expression := wire.Values(wire.Name("set"), wire.Name("x"), wire.Values(wire.Name("+"), wire.Name("x"), wire.Int(1)))
	for _, bench := range []struct {
		name    string
		payload func(i int) []byte
	}{
		{"same source", func(int) []byte { return wire.Encode(wire.String("(set x (+ x 1))")) }},
		{"another source", func(i int) []byte { return wire.Encode(wire.String(fmt.Sprintf("(set x (+ x %d))", i))) }},
		{"expression", func(int) []byte { return wire.Encode(expression) }},
	} {
		b.Run(bench.name, func(b *testing.B) {
			m := rayfall.New()
			if err := m.Apply(entry("(set x 0)")); err != nil {
				b.Fatal(err)
			}
			payloads := make([][]byte, 1000)
			for i := range payloads {
				payloads[i] = bench.payload(i)
			}
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				if err := m.Apply(journal.Entry{Payload: payloads[i%len(payloads)]}); err != nil {
					b.Fatal(err)
				}
				i++
			}
		})
	}
}

// Lists that grow from one another, and are extended in any order, never show
// what was added to another.
func TestListsThatShare(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		names := []string{"a", "b", "c"}
		machines := []*rayfall.Machine{rayfall.New()}
		models := []map[string][]int64{{}}
		apply := func(m *rayfall.Machine, source string) {
			if err := m.Apply(journal.Entry{Payload: wire.Encode(wire.String(source))}); err != nil {
				t.Fatalf("%s: %v", source, err)
			}
		}
		for _, name := range names {
			apply(machines[0], fmt.Sprintf("(set %s [%d 1])", name, len(name)))
			models[0][name] = []int64{int64(len(name)), 1}
		}
		for i := range rapid.IntRange(1, 60).Draw(t, "steps") {
			at := rapid.IntRange(0, len(machines)-1).Draw(t, "machine")
			m, model := machines[at], models[at]
			to := rapid.SampledFrom(names).Draw(t, "to")
			from := rapid.SampledFrom(names).Draw(t, "from")
			switch rapid.IntRange(0, 9).Draw(t, "what") {
			case 0:
				apply(m, fmt.Sprintf("(set %s %s)", to, from))
				model[to] = model[from]
			case 1:
				machines, models = append(machines, m.Clone()), append(models, maps.Clone(model))
			default:
				apply(m, fmt.Sprintf("(set %s (concat %s %d))", to, from, 100+i))
				model[to] = append(slices.Clip(model[from]), int64(100+i))
			}
			for at, m := range machines {
				for _, name := range names {
					got, _ := m.Get(name)
					if want := wire.Ints(models[at][name]...); !cmp.Equal(got, want) {
						t.Fatalf("after step %d, %s of machine %d is %v, want %v", i, name, at, got, want)
					}
				}
			}
		}
	})
}

// What a client sends is kept as the original keeps it: nulls with the one value
// that their kind has for it, and a table's names with one attribute.
func TestWhatAClientSends(t *testing.T) {
	for _, test := range []struct{ about, sent, kept string }{
		{"null i64 of zero bytes", "fb010000000000000000", "fb010000000000000080"},
		{"null f64 of zero bytes", "f9010000000000000000", "f901000000000000f87f"},
		{"null date of zero bytes", "f80100000000", "f80100000080"},
		{"null timestamp of other bytes", "f6012a00000000000000", "f6010000000000000080"},
		{"no null of the same bytes", "f600000000000000000a", "f600000000000000000a"},
		{"a null in a list in a dictionary", "63000c000100000000000000610000000100000000000000fb010000000000000000",
			"63000c000100000000000000610000000100000000000000fb010000000000000080"},
		{"a table whose names have no attribute", "62000c00010000000000000061000000010000000000000005000100000000000000" + "0100000000000000",
			"62000c03010000000000000061000000010000000000000005000100000000000000" + "0100000000000000"},
	} {
		sent, err := hex.DecodeString(test.sent)
		if err != nil {
			t.Fatal(err)
		}
		v, err := wire.Decode(sent)
		if err != nil {
			t.Fatalf("%s: %v", test.about, err)
		}
		m := rayfall.New()
		if err := m.Apply(journal.Entry{Payload: wire.Encode(wire.Values(wire.Name("set"), wire.Name("v"), v))}); err != nil {
			t.Fatalf("%s: %v", test.about, err)
		}
		restored := rayfall.New()
		if _, err := restored.Restore(wire.Encode(wire.NewDict([]string{"v"}, []wire.Value{v}))); err != nil {
			t.Fatalf("%s: %v", test.about, err)
		}
		for _, m := range []*rayfall.Machine{m, restored} {
			got, _ := m.Get("v")
			if diff := cmp.Diff(test.kept, hex.EncodeToString(wire.Encode(got))); diff != "" {
				t.Errorf("%s (-want +got):\n%s", test.about, diff)
			}
		}
	}
}
