package main

import (
	"fmt"
	"os"
	"path/filepath"
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
	builder         measure.Builder
	length, silence time.Duration
}

// outcome is what a defect's search came to.
type outcome struct {
	record.Defect
	Profile string // the mildest that shows it; "" if none does
	Found   measure.Taken
	Starts  []measure.Search // for it, under that profile, from some first seeds
	Culprit string           // the line of the operation that was lost, "" if that is not told
	Helps   string           // the sync that would help, "" if none is known
	Without measure.Taken
}

func (o outcome) String() string {
	if o.Profile == "" {
		return fmt.Sprintf("%s %s: not found", o.Engine, o.Test)
	}
	seeds, seconds := measure.Medians(o.Starts)
	return fmt.Sprintf("%s %s: %s, %s seeds, %ss, %s; %s; %s; silent in %d", o.Engine, o.Test, o.Profile, seeds, seconds, o.Found.Law, o.Culprit, o.Helps, o.Without.Runs)
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
	if o.Starts, err = measure.Searches(filepath.Join(s.builder.Root, d.Dir), tests, d.Test, o.Profile, s.length); err != nil {
		return o, err
	}
	whole, err := s.test(d, tests, o.Profile, unmodified.ForTheRecordWhole, s.length)
	if err != nil {
		fmt.Fprintln(os.Stderr, "not told whole:", err)
	} else {
		o.Culprit, o.Helps = measure.Told(whole.Message)
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
	return measure.Test(filepath.Join(s.builder.Root, d.Dir), tests, []string{unmodified.ForTheRecord + "=" + mode},
		"-test.run="+measure.TestName(d.Test, profile), "-powercut.profile="+profile, "-powercut.seed=0", "-powercut.for="+length.String())
}

// build compiles the tests of a defect's package with a version of its engine.
func (s *search) build(d record.Defect, version string) (tests string, err error) {
	versions := []string{d.Module + "@" + version}
	if version == d.Has {
		versions = append(versions, d.With...)
	}
	return s.builder.TestsWith(d.Dir, versions)
}
