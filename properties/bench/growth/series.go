package main

import (
	"math"
	"runtime"
	"time"
)

// The groups, one plot each.
const (
	groupJournal   = "journal"
	groupFiles     = "files"
	groupWrites    = "writes" // pending ones
	groupNames     = "names"  // pending ones
	groupSimulator = "simulator"
)

var groups = []string{groupJournal, groupFiles, groupWrites, groupNames, groupSimulator}

// series is one thing that is measured against the size of something.
type series struct {
	group string
	name  string
	of    string // what the size counts, in the plural
	sizes []int
	// prepare makes the subject of a size.
	prepare func(n int) (*subject, error)
}

// subject is what is measured at one size.
type subject struct {
	// before, if not nil, is called before each run and is not timed: for a run
	// that uses up what it works on.
	before func() error
	run    func() error
	end    func() error // nil: nothing is to be cleaned up
	// size, if not nil, is the size that the runs had, where that shows only
	// once they are over.
	size func() int
	// took, if not nil, is the time of the last run, of which only a part counts.
	took func() time.Duration
}

// point is the time at one size.
type point struct {
	n    int
	time time.Duration
}

// result is a series with its times.
type result struct {
	series
	points []point
}

// halfDecades are sizes from one to another, two for each power of ten.
func halfDecades(from, to int) []int {
	var all []int
	for n := from; n <= to; n *= 10 {
		all = append(all, n)
		if 3*n <= to {
			all = append(all, 3*n)
		}
	}
	return all
}

// powers are sizes from one to another, each so many times the one before.
func powers(from, to, factor int) []int {
	var all []int
	for n := from; n <= to; n *= factor {
		all = append(all, n)
	}
	return all
}

// measurer says how thoroughly each size is measured.
type measurer struct {
	repetitions int           // of each size, at least
	enough      time.Duration // go on until the runs of a size took so long together
	tooLong     time.Duration // leave out sizes at which a run is about to take longer
	quick       bool          // leave out the upper half of the sizes
	most        int           // sizes, if not 0
}

func (m measurer) measure(s series) (result, error) {
	r := result{series: s}
	sizes := s.sizes
	if m.quick {
		sizes = sizes[:(len(sizes)+1)/2]
	}
	if m.most > 0 {
		sizes = sizes[:min(m.most, len(sizes))]
	}
	for i, n := range sizes {
		if i >= 2 && r.expected(sizes[i-2], sizes[i-1], n) > m.tooLong {
			break
		}
		p, err := m.at(s, n)
		if err != nil {
			return r, err
		}
		r.points = append(r.points, p)
	}
	return r, nil
}

// expected is what a size will take if the last two go on as they began.
func (r *result) expected(before, last, next int) time.Duration {
	first, second := r.points[len(r.points)-2].time, r.points[len(r.points)-1].time
	slope := math.Log(float64(second)/float64(first)) / math.Log(float64(last)/float64(before))
	return time.Duration(float64(second) * math.Pow(float64(next)/float64(last), slope))
}

// maxRepetitions bounds how often something is run that takes next to no time.
const maxRepetitions = 1000

// at measures one size.
func (m measurer) at(s series, n int) (p point, err error) {
	subject, err := s.prepare(n)
	if err != nil {
		return p, err
	}
	defer func() {
		if subject.end != nil {
			if endErr := subject.end(); err == nil {
				err = endErr
			}
		}
	}()
	p.n = n
	runtime.GC() // what was prepared must not be collected at the expense of a run
	least, spent := time.Duration(-1), time.Duration(0)
	for i := 0; i < maxRepetitions && (i < m.repetitions || spent < m.enough); i++ {
		if i >= 2 && spent > m.tooLong {
			break
		}
		times := 1
		if subject.before == nil && subject.took == nil && least >= 0 {
			times = int(time.Millisecond/max(least, 10)) + 1 // a clock is too coarse for less
		} else if subject.before != nil {
			if err := subject.before(); err != nil {
				return p, err
			}
		}
		start := time.Now()
		for range times {
			if err := subject.run(); err != nil {
				return p, err
			}
		}
		took := time.Since(start)
		spent += took
		if subject.took != nil {
			took = subject.took()
		}
		if took /= time.Duration(times); least < 0 || took < least {
			least = took
		}
	}
	if subject.size != nil {
		p.n = subject.size()
	}
	p.time = max(least, 1)
	return p, nil
}

func allSeries(scratch string) []series {
	var all []series
	for _, part := range [][]series{journalSeries(scratch), archiveSeries(scratch), fileSeries(), pendingSeries(), simulatorSeries()} {
		all = append(all, part...)
	}
	return all
}
