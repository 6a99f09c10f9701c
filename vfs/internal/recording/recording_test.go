package recording

import (
	"encoding/json"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/afero"

	"powercut/vfs"
)

// TestFormat: what a tree is written as reads back, and so do all recordings.
func TestFormat(t *testing.T) {
	for s, want := range map[string]vfs.Tree{
		"(empty)":                       {},
		"d/ d/f[0]={}":                  {"/d/": nil, "/d/f": {}},
		`f[4]={\x302 \xff1 \x7d1}`:      {"/f": []byte("00\xff}")},
		"s//[1]={f1} x//user.y[1]={a1}": {"/s//": []byte("f"), "/x//user.y": []byte("a")},
		"f[5]={a2 02 b1} g[3]={c3}":     {"/f": []byte("aa\x00\x00b"), "/g": []byte("ccc")},
		"a[1]={01} d/ d/e/ d/x[0]={}":   {"/a": {0}, "/d/": nil, "/d/e/": nil, "/d/x": {}},
	} {
		if got := FormatTree(want); got != s {
			t.Errorf("got %s, want %s", got, s)
		}
		tree, err := ParseTree(s)
		if err != nil || FormatTree(tree) != s {
			t.Errorf("%s reads back as %v (%v)", s, tree, err)
		}
	}
	for _, bad := range []string{"f", "f[", "f[1]", "f[1]={}", "f[1]={a2}", "f[1]={a}", "f[-1]={}", "f[99999999999999]={}", "f[1]={a-1}", "f[1]={a1", "[1]={a1}", "/", "//", "d//", "../", "f/[1]={a1}"} {
		if tree, err := ParseTree(bad); err == nil {
			t.Errorf("%q reads as %v", bad, tree)
		}
	}
}

func FuzzParseTree(f *testing.F) {
	f.Add("(empty)")
	f.Add("d/ d/f[5]={a2 02 b1}")
	f.Fuzz(func(t *testing.T, s string) {
		tree, err := ParseTree(s)
		if err != nil {
			return
		}
		if again, err := ParseTree(FormatTree(tree)); err != nil || FormatTree(again) != FormatTree(tree) {
			t.Errorf("%q reads as %v, and that as %v (%v)", s, tree, again, err)
		}
	})
}

func TestReadBack(t *testing.T) {
	paths, err := filepath.Glob("../../testdata/kernel/*.json")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no recordings: %v", err)
	}
	for _, path := range paths {
		r, err := Read(path)
		if err != nil {
			t.Fatal(err)
		}
		if !json.Valid(r.Text()) {
			t.Fatalf("%s: not JSON", path)
		}
		copied := filepath.Join(t.TempDir(), "copy.json")
		if err := r.Write(copied); err != nil {
			t.Fatal(err)
		}
		again, err := Read(copied)
		if err != nil || string(again.Text()) != string(r.Text()) {
			t.Errorf("%s does not read back as it is written (%v)", path, err)
		}
		for _, w := range r.Workloads {
			for _, o := range w.Observed {
				for _, s := range o.States {
					tree, err := ParseTree(s)
					if err != nil || FormatTree(tree) != s {
						t.Fatalf("%s: %s reads back as %s (%v)", path, s, FormatTree(tree), err)
					}
				}
			}
		}
	}
}

type seeded struct{ *rand.Rand }

func (s seeded) Uint64n(n uint64) uint64 { return s.Uint64N(n) }

// TestDraw: what is drawn runs on a disk, leaves no handle open in its setup,
// has every sort of step in it sooner or later, and is the same again.
func TestDraw(t *testing.T) {
	words := map[string]bool{}
	for seed := range uint64(400) {
		w := Draw(seeded{rand.New(rand.NewPCG(seed, 0))})
		again := Draw(seeded{rand.New(rand.NewPCG(seed, 0))})
		if !slices.Equal(w.Setup, again.Setup) || !slices.Equal(w.Steps, again.Steps) {
			t.Fatalf("seed %d draws %v %v, and then %v %v", seed, w.Setup, w.Steps, again.Setup, again.Steps)
		}
		s := &Script{Disk: vfs.New(vfs.Options{}), Handles: map[string]afero.File{}}
		for i, step := range append(slices.Clone(w.Setup), w.Steps...) {
			if i == len(w.Setup) && len(s.Handles) > 0 {
				t.Fatalf("seed %d: open after the setup: %v", seed, s.Handles)
			}
			if err := s.Do(step); err != nil {
				t.Fatalf("seed %d: %q: %v", seed, step, err)
			}
			words[strings.Fields(step)[0]] = true
		}
	}
	for word := range actions {
		if !words[word] {
			t.Errorf("no workload has a step %q", word)
		}
	}
}

func TestBadSteps(t *testing.T) {
	s := &Script{Disk: vfs.New(vfs.Options{}), Handles: map[string]afero.File{}}
	for _, step := range []string{"", "nothing", "create", "create h", "create h a b", "fsync h", "close h", "append h x 1"} {
		if s.Do(step) == nil {
			t.Errorf("%q is done", step)
		}
	}
	if err := s.Do("create h a"); err != nil {
		t.Fatal(err)
	}
	for _, step := range []string{"append h x n", "pwrite h n x 1", "pwrite h 0 x n", "append h x -1", "ftruncate h n", "fallocate h n"} {
		if s.Do(step) == nil {
			t.Errorf("%q is done", step)
		}
	}
}

// TestRefused: a state that was not possible is refused, where and why.
func TestRefused(t *testing.T) {
	w := Workload{Name: "w", Steps: []string{"create h f", "append h a 100", "fsync h", "append h b 100"}, Observed: []Point{
		{Step: 2, Inside: true, States: []string{"(empty)", "f[100]={a100}"}},
		{Step: 3, States: []string{"(empty)", "f[100]={a100}"}},
		{Step: 3, Inside: true, States: []string{"f[200]={a100 b100}"}},
		{Step: 4, States: []string{"f[200]={a100 b100}", "f[50]={a50}"}},
	}}
	states, refused, err := w.Refused(vfs.Ext4, vfs.POSIX)
	if err != nil || states != 7 {
		t.Fatalf("%d states, %v", states, err)
	}
	var got []string
	for _, r := range refused {
		got = append(got, r.String()[:strings.LastIndex(r.String(), ":")])
	}
	want := []string{"w, after 3 steps: ext4 refuses (empty)", "w, after 4 steps: ext4 refuses f[50]={a50}: /f", "w, after 4 steps: posix refuses f[50]={a50}: /f"}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}
