package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
)

// newManCommand is for those who pack simrun.
func newManCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "man DIR",
		Hidden:  true,
		Short:   "write a manual page for each command to a directory",
		Example: `  simrun man /usr/local/share/man/man1`,
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := makeDir(realDisk, args[0]); err != nil {
				return err
			}
			root := cmd.Root()
			root.DisableAutoGenTag = true // a page depends on the commands alone
			beginning := time.Unix(0, 0).UTC()
			header := &doc.GenManHeader{Title: "SIMRUN", Section: "1", Source: versionText(), Date: &beginning}
			if err := doc.GenManTree(root, header, args[0]); err != nil {
				return harnessFailed(fmt.Errorf("writing manual pages: %w", err))
			}
			return nil
		},
	}
}
