package vfs_test

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/spf13/afero"

	"powercut/vfs"
)

// busy is a disk with all sorts of things pending.
func busy() *vfs.Disk {
	d := vfs.New(vfs.Options{})
	for i := range 5 {
		check(afero.WriteFile(d, fmt.Sprintf("/f%d", i), []byte(strings.Repeat("old ", 1000*i)), 0o644))
	}
	check(d.Mkdir("/d", 0o755))
	d.SyncAll()
	for i := range 5 {
		f := must(d.OpenFile(fmt.Sprintf("/f%d", i), os.O_RDWR, 0))
		must(f.WriteAt([]byte(strings.Repeat("young ", 300)), int64(700*i)))
		if i%2 == 0 {
			check(f.Truncate(int64(900 * i)))
		}
		check(f.Close())
	}
	check(d.Rename("/f1", "/d/f1"))
	check(d.Link("/f2", "/d/f2"))
	check(d.Rename("/f3", "/f4"))
	check(d.Remove("/f0"))
	check(afero.WriteFile(d, "/f0", []byte("again"), 0o600))
	return d
}

// digestsEnv asks the test below to print what it found, for its parent.
const digestsEnv = "POWERCUT_PRINT_DIGESTS"

// TestSameImagesInAnotherProcess: a thousand images of one state, drawn from
// one stream, are the same in another process.
func TestSameImagesInAnotherProcess(t *testing.T) {
	var b strings.Builder
	d, src := busy(), &fixedSource{state: 7}
	for i := range 1000 {
		p := vfs.Profiles()[i%len(vfs.Profiles())]
		im := d.Crash(p, src)
		fmt.Fprintln(&b, p, im.Digest(), im.Choice())
		im.Release()
	}
	fmt.Fprintln(&b, d.ProcessCrash().Digest())
	if os.Getenv(digestsEnv) != "" {
		fmt.Print(b.String())
		return
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestSameImagesInAnotherProcess$")
	cmd.Env = append(os.Environ(), digestsEnv+"=1", "GOMAXPROCS=1")
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	there := strings.Split(string(out), "\n")
	for i, here := range strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n") {
		if there[i] != here {
			t.Fatalf("image %d: %q here, %q there", i, here, there[i])
		}
	}
}

// TestSpecials: by name, what they show under posix.
func TestSpecials(t *testing.T) {
	d := vfs.New(vfs.Options{})
	f := must(d.Create("/f"))
	must(f.Write([]byte(strings.Repeat("o", 2048))))
	d.SyncAll()
	must(f.WriteAt([]byte(strings.Repeat("n", 2048)), 0)) // 3
	check(afero.WriteFile(d, "/g", []byte("new"), 0o644)) // 4 create, 5 write, 6 close
	check(d.Rename("/g", "/h"))                           // 7
	got := map[string]string{}
	var order []string
	for im := range d.Specials(vfs.POSIX) {
		var parts []string
		for e := range im.Walk() {
			s := fmt.Sprintf("%s=%d", e.Path, len(e.Data))
			for _, c := range "on" {
				if n := strings.Count(string(e.Data), string(c)); n > 0 {
					s += fmt.Sprintf("%c%d", c, n)
				}
			}
			parts = append(parts, s)
		}
		got[im.Name()] = strings.Join(parts, " ")
		order = append(order, im.Name())
	}
	want := map[string]string{
		"nothing":    "/f=2048o2048",
		"everything": "/f=2048n2048 /h=3n1",
		"names-only": "/f=2048o2048 /h=0",
		"data-only":  "/f=2048n2048",
		"last-torn":  "/f=2048n2048 /h=3n1",
		"without-3":  "/f=2048o2048 /h=3n1",
		"only-3":     "/f=2048n2048",
		"without-4":  "/f=2048n2048 /h=3n1",
		"only-4":     "/f=2048o2048 /g=0",
		"without-5":  "/f=2048n2048 /h=0",
		"only-5":     "/f=2048o2048",
		"without-7":  "/f=2048n2048 /g=3n1",
		"only-7":     "/f=2048o2048 /h=0",
	}
	for _, name := range order {
		if got[name] != want[name] {
			t.Errorf("%s: %s, want %s", name, got[name], want[name])
		}
	}
	if len(order) != len(want) {
		t.Errorf("%d special images: %v", len(order), order)
	}
	check(f.Sync())
	must(f.WriteAt([]byte(strings.Repeat("m", 2048)), 0))
	for im := range d.Specials(vfs.POSIX) {
		if im.Name() == vfs.SpecialTorn {
			expect(t, "torn", string(im.Tree()["/f"]), strings.Repeat("n", 1024)+strings.Repeat("m", 1024))
		}
	}
}

