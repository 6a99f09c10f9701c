//go:build linux

package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"powercut/vfs/internal/recording"
	"powercut/vfs/kernel/internal/lab"
	"powercut/vfs/kernel/internal/serve"
	"powercut/vfs/kernel/internal/worker"
)

// child tells a copy of the test what to be: the command, or a rig in the middle
// of its work that waits to be ended.
const child = "POWERCUT_KERNEL_CHILD"

func TestMain(m *testing.M) {
	worker.Main()
	if len(os.Args) > 2 && (os.Args[1] == "write" || os.Args[1] == "check") {
		program(os.Args[1:])
		os.Exit(0)
	}
	switch what := os.Getenv(child); what {
	case "":
		os.Exit(m.Run())
	case "command":
		main()
	default:
		inTheMiddle(what)
	}
}

// inTheMiddle mounts a filesystem with things pending in it, says where, and
// ends in one of the ways in which a program ends.
func inTheMiddle(how string) {
	for _, fs := range lab.Filesystems {
		if fs.Name != os.Getenv("POWERCUT_KERNEL_FS") {
			continue
		}
		r, err := lab.NewRig(fs)
		if err != nil {
			panic(err)
		}
		for _, err := range []error{r.Begin(nil), r.Worker.Step("create h f"), r.Worker.Step("append h x 100000"), r.Worker.Step("mkdir d")} {
			if err != nil {
				panic(err)
			}
		}
		json.NewEncoder(os.Stdout).Encode(place{r.Worker.Loop, r.Worker.PID()})
		if how == "the worker is killed" {
			syscall.Kill(r.Worker.PID(), syscall.SIGKILL)
			r.Close()
			os.Exit(0)
		}
	}
	switch how {
	case "panic":
		panic("in the middle")
	case "exit":
		os.Exit(0)
	}
	select {} // a signal
}

// place is where a child works.
type place struct {
	Loop string
	PID  int // of its worker
}

// TestNothingIsLeft: however a program ends that has a filesystem mounted, no
// mount, loop device, process or temporary file stays behind.
func TestNothingIsLeft(t *testing.T) {
	if why := lab.Cannot(); why != "" {
		t.Skipf("skipped: %s", why)
	}
	// Orphaned workers become this process's children, so that it can wait for
	// their end.
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		t.Fatal(err)
	}
	for _, fs := range lab.Filesystems {
		for _, how := range []string{"panic", "exit", "interrupt", "kill", "kill both", "the worker is killed"} {
			t.Run(fs.Name+"/"+how, func(t *testing.T) {
				if why := fs.Missing(); why != "" {
					t.Skipf("skipped: %s", why)
				}
				tmp := t.TempDir()
				at := endInTheMiddle(t, fs.Name, how, tmp)
				nothingIsLeft(t, at, tmp)
			})
		}
	}
}

// endInTheMiddle has a program set a filesystem up, ends it, and says where that
// was. Its temporary files are in tmp.
func endInTheMiddle(t *testing.T, filesystem, how, tmp string) place {
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), child+"="+how, "POWERCUT_KERNEL_FS="+filesystem, "TMPDIR="+tmp)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var at place
	if err := json.NewDecoder(out).Decode(&at); err != nil {
		t.Fatal(err)
	}
	if how != "the worker is killed" && !setUp(t, at) {
		t.Fatalf("%s is not set up", at.Loop)
	}
	switch how {
	case "interrupt":
		cmd.Process.Signal(os.Interrupt)
	case "kill":
		cmd.Process.Kill()
	case "kill both":
		syscall.Kill(at.PID, syscall.SIGKILL)
		cmd.Process.Kill()
	}
	cmd.Wait()
	return at
}

func nothingIsLeft(t *testing.T, at place, tmp string) {
	if pid, err := unix.Wait4(at.PID, nil, 0, nil); pid != at.PID && err != unix.ECHILD {
		t.Fatalf("waiting for the worker: %v", err)
	}
	// The kernel takes a dead process's mounts down after its end, and the loop
	// device after them.
	for tick, end := time.NewTicker(time.Millisecond), time.After(20*time.Second); setUp(t, at); {
		select {
		case <-tick.C:
			continue
		case <-end:
		}
		t.Fatalf("%s is still set up over the device of process %d", at.Loop, at.PID)
	}
	if mounts, err := os.ReadFile("/proc/self/mountinfo"); err != nil || bytes.Contains(mounts, []byte("powercut")) || bytes.Contains(mounts, []byte(at.Loop+" ")) {
		t.Errorf("still mounted (%v):\n%s", err, mounts)
	}
	if files, err := os.ReadDir(tmp); err != nil || len(files) > 0 {
		t.Errorf("temporary files are left: %v (%v)", files, err)
	}
}

