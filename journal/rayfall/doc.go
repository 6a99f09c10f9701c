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
// # Three outcomes
//
// An entry evaluates, and then it binds what it binds in the original, byte for
// byte. Or it fails there too: Apply returns an [EvalError]. Or it is outside of
// the subset: Apply returns an [UnsupportedError] that names the function, and
// the state is from there on incomplete. A function is evaluated for the values
// for which it is known what the original does, and is otherwise unsupported: so
// nothing that is bound is wrong. What was recorded of the original is held
// against it in testdata.
//
// # Expressions
//
//	42  -7  0x0a  3h  3i     i64, u8, i16, i32; an integer too large for i64 is a float
//	2.5  1e9                 f64
//	true  false  null        booleans, and the value of what has none
//	2024.01.15               a date
//	10:15:30  10:15:30.250   a time of milliseconds
//	2024.01.15D10:15:30.5    a timestamp of nanoseconds
//	0Nl  0Nf  0Ni  0Nh  0Nd  0Nt  0Np  0N   nulls of i64, f64, i32, i16, date, time, timestamp, i64
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
//	(set name x)        binds, and returns x
//	(let name x)        binds until the end of the do or function around it
//	(del name)          unbinds; no error if nothing was bound
//	(if c x y)          y may be missing: 0
//	(do x...)           the last one's value
//	(and x...) (or x...)  stop at the first false or true one
//	(fn [p...] x...)    a function of parameters; self is that function
//	(try x f)           x, or what f gives of the error: what raise was given, or 0
//	(quote x)           x, not evaluated
//
// Functions of atoms, applied to each element of vectors of one length, or of a
// vector and an atom: + - * / div % neg abs floor ceil round sqrt exp log xbar
// == != < <= > >=
//
// Of collections: not list enlist concat raze at get take drop count first last
// til reverse where cut bin within like find in except union sect distinct group
// asc desc iasc idesc rank sum avg min max med dev map fold apply
//
// Of dictionaries: dict key value at get remove. Of any value: type nil? as
// upper lower raise
//
// Of tables: table key cols value at xasc xdesc modify, and, changing one in its
// place where it is named by a symbol:
//
//	(select {from: t where: c by: s a: (sum x)})   rows, columns, aggregates of groups
//	(update {from: t x: e where: c})               columns computed anew
//	(insert t row)  (upsert t key row)             rows appended, or put where a key is
//	(alter 'v set i x)  (alter 'v concat x)        what a name is bound to changed
//
// Two integers give an integer, and it wraps on overflow. / always gives a
// float; div rounds down to an integer; % has the sign of the divisor. A result
// that is not finite is the null. Division by zero is no error: it gives a null.
// Nulls spread through arithmetic, and in comparisons a null equals a null and is
// less than anything else; aggregates leave them out. at and get give a null for
// a key or an index that is not there.
//
// # Differences from the original
//
//   - A name with a dot in it cannot be bound. (One that begins with a dot
//     belongs to the system in the original too.)
//   - del unbinds only what set bound. In the original it deletes a builtin
//     function, which a snapshot cannot say.
//   - A function sees no names of its caller and captures none of where it was
//     made: where it would, it is unsupported.
//   - The order of the bindings is that of their names.
//
// # Limits
//
// No entry can exhaust memory, the stack or time. Source is nested at most 1024
// deep, evaluation 512, and a value that is bound 510, so that a snapshot can
// hold it. Two strings join to one of at most 8192 bytes, as in the original.
// What an entry builds takes at most MaxEntryBytes, and so does each value that
// it binds. Functions call each other 64 deep, and an entry evaluates at most
// 2^20 expressions. Beyond a limit that is not the original's an entry is
// unsupported; both kinds match ErrLimit.
//
// As in the original, an entry that fails half way leaves what it had set
// before.
//
// Nothing here depends on map order, time or addresses: the same entries give
// the same state, byte for byte, on every machine.
package rayfall
