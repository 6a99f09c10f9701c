package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"powercut/journal"
	"powercut/journal/wire"
)

func newInspectCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "inspect FILE",
		Short: "print a line for each frame of a log or a snapshot",
		Long: `inspect prints offset, size, flags and decoded value of each frame, up to the first
that is none. It exits 1 if there is one, or one that can't be decoded or is of
another version.`,
		Example: "  simrun journal inspect data/j.log",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			list := &jsonStream{out: cmd.OutOrStdout(), name: "frames"}
			status := validateEnd{Status: journal.StatusOK}
			for f, err := range journal.Inspect(readOnly(), args[0]) {
				switch {
				case err != nil && journal.StatusOf(err) == journal.StatusIO:
					return journalFailed("", err)
				case err != nil:
					status = validateEnd{journal.StatusOf(err), err.Error()}
				case f.Err != nil && status.Error == "":
					status = validateEnd{frameStatus(f), f.Err.Error()}
				}
				switch {
				case asJSON && err == nil:
					list.item(frameOf(f))
				case asJSON:
				case err != nil:
					fmt.Fprintf(cmd.OutOrStdout(), "%10d  %v\n", f.Offset, err)
				default:
					fmt.Fprintf(cmd.OutOrStdout(), "%10d %8d  %-12s %s\n", f.Offset, f.SizeBytes, flagsOf(f.Header), describeFrame(f))
				}
			}
			if asJSON {
				if err := list.end(status); err != nil {
					return err
				}
			}
			if status.Error != "" {
				return refused
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return cmd
}

// validateEnd is how a walk over frames ended.
type validateEnd struct {
	Status journal.Status `json:"status"`
	Error  string         `json:"error,omitempty"`
}

// frameStatus is the status of a log that has such a frame.
func frameStatus(f journal.Frame) journal.Status {
	if status := journal.StatusOf(f.Err); status != journal.StatusIO {
		return status
	}
	if f.Header.Flags&wire.FlagCompressed != 0 && f.Payload == nil {
		return journal.StatusDecompress
	}
	return journal.StatusDeserialize
}

// frameJSON is one frame as --json prints it.
type frameJSON struct {
	Offset     int64  `json:"offset"`
	SizeBytes  int64  `json:"size_bytes"`
	Compressed bool   `json:"compressed,omitempty"`
	Restricted bool   `json:"restricted,omitempty"`
	Marker     string `json:"marker,omitempty"` // genesis, commit or snapshot
	LastLSN    uint64 `json:"last_lsn,omitempty"`
	Value      string `json:"value,omitempty"` // what it holds, shortened
	Error      string `json:"error,omitempty"`
}

func frameOf(f journal.Frame) frameJSON {
	v := frameJSON{
		Offset: f.Offset, SizeBytes: f.SizeBytes,
		Compressed: f.Header.Flags&wire.FlagCompressed != 0, Restricted: f.Header.Flags&wire.FlagRestricted != 0,
	}
	if f.Marker != nil {
		v.Marker, v.LastLSN = f.Marker.Kind.String(), f.Marker.LastLSN
	}
	if f.Err != nil {
		v.Error = f.Err.Error()
	} else {
		v.Value = describeFrame(f)
	}
	return v
}

func flagsOf(h wire.Header) string {
	text := ""
	if h.Flags&wire.FlagCompressed != 0 {
		text += "compressed "
	}
	if h.Flags&wire.FlagRestricted != 0 {
		text += "restricted"
	}
	if text == "" {
		return "-"
	}
	return text
}

func describeFrame(f journal.Frame) string {
	if version, ok := errors.AsType[*journal.VersionError](f.Err); ok {
		return "UNKNOWN: " + version.What
	}
	switch m := f.Marker; {
	case f.Err != nil:
		return "UNREADABLE: " + f.Err.Error()
	case m != nil && m.Kind == wire.Genesis:
		return fmt.Sprintf("genesis of log %s, generation %d, after LSN %d", m.Log, m.Generation, m.LastLSN)
	case m != nil && m.Kind == wire.SnapshotMarker:
		return fmt.Sprintf("snapshot marker: covers LSN %d, %d bytes, sha256 %x", m.Snapshot.LSN, m.Snapshot.SizeBytes, m.Snapshot.Digest[:6])
	case m != nil:
		return fmt.Sprintf("commit of %d entries in %d bytes, up to LSN %d; durable before it: LSN %d", m.Entries, m.BatchBytes, m.LastLSN, m.DurableLSN)
	}
	v, err := wire.Decode(f.Payload)
	if err != nil {
		return "UNREADABLE: " + err.Error()
	}
	return wire.Summary(v, summaryBytes)
}
