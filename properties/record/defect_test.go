package record

import (
	"strings"
	"testing"
)

// Each row says what is wrong, and where it is tested or why it isn't.
func TestDefects(t *testing.T) {
	for _, d := range Defects() {
		if d.Engine == "" || d.Has == "" && d.Test != "" || d.What == "" {
			t.Errorf("%+v: want an engine, its version, and what is wrong", d)
		}
		if d.Test == "" && d.Missed == "" {
			t.Errorf("%s: %s: want a test, or why there is none", d.Engine, d.What)
		}
		if d.Test != "" && (d.Module == "" || d.Dir == "" || d.Promised == "") {
			t.Errorf("%s: %s: want its module, the directory of its test, and what is promised", d.Engine, d.Test)
		}
		if d.Report != "" && !strings.HasPrefix(d.Report, "https://") {
			t.Errorf("%s: the address %q", d.Engine, d.Report)
		}
	}
}
