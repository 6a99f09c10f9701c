package check

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// alone gives a command a root of its own, and nobody's rights.
func alone(cmd *exec.Cmd, root string) {
	cmd.Dir, cmd.Env = "/", []string{}
	cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: root, Credential: &syscall.Credential{Uid: 65532, Gid: 65532}}
}

// What the image holds works in an empty root, as nobody: a static binary, and
// nothing else.
func TestBinaryAlone(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root may change the root: the binary was not tried alone")
	}
	dir, err := os.MkdirTemp("", "image")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	build := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-o", filepath.Join(dir, "simrun"), "./cmd/simrun")
	build.Dir, build.Env = root, append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	cmd := exec.CommandContext(t.Context(), "/simrun", "run", "--seed", "1")
	alone(cmd, dir)
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "every law held") {
		t.Errorf("%v\n%s", err, out)
	}
}
