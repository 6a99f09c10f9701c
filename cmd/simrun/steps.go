package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// steps shows how far something is that is done step by step: on a terminal as a bar,
// elsewhere as a line a minute.
type steps struct {
	out   io.Writer
	bar   *progressbar.ProgressBar // nil: not a terminal
	what  string                   // that is counted, in the plural
	start time.Time
	next  time.Time // when the next line is due
}

// beforeBar is how long something takes before a bar is worth the while.
const beforeBar = 2 * time.Second

// newSteps begins to show how many of what are done.
func newSteps(out io.Writer, what string) *steps {
	now := time.Now()
	s := &steps{out: out, what: what, start: now, next: now.Add(time.Minute)}
	if f, ok := out.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		s.bar = progressbar.NewOptions64(1, progressbar.OptionSetWriter(out), progressbar.OptionClearOnFinish(),
			progressbar.OptionSetPredictTime(false), progressbar.OptionThrottle(200*time.Millisecond))
	}
	return s
}

// at shows that so many of so many are done.
func (s *steps) at(done, total uint64) {
	now := time.Now()
	switch {
	case total == 0 || now.Sub(s.start) < beforeBar:
	case s.bar != nil:
		s.bar.ChangeMax64(int64(total))
		s.bar.Describe(s.line(now, done, total))
		_ = s.bar.Set64(int64(done)) // a bar that can't be drawn is no reason to stop
	case now.After(s.next):
		s.next = now.Add(time.Minute)
		fmt.Fprintf(s.out, "simrun: %s: %s\n", now.Sub(s.start).Round(time.Second), s.line(now, done, total))
	}
}

// line says what was done, and how long the rest takes if it goes on like this.
func (s *steps) line(now time.Time, done, total uint64) string {
	text := fmt.Sprintf("%d of %d %s", done, total, s.what)
	if done == 0 {
		return text
	}
	left := time.Duration(float64(now.Sub(s.start)) * float64(total-min(done, total)) / float64(done))
	return text + fmt.Sprintf(", %s left", left.Round(time.Second))
}

// say prints a line above the bar.
func (s *steps) say(format string, args ...any) {
	if s.bar != nil {
		_ = s.bar.Clear() // likewise
	}
	fmt.Fprintf(s.out, "simrun: "+format+"\n", args...)
}

func (s *steps) finish() {
	if s.bar != nil {
		_ = s.bar.Finish() // likewise
	}
}
