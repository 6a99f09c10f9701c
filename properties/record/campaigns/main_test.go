package main

import (
	"testing"
	"time"

	"powercut/properties/unmodified"
	"powercut/properties/unmodified/measure"
)

func TestPage(t *testing.T) {
	quiet := measure.Taken{Result: unmodified.Result{Engine: "store", Promises: "a put", Profile: "ext4", Runs: 9, Images: 700}}
	faulty := quiet
	faulty.Message = "powercut: recovers: a|b\nto repeat it: simrun test x -powercut.seed=7"
	rows := row("store/quiet", "v1.2.3", quiet) + row("store/faults", "v1.2.3", faulty)
	want := "\n2m0s for each.\n\n| engine | what is promised | profile | faults | runs | images | what was found |\n| --- | --- | --- | --- | ---: | ---: | --- |\n" +
		"| store 1.2.3 | a put | `ext4` | none | 9 | 700 | nothing |\n" +
		"| store 1.2.3 | a put | `ext4` | all kinds of a failing disk | 9 | 700 | recovers: a/b, seed 7 |\n\n"
	if got := page(rows, 2*time.Minute); got != want {
		t.Errorf("the page is\n%s\nwant\n%s", got, want)
	}
}

// Of a module that has a newer version than its tests are held against, that is the one.
func TestVersionOf(t *testing.T) {
	if v, err := versionOf("", "go.etcd.io/bbolt"); err != nil || v != "v1.5.0" {
		t.Errorf("%s, %v", v, err)
	}
}
