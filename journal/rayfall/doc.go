// Package rayfall is the state machine that a journal of the rayforce database
// feeds: an environment of named values, and an evaluator for a part of the
// database's language, Rayfall.
//
// # Terms
//
//   - The original is that database, version 2.5.12.
//   - A binding is a name and the value that it stands for. The environment is all
//     bindings; it is the state that a snapshot holds.
//   - The subset is the part of the language that is evaluated here. This comment
//     lists it.
//   - An entry is unsupported if it is outside of the subset.
//   - An atom is a value without elements. A vector has elements of one kind, a
//     list of any. A table is names and as many vectors of one length, its columns.
//   - A null is the value that stands for a missing one. Most kinds have their own.
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
// byte. Or it fails there too: Apply returns an [EvalError]. Or it is
// unsupported: Apply returns an [UnsupportedError] that names the function, and
// from there on the state may lack what the original has. A function is evaluated
// only for those values for which it is known what the original does. So nothing
// that is bound is wrong, unless it was computed from what is missing: Doubtful
// lists those names. What the original was recorded to do is in testdata, and tests
// hold this against it.
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
//	(try x f)           x, or f of the error: of what raise was given, else of 0
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
//	(insert t row)  (upsert t key row)             rows appended, or in place of the one with their key
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
//     belongs to the system in the original too.) But in a snapshot it is a path
//     into a dictionary, as in the original.
//   - del unbinds only what set bound. In the original it also deletes a builtin
//     function, which a snapshot cannot express.
//   - A function that uses names of its caller, or of where it was made, is
//     unsupported.
//   - The bindings of a snapshot are in the order of their names.
//   - The original fails to bind more than about 680 names. Here there is no such
//     bound.
//
// # Limits
//
// No entry can exhaust memory, the stack or time. Source is nested at most 1024
// deep, evaluation 512, and a value that is bound 510, so that a snapshot can
// hold it. Two strings join to one of at most 8192 bytes, as in the original.
// What an entry builds takes at most MaxEntryBytes, and so does each value that
// it binds. Functions call each other 64 deep, and an entry evaluates at most
// 2^20 expressions. An entry beyond a limit that the original does not have is
// unsupported; for any limit the error matches ErrLimit.
//
// As in the original, an entry that fails half way leaves what it had set
// before.
//
// Nothing here depends on map order, time or addresses: the same entries give
// the same state, byte for byte, on every machine.
package rayfall
