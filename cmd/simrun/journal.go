package main

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/spf13/afero"
	"github.com/spf13/cobra"

	"powercut/cmd/simrun/internal/overlay"
)

// newJournalCommand groups what can be done with real journal files.
func newJournalCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "journal",
		Short: "look at real journal files, write them, or remove them",
		Long: `journal works on real files: those of this module's journal, and those of the
rayforce database. BASE stands for BASE.log, BASE.qdb and the archives beside
them; FILE is one of these files.

These commands change no file:   open, validate, replay, inspect; purge without --destroy
These change files:              append, snapshot, roll, repair
These remove files:              prune, purge --destroy

Each takes --json. Exit codes: 0 whole; 1 refused, whatever for; 2 wrong usage, or no
such file; 5 opened, but incomplete: whole frames are left out that are possibly another
program's, some entries can't be evaluated here, or the snapshot holds what can't be
bound.`,
		Example: `  simrun journal open data/j
  simrun journal inspect data/j.log
  echo '(set x 1)' | simrun journal append data/j --sync`,
		Args: noSuchCommand,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newOpenCommand(), newValidateCommand(), newReplayCommand(), newInspectCommand(), newAppendCommand(),
		newRepairCommand(), newSnapshotCommand(), newRollCommand(), newPruneCommand(), newPurgeCommand())
	return cmd
}

// refused ends a command that found, and reported, files which the journal refuses.
var refused = &exitError{code: exitViolation}

// readOnly is the real filesystem, for commands that change nothing.
func readOnly() afero.Fs { return afero.NewReadOnlyFs(afero.NewOsFs()) }

// viewBase shows the files of a base as ones that a recovery may change: what it
// does to them stays in the view. Close it.
func viewBase(base string) (*overlay.Fs, error) {
	view, err := overlay.New(filepath.Dir(base), filepath.Base(base)+".")
	if err != nil {
		return nil, fmt.Errorf("the files of %s: %w", base, err)
	}
	if view.Len() == 0 {
		_ = view.Close() // there is nothing in it
		return nil, missingFile(fmt.Sprintf("there is no file that begins with %s.", base))
	}
	return view, nil
}

// archiveName is what the name of an archive ends with.
var archiveName = regexp.MustCompile(`\.\d{4}\.\d\d\.\d\dT\d\d\.\d\d\.\d\dZ[^/]*\.log$`)

// baseOf is the base whose active log a file is, "" if its name is not that of one: to
// repair an archive like an active log would cut off what is durable.
func baseOf(file string) string {
	base, ok := strings.CutSuffix(file, ".log")
	if !ok || archiveName.MatchString(file) {
		return ""
	}
	return base
}

// exists says whether a file is there.
func exists(fsys afero.Fs, name string) bool {
	_, err := fsys.Stat(name)
	return !errors.Is(err, fs.ErrNotExist)
}
