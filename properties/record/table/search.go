package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"powercut/properties/record"
	"powercut/properties/unmodified"
	"powercut/properties/unmodified/measure"
	"powercut/vfs"
)

// profiles are those under which a defect is looked for, the mildest first.
var profiles = []vfs.Profile{vfs.Ext4, vfs.XFS, vfs.Btrfs, vfs.Ext4Writeback, vfs.POSIX}

// search is how defects are looked for.
type search struct {
	root, work      string
	simrun          string
	sums            bool // versionSums may grow
	length, silence time.Duration
	built           map[string]string // the binaries of tests, by package and version
}

// outcome is what a defect's search came to.
type outcome struct {
	record.Defect
	Profile string // the mildest that shows it; "" if none does
	Found   measure.Taken
	Culprit string // the line of the operation that was lost, "" if that is not told
	Helps   string // the sync that would help, "" if none is known
	Without measure.Taken
}

func (o outcome) String() string {
	if o.Profile == "" {
		return fmt.Sprintf("%s %s: not found", o.Engine, o.Test)
	}
	return fmt.Sprintf("%s %s: %s, %d seeds, %.1fs, %s; %s; %s; silent in %d", o.Engine, o.Test, o.Profile, o.Found.Runs, o.Found.Took.Seconds(), o.Found.Law, o.Culprit, o.Helps, o.Without.Runs)
}

// find looks for a defect under each profile until it is found, has the failure told
// whole, and tests the version without it.
func (s *search) find(d record.Defect) (o outcome, err error) {
	o.Defect = d
	tests, err := s.build(d, d.Has)
	if err != nil {
		return o, err
	}
	for _, profile := range profiles {
		if o.Found, err = s.test(d, tests, profile.String(), "brief", s.length); err != nil {
			return o, err
		}
		if o.Found.Message != "" {
			o.Profile = profile.String()
			break
		}
	}
	if o.Profile == "" {
		return o, nil
	}
	whole, err := s.test(d, tests, o.Profile, unmodified.ForTheRecordWhole, s.length)
	if err != nil {
		fmt.Fprintln(os.Stderr, "not told whole:", err)
	} else {
		o.Culprit, o.Helps = told(whole.Message)
	}
	if d.Without == "" {
		return o, nil
	}
	if tests, err = s.build(d, d.Without); err != nil {
		return o, err
	}
	o.Without, err = s.test(d, tests, o.Profile, "brief", s.silence)
	return o, err
}

// test runs the test of a defect under a profile. In record mode it may find nothing.
func (s *search) test(d record.Defect, tests, profile, mode string, length time.Duration) (measure.Taken, error) {
	run := "^" + d.Test + "$"
	if strings.HasPrefix(d.Test, "TestEngine") {
		run += "/^" + profile + "$"
	}
	return measure.Test(filepath.Join(s.root, d.Dir), tests, []string{unmodified.ForTheRecord + "=" + mode},
		"-test.run="+run, "-powercut.profile="+profile, "-powercut.seed=0", "-powercut.for="+length.String())
}

// build compiles the tests of a defect's package with a version of its engine.
func (s *search) build(d record.Defect, version string) (tests string, err error) {
	dir := filepath.Join(s.root, d.Dir)
	key := d.Dir + " " + d.Module + "@" + version
	if tests, ok := s.built[key]; ok {
		return tests, nil
	}
	if s.built == nil {
		s.built = make(map[string]string)
	}
	here, err := measure.Version(dir, d.Module)
	if err != nil {
		return "", err
	}
	tests = filepath.Join(s.work, fmt.Sprintf("tests%d", len(s.built)))
	compile := measure.Command(dir, s.simrun, "test", "-c", "-o", tests, ".")
	name := ""
	if here != version {
		with := d.With
		if version != d.Has {
			with = nil
		}
		if name, err = s.variant(dir, append([]string{d.Module + "@" + version}, with...)); err != nil {
			return "", err
		}
		compile.Env = append(os.Environ(), "GOFLAGS=-mod=mod -modfile="+name+".mod")
	}
	if err := compile.Run(); err != nil {
		return "", fmt.Errorf("building the tests of %s: %w", key, err)
	}
	s.built[key] = tests
	if name == "" {
		return tests, nil
	}
	return tests, s.checkSums(dir, name+".sum")
}

// versionSums are the sums of the versions that no go.mod names.
const versionSums = "versions.sum"

// variant makes a go.mod beside that of a directory's module, in which some modules have
// another version, and returns what it is called without its ending.
func (s *search) variant(dir string, versions []string) (name string, err error) {
	mod, err := measure.Output(dir, "go", "env", "GOMOD")
	if err != nil {
		return "", err
	}
	text, err := os.ReadFile(mod)
	if err != nil {
		return "", err
	}
	name = filepath.Join(s.work, fmt.Sprintf("variant%d", len(s.built)))
	if err := os.WriteFile(name+".mod", text, 0o644); err != nil {
		return "", err
	}
	root, err := filepath.Abs(s.root)
	if err != nil {
		return "", err
	}
	edit := []string{"mod", "edit", "-replace=powercut=" + root} // it is named from the module's own directory there
	for _, v := range versions {
		module, _, _ := strings.Cut(v, "@")
		edit = append(edit, "-replace="+module+"="+v)
	}
	if err := measure.Command(dir, "go", append(edit, name+".mod")...).Run(); err != nil {
		return "", err
	}
	sums, err := s.knownSums(dir)
	if err != nil {
		return "", err
	}
	return name, os.WriteFile(name+".sum", []byte(sums), 0o644)
}

// knownSums are those of a directory's module, and of other versions.
func (s *search) knownSums(dir string) (string, error) {
	mod, err := measure.Output(dir, "go", "env", "GOMOD")
	if err != nil {
		return "", err
	}
	own, err := os.ReadFile(filepath.Join(filepath.Dir(mod), "go.sum"))
	if err != nil {
		return "", err
	}
	others, err := os.ReadFile(versionSums)
	if errors.Is(err, os.ErrNotExist) {
		err = nil
	}
	return string(own) + string(others), err
}

// checkSums expects that the sums of what was built are known, or adds those that are
// not.
func (s *search) checkSums(dir, built string) error {
	known, err := s.knownSums(dir)
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
	if !s.sums {
		return fmt.Errorf("%s lacks %d sums, which -sums adds: %s…", versionSums, len(unknown), unknown[0])
	}
	f, err := os.OpenFile(versionSums, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		return err
	}
	_, err = f.WriteString(strings.Join(unknown, ""))
	return errors.Join(err, f.Close())
}
