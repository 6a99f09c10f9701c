package vfs_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"powercut/vfs"
	"powercut/vfs/internal/recording"
)

// crashRule is something that programs believe of filesystems. For each
// profile either no crash image of the script breaks it, or one does.
type crashRule struct {
	rule         string
	setup, steps []string
	broken       func(t refTree) bool
	breaks       []string // the profiles that break it, all others hold it
	unit         int      // bytes that the device writes atomically; 0 is a sector
}

var (
	allProfiles = []string{"posix", "ext4", "ext4-noauto_da_alloc", "ext4-writeback", "xfs", "btrfs"}
	logStyle    = []string{"posix", "btrfs"} // no journal that keeps program order
	inPlace     = []string{"posix", "ext4", "ext4-noauto_da_alloc", "ext4-writeback", "xfs"}
)

func lacks(path string) func(refTree) bool {
	return func(t refTree) bool { _, ok := t[path]; return !ok }
}

func shows(path string, fill byte) func(refTree) bool {
	return func(t refTree) bool { return bytes.IndexByte(t[path], fill) >= 0 }
}

func isNot(path, content string) func(refTree) bool {
	want, err := parseRecordedTree(fmt.Sprintf("%s[%s", path, content))
	if err != nil {
		panic(err)
	}
	return func(t refTree) bool { return !bytes.Equal(t[path], want[path]) }
}

func both(a, b func(refTree) bool) func(refTree) bool {
	return func(t refTree) bool { return a(t) && b(t) }
}

func not(a func(refTree) bool) func(refTree) bool {
	return func(t refTree) bool { return !a(t) }
}

