package main

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// chart is runs per second over the time that was spent.
type chart struct {
	Points         string // of an SVG polyline, in 600 by 120
	XTicks, YTicks []tick
	Text           string
}

// tick is a mark on an axis.
type tick struct {
	At    string // in the drawing
	Label string
}

// The chart's size, and in how many slices the time is cut.
const (
	chartWidth, chartHeight = 600, 120
	maxSlices               = 60
)

// throughput draws runs per second. Sessions follow each other without the time
// between them; shards that ran at once count together.
func throughput(times []blockTime) *chart {
	total := 0.0
	offset := make(map[time.Time]float64) // of each session
	var sessions []time.Time
	last := make(map[time.Time]float64)
	for _, t := range times {
		if _, seen := last[t.Session]; !seen {
			sessions = append(sessions, t.Session)
		}
		last[t.Session] = max(last[t.Session], t.Seconds)
	}
	slices.SortFunc(sessions, time.Time.Compare)
	var end time.Time
	for i, session := range sessions {
		if i > 0 && session.Before(end) {
			offset[session] = max(0, total-end.Sub(session).Seconds()) // beside the one before
		} else {
			offset[session] = total
		}
		if until := session.Add(time.Duration(last[session] * float64(time.Second))); until.After(end) {
			end = until
		}
		total = max(total, offset[session]+last[session])
	}
	if total == 0 {
		return nil
	}
	n := min(maxSlices, max(2, len(times)/4))
	runs := make([]float64, n)
	for _, t := range times {
		at := (offset[t.Session] + t.Seconds) / total * float64(n)
		runs[min(n-1, int(at))] += float64(t.Runs)
	}
	most := 0.0
	for i := range runs {
		runs[i] /= total / float64(n)
		most = max(most, runs[i])
	}
	step := niceStep(most / 4)
	top := step * max(1, math.Ceil(most/step))
	var points []string
	for i, rate := range runs { // as steps: a slice has one rate
		y := chartHeight * (1 - rate/top)
		points = append(points, fmt.Sprintf("%.1f,%.1f", float64(i)/float64(n)*chartWidth, y), fmt.Sprintf("%.1f,%.1f", float64(i+1)/float64(n)*chartWidth, y))
	}
	spent := time.Duration(total * float64(time.Second))
	return &chart{Points: strings.Join(points, " "), Text: fmt.Sprintf("runs per second over %s of work, at most %.0f", shortTime(spent), most),
		YTicks: ticks(top, step, func(v float64) (at float64, label string) { return chartHeight * (1 - v/top), grouped(uint64(v)) }),
		XTicks: ticks(total, niceTime(total/5), func(v float64) (at float64, label string) {
			return chartWidth * v / total, shortTime(time.Duration(v * float64(time.Second)))
		})}
}

// ticks are marks from 0 to an end.
func ticks(end, step float64, at func(v float64) (float64, string)) []tick {
	var all []tick
	for i := 0; float64(i)*step <= end*1.0001; i++ {
		where, label := at(float64(i) * step)
		all = append(all, tick{fmt.Sprintf("%.1f", where), label})
	}
	return all
}

// niceStep is the least of 1, 2, 5, 10, 20 … that is no less than v.
func niceStep(v float64) float64 {
	for power := 1.0; ; power *= 10 {
		for _, n := range []float64{1, 2, 5} {
			if n*power >= v {
				return n * power
			}
		}
	}
}

// niceTime is a step in seconds that a clock has, no less than v.
func niceTime(v float64) float64 {
	for _, step := range []float64{0.01, 0.05, 0.1, 0.5, 1, 5, 15, 30, 60, 300, 900, 1800, 3600, 2 * 3600, 6 * 3600, 12 * 3600} {
		if step >= v {
			return step
		}
	}
	return 24 * 3600 * math.Ceil(v/(24*3600))
}

// shortTime is a time without the units that it has none of: "2h", "15m", "0.1s".
func shortTime(d time.Duration) string {
	if d == 0 {
		return "0"
	}
	if d >= 10*time.Second {
		d = d.Round(time.Second)
	} else {
		d = d.Round(10 * time.Millisecond)
	}
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}
