//go:build linux && !386 && !arm && !mips && !mipsle

package fuse

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
)

// lineDescriptor is the socket by which Mount hands on the filesystem.
const lineDescriptor = 3

// Mount is the process of a command: it mounts the filesystem at dir, hands it on to the
// process that started it, which answers from then on, runs the command there, and
// returns its exit code.
func Mount(dir, line string) (code int, err error) {
	socket := os.NewFile(lineDescriptor, "line")
	fd, err := syscall.Open("/dev/fuse", os.O_RDWR|syscall.O_CLOEXEC, 0)
	if err != nil {
		return 0, &os.PathError{Op: "open", Path: "/dev/fuse", Err: err}
	}
	options := fmt.Sprintf("fd=%d,rootmode=%o,user_id=0,group_id=0", fd, syscall.S_IFDIR)
	if err := syscall.Mount("powercut", dir, "fuse", syscall.MS_NOSUID|syscall.MS_NODEV, options); err != nil {
		return 0, &os.PathError{Op: "mount", Path: dir, Err: err}
	}
	if err := send(socket, fd); err != nil {
		return 0, err
	}
	_, _ = syscall.Close(fd), socket.Close() // the other process has it
	from, err := os.Getwd()
	if err != nil {
		return 0, err
	}
	cmd := exec.Command("sh", "-c", line)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "POWERCUT_DIR="+dir, "POWERCUT_FROM="+from)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	err = cmd.Run()
	if failed, ok := errors.AsType[*exec.ExitError](err); ok {
		if s := failed.Sys().(syscall.WaitStatus); s.Signaled() {
			return signalled + int(s.Signal()), nil
		}
		return failed.ExitCode(), nil
	}
	return 0, err
}

// signalled is what shells add to the number of a signal that ended a command.
const signalled = 128

// socketPair are two ends of a line that descriptors can be sent by.
func socketPair() (near, far *os.File, err error) {
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_SEQPACKET|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, os.NewSyscallError("socketpair", err)
	}
	return os.NewFile(uintptr(fds[0]), "line"), os.NewFile(uintptr(fds[1]), "line"), nil
}

func send(socket *os.File, fd int) error {
	return os.NewSyscallError("sendmsg", syscall.Sendmsg(int(socket.Fd()), []byte{1}, syscall.UnixRights(fd), nil, 0))
}

// receive returns the descriptor that was sent. If the other end closes instead, it says
// so.
func receive(socket *os.File) (fd int, err error) {
	var b [1]byte
	rights := make([]byte, syscall.CmsgSpace(4))
	n, m, _, _, err := syscall.Recvmsg(int(socket.Fd()), b[:], rights, syscall.MSG_CMSG_CLOEXEC)
	if err != nil {
		return 0, os.NewSyscallError("recvmsg", err)
	}
	if n == 0 {
		return 0, errors.New("the process that mounts it ended")
	}
	messages, err := syscall.ParseSocketControlMessage(rights[:m])
	if err != nil || len(messages) != 1 {
		return 0, fmt.Errorf("what the process that mounts it sent can't be read (%v)", err)
	}
	fds, err := syscall.ParseUnixRights(&messages[0])
	if err != nil || len(fds) != 1 {
		return 0, fmt.Errorf("what the process that mounts it sent can't be read (%v)", err)
	}
	return fds[0], nil
}
