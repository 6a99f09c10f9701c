//go:build linux && !386 && !arm && !mips && !mipsle

package fuse

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"

	"powercut/vfs"
)

// The test's own program is what mounts the disk, for whoever asks for that.
func TestMain(m *testing.M) {
	if len(os.Args) == 4 && os.Args[1] == MountCommand {
		code, err := Mount(os.Args[2], os.Args[3])
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 3
		}
		os.Exit(code)
	}
	if len(os.Args) > 3 && os.Args[1] == "attributes" {
		attributes(os.Args[2], os.Args[3:])
		return
	}
	_ = os.Setenv("POWERCUT_TEST", os.Args[0])
	os.Exit(m.Run())
}

// attributes is a command for scripts, since few machines have one: it sets extended
// attributes of a file (user.a=b), takes them away (user.a-), and prints all there are.
func attributes(name string, changes []string) {
	for _, change := range changes {
		attr, value, sets := strings.Cut(change, "=")
		var err error
		switch {
		case sets:
			err = syscall.Setxattr(name, attr, []byte(value), 0)
		default:
			err = syscall.Removexattr(name, strings.TrimSuffix(attr, "-"))
		}
		fmt.Printf("%s: %v\n", change, err)
	}
	b := make([]byte, 1000)
	n, err := syscall.Listxattr(name, b)
	fmt.Println(n, err)
	_, small := syscall.Listxattr(name, b[:1])
	fmt.Println("into one byte:", small)
	names := strings.FieldsFunc(string(b[:max(n, 0)]), func(c rune) bool { return c == 0 })
	slices.Sort(names) // filesystems list them in orders of their own
	for _, attr := range names {
		size, _ := syscall.Getxattr(name, attr, nil)
		value := make([]byte, size)
		_, err := syscall.Getxattr(name, attr, value)
		fmt.Printf("%s = %q of %d, %v\n", attr, value, size, err)
	}
}

// needFuse skips a test where no filesystem can be mounted.
func needFuse(t *testing.T) {
	t.Helper()
	if err := Usable(); err != nil {
		t.Skip(err)
	}
}

// runOn runs a command on a disk, and returns what it printed and what is wrong with how
// it ended.
func runOn(t *testing.T, d *vfs.Disk, c command) (printed, how string) {
	t.Helper()
	var last []byte
	c.role, c.heard = "command", func(b []byte) { last = b }
	p, err := start(c)
	if err != nil {
		t.Fatal(err)
	}
	defer p.kill()
	how = p.serve(d)
	return string(last), how
}

// scripts do what programs do to files. Each prints what it sees.
var scripts = map[string]string{
	"files": `echo one >a; cat a; echo two >>a; cat a; printf x | dd of=a bs=1 seek=2 conv=notrunc 2>/dev/null; cat a
		: >a; stat -c '%s %F' a; cat missing; echo >no/such; ls`,
	"directories": `mkdir d d/e; mkdir d; touch d/f; ls -R; rmdir d; rmdir d/e; rm d/f; rmdir d; ls; mkdir -p x/y/z; mv x w; ls -R; rm -r w; ls; cd /proc; ls "$POWERCUT_DIR"`,
	"names": `echo a >a; mv a b; cat b; echo c >c; mv c b; cat b; ln b d; stat -c %h b; echo more >>d; cat b; rm b; cat d; stat -c %h d
		mkdir q; mv d q/d; cat q/d; mv -n q/d q; mv q q/r; ls -R`,
	"symbolic links": `echo a >a; ln -s a s; readlink s; cat s; ln -s nowhere t; cat t; ls; rm s t; ls; mkdir d; ln -s ../a d/up; cat d/up`,
	"sizes":          `truncate -s 5000 f; stat -c %s f; truncate -s 3 f; stat -c %s f; od -c f; fallocate -l 9000 f; stat -c %s f; fallocate -p -o 0 -l 4096 f; stat -c %s f; head -c 300000 /dev/zero >g; stat -c %s g; cmp -n 300000 g /dev/zero`,
	"open and gone":  `exec 3>f; echo a >&3; rm f; echo b >&3; ls; exec 3>&-; exec 4>g; exec 5<g; echo abc >&4; rm g; cat <&5; echo new >g; echo abc >&4; cat <&5; stat -L -c %s /proc/self/fd/5 2>/dev/null; cat g`,
	"modes":          `umask 022; touch f; stat -c %a f; chmod 600 f; stat -c %a f; mkdir -m 700 d; stat -c %a d; touch -d @1000000000 f; stat -c %Y f`,
	"syncing":        `echo a >a; sync a; sync -d a; sync .; echo b | dd of=b oflag=sync 2>/dev/null; echo c | dd of=b oflag=append conv=notrunc,fsync 2>/dev/null; cat b; dd if=/dev/zero of=e bs=4096 count=2 oflag=direct 2>/dev/null; stat -c %s e`,
	"locks":          `flock a -c 'flock -n a true || echo taken'; flock -n a echo free`,
	"attributes": `echo a >a; mkdir d; x() { "$POWERCUT_TEST" attributes "$@"; }
		x a user.one=1 user.two=22 user.none-; x a user.one=new user.two-; x d user.dir=; x missing user.a=1; x a nonsense=1; cp -a a b; x b user.three=; mv b c; x c user.one-; rm c; ln a l; x l user.link=1; x a user.two=`,
	"exclusive": `set -C; echo a >a; echo b >a; cat a`,
}

