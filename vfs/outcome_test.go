package vfs_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/spf13/afero"

	"powercut/vfs"
)

// TestWriteOutcomes: what a write leaves and says under each effect.
func TestWriteOutcomes(t *testing.T) {
	const was = "................"
	for _, c := range []struct {
		name string
		out  vfs.Outcome
		n    int
		err  error
		want string
	}{
		{"refused", vfs.Outcome{Err: syscall.EIO}, 0, syscall.EIO, was},
		{"lost", vfs.Outcome{Effect: vfs.EffectNone}, 8, nil, was},
		{"partial", vfs.Outcome{Err: syscall.ENOSPC, Effect: vfs.EffectPartial, N: 3}, 3, syscall.ENOSPC, "....wri........."},
		{"partial, no error", vfs.Outcome{Effect: vfs.EffectPartial, N: 3}, 3, vfs.ErrInjected, "....wri........."},
		{"failed after all", vfs.Outcome{Err: syscall.EIO, Effect: vfs.EffectFull}, 8, syscall.EIO, "....written!...."},
		{"bit rot", vfs.Outcome{Flip: 1 + 5}, 8, nil, "....Written!...."},
		{"misdirected", vfs.Outcome{Redirect: &vfs.Redirect{Offset: 8}}, 8, nil, "........written!"},
		{"misdirected to another file", vfs.Outcome{Redirect: &vfs.Redirect{Path: "/g", Offset: 1}}, 8, nil, was},
		{"misdirected to no file", vfs.Outcome{Redirect: &vfs.Redirect{Path: "/none"}}, 8, nil, was},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := vfs.New(vfs.Options{})
			check(afero.WriteFile(d, "/g", []byte("ggg"), 0o644))
			f := must(d.Create("/f"))
			must(f.Write([]byte(was)))
			d.SetInjector(once(vfs.OpWrite, c.out))
			n, err := f.WriteAt([]byte("written!"), 4)
			if n != c.n {
				t.Errorf("count %d, want %d", n, c.n)
			}
			is(t, "error", err, c.err)
			if c.err != nil {
				is(t, "error", err, vfs.ErrInjected)
				if p, ok := errors.AsType[*fs.PathError](err); !ok || p.Path != "/f" {
					t.Errorf("error %#v: want a PathError of /f", err)
				}
			}
			expect(t, "content", content(t, f), c.want)
			if strings.HasSuffix(c.name, "another file") {
				expect(t, "the other file", string(must(afero.ReadFile(d, "/g"))), "gwritten!")
			}
		})
	}
}

// TestTornWrite: a mask of sectors gets to the page cache, and the count is
// the caller's.
func TestTornWrite(t *testing.T) {
	d := vfs.New(vfs.Options{})
	f := must(d.Create("/f"))
	must(f.Write(bytes.Repeat([]byte("."), 2048)))
	d.SetInjector(once(vfs.OpWrite, vfs.Outcome{Err: syscall.EIO, Effect: vfs.EffectPartial, N: 0, Torn: 0b101}))
	n, err := f.WriteAt(bytes.Repeat([]byte("x"), 1200), 100)
	is(t, "error", err, syscall.EIO)
	if n != 0 {
		t.Errorf("count %d, want 0", n)
	}
	run := func(s string, n int) string { return strings.Repeat(s, n) }
	expect(t, "content", content(t, f), run(".", 100)+run("x", 412)+run(".", 512)+run("x", 276)+run(".", 748))
}

func TestReadOutcomes(t *testing.T) {
	d := vfs.New(vfs.Options{})
	check(afero.WriteFile(d, "/f", []byte("content"), 0o644))
	f := must(d.Open("/f"))
	buf := make([]byte, 7)
	try := func(out vfs.Outcome, want string, wantErr error) {
		t.Helper()
		d.SetInjector(once(vfs.OpRead, out))
		must(f.Seek(0, io.SeekStart))
		n, err := f.Read(buf)
		expect(t, "read", string(buf[:n]), want)
		is(t, "read", err, wantErr)
	}
	try(vfs.Outcome{Err: syscall.EIO}, "", syscall.EIO)
	try(vfs.Outcome{Effect: vfs.EffectPartial, N: 3}, "con", nil)
	try(vfs.Outcome{Effect: vfs.EffectPartial, N: 3, Err: io.EOF}, "con", nil)
	try(vfs.Outcome{Flip: 1 + 5}, "Content", nil)
	try(vfs.Outcome{}, "content", nil) // that was transient
	d.SetInjector(once(vfs.OpRead, vfs.Outcome{Effect: vfs.EffectPartial, N: 3}))
	n, err := f.ReadAt(buf, 0)
	is(t, "short positioned read", err, io.ErrUnexpectedEOF)
	is(t, "short positioned read", err, vfs.ErrInjected)
	expect(t, "short positioned read", string(buf[:n]), "con")
}

