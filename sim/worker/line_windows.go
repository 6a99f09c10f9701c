package worker

import (
	"os"
	"os/exec"
	"strconv"
	"syscall"
)

// hand has a process inherit files, and says by which numbers.
func hand(cmd *exec.Cmd, files ...*os.File) (numbers []string, err error) {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	for _, f := range files {
		h := syscall.Handle(f.Fd())
		if err := syscall.SetHandleInformation(h, syscall.HANDLE_FLAG_INHERIT, syscall.HANDLE_FLAG_INHERIT); err != nil {
			return nil, os.NewSyscallError("SetHandleInformation", err)
		}
		cmd.SysProcAttr.AdditionalInheritedHandles = append(cmd.SysProcAttr.AdditionalInheritedHandles, h)
		numbers = append(numbers, strconv.FormatUint(uint64(h), 10))
	}
	return numbers, nil
}

// inherited is the file of a number. Processes that this one starts don't get it.
func inherited(number uintptr) (*os.File, error) {
	if err := syscall.SetHandleInformation(syscall.Handle(number), syscall.HANDLE_FLAG_INHERIT, 0); err != nil {
		return nil, os.NewSyscallError("SetHandleInformation", err)
	}
	return os.NewFile(number, "worker"), nil
}