// setUp says whether a loop device is over the device of that worker. Others may
// have taken the same one meanwhile: tests of other packages do.
func setUp(t *testing.T, at place) bool {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("/sys/block", filepath.Base(at.Loop), "loop/backing_file"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ENODEV) {
		t.Fatal(err)
	}
	return path.Base(strings.TrimSpace(string(b))) == serve.FileName(at.PID)
}

// command starts a copy of this test as the command.
func command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "/proc/self/exe", args...)
	cmd.Env = append(os.Environ(), child+"=command")
	return cmd
}

// TestInterrupted: Ctrl-C ends a search with what it has seen so far.
func TestInterrupted(t *testing.T) {
	if why := lab.Cannot(); why != "" {
		t.Skipf("skipped: %s", why)
	}
	out := t.TempDir()
	cmd := command(context.Background(), "search", "-for", "1h", "-fs", "ext4", "-out", out)
	progress, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	var report bytes.Buffer
	cmd.Stdout = &report
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(progress)
	if !lines.Scan() {
		t.Fatal("no progress is shown")
	}
	cmd.Process.Signal(os.Interrupt)
	for lines.Scan() {
	}
	cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != exitInterrupted {
		t.Errorf("exit code %d, want %d:\n%s", code, exitInterrupted, report.String())
	}
	if !strings.HasPrefix(report.String(), "Nothing refused: ") {
		t.Errorf("no report: %s", report.String())
	}
	r, err := recording.Read(filepath.Join(out, "ext4.json"))
	if err != nil || len(r.Workloads) == 0 || r.Filesystem != "ext4" || !strings.HasPrefix(r.Kernel, "Linux ") {
		t.Errorf("recorded: %+v (%v)", r, err)
	}
}

// TestJudge: the unprivileged half, on the project's recordings and on one that
// has a state that can't be.
func TestJudge(t *testing.T) {
	recordings, err := filepath.Glob("../testdata/kernel/*.json")
	if err != nil || len(recordings) == 0 {
		t.Fatalf("no recordings: %v", err)
	}
	bad := recording.Recording{Filesystem: "ext4", Workloads: []recording.Workload{{Name: "bad", Steps: []string{"create h f", "fsync h"},
		Observed: []recording.Point{{Step: 2, States: []string{"(empty)", "f[0]={}"}}}}}}
	path := filepath.Join(t.TempDir(), "bad.json")
	if err := bad.Write(path); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		code int
		says string
	}{
		{append([]string{"judge"}, recordings...), exitHeld, "Nothing refused: "},
		{[]string{"judge", path}, exitRefused, "REFUSED: 1 of 2 recorded states\nbad.json: bad, after 2 steps: ext4 refuses (empty): "},
		{[]string{"judge", path + "x"}, exitUsage, "no such file"},
		{[]string{"judge", "main.go"}, exitUsage, "main.go is no recording"},
		{[]string{"judge"}, exitUsage, "name files of recordings"},
		{[]string{}, exitUsage, "kernel search"},
		{[]string{"help"}, exitHeld, "kernel search"},
		{[]string{"sarch"}, exitUsage, "unknown command \"sarch\""},
		{[]string{"search", "-fs", "ext5"}, exitUsage, "no filesystem \"ext5\""},
		{[]string{"search", "-nothing"}, exitUsage, "-nothing"},
		{[]string{"search", "ext4"}, exitUsage, "\"ext4\": no arguments"},
		{[]string{"record"}, exitUsage, "no workloads"},
		{[]string{"engine"}, exitUsage, "name one program"},
	} {
		if why := lab.Cannot(); why != "" && slices.Contains(c.args, "ext5") {
			continue
		}
		cmd := command(context.Background(), c.args...)
		out, _ := cmd.CombinedOutput()
		if code := cmd.ProcessState.ExitCode(); code != c.code || !strings.Contains(string(out), c.says) {
			t.Errorf("kernel %s: exit code %d, want %d, and %q in\n%s", fmt.Sprint(c.args), code, c.code, c.says, out)
		}
	}
}

// TestUnprivileged: without root it says so, and nothing else.
func TestUnprivileged(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("skipped: not root, so it can't give that up")
	}
	cmd := command(context.Background(), "search", "-for", "1h")
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	out, err := cmd.CombinedOutput()
	if err != nil || string(out) != "skipped: not root: nothing was checked\n" {
		t.Errorf("%v: %s", err, out)
	}
}