// crashRules is what was measured, rule by rule, on real filesystems, and what
// posix allows.
var crashRules = []crashRule{{
	rule:   "fsync(file) makes the file's own name and its ancestors durable",
	steps:  []string{"mkdir d", "create f d/f", "append f n 600", "fsync f"},
	broken: lacks("d/f"),
	breaks: []string{"posix"},
}, {
	rule:   "directory operations persist in program order",
	steps:  []string{"create x x", "create y y", "fsync y"},
	broken: both(lacks("x"), not(lacks("y"))),
	breaks: logStyle,
}, {
	rule:   "fsync(f) makes all earlier directory operations durable, up to f's last metadata change",
	setup:  []string{"create s a", "append s o 600"},
	steps:  []string{"rename a b", "create f f", "append f n 600", "fsync f"},
	broken: lacks("b"),
	breaks: logStyle,
}, {
	rule:   "fsync(f) always makes everything earlier durable: f clean",
	setup:  []string{"create s a", "create t f", "append t o 600"},
	steps:  []string{"open f f", "rename a b", "fsync f"},
	broken: lacks("b"),
	breaks: allProfiles,
}, {
	rule:   "fsync(f) always makes everything earlier durable: fdatasync of an overwrite",
	setup:  []string{"create s a", "create t f", "append t o 600"},
	steps:  []string{"open f f", "rename a b", "pwrite f 0 n 600", "fdatasync f"},
	broken: lacks("b"),
	breaks: allProfiles,
}, {
	rule:   "fdatasync(f) makes f's own rename durable",
	setup:  []string{"create t f", "append t o 600"},
	steps:  []string{"open f f", "rename f g", "fdatasync f"},
	broken: lacks("g"),
	breaks: inPlace,
}, {
	rule: "the rename of an fsynced file waits for what came before it",
	steps: []string{"create x x", "create h t.tmp", "append h n 600", "fsync h", "rename t.tmp t",
		"create k k", "fsync k"},
	broken: both(lacks("x"), not(lacks("t"))),
	breaks: logStyle,
}, {
	rule:   "fsync(directory) always makes everything earlier durable: a clean directory",
	setup:  []string{"create s a", "mkdir d"},
	steps:  []string{"rename a b", "fsyncdir d"},
	broken: lacks("b"),
	breaks: allProfiles,
}, {
	rule: "write tmp, fsync, rename, then fsync of another file: the rename is durable",
	steps: []string{"create h t.tmp", "append h n 600", "fsync h", "rename t.tmp t",
		"create k k", "append k m 600", "fsync k"},
	broken: lacks("t"),
	breaks: logStyle,
}, {
	rule:   "rename is atomic: within a directory, fsync of the directory",
	setup:  []string{"create s a", "append s o 600"},
	steps:  []string{"rename a b", "fsyncdir ."},
	broken: not(both(lacks("a"), not(lacks("b")))),
}, {
	rule:   "rename is atomic: across directories, fsync of the new one",
	setup:  []string{"mkdir d1", "mkdir d2", "create s d1/a", "append s o 600"},
	steps:  []string{"rename d1/a d2/a", "fsyncdir d2"},
	broken: both(not(lacks("d1/a")), not(lacks("d2/a"))),
	breaks: logStyle,
}, {
	rule:   "a rename keeps one of its names",
	setup:  []string{"create s a", "append s o 600"},
	steps:  []string{"rename a b"},
	broken: both(lacks("a"), lacks("b")),
}, {
	rule:   "a rename across directories keeps one of its names, fsync of the old one",
	setup:  []string{"mkdir d1", "mkdir d2", "create s d1/a", "append s o 600"},
	steps:  []string{"rename d1/a d2/a", "fsyncdir d1"},
	broken: lacks("d2/a"),
}, {
	rule:   "fsync(directory) makes the data of the files in it durable",
	steps:  []string{"create f f", "append f n 5000", "fsyncdir ."},
	broken: isNot("f", "5000]={n5000}"),
	breaks: allProfiles,
	unit:   4096,
}, {
	rule:   "close makes anything durable",
	steps:  []string{"create f f", "append f n 600", "close f"},
	broken: lacks("f"),
	breaks: allProfiles,
}, {
	rule:   "writes of different files persist in program order",
	setup:  []string{"create p p", "append p o 1024", "create q q", "append q o 1024"},
	steps:  []string{"open p p", "open q q", "pwrite p 0 a 1024", "pwrite q 0 b 1024"},
	broken: both(shows("q", 'b'), not(shows("p", 'a'))),
	breaks: allProfiles,
}, {
	rule:   "writes of one file persist in program order",
	setup:  []string{"create f f", "append f o 12288"},
	steps:  []string{"open f f", "pwrite f 0 m 512", "pwrite f 8192 n 512"},
	broken: both(shows("f", 'n'), not(shows("f", 'm'))),
	breaks: inPlace,
}, {
	rule:   "a write is torn only at 4096-byte boundaries",
	setup:  []string{"create f f", "append f o 4096"},
	steps:  []string{"open f f", "pwrite f 0 n 4096"},
	broken: both(shows("f", 'n'), shows("f", 'o')),
	breaks: inPlace,
}, {
	rule:   "a write is torn only at 4096-byte boundaries: on a device that writes 4096 bytes atomically",
	setup:  []string{"create f f", "append f o 4096"},
	steps:  []string{"open f f", "pwrite f 0 n 4096"},
	broken: both(shows("f", 'n'), shows("f", 'o')),
	unit:   4096,
}, {
	rule:   "no zeros inside the size",
	steps:  []string{"create f f", "append f a 5000"},
	broken: shows("f", 0),
	breaks: allProfiles,
	unit:   4096,
}, {
	rule:   "a page in a hole before a durable write is whole, or not there",
	setup:  []string{"create f f", "append f o 100"},
	steps:  []string{"opensync s f", "pwrite s 8192 b 100", "open h f", "pwrite h 4096 c 1024"},
	broken: func(t refTree) bool { b := t["f"]; return len(b) > 8192 && b[4096] != b[4096+512] },
	breaks: []string{"posix"},
}, {
	rule:   "the size is one that the program set",
	steps:  []string{"create f f", "append f n 5000"},
	broken: func(t refTree) bool { n := len(t["f"]); return n != 0 && n != 5000 },
	breaks: inPlace,
	unit:   4096,
}, {
	rule:   "free blocks' old content never shows",
	setup:  []string{"create x x", "append x o 1000"},
	steps:  []string{"unlink x", "create y y", "append y n 1000"},
	broken: shows("y", 'o'),
}, {
	rule:   "an old file never shows another file's new data",
	setup:  []string{"create x x", "append x o 1000"},
	steps:  []string{"unlink x", "create y y", "append y n 1000"},
	broken: shows("x", 'n'),
	breaks: []string{"ext4-writeback"},
}, {
	rule:  "replacing a file by rename without fsync leaves it old, or new with zeros by whole pages",
	setup: []string{"create t t", "append t o 600"},
	steps: []string{"create h t.tmp", "append h n 5000", "close h", "rename t.tmp t"},
	broken: func(t refTree) bool {
		return only(t, "t") != "t[600]={o600}" && !(len(t["t"]) == 5000 && wholePages(t["t"], 'n'))
	},
	breaks: []string{"posix", "ext4-noauto_da_alloc", "xfs", "btrfs"},
	unit:   4096,
}, {
	rule:  "replacing a file by truncation and rewrite without fsync leaves it old, empty, or new with zeros by whole pages",
	setup: []string{"create s f", "append s o 600", "close s"},
	steps: []string{"opentruncate f f", "append f n 5000", "close f"},
	broken: func(t refTree) bool {
		return !slices.Contains([]string{"f[600]={o600}", "f[0]={}"}, only(t, "f")) && !(len(t["f"]) == 5000 && wholePages(t["f"], 'n'))
	},
	breaks: inPlace, // a flusher may come before the close
	unit:   4096,
}, {
	rule:   "a file replaced by truncation and rewrite has its size when a later change of names is durable",
	setup:  []string{"create s f", "append s o 600", "close s"},
	steps:  []string{"opentruncate f f", "append f n 5000", "append f m 5000", "close f", "create g g", "fsync g"},
	broken: func(t refTree) bool { return len(t["f"]) != 10000 },
	breaks: []string{"posix", "ext4-noauto_da_alloc", "xfs", "btrfs"},
	unit:   4096,
}, {
	rule:   "replacing a file by rename without fsync leaves it old, complete, or all zeros",
	setup:  []string{"create t t", "append t o 600"},
	steps:  []string{"create h t.tmp", "append h n 12000", "close h", "rename t.tmp t"},
	broken: both(shows("t", 'n'), shows("t", 0)),
	breaks: allProfiles,
	unit:   4096,
}, {
	rule:   "the fsync of an open file that was replaced makes the replacement durable",
	setup:  []string{"create t t", "append t o 600", "create u u", "append u p 600"},
	steps:  []string{"open h t", "rename u t", "pwrite h 0 n 600", "fsync h"},
	broken: not(lacks("u")),
	breaks: logStyle,
	unit:   4096,
}, {
	rule:   "the fsync of an open file that was replaced makes what was written to it durable",
	setup:  []string{"create t t", "append t o 600", "create u u", "append u p 600"},
	steps:  []string{"open h t", "rename u t", "pwrite h 0 n 600", "fsync h"},
	broken: shows("t", 'o'),
	breaks: logStyle,
	unit:   4096,
}, {
	rule:   "the fsync of an open file that was removed makes the removal durable",
	setup:  []string{"create f f", "append f o 600"},
	steps:  []string{"open h f", "unlink f", "fsync h"},
	broken: not(lacks("f")),
	breaks: logStyle,
	unit:   4096,
}, {
	rule:   "a truncation is durable at the next fsync of another file",
	setup:  []string{"create f f", "append f o 5000"},
	steps:  []string{"open f f", "ftruncate f 600", "create g g", "fsync g"},
	broken: func(t refTree) bool { return len(t["f"]) == 5000 },
	breaks: logStyle,
	unit:   4096,
}}

