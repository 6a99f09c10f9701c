package vfs_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/spf13/afero"

	"powercut/vfs"
	"powercut/vfs/internal/recording"
)

var rewrite = flag.Bool("rewrite", false, "write what the golden scripts of testdata/rules give now")

// TestGoldens runs the scripts of testdata/rules. Each says in its comment
// which rule it shows. Its parts are:
//
//	options   "sector 4096", "capacity 8192", "filesystem xfs"; may be missing
//	setup     steps that are durable before it begins; may be missing
//	steps     what is done; "-> EIO" is what a step returns, if not nil
//	PROFILE…  every tree that may come back, for the profiles of that name
//
// The steps are those of testdata/kernel/README.md, and besides: "read H", which
// shows what programs see; "readdir D"; "evict"; "fault F", which makes the next
// operation of a kind fail; and those of goldenSteps.
func TestGoldens(t *testing.T) {
	paths, err := filepath.Glob("testdata/rules/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, p := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(p), ".txtar"), func(t *testing.T) {
			before, err := os.ReadFile(p)
			if err != nil {
				t.Fatal(err)
			}
			after := txtar.Format(runGolden(t, txtar.Parse(before)))
			if string(after) == string(before) {
				return
			}
			if *rewrite {
				if err := os.WriteFile(p, after, 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			t.Errorf("%s gives now (go test -run TestGoldens -rewrite writes it):\n%s", p, after)
		})
	}
}

func part(a *txtar.Archive, name string) []string {
	for _, f := range a.Files {
		if f.Name == name {
			return strings.Split(strings.TrimSpace(string(f.Data)), "\n")
		}
	}
	return nil
}

func runGolden(t *testing.T, a *txtar.Archive) *txtar.Archive {
	var options vfs.Options
	for _, o := range part(a, "options") {
		key, value, _ := strings.Cut(o, " ")
		n, _ := strconv.Atoi(value)
		switch key {
		case "sector":
			options.SectorBytes = n
		case "capacity":
			options.CapacityBytes = int64(n)
		case "filesystem":
			options.Filesystem = must(vfs.ParseProfile(value))
		default:
			t.Fatalf("option %q", o)
		}
	}
	w := recording.Workload{Setup: part(a, "setup")}
	disk, err := w.After(options, 0)
	if err != nil {
		t.Fatal(err)
	}
	out := &txtar.Archive{Comment: a.Comment}
	for _, f := range a.Files {
		if f.Name == "options" || f.Name == "setup" {
			out.Files = append(out.Files, f)
		}
	}
	s := &goldenScript{recording.Script{Disk: disk, Handles: map[string]afero.File{}}}
	var steps strings.Builder
	for _, line := range part(a, "steps") {
		step, _, _ := strings.Cut(line, " -> ")
		steps.WriteString(step)
		if answer := s.run(step); answer != "" {
			steps.WriteString(" -> " + answer)
		}
		steps.WriteByte('\n')
	}
	out.Files = append(out.Files, txtar.File{Name: "steps", Data: []byte(steps.String())})
	var lists []txtar.File
	for _, p := range vfs.Profiles() {
		var trees []string
		for im := range disk.Images(p) {
			tree, err := mountedTree(im)
			if err != nil {
				t.Fatal(err)
			}
			trees = append(trees, tree.String())
			im.Release()
		}
		slices.Sort(trees)
		text := strings.Join(slices.Compact(trees), "\n") + "\n"
		if i := slices.IndexFunc(lists, func(f txtar.File) bool { return string(f.Data) == text }); i >= 0 {
			lists[i].Name += " " + p.String()
		} else {
			lists = append(lists, txtar.File{Name: p.String(), Data: []byte(text)})
		}
	}
	out.Files = append(out.Files, lists...)
	return out
}

// goldenScript adds faults and reading to the language of the recordings.
type goldenScript struct{ recording.Script }