// TestNameOutcomes: an operation on names happens or not, whatever its caller
// is told.
func TestNameOutcomes(t *testing.T) {
	ops := []struct {
		kind vfs.OpKind
		do   func(*vfs.Disk) error
		done func(*vfs.Disk) bool
	}{
		{vfs.OpRename, func(d *vfs.Disk) error { return d.Rename("/f", "/g") }, func(d *vfs.Disk) bool { return has(d, "/g") && !has(d, "/f") }},
		{vfs.OpRemove, func(d *vfs.Disk) error { return d.Remove("/f") }, func(d *vfs.Disk) bool { return !has(d, "/f") }},
		{vfs.OpLink, func(d *vfs.Disk) error { return d.Link("/f", "/g") }, func(d *vfs.Disk) bool { return has(d, "/g") && has(d, "/f") }},
		{vfs.OpMkdir, func(d *vfs.Disk) error { return d.Mkdir("/d", 0o755) }, func(d *vfs.Disk) bool { return has(d, "/d") }},
		{vfs.OpCreate, func(d *vfs.Disk) error { _, err := d.Create("/n"); return err }, func(d *vfs.Disk) bool { return has(d, "/n") }},
		{vfs.OpChmod, func(d *vfs.Disk) error { return d.Chmod("/f", 0o600) }, func(d *vfs.Disk) bool { return must(d.Stat("/f")).Mode() == 0o600 }},
		{vfs.OpTruncate, func(d *vfs.Disk) error {
			f := must(d.OpenFile("/f", os.O_RDWR, 0))
			return f.Truncate(1)
		}, func(d *vfs.Disk) bool { return must(d.Stat("/f")).Size() == 1 }},
	}
	for _, op := range ops {
		for _, after := range []bool{false, true} {
			d := vfs.New(vfs.Options{})
			check(afero.WriteFile(d, "/f", []byte("content"), 0o644))
			out := vfs.Outcome{Err: syscall.EIO}
			if after {
				out.Effect = vfs.EffectFull
			}
			d.SetInjector(once(op.kind, out))
			err := op.do(d)
			d.SetInjector(nil)
			is(t, op.kind.String(), err, syscall.EIO)
			is(t, op.kind.String(), err, vfs.ErrInjected)
			if got := op.done(d); got != after {
				t.Errorf("%v, fault after: %v: took place: %v", op.kind, after, got)
			}
		}
	}
}

func has(d *vfs.Disk, name string) bool {
	_, err := d.Stat(name)
	return err == nil
}

func TestCloseFault(t *testing.T) {
	d := vfs.New(vfs.Options{})
	f := must(d.Create("/f"))
	d.SetInjector(once(vfs.OpClose, vfs.Outcome{Err: syscall.EIO, Effect: vfs.EffectFull}))
	is(t, "close", f.Close(), syscall.EIO)
	is(t, "close again", f.Close(), fs.ErrClosed)
}

