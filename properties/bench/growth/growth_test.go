package main

import (
	"bytes"
	"encoding/xml"
	"flag"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var rewrite = flag.Bool("rewrite", false, "write testdata anew")

// synthetic is a series that takes f(n) nanoseconds.
func synthetic(group, name string, sizes []int, f func(n float64) float64) result {
	r := result{series: series{group: group, name: name, of: "things", sizes: sizes}}
	for _, n := range sizes {
		r.points = append(r.points, point{n, time.Duration(f(float64(n)))})
	}
	return r
}

func TestExponent(t *testing.T) {
	sizes := halfDecades(100, 1_000_000)
	for _, c := range []struct {
		name string
		f    func(n float64) float64
		want float64
	}{
		{"constant", func(float64) float64 { return 700 }, 0},
		{"root", func(n float64) float64 { return 1000 * math.Sqrt(n) }, 0.5},
		{"linear", func(n float64) float64 { return 12 * n }, 1},
		{"quadratic", func(n float64) float64 { return 3 * n * n }, 2},
		{"linear behind a constant", func(n float64) float64 { return 5000 + 20*n }, 1},
		{"quadratic behind a linear one", func(n float64) float64 { return 1000*n + 50*n*n }, 2},
		{"sorting", func(n float64) float64 { return 10 * n * math.Log(n) }, 1.09},
	} {
		r := synthetic("journal", c.name, sizes, c.f)
		if got := r.exponent(); math.Abs(got-c.want) > 0.02 {
			t.Errorf("%s: n^%.3f, want n^%.2f", c.name, got, c.want)
		}
	}
	none := synthetic("journal", "one size", []int{10}, func(float64) float64 { return 5 })
	if got := none.exponent(); got != 0 {
		t.Errorf("one size: n^%.3f, want 0", got)
	}
}

func fixed() []result {
	return []result{
		synthetic(groupWrites, "crash image", []int{1, 10, 100, 1000}, func(n float64) float64 { return 900 + n*n*1500 }),
		synthetic(groupJournal, "append", []int{100, 1000, 10000}, func(n float64) float64 { return 1234.5 * n }),
		synthetic(groupJournal, "nothing yet", nil, nil),
		synthetic(groupFiles, "list", []int{10, 100}, func(float64) float64 { return 450 }),
	}
}

func TestTable(t *testing.T) {
	golden := filepath.Join("testdata", "table.golden")
	got := table(fixed())
	if *rewrite {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

func TestPlotIsAPage(t *testing.T) {
	path := filepath.Join(t.TempDir(), "p.svg")
	if err := writePlot(path, groupWrites, fixed()); err != nil {
		t.Fatal(err)
	}
	svg, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for d := xml.NewDecoder(bytes.NewReader(svg)); ; {
		if _, err := d.Token(); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if !strings.Contains(string(svg), "crash image, things: n^") {
		t.Error("the legend does not name the series")
	}
	other := filepath.Join(t.TempDir(), "none.svg")
	if err := writePlot(other, groupNames, fixed()); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(other); !os.IsNotExist(err) {
		t.Error("a group without a series has a plot")
	}
}

// Each series runs at its smallest sizes, where its own checks see to it that
// what is timed is done.
func TestEverySeries(t *testing.T) {
	m := measurer{repetitions: 2, tooLong: time.Minute, most: 3}
	names := make(map[string]bool)
	for _, s := range allSeries(t.TempDir()) {
		r, err := m.measure(s)
		if err != nil {
			t.Errorf("%s: %s of %s: %v", s.group, s.name, s.of, err)
			continue
		}
		if key := s.group + s.name + s.of; names[key] {
			t.Errorf("%s: %s of %s is there twice", s.group, s.name, s.of)
		} else {
			names[key] = true
		}
		for i, p := range r.points {
			if p.time <= 0 || i > 0 && p.n <= r.points[i-1].n {
				t.Errorf("%s: %s: %s at size %d", s.group, s.name, p.time, p.n)
			}
		}
	}
}

func TestQuickRun(t *testing.T) {
	dir := t.TempDir()
	out := filepath.Join(dir, "growth.md")
	if err := run([]string{"-quick", "-only", "files (list|crash)|journal rolls", "-docs", dir, "-o", out}, io.Discard, io.Discard); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"| files | list |", "| files | crash image |", "| journal | rolls |"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("no %q in:\n%s", want, text)
		}
	}
	plots, err := filepath.Glob(filepath.Join(dir, "growth-*.svg"))
	if err != nil || len(plots) != 2 {
		t.Errorf("got plots %v, %v, want those of two groups", plots, err)
	}
	for _, args := range [][]string{{"-only", "("}, {"-what"}} {
		if err := run(args, io.Discard, io.Discard); err == nil {
			t.Errorf("%v: no error", args)
		}
	}
}

func TestSizesThatTakeTooLongAreLeftOut(t *testing.T) {
	m := measurer{repetitions: 1, tooLong: 20 * time.Millisecond}
	ran := 0
	s := series{sizes: []int{1, 10, 100, 1000}, prepare: func(n int) (*subject, error) {
		ran = n
		return &subject{run: func() error { return nil }, took: func() time.Duration { return time.Duration(n) * 100 * time.Microsecond }}, nil
	}}
	if _, err := m.measure(s); err != nil || ran != 100 {
		t.Errorf("measured up to %d, %v; want 100, since 1000 would take 100 ms", ran, err)
	}
}
