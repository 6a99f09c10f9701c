package main

import (
	"slices"
	"strings"
	"testing"
)

// What go test is started with: its own flags, with one build tag more; what can't be
// had is refused by name.
func TestTestArguments(t *testing.T) {
	for _, test := range []struct{ args, want, refused string }{
		{args: "./...", want: "-tags=powercut ./..."},
		{args: "-tags a,b ./x -run TestX -v", want: "-tags=powercut,a,b ./x -run TestX -v"},
		{args: "-tags=a ./x -powercut.seed=7", want: "-tags=powercut,a ./x -powercut.seed=7"},
		{args: "-race=false ./x", want: "-tags=powercut -race=false ./x"},
		{args: "./x -args -tags=mine -race", want: "-tags=powercut ./x -args -tags=mine -race"},
		{args: "--race ./x", refused: "-race needs cgo"},
		{args: "-overlay=o.json ./x", refused: "-overlay"},
	} {
		got, err := testArguments(strings.Fields(test.args))
		switch {
		case test.refused != "" && (err == nil || !strings.Contains(err.Error(), test.refused)):
			t.Errorf("%s: %v, want it refused with %q", test.args, err, test.refused)
		case test.refused == "" && (err != nil || !slices.Equal(got, strings.Fields(test.want))):
			t.Errorf("%s: %q, %v; want %s", test.args, got, err, test.want)
		}
	}
}
