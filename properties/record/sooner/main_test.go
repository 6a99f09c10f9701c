package main

import (
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"powercut/properties/unmodified/measure"
)

func TestTable(t *testing.T) {
	all := []measure.Search{{Runs: 9, CPU: 3, Found: true}, {Runs: 2, CPU: 1, Found: true}, {Runs: 1, CPU: 60}, {Runs: 4, CPU: 8, Found: true}}
	got := table([]slow{{Test: "TestIt", Profile: "ext4", What: "longer values", Before: all, After: all[1:2]}, {Test: "TestOther"}})
	if want := "| `TestIt` | `ext4` | 4 | 2 | 3.0 | 1.0 | longer values |\n\n"; !strings.HasSuffix(got, want) {
		t.Errorf("the table is\n%s\nwant at its end\n%s", got, want)
	}
}

// What was measured is read as it was written, and there is some.
func TestKept(t *testing.T) {
	if all, err := read(filepath.Join("..", kept)); err != nil || len(all) == 0 || all[0].Test == "" || len(all[0].Before) == 0 {
		t.Fatal(all, err)
	}
	want := []slow{{
		Dir: "a/dir", Test: "TestIt", Profile: "ext4", What: "longer values",
		Before: []measure.Search{{First: 1000, Runs: 9, CPU: 3.5, Found: true}}, After: []measure.Search{{First: 1000, Runs: 1, CPU: 0.25}},
	}}
	again := filepath.Join(t.TempDir(), "searches.json")
	if err := write(again, want); err != nil {
		t.Fatal(err)
	}
	if got, err := read(again); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("read %v, %v, want %v", got, err, want)
	}
}
