package measure

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Builder builds tests as simrun does, once each.
type Builder struct {
	Root, Work string // of the repository, and a directory for what is built
	Sums       string // a file with the sums of versions that no go.mod names
	MoreSums   bool   // it may grow

	simrun string
	built  map[string]string // by directory and versions
}

// Built says that the tests of a directory were built before.
func (b *Builder) Built(dir, tests string) error { return b.keep(dir, tests) }

func (b *Builder) keep(key, tests string) (err error) {
	if b.built == nil {
		b.built = make(map[string]string)
	}
	b.built[key], err = filepath.Abs(tests)
	return err
}

// Tests is the binary of the tests of a directory, which is named from the root.
func (b *Builder) Tests(dir string) (tests string, err error) { return b.TestsWith(dir, nil) }

// TestsWith is that of tests with some modules in other versions than their go.mod says,
// each as module@version. Those of Tests are built if it says the same.
func (b *Builder) TestsWith(dir string, versions []string) (tests string, err error) {
	at := filepath.Join(b.Root, dir)
	key := dir
	if len(versions) > 0 {
		same, err := saysSo(at, versions[0])
		if err != nil {
			return "", err
		}
		if !same {
			key += " " + strings.Join(versions, " ")
		}
	}
	if tests, ok := b.built[key]; ok {
		return tests, nil
	}
	if b.simrun == "" {
		simrun, err := Simrun(b.Root, b.Work)
		if err != nil {
			return "", err
		}
		if b.simrun, err = filepath.Abs(simrun); err != nil {
			return "", err
		}
	}
	if tests, err = filepath.Abs(filepath.Join(b.Work, fmt.Sprintf("tests%d", len(b.built)))); err != nil {
		return "", err
	}
	compile := Command(at, b.simrun, "test", "-c", "-o", tests, ".")
	name := ""
	if key != dir {
		if name, err = b.variant(at, versions); err != nil {
			return "", err
		}
		compile.Env = append(os.Environ(), "GOFLAGS=-mod=mod -modfile="+name+".mod")
	}
	if err := compile.Run(); err != nil {
		return "", fmt.Errorf("building the tests of %s: %w", key, err)
	}
	if err := b.keep(key, tests); err != nil || name == "" {
		return tests, err
	}
	return tests, b.checkSums(at, name+".sum")
}

// saysSo says whether a module has that version already.
func saysSo(at, want string) (bool, error) {
	module, version, _ := strings.Cut(want, "@")
	here, err := Version(at, module)
	return here == version, err
}

// variant makes a go.mod beside that of a directory's module, in which some modules have
// another version, and returns what it is called without its ending.
func (b *Builder) variant(at string, versions []string) (name string, err error) {
	mod, err := Output(at, "go", "env", "GOMOD")
	if err != nil {
		return "", err
	}
	text, err := os.ReadFile(mod)
	if err != nil {
		return "", err
	}
	if name, err = filepath.Abs(filepath.Join(b.Work, fmt.Sprintf("variant%d", len(b.built)))); err != nil {
		return "", err
	}
	if err := os.WriteFile(name+".mod", text, 0o644); err != nil {
		return "", err
	}
	root, err := filepath.Abs(b.Root)
	if err != nil {
		return "", err
	}
	edit := []string{"mod", "edit", "-replace=powercut=" + root} // it is named from the module's own directory there
	for _, v := range versions {
		module, _, _ := strings.Cut(v, "@")
		edit = append(edit, "-replace="+module+"="+v)
	}
	if err := Command(at, "go", append(edit, name+".mod")...).Run(); err != nil {
		return "", err
	}
	sums, err := b.knownSums(at)
	if err != nil {
		return "", err
	}
	return name, os.WriteFile(name+".sum", []byte(sums), 0o644)
}

// knownSums are those of a directory's module, and of other versions.
func (b *Builder) knownSums(at string) (string, error) {
	mod, err := Output(at, "go", "env", "GOMOD")
	if err != nil {
		return "", err
	}
	own, err := os.ReadFile(filepath.Join(filepath.Dir(mod), "go.sum"))
	if err != nil {
		return "", err
	}
	others, err := os.ReadFile(b.Sums)
	if errors.Is(err, os.ErrNotExist) {
		err = nil
	}
	return string(own) + string(others), err
}

// checkSums expects that the sums of what was built are known, or adds those that are
// not.
func (b *Builder) checkSums(at, built string) error {
	known, err := b.knownSums(at)
	if err != nil {
		return err
	}
	now, err := os.ReadFile(built)
	if err != nil {
		return err
	}
	var unknown []string
	for line := range strings.Lines(string(now)) {
		if !strings.Contains(known, line) {
			unknown = append(unknown, line)
		}
	}
	if len(unknown) == 0 {
		return nil
	}
	if !b.MoreSums {
		return fmt.Errorf("%s lacks %d sums, which -sums adds: %s…", b.Sums, len(unknown), unknown[0])
	}
	f, err := os.OpenFile(b.Sums, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		return err
	}
	_, err = f.WriteString(strings.Join(unknown, ""))
	return errors.Join(err, f.Close())
}

// TestName is the expression for a test, or for its part of a profile if it has one for
// each.
func TestName(test, profile string) string {
	if strings.HasPrefix(test, "TestEngine") {
		test += "/" + profile
	}
	return "^" + strings.ReplaceAll(test, "/", "$/^") + "$"
}