// TestSettled: a disk is settled when all is durable, and not before.
func TestSettled(t *testing.T) {
	d := vfs.New(vfs.Options{})
	expect := func(when string, want bool) {
		t.Helper()
		if only, got := d.Settled(); got != want {
			t.Errorf("%s: got %v, want %v", when, got, want)
		} else if got && only != d.Crash(vfs.POSIX, &fixedSource{}).Digest() {
			t.Errorf("%s: it foretells another image", when)
		}
	}
	expect("empty", true)
	f := must(d.Create("/f"))
	expect("with a new name", false)
	must(f.WriteString("content"))
	dir := must(d.Open("/"))
	check(dir.Sync())
	expect("with content that was not synced", false)
	check(f.Sync())
	expect("with both synced", true)
	must(f.WriteAt([]byte("C"), 0))
	expect("with content that was overwritten", false)
}

// TestDigestIsOfWhatShows: two ways to the same tree have the same digest, and
// different trees have different ones.
func TestDigestIsOfWhatShows(t *testing.T) {
	digest := func(d *vfs.Disk) vfs.Digest { d.SyncAll(); return d.Crash(vfs.POSIX, &fixedSource{}).Digest() }
	a, b := vfs.New(vfs.Options{}), vfs.New(vfs.Options{})
	check(a.Mkdir("/d", 0o755))
	check(afero.WriteFile(a, "/d/f", []byte("content"), 0o644))
	check(afero.WriteFile(b, "/x", []byte("contEnt and more"), 0o644))
	if digest(a) == digest(b) {
		t.Error("different trees have the same digest")
	}
	check(b.Mkdir("/e", 0o755))
	check(b.Rename("/e", "/d"))
	check(b.Rename("/x", "/d/f"))
	f := must(b.OpenFile("/d/f", os.O_RDWR, 0))
	must(f.WriteAt([]byte("e"), 4))
	check(f.Truncate(7))
	if digest(a) != digest(b) {
		t.Errorf("%v and %v have different digests", a.Tree(), b.Tree())
	}
	before := digest(b)
	for _, c := range []struct {
		what   string
		change func()
	}{
		{"a hole", func() { check(f.Truncate(5000)) }},
		{"a mode", func() { check(b.Chmod("/d/f", 0o600)) }},
		{"a second name", func() { check(b.Link("/d/f", "/d/g")) }},
		{"a copy instead of a second name", func() {
			check(b.Remove("/d/g"))
			check(afero.WriteFile(b, "/d/g", must(afero.ReadFile(b, "/d/f")), 0o600))
		}},
	} {
		c.change()
		if now := digest(b); now == before {
			t.Errorf("%s makes no difference", c.what)
		} else {
			before = now
		}
	}
}

// TestProcessCrash: pending stays pending, and the digest knows it.
func TestProcessCrash(t *testing.T) {
	d := vfs.New(vfs.Options{})
	f := must(d.Create("/f"))
	must(f.Write([]byte("x")))
	im := d.ProcessCrash()
	if im.Kind() != vfs.ProcessCrash || im.Choice().String() != "process-crash" {
		t.Errorf("%v, %v", im.Kind(), im.Choice())
	}
	e := im.Mount(vfs.Options{})
	expect(t, "pending", fmt.Sprint(e.Pending()), "[-2: create /f -1: write /f 0+1, size 0 to 1]")
	g := must(e.OpenFile("/f", os.O_RDWR, 0))
	must(g.Write([]byte("yz")))
	expect(t, "pending", fmt.Sprint(e.Pending()), "[-2: create /f -1: write /f 0+1, size 0 to 1 2: write /f 0+2, size 1 to 2]")
	expect(t, "images", contents(e, vfs.POSIX, "/f"), []string{"", "\x00", "\x00\x00", "-", "x", "x\x00", "y", "yz"})
	check(g.Sync())
	check(must(e.Open("/")).Sync())
	expect(t, "images", contents(e, vfs.POSIX, "/f"), []string{"yz"})
	if len(e.Pending()) > 0 {
		t.Errorf("pending: %v", e.Pending())
	}
	d.SyncAll()
	if d.ProcessCrash().Digest() == im.Digest() {
		t.Error("the digest doesn't tell pending from durable")
	}
	if _, err := f.Stat(); err != nil {
		t.Errorf("the disk itself does not go on: %v", err)
	}
}

