package rayfall_test

import (
	"errors"
	"testing"

	"powercut/journal"
	"powercut/journal/rayfall"
	"powercut/journal/wire"
)

// Whatever bytes an entry is made of, evaluation ends, with an error of a
// known type or none; the same bytes give the same state; and the state
// survives a snapshot.
func FuzzEval(f *testing.F) {
	for _, source := range []string{
		"(set x (+ x 1))", "(set v (concat v 9))", "(set d {a: 1 b: 2})", "(do (set a 1) (del a))",
		`(set s "h\tllo")`, "(if (> x 3) (set b true))", "(at (list 1 'b) [0 1])", "(% 7.5 [1 2 0])", "(set l (list l l))",
		"(sum (til 10))", "(and [true false] (or x null))", "(remove (concat {a: 1} {b: 2}) 'a)",
		"(insert 't (list 4 'c 3.5))", "(upsert 't 1 (list 1 'z 0.5))", "(update {from: 't x: (+ x 1) where: (== s 'a)})",
		"(set u (select {from: t where: (> x 1) by: s n: (count x) a: (avg p)}))", "(set w (f 3))", "(f (f v))",
		"(set d (as 'DATE [1 2]))", "(set y (try (raise 'e) (fn [e] e)))", "(set g (map f v))", "(alter 'v set 0 9)",
		"(set k (- 2024.01.15D10:00:00.5 10:15:30.250))", "(set q (group (asc (distinct v))))", "(set h (xasc t ['s 'x]))",
		"(set z (take (reverse (til 9)) [2 3]))", "(do (let a 2) (set b (* a a)))", "(set o (exp (log [1 2 3])))",
		"(set n (modify t 'x neg))", "(fold + (apply * v v))", "(insert 't {x: 1 s: 'q p: 2})", "(set e (like 'abc \"a*\"))",
	} {
		f.Add(wire.Encode(wire.String(source)), false)
		if v, err := rayfall.Parse(source); err == nil {
			f.Add(wire.Encode(v), true)
		}
	}
	f.Fuzz(func(t *testing.T, payload []byte, restricted bool) {
		run := func() ([]byte, error) {
			m := rayfall.New()
			for _, source := range []string{
				"(set x 1)", "(set v [1 2])", "(set l (list 1 'a))", "(set f (fn [a] (if (> a 0) (self (- a 1)) a)))",
				"(set t (table [x s p] (list [3 1 2] [a b a] [0.5 1.5 2.5])))",
			} {
				if err := m.Apply(entry(source)); err != nil {
					t.Fatal(err)
				}
			}
			before, err := m.Snapshot()
			if err != nil {
				t.Fatal(err)
			}
			applied := m.Apply(journal.Entry{Payload: payload, Restricted: restricted})
			after, err := m.Snapshot()
			if err != nil {
				t.Fatal(err)
			}
			if restricted && string(before) != string(after) {
				t.Fatal("a restricted entry has changed the state")
			}
			return after, applied
		}
		one, err := run()
		two, again := run()
		if string(one) != string(two) || (err == nil) != (again == nil) {
			t.Fatalf("two runs differ: %v, %v", err, again)
		}
		var class *rayfall.EvalError
		var outside *rayfall.UnsupportedError
		var format *wire.FormatError
		if err != nil && !errors.As(err, &class) && !errors.As(err, &outside) && !errors.As(err, &format) {
			t.Fatalf("got %T %v", err, err)
		}
		m := rayfall.New()
		if _, err := m.Restore(one); err != nil {
			t.Fatalf("restore: %v", err)
		}
		if three, err := m.Snapshot(); err != nil || string(three) != string(one) {
			t.Fatalf("restored: got %x, %v, want %x", three, err, one)
		}
	})
}
