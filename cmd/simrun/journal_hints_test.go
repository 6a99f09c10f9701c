package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"powercut/journal"
	"powercut/journal/rayfall"
)

// openError is what Open says of a folder of the real program's files, or of a base.
func openError(t *testing.T, base string) error {
	t.Helper()
	view, err := viewBase(base)
	if err != nil {
		t.Fatal(err)
	}
	defer view.Close()
	j, _, err := journal.Open(view, base, rayfall.New(), journal.Options{})
	if err == nil {
		_ = j.Close()
		t.Fatalf("%s opens", base)
	}
	return err
}

// For each status there is a word on whether to truncate, and never one to do it where
// the bytes are whole, or could not be read.
func TestHintsByStatus(t *testing.T) {
	fixture := func(name string) error {
		return openError(t, filepath.Join("../../journal/testdata", name, "j"))
	}
	corrupt := &journal.CorruptError{Path: "data/j.log", Offset: 300, Reason: "bits"}
	const (
		truncate = "to truncate it at offset"
		never    = "do not truncate"
	)
	seen := map[journal.Status]bool{}
	for _, test := range []struct {
		name   string
		err    error
		status journal.Status
		want   []string // in the hints, in this order
		never  []string // anywhere in them
	}{
		{"nothing", nil, journal.StatusOK, nil, nil},
		{"a torn end", fixture("rayforce/badtail-prefix"), journal.StatusBadTail, []string{"inspect", truncate + " 76", "repair data/j"}, []string{never, "--accept-loss"}},
		{"a bad frame before whole ones", fixture("rayforce-random/first-frame-bit"), journal.StatusBadTail, []string{"inspect", never, "--accept-loss"}, []string{truncate}},
		{"a value that is none", fixture("rayforce/deserialize"), journal.StatusDeserialize, []string{"inspect", never, "put back a good copy"}, []string{truncate, "repair"}},
		{"no compressed value", fixture("rayforce/decompress"), journal.StatusDecompress, []string{"inspect", never, "put back a good copy"}, []string{truncate, "repair"}},
		{"a snapshot cut short", fixture("rayforce/snapshot-truncated"), journal.StatusSnapshot, []string{"the log is not to blame", never}, []string{truncate, "repair"}},
		{"a snapshot that is none", fixture("rayforce/snapshot-not-dict"), journal.StatusSnapshot, []string{"the log is not to blame", never}, []string{truncate, "repair"}},
		{"damage", corrupt, journal.StatusCorrupt, []string{"inspect data/j.log", never, "good copy of data/j.log", "--accept-loss data/j"}, []string{truncate}},
		{"damage to a snapshot", &journal.CorruptError{Path: "data/j.qdb"}, journal.StatusCorrupt, []string{never, "good copy of data/j.qdb"}, []string{truncate, "repair"}},
		{"another version", &journal.VersionError{Path: "data/j.log"}, journal.StatusVersion, []string{never}, []string{truncate, "repair"}},
		{"another program's entries", &journal.ForeignError{Path: "data/j.log"}, journal.StatusForeign, []string{"inspect", never, "--adopt-foreign", "--accept-loss data/j"}, []string{truncate}},
		{"a file that can't be read", &journal.ReadError{Path: "data/j.log", Err: io.ErrUnexpectedEOF}, journal.StatusIO, []string{never, "try again"}, []string{truncate, "repair"}},
		{"locked", fmt.Errorf("opening: %w", journal.ErrLocked), journal.StatusIO, []string{"end the program that has it open"}, []string{"truncate", "repair"}},
		{"incomplete", &journal.IncompleteError{Entries: 1}, journal.StatusIO, []string{"journal open data/j", "--allow-incomplete"}, []string{"truncate", "repair"}},
		{"a log of rayforce's alone", &journal.OldLogError{Path: "data/j.log"}, journal.StatusIO, []string{"--adopt-foreign"}, []string{"truncate", "repair"}},
		{"no fsync of a directory", &journal.DirSyncError{Path: "data"}, journal.StatusIO, []string{"--" + noDirSyncFlag}, []string{"truncate", "repair"}},
		{"poisoned", journal.ErrPoisoned, journal.StatusIO, nil, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			seen[test.status] = true
			if got := journal.StatusOf(test.err); got != test.status {
				t.Fatalf("status: got %s, want %s", got, test.status)
			}
			text := strings.Join(hintsFor("data/j", test.err), "\n")
			rest := text
			for _, want := range test.want {
				_, after, found := strings.Cut(rest, want)
				if !found {
					t.Fatalf("got %q, want %q in it, and in this order: %q", text, want, test.want)
				}
				rest = after
			}
			if len(test.want) == 0 && text != "" {
				t.Errorf("got %q, want none", text)
			}
			for _, word := range test.never {
				if strings.Contains(text, word) {
					t.Errorf("got %q, with %q in it", text, word)
				}
			}
			// Given one file, of an archive maybe, nothing is to be repaired.
			if alone := strings.Join(hintsFor("", test.err), "\n"); strings.Contains(alone, "repair") {
				t.Errorf("of one file: got %q", alone)
			}
		})
	}
	for _, status := range []journal.Status{journal.StatusOK, journal.StatusBadTail, journal.StatusIO, journal.StatusDeserialize, journal.StatusDecompress,
		journal.StatusSnapshot, journal.StatusCorrupt, journal.StatusVersion, journal.StatusForeign} {
		if !seen[status] {
			t.Errorf("status %s is not tried", status)
		}
	}
}

// What the command was given wrongly, or what is not there, is wrong usage; everything
// else that the journal says is a refusal, with its hints behind it.
func TestRefusalsAndUsage(t *testing.T) {
	for _, err := range []error{fs.ErrNotExist, journal.ErrBadInput} {
		if _, refused := errors.AsType[*exitError](journalFailed("data/j", err)); refused {
			t.Errorf("%v: is a refusal, want wrong usage", err)
		}
	}
	err := journalFailed("data/j", &journal.ReadError{Path: "data/j.log", Err: io.ErrUnexpectedEOF})
	exit, ok := errors.AsType[*exitError](err)
	if _, read := errors.AsType[*journal.ReadError](err); !ok || !read || exit.code != exitViolation || !strings.Contains(err.Error(), "\n  what could not be read") {
		t.Errorf("got %v", err)
	}
}
