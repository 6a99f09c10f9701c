package main

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"powercut/properties/unmodified"
	"powercut/properties/unmodified/measure"
)

func TestTable(t *testing.T) {
	e := unmodified.Result{Engine: "e", Promises: "a put", Runs: 10, Images: 500}
	loses, silent, alsoLoses, other := e, e, e, e
	loses.Profile, loses.Law, loses.Why, loses.Images = "ext4", "recovers", "torn", 3
	alsoLoses.Profile, alsoLoses.Law, alsoLoses.Why = "posix", "recovers", "torn"
	silent.Profile = "xfs"
	other.Profile = "ext4"
	const v1, later = "v1.2.3", "v1.0.1-0.20220721030215-126854af5e6d"
	page := filepath.Join(t.TempDir(), "page.md")
	if err := os.WriteFile(page, []byte("before\n"+begin+"\nold\n"+end+"\nafter\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	taken := func(r unmodified.Result) measure.Taken {
		return measure.Taken{Result: r, Took: 5 * time.Second, CPU: time.Second}
	}
	all := []measured{{taken(loses), v1}, {taken(silent), v1}, {taken(alsoLoses), v1}, {taken(other), later}}
	if err := measure.Write(page, begin, end, table(all, 10)); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	want := "before\n" + begin + "\n" + `
10 seeds for each engine and profile, each seed a process; where something is found, until then.

| engine | what is promised | found | silent | runs/s | CPU per image |
| --- | --- | --- | --- | --- | --- |
| e 1.2.3 | a put | ` + "`ext4`, `posix`: torn (`recovers`) | `xfs`: 500 images" + ` | 2.0 | 2.0 ms |
| e of 2022-07-21 | a put |  | ` + "`ext4`: 500 images" + ` | 2.0 | 2.0 ms |

` + end + "\nafter\n"
	if string(got) != want {
		t.Errorf("the page is\n%s\nwant\n%s", got, want)
	}
	if err := measure.Write(filepath.Join("table.go"), begin, end, ""); err == nil {
		t.Error("a page without marks was written")
	}
}

// The table has a column for every profile, so that what is called TestEngine has a part
// for each. make engines would end at one that lacks some.
func TestEnginesHaveAllProfiles(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("..", "..", "native", "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	whole := regexp.MustCompile(`(?m)^func TestEngine\w+\(t \*testing\.T\) \{ \w+\.Test\(t\) \}$`)
	named := regexp.MustCompile(`(?m)^func TestEngine.*$`)
	tests := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range named.FindAllString(string(text), -1) {
			if tests++; !whole.MatchString(line) {
				t.Errorf("%s: %s: is to be Engine.Test(t) alone, or to have another name", file, line)
			}
		}
	}
	if tests < 10 {
		t.Errorf("%d tests of engines, want at least 10", tests)
	}
}