// TestOrigin: for each byte, who wrote it, whether that was synced, and whose
// was lost.
func TestOrigin(t *testing.T) {
	d := vfs.New(vfs.Options{})
	f := must(d.Create("/f"))           // 1
	must(f.Write(make([]byte, 600)))    // 2
	check(f.Sync())                     // 3
	check(must(d.Open("/")).Sync())     // 4, 5
	must(f.WriteAt([]byte("aaa"), 100)) // 6
	must(f.WriteAt([]byte("bbb"), 102)) // 7
	must(f.WriteAt([]byte("ccc"), 598)) // 8
	type origins [4]string
	for _, c := range []struct {
		choice string
		want   origins // of bytes 0, 101, 102, 599
		lost   string
	}{
		{"power-cut posix", origins{"2 true []", "6 false []", "7 false []", "8 false []"}, "[]"},
		{"power-cut posix #2:0=6", origins{"2 true []", "6 false []", "6 false [7]", "8 false []"}, "[7: write /f 102+3]"},
		{"power-cut posix #2:size=600,0=durable,1=durable", origins{"2 true []", "2 true [6]", "2 true [6 7]", "2 true [8]"},
			"[6: write /f 100+3 7: write /f 102+3 8: write /f 598+3, size 600 to 601]"},
	} {
		choice, err := vfs.ParseChoice(c.choice)
		if err != nil {
			t.Fatal(err)
		}
		im, err := d.Choose(choice)
		if err != nil {
			t.Fatal(err)
		}
		for i, off := range []int64{0, 101, 102, 599} {
			o, err := im.Origin("/f", off)
			if err != nil {
				t.Fatal(err)
			}
			if got := fmt.Sprint(o.Seq, o.Synced, o.Lost); got != c.want[i] {
				t.Errorf("%s: byte %d: %s, want %s", c.choice, off, got, c.want[i])
			}
		}
		if got := fmt.Sprint(im.Lost()); got != c.lost {
			t.Errorf("%s: lost %s, want %s", c.choice, got, c.lost)
		}
	}
	im := d.ProcessCrash()
	if _, err := im.Origin("/f", 601); err == nil {
		t.Error("a byte beyond the end has an origin")
	}
	_, err := im.Origin("/g", 0)
	is(t, "no such file", err, fs.ErrNotExist)
}

// A write is lost if the file ends before it, and is not if the program itself
// cut it off.
func TestLostBeyondTheSize(t *testing.T) {
	d := vfs.New(vfs.Options{})
	f := must(d.Create("/f"))           // 1
	must(f.Write(make([]byte, 16)))     // 2
	must(f.Write([]byte("0123456789"))) // 3
	check(f.Truncate(20))               // 4
	check(must(d.Open("/")).Sync())     // 5, 6: the name
	for _, c := range []struct{ choice, lost string }{
		{"power-cut posix", "[]"},
		{"power-cut posix #2:size=16", "[3: write /f 16+10, size 16 to 26]"},
		{"power-cut posix #2:size=0", "[2: write /f 0+16, size 0 to 16 3: write /f 16+10, size 16 to 26]"},
	} {
		choice, err := vfs.ParseChoice(c.choice)
		if err != nil {
			t.Fatal(err)
		}
		im, err := d.Choose(choice)
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(im.Lost()); got != c.lost {
			t.Errorf("%s: lost %s, want %s", c.choice, got, c.lost)
		}
	}
}

func TestExport(t *testing.T) {
	d := busy()
	im := d.ProcessCrash()
	dir := t.TempDir()
	if err := im.Export(afero.NewOsFs(), dir); err != nil {
		t.Fatal(err)
	}
	got := must(vfs.ReadTree(afero.NewBasePathFs(afero.NewOsFs(), dir)))
	if got.String() != im.Tree().String() || got.String() != d.Tree().String() {
		t.Errorf("exported %v, want %v", got, im.Tree())
	}
}
