package main

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"

	"golang.org/x/perf/benchfmt"
	"golang.org/x/perf/benchmath"
)

// confidence of the intervals, as benchstat's.
const confidence = 0.95

// setting is one benchmark with one value for each key but "of".
type setting struct {
	benchmark string
	keys      string // "fs=disk entry=100"
}

// measured is what the files of one section hold, in the order of the files.
type measured struct {
	settings []setting
	rows     map[setting][]string // the values of "of"
	units    map[setting][]string
	values   map[cell][]float64
	config   []string // "cpu: ..." and its like
}

type cell struct {
	setting  setting
	of, unit string
}

// read collects the results of a file. A line that looks like a result and can't be
// read as one is an error: half a round would be a quiet lie.
func read(r io.Reader, name string) (*measured, error) {
	m := &measured{rows: make(map[setting][]string), units: make(map[setting][]string), values: make(map[cell][]float64)}
	in := benchfmt.NewReader(r, name)
	for in.Scan() {
		switch rec := in.Result().(type) {
		case *benchfmt.SyntaxError:
			return nil, fmt.Errorf("report: reading results: %w", rec)
		case *benchfmt.Result:
			m.add(rec)
		}
	}
	if err := in.Err(); err != nil {
		return nil, fmt.Errorf("report: reading %s: %w", name, err)
	}
	return m, nil
}

func (m *measured) add(r *benchfmt.Result) {
	for _, c := range r.Config {
		if c.Key != "pkg" {
			m.config = appendNew(m.config, c.Key+": "+string(c.Value))
		}
	}
	base, parts := r.Name.Parts()
	s := setting{benchmark: string(base)}
	of := ours
	var keys []string
	for _, p := range parts {
		switch {
		case p[0] == '-': // GOMAXPROCS
		case bytes.HasPrefix(p, []byte("/of=")):
			of = string(p[len("/of="):])
		default:
			keys = append(keys, string(p[1:]))
		}
	}
	s.keys = strings.Join(keys, " ")
	m.settings = appendNew(m.settings, s)
	m.rows[s] = appendNew(m.rows[s], of)
	for _, v := range r.Values {
		m.units[s] = appendNew(m.units[s], v.Unit)
		c := cell{s, of, v.Unit}
		m.values[c] = append(m.values[c], v.Value)
	}
}

func appendNew[T comparable](list []T, v T) []T {
	if slices.Contains(list, v) {
		return list
	}
	return append(list, v)
}

// summary is the median of what was measured; false if nothing was.
func (m *measured) summary(s setting, of, unit string) (benchmath.Summary, bool) {
	values := m.values[cell{s, of, unit}]
	if len(values) == 0 {
		return benchmath.Summary{}, false
	}
	sample := benchmath.NewSample(slices.Clone(values), &benchmath.DefaultThresholds)
	return benchmath.AssumeNothing.Summary(sample, confidence), true
}

// best returns the row with the least of a unit, or with the most of a rate.
func (m *measured) best(s setting, rows []string, unit string) (name string, value float64, ok bool) {
	for _, row := range rows {
		sum, found := m.summary(s, row, unit)
		if !found {
			continue
		}
		if !ok || isRate(unit) == (sum.Center > value) && sum.Center != value {
			name, value, ok = row, sum.Center, true
		}
	}
	return name, value, ok
}

// isRate says whether more of a unit is better.
func isRate(unit string) bool { return strings.HasSuffix(unit, "/s") || unit == "acks/fsync" }
