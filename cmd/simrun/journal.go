package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/afero"
	"github.com/spf13/cobra"

	"powercut/vfs"
)

// newJournalCommand groups what can be done with real journal files.
func newJournalCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "journal",
		Short: "look at real journal files, or write them",
		Long: `journal works on real files: those of this module's journal, and those of the
rayforce database. BASE stands for BASE.log, BASE.qdb and the archives beside
them. open, validate and inspect change nothing; append, repair, snapshot and
roll do.

Exit codes: 0 whole; 1 refused, whatever for; 2 wrong usage, or no such file; 5 opened,
but incomplete: whole frames are left out that are possibly another program's.`,
		Example: `  simrun journal open data/j
  simrun journal inspect data/j.log
  echo '(set x 1)' | simrun journal append data/j --sync`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newOpenCommand(), newValidateCommand(), newInspectCommand(), newAppendCommand(),
		newRepairCommand(), newSnapshotCommand(), newRollCommand())
	return cmd
}

// refused ends a command that found, and reported, files which the journal refuses.
var refused = &exitError{code: exitViolation}

// readOnly is the real filesystem, for commands that change nothing.
func readOnly() afero.Fs { return afero.NewReadOnlyFs(afero.NewOsFs()) }

// loadBase copies the files of a base into a simulated disk, so that what a
// recovery does to them stays there.
func loadBase(base string) (disk *vfs.Disk, onDisk string, err error) {
	dir, name := filepath.Dir(base), filepath.Base(base)
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, "", fmt.Errorf("the folder of %s: %w", base, err)
	}
	disk = vfs.New(vfs.Options{})
	found := 0
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), name+".") || e.IsDir() {
			continue
		}
		raw, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return nil, "", fmt.Errorf("loading %s: %w", e.Name(), err)
		}
		if err := afero.WriteFile(disk, "/"+e.Name(), raw, 0o644); err != nil {
			return nil, "", fmt.Errorf("loading %s: %w", e.Name(), err)
		}
		found++
	}
	if found == 0 {
		return nil, "", fmt.Errorf("there is no file that begins with %s.: %w", base, fs.ErrNotExist)
	}
	return disk, "/" + name, nil
}

// exists says whether a file is there.
func exists(fsys afero.Fs, name string) bool {
	_, err := fsys.Stat(name)
	return !errors.Is(err, fs.ErrNotExist)
}
