package main

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// chart is runs per second over the time that was spent.
type chart struct {
	Points        string // of an SVG polyline, in 600 by 120
	Most, Seconds string
	Text          string
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
	var points []string
	for i, rate := range runs {
		x := (float64(i) + 0.5) / float64(n) * chartWidth
		points = append(points, fmt.Sprintf("%.1f,%.1f", x, chartHeight*(1-rate/most)))
	}
	spent := time.Duration(total * float64(time.Second)).Round(time.Second)
	return &chart{Points: strings.Join(points, " "), Most: fmt.Sprintf("%.0f", most), Seconds: spent.String(),
		Text: fmt.Sprintf("runs per second over %s of work, at most %.0f", spent, most)}
}