// wholePages says whether each page is full of a byte, or of zeros.
func wholePages(b []byte, fill byte) bool {
	for page := range slices.Chunk(b, 4096) {
		if len(bytes.Trim(page, string(fill))) > 0 && len(bytes.Trim(page, "\x00")) > 0 {
			return false
		}
	}
	return true
}

func only(t refTree, path string) string { return refTree{path: t[path]}.String() }

// TestRulesThatHoldAndBreak is the table of what was measured: for each rule and
// profile, all crash images.
func TestRulesThatHoldAndBreak(t *testing.T) {
	for _, r := range crashRules {
		t.Run(strings.ReplaceAll(r.rule, " ", "_"), func(t *testing.T) {
			w := recording.Workload{Setup: r.setup, Steps: r.steps}
			for _, profile := range vfs.Profiles() {
				disk, err := w.After(vfs.Options{SectorBytes: r.unit}, len(r.steps))
				if err != nil {
					t.Fatal(err)
				}
				images, broken := 0, ""
				for im := range disk.Images(profile) {
					tree, err := mountedTree(im)
					if err != nil {
						t.Fatal(err)
					}
					if images++; r.broken(tree) {
						broken = tree.String()
						break
					}
				}
				switch breaks := slices.Contains(r.breaks, profile.String()); {
				case breaks && broken == "":
					t.Errorf("%v: none of %d images breaks it", profile, images)
				case !breaks && broken != "":
					t.Errorf("%v: broken by %s", profile, broken)
				}
			}
		})
	}
}
