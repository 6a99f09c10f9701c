// Package check reads the files of deploy, and the workflow, as the programs do
// that they are for: the image's as BuildKit, the manifest as Kubernetes' types,
// the workflow as actionlint. It is a module of its own, so that nobody who
// imports powercut gets those programs with it.
package check

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/linter"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/rhysd/actionlint"
	batchv1 "k8s.io/api/batch/v1"
	"sigs.k8s.io/yaml"
)

const root = "../.."

func read(t *testing.T, name string) []byte {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// The image is made from nothing but simrun and its corpus, and runs as nobody.
func TestDockerfile(t *testing.T) {
	tree, err := parser.Parse(bytes.NewReader(read(t, "deploy/Dockerfile")))
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range tree.Warnings {
		t.Errorf("%s", w.Short)
	}
	warn := func(rule, _, _, text string, _ []parser.Range) { t.Errorf("%s: %s", rule, text) }
	stages, _, err := instructions.Parse(tree.AST, linter.New(&linter.Config{Warn: warn}))
	if err != nil {
		t.Fatal(err)
	}
	last := stages[len(stages)-1]
	if last.BaseName != "scratch" {
		t.Errorf("the image is made from %s, want scratch", last.BaseName)
	}
	user := ""
	for _, command := range last.Commands {
		switch c := command.(type) {
		case *instructions.UserCommand:
			user = c.User
		case *instructions.EntrypointCommand:
			if c.PrependShell {
				t.Error("the entry point needs a shell, and there is none")
			}
		case *instructions.CopyCommand:
			for _, source := range c.SourcePaths {
				inside, found := strings.CutPrefix(source, "/src/")
				if _, err := os.Stat(filepath.Join(root, inside)); found && err != nil {
					t.Errorf("it copies %s: %v", source, err)
				}
			}
		}
	}
	if !regexp.MustCompile(`^[1-9]\d*:[1-9]\d*$`).MatchString(user) {
		t.Errorf("it runs as %q, want the number of a user other than root: runAsNonRoot can't tell a name", user)
	}
}

// The manifest has no field that Kubernetes does not know, and its jobs call
// simrun with flags that there are.
func TestManifest(t *testing.T) {
	jobs := 0
	for document := range strings.SplitSeq(string(read(t, "deploy/kubernetes.yaml")), "\n---\n") {
		var job batchv1.Job
		if err := yaml.UnmarshalStrict([]byte(document), &job); err != nil {
			t.Fatal(err)
		}
		if job.Kind != "Job" || job.APIVersion != "batch/v1" {
			t.Errorf("got a %s of %s", job.Kind, job.APIVersion)
		}
		jobs++
		for _, c := range job.Spec.Template.Spec.Containers {
			checkFlags(t, c.Args)
			for _, m := range c.VolumeMounts {
				if !strings.HasPrefix(c.Args[len(c.Args)-1], m.MountPath) && !strings.Contains(strings.Join(c.Args, " "), m.MountPath) {
					t.Errorf("nothing is written to the volume at %s", m.MountPath)
				}
			}
		}
	}
	if jobs != 2 {
		t.Errorf("%d jobs, want one that runs and one that merges", jobs)
	}
}

// checkFlags asks simrun for the flags of a command.
func checkFlags(t *testing.T, args []string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "run", "./cmd/simrun", args[0], "--help")
	cmd.Dir = root
	help, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("simrun %s --help: %v\n%s", args[0], err, help)
	}
	for _, arg := range args[1:] {
		// Help has a space behind a flag, or what it may be set to: --resume[=true|false].
		flag := regexp.MustCompile(regexp.QuoteMeta(arg) + `[ \[]`)
		if strings.HasPrefix(arg, "--") && !flag.Match(help) {
			t.Errorf("simrun %s has no %s", args[0], arg)
		}
	}
}

func TestWorkflow(t *testing.T) {
	var out bytes.Buffer
	linter, err := actionlint.NewLinter(&out, &actionlint.LinterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	const name = ".github/workflows/night.yml"
	found, err := linter.Lint(name, read(t, name), nil)
	if err != nil || len(found) > 0 {
		t.Errorf("%v\n%s", err, &out)
	}
}
