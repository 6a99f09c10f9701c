package check

import (
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// action is what GitHub reads of an action's definition.
type action struct {
	Name, Description string
	Inputs            map[string]struct{ Description, Default string }
	Runs              struct {
		Using string
		Steps []struct {
			Name, Uses, Shell, Run, If string
			Env                        map[string]string
			With                       map[string]any
		}
	}
}

// The action for other repositories is one that GitHub can run: each of its steps uses
// another of a fixed version, or is a script of a shell that it names; what it asks of
// its inputs is there.
func TestAction(t *testing.T) {
	raw := read(t, ".github/actions/powercut/action.yml")
	var a action
	if err := yaml.UnmarshalStrict(raw, &a); err != nil {
		t.Fatal(err)
	}
	if a.Name == "" || a.Description == "" || a.Runs.Using != "composite" || len(a.Runs.Steps) == 0 {
		t.Fatalf("got %+v, want a composite action with a name, a description and steps", a)
	}
	for _, s := range a.Runs.Steps {
		switch {
		case s.Run == "":
			if !regexp.MustCompile(`^actions/[a-z-]+@v\d+$`).MatchString(s.Uses) {
				t.Errorf("%s uses %q, want an action with its version", s.Name, s.Uses)
			}
		case s.Shell != "bash":
			t.Errorf("%s: a script of an action needs its shell", s.Name)
		default:
			cmd := exec.Command("bash", "-n")
			cmd.Stdin = strings.NewReader(s.Run)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%s: %v\n%s", s.Name, err, out)
			}
			if strings.Contains(s.Run, "${{") {
				t.Errorf("%s: an input must come through the environment, not into the script's text", s.Name)
			}
		}
	}
	for _, used := range regexp.MustCompile(`inputs\.([a-z-]+)`).FindAllSubmatch(raw, -1) {
		if in, ok := a.Inputs[string(used[1])]; !ok || in.Description == "" {
			t.Errorf("there is no input %s, or nothing is said of it", used[1])
		}
	}
}
