// Package rayfall is the state machine that a journal of the rayforce database
// feeds: an environment of named values, and an evaluator for the part of the
// database's language, Rayfall, that is documented here.
//
// # Entries
//
// A payload that is a string is source text. One that is a list is an
// expression. Every other value evaluates to itself and changes nothing. A
// string of no bytes is nothing to evaluate, and no error.
//
// # Expressions
//
//	42  -7  0x0a  3h  3i     i64, u8, i16, i32; an integer too large for i64 is a float
//	2.5  1e9                 f64
//	true  false  null        booleans, and the value of what has none
//	0Nl  0Nf  0Ni  0Nh  0N   nulls of i64, f64, i32, i16, i64
//	"text"  'c'              strings, with \n \t \r \\ \" and octal escapes
//	'sym  :sym               a symbol that stands for itself
//	[1 2 3]  [a b]           a vector of one kind; integers beside floats become floats; names in it are symbols
//	{a: 1 "b": 2}            a dictionary; its values are not evaluated
//	(f x y)                  a call
//	; to the end of line     a comment
//
// Several expressions one after the other are evaluated in turn.
//
// # Functions
//
// Forms, which evaluate their arguments themselves:
//
//	(set name x)    binds, and returns x
//	(del name)      unbinds; no error if nothing was bound
//	(if c x y)      y may be missing: 0
//	(do x...)       the last one's value
//	(and x...) (or x...)  stop at the first false or true one
//
// Functions of vectors element by element, of vectors of one length or of a
// vector and an atom: + - * / div % neg == != < <= > >=
//
// Functions of whole values: not list concat at get count sum first last til
// enlist reverse key value remove
//
// Two integers give an integer, and it wraps on overflow. / always gives a
// float; div rounds down to an integer; % has the sign of the divisor. Division
// by zero is no error: it gives a null. Nulls spread through arithmetic, and in
// comparisons a null equals a null and is less than anything else. at and get
// give a null for a key or an index that is not there.
//
// # Differences from the original
//
//   - Anything that is not listed above is an unknown name, or a value that is
//     kept and shown but not computed with: dates, lambdas, tables.
//   - A name with a dot in it cannot be bound. (One that begins with a dot
//     belongs to the system in the original too.)
//   - del unbinds only what set bound. In the original it deletes a builtin
//     function, which a snapshot cannot say.
//   - div gives a null for a quotient that is not an i64, where the original
//     leaves one of them, 2^63, undefined.
//   - The order of the bindings is that of their names.
//
// # Limits
//
// No entry can exhaust memory or the stack. Source is nested at most 1024 deep,
// evaluation 512, and a value that is bound 510, so that a snapshot can hold it.
// Two strings join to one of at most 8192 bytes, as in the original. What an
// entry builds takes at most MaxEntryBytes, and so does each value that it
// binds. Beyond that: ErrLimit.
//
// As in the original, an entry that fails half way leaves what it had set
// before.
//
// Nothing here depends on map order, time or addresses: the same entries give
// the same state, byte for byte.
package rayfall
