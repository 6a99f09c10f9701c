package main

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"powercut/journal"
)

// journalFailed ends a command with what the journal returned: as wrong usage where
// there are no such files, or they can't be meant, and else as refused, with what to
// do next. base is "" for a command that was given one file.
func journalFailed(base string, err error) error {
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, journal.ErrBadInput) {
		return err
	}
	return &exitError{exitViolation, withHints(base, err)}
}

func withHints(base string, err error) error {
	return &hintedError{err, hintsFor(base, err)}
}

// hintedError is an error with what to do about it.
type hintedError struct {
	err   error
	hints []string
}

func (e *hintedError) Error() string {
	return strings.Join(append([]string{e.err.Error()}, e.hints...), "\n  ")
}

func (e *hintedError) Unwrap() error { return e.err }

// hintsFor says what to do with files that the journal refused, a line each: by the
// status of the refusal, whether to truncate or not. Where the bytes are whole, or could
// not be read, it never advises to cut any off.
func hintsFor(base string, err error) []string {
	if hints, ok := hintsBesideStatus(base, err); ok {
		return hints
	}
	corrupt, _ := errors.AsType[*journal.CorruptError](err)
	switch status := journal.StatusOf(err); status {
	case journal.StatusSnapshot:
		return []string{"the log is not to blame: do not truncate it, and put back a good copy of the snapshot"}
	case journal.StatusForeign:
		foreign, _ := errors.AsType[*journal.ForeignError](err)
		return append([]string{inspectHint(foreign.Path), "its entries are whole: do not truncate it", "to take them over, in their place: append, snapshot or roll with --adopt-foreign"},
			repairHint(base, "to go on without them, kept in a file of their own: ", "--accept-loss ")...)
	case journal.StatusDeserialize, journal.StatusDecompress:
		return []string{inspectHint(corrupt.Path), "its frames are whole, so this is no torn tail: do not truncate it; put back a good copy, or open it with the program that wrote it"}
	case journal.StatusCorrupt:
		return corruptHints(base, corrupt)
	case journal.StatusBadTail:
		return tailHints(base, err)
	case journal.StatusIO:
		if _, ok := errors.AsType[*journal.ReadError](err); ok {
			return []string{"what could not be read may be whole: do not truncate it; look after the disk, and try again"}
		}
	}
	return nil
}

// hintsBesideStatus is for refusals that say nothing about what is in the files.
func hintsBesideStatus(base string, err error) (hints []string, ok bool) {
	if _, ok := errors.AsType[*journal.VersionError](err); ok { // whatever the original calls it
		return []string{"nothing in it is damaged: do not truncate it"}, true
	}
	switch statusWord(err) {
	case "old-log":
		return []string{"to go on: run the command again with --adopt-foreign; simrun journal snapshot --adopt-foreign " + base + " puts all of the state where rayforce reads it"}, true
	case "incomplete":
		return []string{"to see them all: simrun journal open " + base, "to go on, and lose what they did: run the command again with --allow-incomplete"}, true
	case "no-dir-sync":
		return []string{"nothing is damaged; to accept that, run the command again with --" + noDirSyncFlag}, true
	case "locked":
		return []string{"nothing is damaged: end the program that has it open, and run the command again"}, true
	}
	return nil, false
}

func inspectHint(path string) string { return "to see where:   simrun journal inspect " + path }

// repairHint is how to repair a base, nothing for a command that was given one file.
func repairHint(base, what, flag string) []string {
	if base == "" {
		return nil
	}
	return []string{what + "simrun journal repair " + flag + base}
}

// corruptHints are for damage to what was durable.
func corruptHints(base string, corrupt *journal.CorruptError) []string {
	hints := []string{"this is no torn tail: do not truncate it by hand", "put back a good copy of " + corrupt.Path}
	if base != "" && strings.HasPrefix(corrupt.Path, base+".log") {
		hints = append([]string{inspectHint(corrupt.Path)}, hints...)
		hints = append(hints, repairHint(base, "or give up what was durable behind the damage, kept aside: ", "--accept-loss ")...)
	}
	return hints
}

// tailHints are for a log without markers that ends in no whole frame: to be truncated,
// unless something whole stands behind that.
func tailHints(base string, err error) []string {
	tail, ok := errors.AsType[*journal.BadTailError](err)
	if !ok {
		return nil
	}
	if tail.FramesBehind {
		hints := []string{inspectHint(tail.Path), "whole frames stand behind it, so this is no torn tail: do not truncate it; put back a good copy"}
		return append(hints, repairHint(base, "or give up all that is behind it, kept aside: ", "--accept-loss ")...)
	}
	return append([]string{inspectHint(tail.Path)}, repairHint(base, fmt.Sprintf("to truncate it at offset %d, and keep what is cut off aside: ", tail.ValidBytes), "")...)
}

// incomplete ends a command that left out what may be somebody's.
var incomplete = &exitError{code: exitIncomplete}

// leftOut says what an open left out that may have been acknowledged to somebody, a
// line each: to us it was not, or another program wrote it.
func leftOut(frames int, kept string, foreign []journal.ForeignFrames) []string {
	var lines []string
	if frames > 0 {
		line := fmt.Sprintf("INCOMPLETE: %d whole frames are left out, of a batch that was torn or possibly another program's", frames)
		if kept != "" {
			line += ", kept in " + kept
		}
		lines = append(lines, line)
	}
	for _, f := range foreign {
		lines = append(lines, fmt.Sprintf("INCOMPLETE: %d whole frames behind the end of archive %s, at offset %d, are left out: possibly another program's", f.Frames, f.Path, f.Offset))
	}
	return lines
}