// TestCapacity: a full disk takes what it can, says so, and has its space back
// at once after a removal.
func TestCapacity(t *testing.T) {
	d := vfs.New(vfs.Options{CapacityBytes: 3 * 4096, Filesystem: vfs.Ext4})
	f := must(d.Create("/f"))
	n, err := f.Write(make([]byte, 5*4096))
	is(t, "write", err, syscall.ENOSPC)
	if n != 3*4096 {
		t.Errorf("wrote %d bytes, want %d", n, 3*4096)
	}
	if errors.Is(err, vfs.ErrInjected) {
		t.Error("nobody injected that")
	}
	must(f.WriteAt([]byte("in place"), 0))
	is(t, "mkdir", d.Mkdir("/d", 0o755), syscall.ENOSPC)
	is(t, "rename", d.Rename("/f", "/g"), nil)
	g := must(d.Create("/h"))
	_, err = g.Write([]byte("x"))
	is(t, "write", err, syscall.ENOSPC)
	is(t, "truncate", f.Truncate(4096), nil)
	must(g.Write(make([]byte, 8192)))
	is(t, "close", g.Close(), nil)
	is(t, "remove", d.Remove("/h"), nil)
	must(f.WriteAt(make([]byte, 8192), 4096))
	mounted := d.ProcessCrash().Mount(vfs.Options{})
	_, err = must(mounted.OpenFile("/g", os.O_RDWR, 0)).WriteAt([]byte("x"), 12288)
	is(t, "write on what a crash left", err, syscall.ENOSPC)
	mounted.SetCapacity(0)
	is(t, "mkdir without a bound", mounted.Mkdir("/d", 0o755), nil)
}

// hookFuncs is a vfs.Hook.
type hookFuncs struct {
	before func(vfs.Op)
	after  func(vfs.Op, vfs.Result)
}

func (h hookFuncs) Before(op vfs.Op) {
	if h.before != nil {
		h.before(op)
	}
}

func (h hookFuncs) After(op vfs.Op, res vfs.Result) {
	if h.after != nil {
		h.after(op, res)
	}
}

// TestPowerCut: the operation during which the power goes does nothing, and
// neither does any other; the hook sees them all.
func TestPowerCut(t *testing.T) {
	d := vfs.New(vfs.Options{})
	f := must(d.Create("/f"))
	dir := must(d.Open("/"))
	seen := 0
	d.SetHook(hookFuncs{
		before: func(op vfs.Op) {
			if op.Kind == vfs.OpWrite {
				d.PowerCut()
			}
		},
		after: func(_ vfs.Op, res vfs.Result) {
			seen++
			is(t, "result", res.Err, vfs.ErrPowerCut)
		},
	})
	_, err := f.Write([]byte("x"))
	is(t, "write", err, vfs.ErrPowerCut)
	_, err = f.ReadAt(make([]byte, 1), 0)
	is(t, "read", err, vfs.ErrPowerCut)
	_, err = f.Stat()
	is(t, "fstat", err, vfs.ErrPowerCut)
	_, err = dir.Readdirnames(0)
	is(t, "readdir", err, vfs.ErrPowerCut)
	_, err = d.Open("/f")
	is(t, "open", err, vfs.ErrPowerCut)
	_, err = d.Stat("/f")
	is(t, "stat", err, vfs.ErrPowerCut)
	is(t, "sync", f.Sync(), vfs.ErrPowerCut)
	is(t, "truncate", f.Truncate(0), vfs.ErrPowerCut)
	is(t, "rename", d.Rename("/f", "/g"), vfs.ErrPowerCut)
	is(t, "link", d.Link("/f", "/g"), vfs.ErrPowerCut)
	is(t, "remove", d.Remove("/f"), vfs.ErrPowerCut)
	is(t, "mkdir", d.Mkdir("/d", 0o755), vfs.ErrPowerCut)
	is(t, "mkdirall", d.MkdirAll("/d/e", 0o755), vfs.ErrPowerCut)
	is(t, "chmod", d.Chmod("/f", 0o600), vfs.ErrPowerCut)
	is(t, "close", f.Close(), vfs.ErrPowerCut)
	_, err = d.Lock("/l")
	is(t, "lock", err, vfs.ErrPowerCut)
	if seen != 15 {
		t.Errorf("the hook saw %d operations, want 15", seen)
	}
	if got := d.Tree().String(); got != "/f 0 bytes\n" {
		t.Errorf("the disk shows %q", got)
	}
}

