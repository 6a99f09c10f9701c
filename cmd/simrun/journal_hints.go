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
	text := err.Error()
	for _, hint := range hintsFor(base, err) {
		text += "\n  " + hint
	}
	return &hintedError{text, err}
}

// hintedError is an error with what to do about it.
type hintedError struct {
	text string
	err  error
}

func (e *hintedError) Error() string { return e.text }

func (e *hintedError) Unwrap() error { return e.err }

// hintsFor says what to do with files that the journal refused, a line each. Where
// the bytes are whole it never advises to cut any off.
func hintsFor(base string, err error) []string {
	inspect := func(path string) string { return "to see where:   simrun journal inspect " + path }
	repair := func(what, flag string) []string {
		if base == "" {
			return nil
		}
		return []string{what + "simrun journal repair " + flag + base}
	}
	if _, ok := errors.AsType[*journal.VersionError](err); ok {
		return []string{"nothing in it is damaged: cut nothing off"}
	}
	if _, ok := errors.AsType[*journal.SnapshotError](err); ok {
		return []string{"the log is not to blame: cut nothing off, and put back a good copy of the snapshot"}
	}
	if foreign, ok := errors.AsType[*journal.ForeignError](err); ok {
		return append([]string{inspect(foreign.Path), "to take them over, in their place: append, snapshot or roll with --adopt-foreign"}, repair("to go on without them, kept in a file of their own: ", "--accept-loss ")...)
	}
	if _, ok := errors.AsType[*journal.OldLogError](err); ok {
		return []string{"to go on: run the command again with --adopt-foreign; simrun journal snapshot --adopt-foreign " + base + " puts all of the state where rayforce reads it"}
	}
	if _, ok := errors.AsType[*journal.IncompleteError](err); ok {
		return []string{"to see them all: simrun journal open " + base, "to go on, and lose what they did: run the command again with --allow-incomplete"}
	}
	if _, ok := errors.AsType[*journal.DirSyncError](err); ok {
		return []string{"nothing is damaged; to accept that, run the command again with --" + noDirSyncFlag}
	}
	corrupt, isCorrupt := errors.AsType[*journal.CorruptError](err)
	switch status := journal.StatusOf(err); {
	case status == journal.StatusDeserialize, status == journal.StatusDecompress:
		return []string{inspect(corrupt.Path), "its frames are whole, so this is no torn tail: do not truncate it; put back a good copy, or open it with the program that wrote it"}
	case isCorrupt:
		hints := []string{"put back a good copy of " + corrupt.Path}
		if base != "" && strings.HasPrefix(corrupt.Path, base+".log") {
			hints = append([]string{inspect(corrupt.Path)}, hints...)
			hints = append(hints, repair("or give up what was durable behind the damage, kept aside: ", "--accept-loss ")...)
		}
		return hints
	}
	if tail, ok := errors.AsType[*journal.BadTailError](err); ok {
		if tail.FramesBehind {
			hints := []string{inspect(tail.Path), "whole frames stand behind it, so this is no torn tail: put back a good copy"}
			return append(hints, repair("or give up all that is behind it, kept aside: ", "--accept-loss ")...)
		}
		return append([]string{inspect(tail.Path)}, repair("to cut it off, kept aside: ", "")...)
	}
	return nil
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
