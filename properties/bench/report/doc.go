// Report reads the output of Go benchmarks and writes it as markdown.
//
//	report -o bench.md journal=journal.txt simulator=simulator.txt
//
// Each argument is a section and a file that go test -bench wrote, of several
// rounds if possible: a table has the median of them and the width of its 95%
// confidence interval, for which six are needed. A section's text goes between
// its markers in the output, and what stands elsewhere in the file is kept; a
// file that is missing is begun from a template. The benchmarks must be named
// key=value, with "of" for the thing that was measured:
//
//	BenchmarkAppend/fs=disk/entry=100/of=powercut
//
// There is a table for each benchmark and each setting of the other keys. The
// table of sections says what floor to compare with and which goals are set;
// a benchmark that it doesn't know is shown all the same.
package main
