//go:build !windows

package worker

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"syscall"
)

// firstExtra is the descriptor that the first of a command's ExtraFiles becomes.
const firstExtra = 3

// hand has a process inherit files, and says by which numbers.
func hand(cmd *exec.Cmd, files ...*os.File) (numbers []string, err error) {
	for _, f := range files {
		numbers = append(numbers, strconv.Itoa(firstExtra+len(cmd.ExtraFiles)))
		cmd.ExtraFiles = append(cmd.ExtraFiles, f)
	}
	return numbers, nil
}

// inherited is the file of a number. Processes that this one starts don't get it.
func inherited(number uintptr) (*os.File, error) {
	var stat syscall.Stat_t
	if err := syscall.Fstat(int(number), &stat); err != nil {
		return nil, fmt.Errorf("descriptor %d: %w", number, err)
	}
	syscall.CloseOnExec(int(number))
	return os.NewFile(number, "worker"), nil
}
