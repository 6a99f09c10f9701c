package main

import (
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func TestMedians(t *testing.T) {
	all := []searched{{Runs: 9, CPU: 3, Found: true}, {Runs: 2, CPU: 1, Found: true}, {Runs: 1, CPU: 60}, {Runs: 4, CPU: 8, Found: true}}
	if runs, seconds := medians(all); runs != "4" || seconds != "3.0" {
		t.Errorf("the medians are %s, %s", runs, seconds)
	}
	if runs, seconds := medians(all[2:3]); runs != "> 1" || seconds != "> 60.0" {
		t.Errorf("where nothing was found the medians are %s, %s", runs, seconds)
	}
	got := table([]slow{{Test: "TestIt", Profile: "ext4", What: "longer values", Before: all, After: all[1:2]}, {Test: "TestOther"}})
	if want := "| `TestIt` | `ext4` | 4 | 2 | 3.0 | 1.0 | longer values |\n\n"; !strings.HasSuffix(got, want) {
		t.Errorf("the table is\n%s\nwant at its end\n%s", got, want)
	}
}

// What was measured is read as it was written.
func TestKept(t *testing.T) {
	all, err := read(filepath.Join("..", kept))
	if err != nil || len(all) == 0 {
		t.Fatal(all, err)
	}
	again := filepath.Join(t.TempDir(), "searches.json")
	if err := write(again, all); err != nil {
		t.Fatal(err)
	}
	if same, err := read(again); err != nil || !reflect.DeepEqual(same, all) {
		t.Errorf("read %v, %v again, want %v", same, err, all)
	}
}
