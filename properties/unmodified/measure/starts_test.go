package measure

import "testing"

func TestMedians(t *testing.T) {
	all := []Search{{Runs: 9, CPU: 3, Found: true}, {Runs: 2, CPU: 1, Found: true}, {Runs: 1, CPU: 60}, {Runs: 4, CPU: 8, Found: true}}
	if runs, seconds := Medians(all); runs != "4" || seconds != "3.0" {
		t.Errorf("the medians are %s, %s", runs, seconds)
	}
	if runs, seconds := Medians(all[2:3]); runs != "> 1" || seconds != "> 60.0" {
		t.Errorf("where nothing was found the medians are %s, %s", runs, seconds)
	}
	if runs, seconds := Medians(nil); runs != "" || seconds != "" {
		t.Errorf("of no search the medians are %q, %q", runs, seconds)
	}
}
