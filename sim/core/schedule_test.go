package core

import (
	"slices"
	"testing"
)

// What a schedule's text stands for is bounded, however it is written.
func TestScheduleIsBounded(t *testing.T) {
	for _, text := range []string{"0*4194305", "0 0*9223372036854775807", "1*4194304 0", "-1", "0*0", "0*-1", "x"} {
		if s, err := ParseSchedule(text); err == nil {
			t.Errorf("%q reads as %d choices, want an error", text, len(s))
		}
	}
}

// FuzzParseSchedule: an error, or a schedule that prints and reads back.
func FuzzParseSchedule(f *testing.F) {
	f.Add("0*3 1 0 2*2")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := ParseSchedule(text)
		if err != nil {
			return
		}
		again, err := ParseSchedule(s.String())
		if err != nil || !slices.Equal(s, again) {
			t.Errorf("%q reads as %v, and that as %v: %v", text, s, again, err)
		}
	})
}