// What programs see on the disk is what they see in a directory of the machine's.
func TestAsElsewhere(t *testing.T) {
	needFuse(t)
	for name, script := range scripts {
		t.Run(name, func(t *testing.T) {
			script = "exec 2>&1; LC_ALL=C; export LC_ALL\n" + script + "\ntrue"
			dir := t.TempDir()
			there := exec.Command("sh", "-c", script)
			there.Dir, there.Env = dir, append(os.Environ(), "POWERCUT_DIR="+dir)
			want, err := there.CombinedOutput()
			if err != nil {
				t.Fatal(err)
			}
			d := vfs.New(vfs.Options{})
			defer d.Release()
			got, how := runOn(t, d, command{line: script})
			if how != "" {
				t.Fatal(how)
			}
			plain := func(text, dir string) string { return strings.ReplaceAll(text, dir, "DIR") }
			if got, want := plain(got, Dir()), plain(string(want), dir); got != want {
				t.Errorf("on the disk:\n%s\nelsewhere:\n%s", got, want)
			}
		})
	}
}

// hooked notes the operations that change the disk, and what was printed before each.
type hooked struct {
	printed func() string
	ops     []string
}

func (h *hooked) Before(op vfs.Op) {
	switch op.Kind {
	case vfs.OpStat, vfs.OpOpen, vfs.OpClose, vfs.OpRead, vfs.OpReaddir:
	default:
		h.ops = append(h.ops, fmt.Sprintf("%s %s after %q", op.Kind, op.Path, h.printed()))
	}
}

func (h *hooked) After(vfs.Op, vfs.Result) {}

// Before each operation all is known that was printed before the program asked for it,
// more than a pipe holds, too; and each fsync comes to the file that it is of.
func TestPrintedBefore(t *testing.T) {
	needFuse(t)
	d := vfs.New(vfs.Options{})
	defer d.Release()
	var p *process
	h := &hooked{printed: func() string { return strings.TrimLeft(string(p.printed.now()), "x") }}
	d.SetHook(h)
	p, err := start(command{role: "command", line: `echo a >f; echo 1; sync f; echo 2; echo b >>f; printf 3; mv f g; head -c 200000 /dev/zero | tr '\0' x; sync .; sync -d g`})
	if err != nil {
		t.Fatal(err)
	}
	defer p.kill()
	if how := p.serve(d); how != "" {
		t.Fatal(how)
	}
	many := strings.Repeat("x", 200000)
	want := []string{`create /f after ""`, `write /f after ""`, `sync /f after "1\n"`, `write /f after "1\n2\n"`, `rename /f after "1\n2\n3"`,
		fmt.Sprintf("syncdir / after %q", "1\n2\n3"+many), fmt.Sprintf("sync /g after %q", "1\n2\n3"+many)}
	if got := strings.Join(h.ops, "\n"); got != strings.Join(want, "\n") {
		t.Errorf("the operations are\n%s", strings.ReplaceAll(got, many, "x…"))
	}
}

