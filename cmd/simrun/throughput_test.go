package main

import (
	"strings"
	"testing"
	"time"
)

// The axes have round numbers, from nothing to what was reached; the line goes over the
// whole time.
func TestThroughputHasAxes(t *testing.T) {
	var times []blockTime
	for i := range 120 {
		times = append(times, blockTime{Seconds: float64(i+1) * 60, Runs: 64 * 60})
	}
	c := throughput(times)
	labels := func(ticks []tick) string {
		var all []string
		for _, tick := range ticks {
			all = append(all, tick.Label)
		}
		return strings.Join(all, " ")
	}
	if got := labels(c.XTicks); got != "0 30m 1h 1h30m 2h" {
		t.Errorf("along the time: %s", got)
	}
	if got := labels(c.YTicks); got != "0 20 40 60 80" || c.YTicks[0].At != "120.0" || c.YTicks[4].At != "0.0" {
		t.Errorf("upwards: %s, %v", got, c.YTicks)
	}
	points := strings.Fields(c.Points)
	if !strings.HasPrefix(points[0], "0.0,") || !strings.HasPrefix(points[len(points)-1], "600.0,") || strings.Contains(c.Points, "NaN") {
		t.Errorf("the line: %s", c.Points)
	}
	if throughput(nil) != nil {
		t.Error("a chart of no times")
	}
}

func TestShortTime(t *testing.T) {
	for d, want := range map[time.Duration]string{0: "0", time.Hour: "1h", 90 * time.Minute: "1h30m", 15 * time.Minute: "15m", time.Second: "1s",
		100 * time.Millisecond: "100ms", 75*time.Second + 1: "1m15s", 2 * time.Hour: "2h"} {
		if got := shortTime(d); got != want {
			t.Errorf("%s is %s, want %s", d, got, want)
		}
	}
}
