package sim

import (
	"os/exec"
	"runtime"
	"syscall"
)

// dieTogether has the kernel end a process with the thread that starts it, which the
// caller stays on until it calls release: nobody is left who waits for a run.
func dieTogether(cmd *exec.Cmd) (release func()) {
	runtime.LockOSThread()
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	return runtime.UnlockOSThread
}