// TestHookSeesOperations: each with its number, the name that the file has
// now, and what the caller is told.
func TestHookSeesOperations(t *testing.T) {
	d := vfs.New(vfs.Options{})
	var got []string
	d.SetHook(hookFuncs{
		before: func(op vfs.Op) {
			if op.Seq != 0 {
				t.Errorf("%v has the number %d before it took place", op.Kind, op.Seq)
			}
		},
		after: func(op vfs.Op, res vfs.Result) {
			got = append(got, fmt.Sprintf("%d %v %s %s %d+%d: %d %v %v", op.Seq, op.Kind, op.Path, op.NewPath, op.Offset, op.Len, res.N, res.Err, res.Injected))
		},
	})
	f := must(d.OpenFile("./f", os.O_RDWR|os.O_CREATE, 0o644))
	must(f.Write([]byte("12345")))
	check(d.Rename("f", "/g"))
	_, _ = f.ReadAt(make([]byte, 9), 1)
	check(d.Remove("g"))
	d.SetInjector(once(vfs.OpSync, vfs.Outcome{Sync: vfs.SyncLies}))
	check(f.Sync())
	check(f.Close())
	want := []string{
		"1 create /f  0+0: 0 <nil> false",
		"2 write /f  0+5: 5 <nil> false",
		"3 rename /f /g 0+0: 0 <nil> false",
		"4 read /g  1+9: 4 EOF false",
		"5 remove /g  0+0: 0 <nil> false",
		"6 sync /g  0+0: 0 <nil> true",
		"7 close /g  0+0: 0 <nil> false",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestOpsAndLatency(t *testing.T) {
	slept := time.Duration(0)
	d := vfs.New(vfs.Options{Sleep: func(l time.Duration) { slept += l }})
	d.SetInjector(injectorFunc(func(op vfs.Op) vfs.Outcome { return vfs.Outcome{Latency: time.Duration(op.Seq)} }))
	f := must(d.Create("/f"))
	must(f.Write([]byte("x")))
	check(f.Close())
	if d.Ops() != 3 || slept != 6 || d.Delayed() != 6 {
		t.Errorf("%d operations, slept %d, delayed %d; want 3, 6, 6", d.Ops(), slept, d.Delayed())
	}
}

func TestLock(t *testing.T) {
	d := vfs.New(vfs.Options{})
	unlock := must(d.Lock("/a/../l"))
	_, err := d.Lock("l")
	is(t, "second lock", err, vfs.ErrLocked)
	must(d.ProcessCrash().Mount(vfs.Options{}).Lock("/l"))
	is(t, "unlock", unlock(), nil)
	unlock = must(d.Lock("/l"))
	is(t, "unlock", unlock(), nil)
	is(t, "unlock again", unlock(), nil)
	if d.Ops() != 0 {
		t.Errorf("%d operations, want none", d.Ops())
	}
}

// A write of which some sectors got through is one version of its page: a device that
// writes pages as a whole shows all of them or none.
func TestTornWriteIsOneVersion(t *testing.T) {
	d := vfs.New(vfs.Options{SectorBytes: 4096})
	f := must(d.Create("/f"))
	must(f.Write(bytes.Repeat([]byte("o"), 4096)))
	d.SyncAll()
	d.SetInjector(once(vfs.OpWrite, vfs.Outcome{Effect: vfs.EffectPartial, N: 4096, Torn: 0b101}))
	_, _ = f.WriteAt(bytes.Repeat([]byte("n"), 4096), 0) // what it says is another test's
	torn := strings.Repeat("n", 512) + strings.Repeat("o", 512) + strings.Repeat("n", 512) + strings.Repeat("o", 2560)
	expect(t, "after a crash", contents(d, vfs.POSIX, "/f"), []string{torn, strings.Repeat("o", 4096)})
}

// Of two things that happen beside an operation the harder counts.
func TestBesideWith(t *testing.T) {
	for _, c := range []struct{ a, b, both vfs.Beside }{
		{vfs.Beside{Handles: 3}, vfs.Beside{Handles: 5}, vfs.Beside{Handles: 3}},
		{vfs.Beside{}, vfs.Beside{Handles: 5, Modes: true}, vfs.Beside{Handles: 5, Modes: true}},
		{vfs.Beside{ClockBack: 1, Stall: 2}, vfs.Beside{ClockBack: 3, ClockStands: 4, Stall: 5}, vfs.Beside{ClockBack: 4, ClockStands: 4, Stall: 7}},
	} {
		if got := c.a.With(c.b); got != c.both {
			t.Errorf("%+v with %+v: got %+v, want %+v", c.a, c.b, got, c.both)
		}
		if got := c.b.With(c.a); got != c.both {
			t.Errorf("%+v with %+v: got %+v, want %+v", c.b, c.a, got, c.both)
		}
	}
}
