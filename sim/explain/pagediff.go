package explain

import (
	"strings"
	"unicode/utf8"
)

// diffRow is a row of what was expected beside what came back.
type diffRow struct {
	Expected, Got *diffSide // nil: there is nothing on that side
	Differs       bool
	First         bool // the first row that differs
}

// diffSide is one line; Rest is where it begins to differ from the other.
type diffSide struct{ Same, Rest string }

// diffRows lays out a text of lines that begin with - (expected), + (got) or neither
// (both): one row for each pair.
func diffRows(diff string) []diffRow {
	var rows []diffRow
	var expected, got []string
	flush := func() {
		for i := range max(len(expected), len(got)) {
			rows = append(rows, pairOf(expected, got, i))
		}
		expected, got = nil, nil
	}
	for line := range strings.Lines(diff) {
		line = strings.TrimRight(line, "\n")
		switch {
		case strings.HasPrefix(line, "-"):
			if len(got) > 0 {
				flush() // another block, behind one that ended with what came back
			}
			expected = append(expected, line[1:])
		case strings.HasPrefix(line, "+"):
			got = append(got, line[1:])
		default:
			flush()
			both := &diffSide{Same: line}
			rows = append(rows, diffRow{Expected: both, Got: both})
		}
	}
	flush()
	for i := range rows {
		if rows[i].Differs {
			rows[i].First = true
			break
		}
	}
	return rows
}

// pairOf puts the i-th lines of a block beside each other.
func pairOf(expected, got []string, i int) diffRow {
	row := diffRow{Differs: true}
	switch {
	case i >= len(got):
		row.Expected = &diffSide{Rest: expected[i]}
	case i >= len(expected):
		row.Got = &diffSide{Rest: got[i]}
	default:
		n := commonPrefix(expected[i], got[i])
		row.Expected = &diffSide{expected[i][:n], expected[i][n:]}
		row.Got = &diffSide{got[i][:n], got[i][n:]}
	}
	return row
}

// commonPrefix is how many bytes two lines have in common, in whole characters.
func commonPrefix(a, b string) int {
	n := 0
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	for n > 0 && n < len(a) && !utf8.RuneStart(a[n]) {
		n--
	}
	return n
}
