package main

import (
	"path/filepath"
	"regexp"
	"slices"
	"testing"
)

func TestTable(t *testing.T) {
	all := []configuration{
		{Test: "TestEngineIt", Profile: "ext4", Engine: "it", Promises: "a put", Version: "v1.2.3", Runs: 1000, Images: 50000, Seconds: 90},
		{Test: "TestOther", Profile: "posix", Engine: "other", Promises: "a set", Version: "v0.1.0", Runs: 150, Images: 800, Seconds: 30},
		{Test: "TestThird", Profile: "xfs"},
	}
	want := "\n| engine | what is promised | profile | runs | images | minutes | test |\n| --- | --- | --- | ---: | ---: | ---: | --- |\n" +
		"| it 1.2.3 | a put | `ext4` | 1000 | 50000 | 1.5 | `TestEngineIt` |\n" +
		"| other 0.1.0 | a set | `posix` | 150 | 800 | 0.5 | `TestOther` |\n" +
		"\nNot run yet: `TestThird` under `xfs`.\n\n"
	if got := table(all); got != want {
		t.Errorf("the table is\n%s\nwant\n%s", got, want)
	}
	every := regexp.MustCompile("")
	if c := next(all, every); c != &all[1] {
		t.Errorf("next is %+v, want the first that lacks runs", c)
	}
	if c := next(all, regexp.MustCompile("Third")); c != &all[2] {
		t.Errorf("next is %+v, want the one that is chosen", c)
	}
	all[1].Runs, all[2].Runs = wanted, wanted
	if c := next(all, every); c != nil {
		t.Errorf("next is %+v, want none", c)
	}
}

// What was run is read as it was written, and names tests that there are.
func TestKept(t *testing.T) {
	all, err := read(filepath.Join("..", kept))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range all {
		if c.Dir == "" || c.Test == "" || c.Profile == "" || c.Runs > 0 && (c.Engine == "" || c.Version == "" || c.Images == 0) {
			t.Errorf("%+v: want its directory, test and profile, and of one that was run all else", c)
		}
	}
	want := []configuration{{Dir: "a/dir", Test: "TestIt", Profile: "ext4", Engine: "it", Promises: "a put", Version: "v1.2.3", Runs: 7, Images: 90, Seconds: 1.5}}
	again := filepath.Join(t.TempDir(), "runs.json")
	if err := write(again, want); err != nil {
		t.Fatal(err)
	}
	if got, err := read(again); err != nil || !slices.Equal(got, want) {
		t.Errorf("read %v, %v, want %v", got, err, want)
	}
}
