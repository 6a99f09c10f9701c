package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/afero"
	"github.com/spf13/cobra"

	"powercut/journal"
)

func newPruneCommand() *cobra.Command {
	var accept writeFlags
	cmd := &cobra.Command{
		Use:   "prune BASE",
		Short: "remove the archives that the snapshot makes needless",
		Long: `prune removes the archives of a real journal all of whose entries the snapshot in
place covers, once it has made sure that the snapshot can be read and is the one that
the log names. It removes nothing else: archives that rayforce made stay, since nothing
says that a snapshot covers them.`,
		Example: "  simrun journal snapshot data/j && simrun journal prune data/j",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if _, err := viewed(args[0]); err != nil {
				return err // there is nothing, and nothing is made
			}
			return accept.withJournal(cmd, args[0], journal.Sync, func(j *journal.Journal) error {
				before, err := filesOf(realDisk, args[0])
				if err != nil {
					return err
				}
				pruned := j.Prune(cmd.Context())
				after, err := filesOf(realDisk, args[0])
				accept.removed(gone(before, after), "no archive is needless: nothing was removed")
				return errors.Join(pruned, err)
			})
		},
	}
	accept.add(cmd)
	return cmd
}

// destroyFlag is what purge asks for.
const destroyFlag = "destroy"

func newPurgeCommand() *cobra.Command {
	var destroy, noDirSync bool
	var told result
	cmd := &cobra.Command{
		Use:   "purge BASE",
		Short: "destroy a journal: remove every file of it",
		Long: `purge removes the log, the snapshot, every archive, of rayforce too, the tails that
were kept aside, and the locks. Nothing brings them back. Without --destroy it removes
nothing, and says which files it would remove. Files of another base, even one whose
name begins with this one's, are left alone, and a journal that is open is refused.`,
		Example: "  simrun journal purge data/j              # which files?\n  simrun journal purge --destroy data/j",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			told.begin(cmd)
			files, err := viewed(args[0])
			if err != nil {
				return err
			}
			if !destroy {
				told.line("these files of %s would be destroyed, and nothing brings them back:", args[0])
				told.removed(files, "")
				return &exitError{exitUsage, fmt.Errorf("nothing was removed; to destroy them: simrun journal purge --%s %s", destroyFlag, args[0])}
			}
			before, err := filesOf(realDisk, args[0])
			if err != nil {
				return err
			}
			err = journal.Purge(realDisk, args[0])
			if _, ok := errors.AsType[*journal.DirSyncError](err); ok && noDirSync {
				err = nil
			}
			after, listErr := filesOf(realDisk, args[0])
			told.removed(gone(before, after), "nothing was removed")
			if err = errors.Join(err, listErr); err != nil {
				err = journalFailed(args[0], err)
			}
			return told.end(err)
		},
	}
	cmd.Flags().BoolVar(&destroy, destroyFlag, false, "remove them")
	addNoDirSyncFlag(cmd, &noDirSync)
	told.addFlag(cmd)
	return cmd
}

// removed tells which files are gone, or are to go.
func (r *result) removed(files []string, none string) {
	r.json.Files = files
	for _, file := range files {
		r.line("  %s", file)
	}
	if len(files) == 0 {
		r.line("%s", none)
	}
}

// viewed returns the files that a purge would remove: it is tried on a view of them.
func viewed(base string) ([]string, error) {
	view, err := viewBase(base)
	if err != nil {
		return nil, err
	}
	defer view.Close() // what was changed in it is thrown away
	before, err := filesOf(view, base)
	if err != nil {
		return nil, err
	}
	if err := journal.Purge(view, base); err != nil {
		return nil, journalFailed(base, err)
	}
	after, err := filesOf(view, base)
	return gone(before, after), err
}

// filesOf returns the names that begin as those of a base's files do, sorted.
func filesOf(fsys afero.Fs, base string) ([]string, error) {
	infos, err := afero.ReadDir(fsys, filepath.Dir(base))
	if err != nil {
		return nil, err
	}
	var names []string
	for _, info := range infos {
		if strings.HasPrefix(info.Name(), filepath.Base(base)+".") {
			names = append(names, filepath.Join(filepath.Dir(base), info.Name()))
		}
	}
	slices.Sort(names)
	return names, nil
}

// gone returns what is in before and not in after.
func gone(before, after []string) []string {
	return slices.DeleteFunc(before, func(name string) bool { return slices.Contains(after, name) })
}
