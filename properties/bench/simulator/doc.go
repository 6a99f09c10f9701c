// Package simulator measures the simulator by itself: how many crash images one
// core recovers and judges in a second, what a second core adds, and how far
// both are from floors that no simulator of this journal gets below.
//
//	go test -run '^$' -bench . -benchmem .                    # all of it
//	go test -run '^$' -bench 'Standard|Drawn' -count 10 .     # for benchstat
//
// The floors are measured in the same run, since no two machines agree on a
// time: the switch of a coroutine, a copy of the bytes that an image holds, and
// the journal's own recovery on a filesystem that knows no crash.
package simulator
