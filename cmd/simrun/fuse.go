package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"powercut/cmd/simrun/internal/fuse"
	"powercut/faults"
)

// defaultFuseSeeds is how many seeds simrun fuse runs without --seeds: each judges
// about a hundred images, of which each takes some processes.
const defaultFuseSeeds = 20

func newFuseCommand() *cobra.Command {
	campaign := campaignFlags{vary: false, corpusIsGiven: true}
	campaign.common.Target = fuse.TargetName
	config := fuse.Config{}
	promises := "durability"
	cmd := &cobra.Command{
		Use:   "fuse --workload COMMAND --recover COMMAND",
		Short: "programs in any language, on a disk that the kernel shows them by FUSE",
		Long: `fuse runs commands of the shell in the directory of a simulated disk, which is
mounted where they alone see it (` + "$POWERCUT_DIR" + `, the directory that they begin in), and
cuts the power at their file operations.

What the workload prints to its standard output is what it has promised: let it say
so behind each thing that must not be lost. The recovery is run on what each crash
may leave, reads on its standard input what the workload had printed by then, and
ends with another code than 0 if something is missing, or broken. $POWERCUT_FROM is
the directory that simrun was called in.

The seed decides the crash images and the faults. The schedule and the clock of the
commands are the machine's. It needs Linux with /dev/fuse, and to be root, or a
kernel that lets others have namespaces of their own.`,
		Example: `  simrun fuse --workload 'sqlite3 db "create table t(x)" && echo made' \
    --recover 'read said || exit 0; sqlite3 db "select * from t"'
  simrun fuse --workload '$POWERCUT_FROM/load.sh' --recover '$POWERCUT_FROM/check.sh' --out found`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if config.Workload == "" || config.Recover == "" {
				return fmt.Errorf("want --workload and --recover: what is to be run on the disk, and what opens what a crash left")
			}
			if config.Depth < 0 {
				return fmt.Errorf("--depth: want 0 or more, got %d", config.Depth)
			}
			if promises != "durability" && promises != "nothing" {
				return fmt.Errorf("--promises: want durability or nothing, got %q", promises)
			}
			if _, err := faults.Parse(config.Faults); err != nil {
				return fmt.Errorf("--faults: %w", err)
			}
			if err := campaign.check(); err != nil {
				return err
			}
			if err := fuse.Usable(); err != nil {
				return harnessFailed(err)
			}
			config.Profile = campaign.common.Profile
			config.Promises, config.HangAfter = promises == "durability", campaign.hangAfter/2
			if err := config.Announce(); err != nil {
				return harnessFailed(err)
			}
			return campaign.run(cmd)
		},
	}
	cmd.Flags().StringVar(&config.Workload, "workload", "", "what is run on the disk: a `COMMAND` of the shell")
	cmd.Flags().StringVar(&config.Recover, "recover", "", "what opens what a crash left, and checks it: a `COMMAND` of the shell")
	cmd.Flags().StringVar(&config.Faults, "faults", "", "a `PLAN` of faults, a rule a line: \"error on sync of *.log nth=3\"")
	cmd.Flags().IntVar(&config.Depth, "depth", 0, "1: crash recoveries too; 2: and the recoveries after that")
	cmd.Flags().StringVar(&promises, "promises", "durability", "what syncs are for: durability, or nothing; with durability a run whose syncs do nothing must fail")
	cmd.Flags().Uint64Var(&campaign.seeds, "seeds", defaultFuseSeeds, "how many seeds")
	cmd.Flags().StringVar(&campaign.first, "first", "1", "the first seed")
	cmd.Flags().IntVar(&campaign.workers, "workers", 0, "runs at once (default: one per processor)")
	cmd.Flags().StringVar(&campaign.out, "out", "", "keep what is found in this `DIR`")
	cmd.Flags().BoolVar(&campaign.raw, "raw", false, "leave cases as they were found, without shrinking them")
	cmd.Flags().StringVar(&campaign.common.Profile, "profile", "", "only this filesystem's crash images: "+profileNames()+" (default: drawn by the seed)")
	cmd.Flags().DurationVar(&campaign.hangAfter, "hang-after", 2*time.Minute, "end a run that does nothing for so long, and report a suspected hang")
	cmd.Flags().BoolVar(&campaign.common.json, "json", false, "print one JSON object")
	return cmd
}

// newMountCommand is what runs a command of simrun fuse, in namespaces of its own.
func newMountCommand() *cobra.Command {
	return &cobra.Command{
		Use:    fuse.MountCommand + " DIR COMMAND",
		Short:  "mount a disk for simrun fuse, and run a command on it (internal)",
		Hidden: true,
		Args:   cobra.ExactArgs(2),
		RunE: func(_ *cobra.Command, args []string) error {
			code, err := fuse.Mount(args[0], args[1])
			if err != nil {
				return harnessFailed(err)
			}
			if code != 0 {
				return &exitError{code: code}
			}
			return nil
		},
	}
}
