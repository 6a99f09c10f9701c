package main

import (
	"testing"
	"time"

	"powercut/properties/unmodified"
	"powercut/properties/unmodified/measure"
)

func TestPage(t *testing.T) {
	quiet := measure.Taken{Result: unmodified.Result{Engine: "store", Promises: "a put", Runs: 9, Images: 700}}
	faulty := quiet
	faulty.Message = "powercut: recovers: a|b\nto repeat it: simrun test x -powercut.seed=7"
	several := quiet
	several.Message = "powercut: 2 defects in 9 runs\n\n" + faulty.Message + "\n\npowercut: the process of the run ended (exit status 2):\npanic: no space\n\ngoroutine 1\nto repeat it: simrun test x -powercut.seed=8"
	rows := map[string]string{
		"bbolt/quiet/ext4":  row("bbolt/quiet/ext4", "v1.2.3", quiet, 2*time.Minute),
		"bbolt/faults/ext4": row("bbolt/faults/ext4", "v1.2.3", faulty, 2*time.Minute),
	}
	head := "\n| campaign | engine | what is promised | profile | faults | minutes | runs | images | what was found |\n| --- | --- | --- | --- | --- | ---: | ---: | ---: | --- |\n" +
		"| `bbolt/quiet/ext4` | store 1.2.3 | a put | `ext4` | none | 2 | 9 | 700 | nothing |\n"
	want := head + "| `bbolt/faults/ext4` | store 1.2.3 | a put | `ext4` | all kinds of a failing disk | 2 | 9 | 700 | `recovers: a/b`, seed 7 |\n\n"
	got := page(rows, "")
	if got != want {
		t.Errorf("the page is\n%s\nwant\n%s", got, want)
	}
	// One alone, for longer: the other row stays.
	again := map[string]string{"bbolt/faults/ext4": row("bbolt/faults/ext4", "v1.2.3", several, 10*time.Minute)}
	want = head + "| `bbolt/faults/ext4` | store 1.2.3 | a put | `ext4` | all kinds of a failing disk | 10 | 9 | 700 | `recovers: a/b`, seed 7; `the process of the run ended (exit status 2): panic: no space`, seed 8 |\n\n"
	if got = page(again, begin+got+end); got != want {
		t.Errorf("the page becomes\n%s\nwant\n%s", got, want)
	}
}

// Of a module that has a newer version than its tests are held against, that is the one.
func TestVersionOf(t *testing.T) {
	if v, err := versionOf("", "go.etcd.io/bbolt"); err != nil || v != "v1.5.0" {
		t.Errorf("%s, %v", v, err)
	}
}
