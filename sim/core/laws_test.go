package core

import (
	"errors"
	"strings"
	"testing"
)

// Every law of the list is one by its name, once; a name that is not on it is
// refused with the law that was most likely meant.
func TestParseLaw(t *testing.T) {
	seen := make(map[Law]bool)
	for _, info := range Laws() {
		if seen[info.Law] {
			t.Errorf("%s is listed twice", info.Law)
		}
		seen[info.Law] = true
		if !strings.HasSuffix(info.Sentence, ".") {
			t.Errorf("%s: %q is no sentence", info.Law, info.Sentence)
		}
		law, err := ParseLaw(string(info.Law), nil)
		if law != info.Law || err != nil {
			t.Errorf("%s is read as %q (%v)", info.Law, law, err)
		}
		// One letter less, one more, two swapped: it is still known what was meant.
		name := string(info.Law)
		for _, typo := range []string{name[1:], name[:len(name)-1], name + "s", name[:2] + "x" + name[3:]} {
			_, err := ParseLaw(typo, nil)
			if e, ok := errors.AsType[*LawError](err); !ok || e.Nearest != info.Law || e.Name != typo || !strings.Contains(err.Error(), `did you mean "`+name+`"?`) {
				t.Errorf("%q: got %v, want a *LawError that names %s", typo, err, info.Law)
			}
		}
	}
	for _, name := range []string{"frobnicate", "", " ", "RECOVERS", strings.Repeat("recovers", 100)} {
		_, err := ParseLaw(name, nil)
		if e, ok := errors.AsType[*LawError](err); !ok || e.Nearest != "" || !strings.Contains(err.Error(), "there are: acknowledged-durable, ") {
			t.Errorf("%.20q: got %v, want a *LawError that lists those that there are", name, err)
		}
	}
}