// What a command ends with is told; what it leaves running is ended, and its input is
// what it is given.
func TestEnds(t *testing.T) {
	needFuse(t)
	d := vfs.New(vfs.Options{})
	defer d.Release()
	for _, c := range []struct{ line, printed, how string }{
		{"cat", "said", ""},
		{"echo no good >&2; exit 7", "", "the command ended with exit status 7: no good"},
		{"kill -TERM $$", "", "the command ended with exit status 143"},
		{"setsid sleep 1000 & echo $$", "", ""},
		{"no-such-command", "", "the command ended with exit status 127: "},
	} {
		printed, how := runOn(t, d, command{line: c.line, input: []byte("said")})
		if !strings.HasPrefix(how, c.how) || c.how == "" && how != "" || c.printed != "" && printed != c.printed {
			t.Errorf("%s: printed %q, %q; want %q, %q", c.line, printed, how, c.printed, c.how)
		}
	}
}

// An answer that nobody gives any more is an error, and nobody waits for it.
func TestKilled(t *testing.T) {
	needFuse(t)
	d := vfs.New(vfs.Options{})
	defer d.Release()
	p, err := start(command{role: "command", line: "echo a >f; sleep 1000"})
	if err != nil {
		t.Fatal(err)
	}
	q := <-p.requests // nobody answers it
	p.kill()
	<-p.exited
	if how := p.serve(d); !strings.Contains(how, "ended") {
		t.Errorf("a command that was killed: %q", how)
	}
	select {
	case <-q.done:
		t.Error("the request was answered")
	default:
	}
}

func TestParseWorkload(t *testing.T) {
	needFuse(t)
	w := (&target{}).commands("echo \"a\"\n\tb", "cat")
	again, err := (&target{}).ParseWorkload(w.String())
	if err != nil || again.String() != w.String() {
		t.Errorf("%q is read as %v (%v)", w, again, err)
	}
	for _, text := range []string{"", "run \"a\"\n", "run \"a\"\nrun \"a\"\nrecover \"b\"\n", "run a\nrecover \"b\"\n", "other \"a\"\nrun \"a\"\nrecover \"b\"\n"} {
		if w, err := (&target{}).ParseWorkload(text); err == nil {
			t.Errorf("%q is read as %v", text, w)
		}
	}
}

// What to type again is words of the shell.
func TestAgain(t *testing.T) {
	c := Config{Workload: "echo 'a b'", Recover: "x", Faults: "latency", Profile: "xfs", Depth: 1}
	line := strings.Replace(c.Again(7), "simrun fuse", "printf '%s.'", 1)
	out, err := exec.Command("sh", "-c", line).Output()
	want := "--workload.echo 'a b'.--recover.x.--faults.latency.--profile.xfs.--depth.1.--promises.nothing.--seeds.1.--first.7."
	if err != nil || !bytes.Equal(out, []byte(want)) {
		t.Errorf("%s gives %s (%v)", line, out, err)
	}
}

// What the kernel asks about attributes of its own, before each write and when a file is
// listed, is no operation of the program's; what the program asks is one.
func TestAttributesOfTheKernel(t *testing.T) {
	needFuse(t)
	d := vfs.New(vfs.Options{})
	defer d.Release()
	h := &counted{}
	d.SetHook(h)
	if _, how := runOn(t, d, command{line: `echo a >f; echo b >>f; ls -l f; cp -p f g; "$POWERCUT_TEST" attributes f user.a=1 user.a- trusted.b=2`}); how != "" {
		t.Fatal(how)
	}
	if h.changes != 3 {
		t.Errorf("%d changes of attributes reached the disk, want 3", h.changes)
	}
	if value, err := d.XattrsAt("/f", true).GetXattr("trusted.b"); string(value) != "2" || err != nil {
		t.Errorf("the disk has %q, %v", value, err)
	}
}

// counted counts what changes the attributes of /f, its mode and times among them.
type counted struct{ changes int }

func (c *counted) Before(op vfs.Op) {
	if op.Kind == vfs.OpChmod && op.Path == "/f" {
		c.changes++
	}
}

func (c *counted) After(vfs.Op, vfs.Result) {}
