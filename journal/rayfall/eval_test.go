package rayfall_test

import (
	"errors"
	"strings"
	"testing"

	"powercut/journal"
	"powercut/journal/rayfall"
	"powercut/journal/wire"
)

// Each line is evaluated in turn on one machine; what it gives is shown as
// package wire shows values, or the class of its error.
func TestEval(t *testing.T) {
	for _, test := range []struct{ name, script string }{
		{"numbers", `
			42 → 42
			-7 → -7
			2.5 → 2.5
			1e3 → 1000.0
			-1.5e-2 → -0.015
			99999999999999999999 → 1e+20
			0x1f → 0x1f
			3h → 3h
			-3i → -3i
			40000h → domain
			1e → parse
			1x → parse
			0Nl → 0Nl
			0N → 0Nl
			0Nf → 0Nf
			0Nq → parse`},
		{"strings and symbols", `
			"a\tb\"c\\\101\q" → "a\tb\"c\\A\\q"
			"" → ""
			"open → parse
			'sym → 'sym
			:sym → 'sym
			: → parse
			'c' → "c"
			'\n' → "\n"
			'' → parse
			' → '
			'a'b → parse`},
		{"collections", `
			[] → []
			[1 2 3] → [1 2 3]
			[1 2.5] → [1.0 2.5]
			[a 'b] → [a b]
			["x" "y"] → ["x" "y"]
			[true false] → [true false]
			[0x01 0x02] → [0x01 0x02]
			[1 "a"] → domain
			[(list 1)] → domain
			[1 0Nl] → [1 0Nl]
			[1 → parse
			{} → {}
			{a: 1 b: "x"} → {a: 1 b: "x"}
			{"a": 1} → {["a"]: (1)}
			{a: (+ 1 2)} → {a: (+ 1 2)}
			{a 1} → parse
			() → ()
			( → parse
			) → parse
			1 2 ; a comment → 2
			(do) → 0`},
		{"arithmetic", `
			(+ 1 2) → 3
			(- 3 10) → -7
			(* 6 7) → 42
			(+ 1 2.5) → 3.5
			(+ true true) → 2
			(+ 9223372036854775807 1) → 0Nl
			(* 4611686018427387904 4) → 0
			(- -9223372036854775807 2) → 9223372036854775807
			(+ 1h 2h) → 3h
			(+ 32767h 1h) → 0Nh
			(- 1 2h) → -1h
			(+ 0xff 0x02) → 0x01
			(/ 7 2) → 3.5
			(/ 7 0) → 0Nf
			(div 7 2) → 3
			(div -7 2) → -4
			(div 7 0) → 0Nl
			(div 1e300 1) → 0Nl
			(div 9223372036854775807 1) → unsupported
			(% 7 3) → 1
			(% -7 3) → 2
			(% 7 -3) → -2
			(% 7 0) → 0Nl
			(% 7.5 2) → 1.5
			(% 7.5 0.0) → 0Nf
			(% 3 -0.5) → 0.0
			(% 9223372036854775807 1000000007.0) → 2.91172004e+08
			(% 2.0 0xff) → 0x00
			(% 0Nf 0x0a) → 0x00
			(% [1h 4h] false) → [false false]
			(% 300 0x07) → 0x02
			(% 5 0x00) → 0x00
			(neg (- 3 10)) → 7
			(neg 2.5) → -2.5
			(neg 0x01) → type
			(+ 1 0Nl) → 0Nl
			(+ 1 0Nf) → 0Nf
			(- 2.5 2.5) → 0.0
			(+ "a" 1) → type
			(+ 1) → arity
			(+ 1 2 3) → arity
			(+ null 1) → type`},
		{"vectors", `
			(+ [1 2] [10 20]) → [11 22]
			(+ 1 [1 2]) → [2 3]
			(* [1 2] 2.5) → [2.5 5.0]
			(+ [1 2] [1 2 3]) → length
			(+ [1 0Nl] 1) → [2 0Nl]
			(+ 1 [1h 2h]) → [2 3]
			(+ true [1h 2h]) → [2h 3h]
			(+ [1h 2h] 3i) → [4i 5i]
			(- 1 (list [3h])) → ([-2h])
			(* -9223372036854775807 [51 2]) → [0Nl 0Nl]
			(+ [5 6] 9223372036854775807) → [-9223372036854775804 -9223372036854775803]
			(* [1e308 0.5] 10) → [0Nf 5.0]
			(neg (list 18 2.5)) → [-18 -2]
			(neg (list 1.5 2)) → [-1.5 -2.0]
			(neg (list [1])) → type
			(< (list 100 'a) 2) → type
			(< (list 100 1) 2) → (0 1)
			(== (list 'a 'b) 'a) → (true false)
			(/ [1 2] 0) → [0Nf 0Nf]
			(neg [1 -2]) → [-1 2]
			(< [1 5] 3) → [true false]
			(== ["a" "b"] "a") → [true false]
			(+ (list 1 2.5) 1) → (2 3.5)
			(+ (list 1 (list 2 3)) 1) → (2 (3 4))
			(+ [] 1) → []
			(not [true false]) → [false true]
			(not [1 0]) → false
			(not (list)) → false
			(and [true false] [true true]) → [true false]
			(or [true false] false) → [true false]`},
		{"comparison", `
			(> 2 1) → true
			(<= 1 1.0) → true
			(== "ab" "ab") → true
			(< "ab" "b") → true
			(!= 'a 'b) → true
			(== 'a "a") → type
			(< 0Nl 1) → true
			(== 0Nl 0Nf) → true
			(== null null) → true
			(!= null [1 0Nl]) → true
			(== [1] null) → false
			(> 9223372036854775807 [10]) → [false]
			(< 2024.01.15 2024.01.15D00:00:00.000000001) → true
			(== 2000.01.01 00:00:00) → true
			(!= null 1) → true
			(< null 1) → type
			(> 9007199254740993 9007199254740992) → true`},
		{"forms", `
			(if true 1 2) → 1
			(if 0 1 2) → 2
			(if 0 1) → 0
			(if null 1 2) → 2
			(if "" 1 2) → 1
			(if 1) → domain
			(do (set a 1) (set b 2) (+ a b)) → 3
			(and 1 2) → true
			(and 0 (nosuch)) → 0
			(and 7) → 7
			(or 5 (nosuch)) → 5
			(or 0 false) → false
			(and) → arity
			(not 0) → true`},
		{"bindings", `
			(set x 1) → 1
			x → 1
			(set x (+ x 1)) → 2
			(set 'y x) → 2
			(set "z" 1) → type
			(set z nosuch) → name
			z → name
			(del x) → 0
			x → name
			(del x) → 0
			(del 1) → type
			(del) → arity
			(set .sys.x 1) → reserve
			(set a.b 1) → unsupported
			(set n null) → null
			n → null`},
		{"functions as values", `
			(set f +) → <builtin +>
			(f 1 2) → 3
			('+ 1 2) → 3
			(set + 5) → 5
			(+ 1 2) → type
			(f 1 2) → 3
			(del +) → 0
			(+ 1 2) → 3
			(nosuch 1) → name
			(1 2) → type
			((list) 1) → type`},
		{"whole values", `
			(list 1 "a" 'b) → (1 "a" 'b)
			(enlist 1 2) → [1 2]
			(enlist 1 "a") → (1 "a")
			(enlist) → []
			(til 4) → [0 1 2 3]
			(til 0) → []
			(til -1) → domain
			(til 2.5) → type
			(count [1 2 3]) → 3
			(count "abc") → 3
			(count {a: 1}) → 1
			(count 5) → 1
			(sum [1 2 3]) → 6
			(sum [1.5 2]) → 3.5
			(sum [1 0Nl 2]) → 3
			(sum (list 1 2.5)) → 3.5
			(sum ["a"]) → type
			(sum []) → 0
			(first [7 8]) → 7
			(last (list 1 "z")) → "z"
			(first []) → 0Nl
			(first "") → domain
			(last "abc") → "c"
			(first ['a 'b]) → a
			(reverse [1 2 3]) → [3 2 1]
			(reverse ["a" "b"]) → ["b" "a"]
			(reverse (list 1 'x)) → ('x 1)
			(reverse 5) → 5
			(reverse "abc") → "abc"
			(reverse {a: 1}) → type
			(first [0Nl 7]) → 7
			(last [7 0Nl]) → 7
			(last [0Nl]) → 0Nl
			(enlist true 0.0 10) → [1.0 0.0 10.0]
			(enlist 100 0Ni 0Nf) → [100.0 0Nf 0Nf]
			(enlist true 2.5) → (true 2.5)
			(enlist 1 2.5 "a") → unsupported
			(til 100000000000) → unsupported`},
		{"at", `
			(at [10 20] 1) → 20
			(at [10 20] 2) → 0Nl
			(at [10 20] -1) → 0Nl
			(at [10 20] [1 0]) → [20 10]
			(at [10 20] [1 2]) → (20 0Nl)
			(at [10 20] [1h]) → (20)
			(at ['a 'b] [1]) → [b]
			(at (list 1 "a") [1]) → ("a")
			(at [10 20] (list 1 [0 1])) → (20 [10 20])
			(at "abc" 1) → "b"
			(at "abc" [2 0]) → "ca"
			(at "abc" 3) → domain
			(at (list 1 "a") 1) → "a"
			(at {a: 1 b: 2} 'b) → 2
			(at {a: 1 b: 2} [b z]) → 0Nl
			(at {} [a]) → 0Nl
			(at "abc" 0.0) → "a"
			(at "abc" false) → "a"
			(at "abc" true) → "b"
			(at "abc" "") → "a"
			(at "abc" 0.5) → domain
			(at [1 2] [0 null]) → domain
			(get {a: 1} 'z) → 0Nl
			(at [1] 'a) → type
			(at 5 0) → type`},
		{"dictionaries", `
			(key {p: 1 q: 2}) → [p q]
			(value {p: 1 q: 2}) → (1 2)
			(remove {p: 1 q: 2} 'p) → {q: 2}
			(remove {p: 1} 'p) → {}
			(remove {p: 1} 'x) → {p: 1}
			(remove [1] 0) → type
			(concat {a: 1 b: 2} {b: 3 c: 4}) → {a: 1 b: 3 c: 4}
			(concat {a: 1} {"b": 2}) → type
			(concat {} {a: 1}) → {a: 1}
			(key 5) → type`},
		{"concat", `
			(concat [1 2] 9) → [1 2 9]
			(concat 9 [1 2]) → [9 1 2]
			(concat [1] [2 3]) → [1 2 3]
			(concat 1 2) → [1 2]
			(concat 'a 'b) → [a b]
			(concat 1 "a") → (1 "a")
			(concat "ab" "cd") → "abcd"
			(concat ["a" "c"] "b") → ["ab" "cb"]
			(concat "b" ["a" ""]) → ["ba" "b"]
			(concat ["a"] ["b"]) → ["a" "b"]
			(concat [1] 0Nl) → [1 0Nl]
			(concat (list 1 "a") 2) → (1 "a" 2)
			(concat (list 1) [2 3]) → (1 2 3)
			(concat [1] ["a"]) → (1 "a")
			(concat [1 2] 2.5) → type
			(concat [1] {a: 1}) → type`},
		{"what the original's versions do in several ways is not evaluated", `
			(/ 10:20:15.000 3) → unsupported
			(/ [10:20:15.000] [3.0]) → unsupported
			(/ 10:20:15.000 10:20:15.000) → type
			10:60:00 → unsupported
			-10:00:60 → unsupported
			(as 'time "25:99:99") → unsupported
			(nil? "") → unsupported
			(nil? "x") → false
			(find "abc" [1 2]) → unsupported
			(drop 5 1) → unsupported
			(bin "abc" 1) → type
			(iasc (list 2 1)) → unsupported
			(round 5) → unsupported
			(sum (+ [0.1 0.2 0.3] 0.1)) → unsupported
			(sum (+ [1 2 3] 1)) → 9
			(sum (+ 1 (sum (+ 1 [1 2])))) → 6`},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := rayfall.New()
			for line := range strings.Lines(test.script) {
				source, want, found := strings.Cut(strings.TrimSpace(line), " → ")
				if !found {
					continue
				}
				v, err := m.Eval(source)
				got := ""
				var class *rayfall.EvalError
				switch {
				case errors.Is(err, rayfall.ErrUnsupported):
					got = "unsupported"
				case errors.As(err, &class):
					got = class.Class.Error()
				case err != nil:
					t.Errorf("%s: got %T %v, want *EvalError", source, err, err)
				default:
					got = v.String()
					if again, err := wire.Decode(wire.Encode(v)); err != nil || !wire.Equal(again, v) {
						t.Errorf("%s: encoded and decoded: %v, %v", source, again, err)
					}
				}
				if got != want {
					t.Errorf("%s: got %s (%v), want %s", source, got, err, want)
				}
			}
		})
	}
}

func entry(source string) journal.Entry {
	return journal.Entry{Payload: wire.Encode(wire.String(source))}
}

// A float that is not a number has the same bits on every machine.
func TestNotANumber(t *testing.T) {
	m := rayfall.New()
	for _, source := range []string{"(- 1e308 -1e308)", "(- (* 1e308 10) (* 1e308 10))", "(* (* 1e308 10) 0.0)"} {
		v, err := m.Eval(source)
		if err != nil {
			t.Fatal(err)
		}
		if s := v.(wire.Scalar); s.Float() != s.Float() && s.Bits != wire.NullOf(wire.KindF64).Bits {
			t.Errorf("%s: got %x, want the bits of the null", source, wire.Encode(v))
		}
	}
}
