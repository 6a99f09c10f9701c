//go:build linux && !386 && !arm && !mips && !mipsle

package fuse

import (
	"bytes"
	"errors"
	"fmt"
	"hash/fnv"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"

	"powercut/vfs"
)

// command is what is to be run on a disk.
type command struct {
	line  string // for the shell
	role  string // "workload", "recovery"
	input []byte
	heard func(printed []byte) // if not nil, is told before each operation, and at the end, what was printed
}

// process is a command that runs, and the disk that it sees.
type process struct {
	command
	cmd      *exec.Cmd
	printed  *output
	said     *lastWords // on standard error
	requests chan *request
	exited   chan struct{}
	dead     chan struct{} // closed when nobody answers any more
	once     sync.Once
}

// request is something to be done on the disk, for the kernel.
type request struct {
	do   func(d *vfs.Disk) syscall.Errno
	err  syscall.Errno
	done chan struct{}
}

// Dir is where every command finds its disk.
func Dir() string { return filepath.Join(os.TempDir(), "powercut-disk") }

// MountCommand is the hidden command of this program that Mount is behind.
const MountCommand = "mount"

// start runs a command, in a process that waits for its disk.
func start(c command) (p *process, err error) {
	if err := os.MkdirAll(Dir(), 0o755); err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	p = &process{command: c, said: &lastWords{}, requests: make(chan *request), exited: make(chan struct{}), dead: make(chan struct{})}
	theirs, err := p.listen()
	if err != nil {
		return nil, err
	}
	defer theirs.Close()
	line, far, err := socketPair()
	if err != nil {
		return nil, err
	}
	defer line.Close()
	defer far.Close()
	p.cmd = exec.Command(self, MountCommand, Dir(), c.line)
	p.cmd.Args[0] = os.Args[0]
	p.cmd.Stdin, p.cmd.Stdout, p.cmd.Stderr = bytes.NewReader(c.input), theirs, p.said
	p.cmd.ExtraFiles = []*os.File{far}
	p.cmd.SysProcAttr = ownNamespaces()
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		_ = p.cmd.Wait() // how it ended is in its state
		close(p.exited)
	}()
	_, _ = theirs.Close(), far.Close() // the process has its own
	fd, err := receive(line)
	if err == nil {
		err = mountHere(p, fd)
	}
	if err != nil {
		p.kill()
		<-p.exited
		return nil, fmt.Errorf("%w%s", err, p.said.quoted())
	}
	return p, nil
}

// ownNamespaces gives a process mounts and process numbers of its own: all that it
// starts ends with it. Who is not root becomes it for this, as far as those reach.
func ownNamespaces() *syscall.SysProcAttr {
	a := &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWPID, Unshareflags: syscall.CLONE_NEWNS, Pdeathsig: syscall.SIGKILL}
	if uid, gid := os.Geteuid(), os.Getegid(); uid != 0 {
		a.Cloneflags |= syscall.CLONE_NEWUSER
		a.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: uid, Size: 1}}
		a.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: gid, Size: 1}}
	}
	return a
}

// serve answers what the command asks of the disk until it ends, and says what is wrong
// with how it did. All operations are the caller's own.
func (p *process) serve(d *vfs.Disk) string {
	for {
		select {
		case q := <-p.requests:
			p.answer(q, d)
			continue
		case <-p.exited:
		case <-p.dead:
			return fmt.Sprintf("the %s was ended", p.role)
		}
		p.hear()
		if state := p.cmd.ProcessState; !state.Success() {
			return fmt.Sprintf("the %s ended with %s%s", p.role, state, p.said.quoted())
		}
		return ""
	}
}

// answer does one request. If the run ends in the midst of it, that failed.
func (p *process) answer(q *request, d *vfs.Disk) {
	q.err = syscall.EIO
	defer close(q.done)
	p.hear()
	q.err = q.do(d)
}

func (p *process) hear() {
	if p.heard != nil {
		p.heard(p.printed.now())
	}
}

// ask has the process that serves do something on the disk.
func (p *process) ask(do func(d *vfs.Disk) syscall.Errno) syscall.Errno {
	q := &request{do: do, done: make(chan struct{})}
	select {
	case p.requests <- q:
	case <-p.dead:
		return syscall.EIO
	}
	select {
	case <-q.done:
		return q.err
	case <-p.dead:
		return syscall.EIO
	}
}

// kill ends the command, and all that it started, and lets go whoever waits for its
// disk.
func (p *process) kill() {
	p.once.Do(func() {
		close(p.dead)
		_ = p.cmd.Process.Kill() // or it has ended
	})
}

// output is what a command has printed.
type output struct {
	mu   sync.Mutex
	text []byte
	file *os.File
	raw  syscall.RawConn
}

// listen returns what the command is to print to.
func (p *process) listen() (theirs *os.File, err error) {
	var fds [2]int
	if err := syscall.Pipe2(fds[:], syscall.O_CLOEXEC); err != nil {
		return nil, os.NewSyscallError("pipe2", err)
	}
	theirs = os.NewFile(uintptr(fds[1]), "printed")
	err = syscall.SetNonblock(fds[0], true)
	o := &output{file: os.NewFile(uintptr(fds[0]), "printed")}
	if err == nil {
		o.raw, err = o.file.SyscallConn()
	}
	if err != nil {
		_, _ = theirs.Close(), o.file.Close() // they are no use
		return nil, err
	}
	p.printed = o
	go func() {
		_ = o.raw.Read(o.take) // to the end; so that the pipe is never full
		<-p.exited
		_ = o.file.Close() // it was read, and who looks at it now waits for nobody
	}()
	return theirs, nil
}

// take takes what is there, and says whether nothing more comes.
func (o *output) take(fd uintptr) (ended bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	b := make([]byte, 4096)
	for {
		n, err := syscall.Read(int(fd), b)
		switch {
		case err == syscall.EINTR:
		case n <= 0:
			return err != syscall.EAGAIN
		default:
			o.text = append(o.text, b[:n]...)
		}
	}
}

// now is all that was printed before it is called.
func (o *output) now() []byte {
	_ = o.raw.Control(func(fd uintptr) { o.take(fd) }) // closed: all is there
	o.mu.Lock()
	defer o.mu.Unlock()
	return bytes.Clone(o.text)
}

// digest sums up what was promised; it is never 0.
func digest(promised []byte) uint64 {
	h := fnv.New64a()
	_, _ = h.Write(promised) // never fails
	return max(1, h.Sum64())
}

// lastWords keeps the end of what a command says on standard error.
type lastWords struct {
	mu   sync.Mutex
	text []byte
}

const mostWords = 2 << 10

func (w *lastWords) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.text = append(w.text, b...)
	w.text = w.text[max(0, len(w.text)-mostWords):]
	return len(b), nil
}

func (w *lastWords) quoted() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	if text := strings.TrimSpace(string(w.text)); text != "" {
		return ": " + text
	}
	return ""
}

// Usable says why commands can't be run here, by running one.
func Usable() error { return usable() }

var usable = sync.OnceValue(func() error {
	p, err := start(command{line: "true", role: "workload"})
	if err == nil {
		d := vfs.New(vfs.Options{})
		defer d.Release()
		defer p.kill()
		if how := p.serve(d); how != "" {
			err = errors.New(how)
		}
	}
	if err != nil {
		return fmt.Errorf("simrun fuse can't mount a filesystem here: %w\nIt needs Linux with /dev/fuse, and to be root, or a kernel that lets others have namespaces of their own", err)
	}
	return nil
})
