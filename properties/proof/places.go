package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"
)

// functions names the function that each place of a site is in, by the source as
// it is now: "move<finishRoll<rename".
func functions(site string) (string, error) {
	var names []string
	for place := range strings.SplitSeq(site, "<") {
		file, lineText, _ := strings.Cut(place, ":")
		line, err := strconv.Atoi(lineText)
		if err != nil {
			return "", fmt.Errorf("site %q: %w", site, err)
		}
		name, err := functionAt(file, line)
		if err != nil {
			return "", fmt.Errorf("site %q: %w", site, err)
		}
		names = append(names, name)
	}
	return strings.Join(names, "<"), nil
}

func functionAt(file string, line int) (string, error) {
	files := token.NewFileSet()
	parsed, err := parser.ParseFile(files, file, nil, parser.SkipObjectResolution)
	if err != nil {
		return "", err
	}
	for _, decl := range parsed.Decls {
		f, ok := decl.(*ast.FuncDecl)
		if ok && files.Position(f.Pos()).Line <= line && line <= files.Position(f.End()).Line {
			return f.Name.Name, nil
		}
	}
	return "", fmt.Errorf("%s has no function at line %d: measure the barriers again", file, line)
}

// A lateReason says why nobody misses a barrier that comes behind the next
// operation: what that operation is.
type lateReason struct {
	Letter, Text string
	op           string
	within       []string // functions, one of which the site begins or goes on with; nil: any
}

// lateReasons are looked through in order.
var lateReasons = []lateReason{
	{Letter: "a", op: "syncdir", Text: "The next operation closes the directory that was opened to be synced: nothing comes in between."},
	{Letter: "b", op: "rename", Text: "The next operation opens the directory to sync it: the rename comes before that sync all the same."},
	{Letter: "c", op: "truncate", Text: "The next operation is the fsync of the file. What the truncation cuts off was never part of the log, and " +
		"whatever is written next is written over it; if a power cut brings it back, it is a tail like any other."},
	{Letter: "d", op: "sync", within: []string{"createLog", "writeSnapshotTmp", "copyTail", "successor", "disown"}, Text: "The next operation closes the file, syncs " +
		"another or the directory, or renames another: the fsync comes before the file gets the name that makes it count."},
	{Letter: "e", op: "sync", within: []string{"settleHead", "repairLog", "syncFile"}, Text: "The next operation closes the file, or opens the " +
		"directory to sync it: the fsync comes before Open, or Repair, has told anybody anything."},
	{Letter: "f", op: "sync", within: []string{"claim"}, Text: "Of the two fsyncs of a claim, behind the first the marker is written, and the " +
		"second makes both durable; behind the second nothing depends on the marker but the answer to damage, and the entries are durable by the first."},
	{Letter: "g", op: "sync", within: []string{"undo"}, Text: "The next operation writes what comes next over the bytes that were cut off, or closes the file."},
	{Letter: "h", op: "sync", within: []string{"writeSnapshot"}, Text: "The next operation renames the snapshot, or answers the caller of Snapshot, who was " +
		"promised no more than the entries that were durable before."},
	{Letter: "i", op: "sync", within: []string{"trim"}, Text: "The next operation removes what an unfinished roll left, long before the archive gets its " +
		"name, or closes the file."},
	{Letter: "j", op: "sync", within: []string{"writeAdoption"}, Text: "The next operation writes the header of the marker whose rest this fsync makes durable, and " +
		"the late fsync comes right behind it, before any crash. What the barrier is there against, a header without the rest, is missed where it does nothing."},
}

// explainLate finds the reason for a site that nobody misses when it is late.
func explainLate(op, site string) (string, error) {
	names, err := functions(site)
	if err != nil {
		return "", err
	}
	for _, r := range lateReasons {
		if r.op != op {
			continue
		}
		for _, name := range r.within {
			if slices.Contains(strings.Split(names, "<"), name) {
				return r.Letter, nil
			}
		}
		if r.within == nil {
			return r.Letter, nil
		}
	}
	return "", fmt.Errorf("no reason is given for %s at %s (%s): find out why nobody misses it, or mend that", op, site, names)
}