var goldenFaults = map[string]struct {
	kind vfs.OpKind
	out  vfs.Outcome
}{
	"drop-clean":      {vfs.OpSync, vfs.Outcome{Sync: vfs.SyncDropClean}},
	"thin-no-space":   {vfs.OpSync, vfs.Outcome{Sync: vfs.SyncDropClean, Err: syscall.ENOSPC}},
	"keep-dirty":      {vfs.OpSync, vfs.Outcome{Sync: vfs.SyncKeepDirty}},
	"revert":          {vfs.OpSync, vfs.Outcome{Sync: vfs.SyncRevert}},
	"next-fails":      {vfs.OpSync, vfs.Outcome{Sync: vfs.SyncNextFails}},
	"lying-sync":      {vfs.OpSync, vfs.Outcome{Sync: vfs.SyncLies}},
	"journal-fails":   {vfs.OpSync, vfs.Outcome{Sync: vfs.SyncJournalFails}},
	"drop-page-0":     {vfs.OpSync, vfs.Outcome{Sync: vfs.SyncDropPage}},
	"drop-page-1":     {vfs.OpSync, vfs.Outcome{Sync: vfs.SyncDropPage, Page: 1}},
	"flusher-fails":   {vfs.OpWrite, vfs.Outcome{Sync: vfs.SyncFlusherFails}},
	"write-fails":     {vfs.OpWrite, vfs.Outcome{Err: syscall.EIO}},
	"directory-fails": {vfs.OpSyncDir, vfs.Outcome{Sync: vfs.SyncDropClean}},
}

// goldenSteps are what real kernels were not recorded at.
var goldenSteps = map[string]func(s *goldenScript, w []string) error{
	"truncate": func(s *goldenScript, w []string) error { return s.Disk.Truncate(w[1], number(w[2])) },
	"syncfs":   func(s *goldenScript, _ []string) error { return s.Disk.SyncFS() },
	"store": func(s *goldenScript, w []string) error {
		return s.Handles[w[1]].(vfs.Mappable).StoreAt(bytes.Repeat([]byte(w[3]), int(number(w[4]))), number(w[2]))
	},
	"msync": func(s *goldenScript, w []string) error {
		return s.Handles[w[1]].(vfs.Mappable).SyncRange(number(w[2]), number(w[3]))
	},
}

func number(word string) int64 { return must(strconv.ParseInt(word, 10, 64)) }

func (s *goldenScript) run(step string) string {
	word, arg, _ := strings.Cut(step, " ")
	if do := goldenSteps[word]; do != nil {
		if err := do(s, strings.Fields(step)); err != nil {
			return errnoName(err)
		}
		return ""
	}
	switch word {
	case "fault":
		f, ok := goldenFaults[arg]
		if !ok {
			panic("no fault " + arg)
		}
		s.Disk.SetInjector(once(f.kind, f.out))
		return ""
	case "evict":
		s.Disk.Evict()
		return ""
	case "readdir":
		dir, err := s.Disk.Open(arg)
		if err == nil {
			_, err = dir.Readdirnames(-1)
		}
		if err != nil {
			return errnoName(err)
		}
		return ""
	case "read":
		f := s.Handles[arg]
		info, err := f.Stat()
		if err != nil {
			return errnoName(err)
		}
		b := make([]byte, info.Size())
		if _, err := f.ReadAt(b, 0); err != nil {
			return errnoName(err)
		}
		return recording.Content(b)
	}
	if err := s.Do(step); err != nil {
		return errnoName(err)
	}
	return ""
}

func errnoName(err error) string {
	if e, ok := errors.AsType[syscall.Errno](err); ok {
		names := map[syscall.Errno]string{syscall.EIO: "EIO", syscall.ENOSPC: "ENOSPC", syscall.EROFS: "EROFS"}
		if names[e] != "" {
			return names[e]
		}
	}
	return fmt.Sprint(err)
}
