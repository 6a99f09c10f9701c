//go:build linux

package lab

import (
	"bufio"
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"time"

	"powercut/vfs/kernel/internal/block"
	"powercut/vfs/kernel/internal/worker"
)

// Program is an engine's program, which is run in two ways:
//
//	PROGRAM write DIR    does its work in a directory. It prints a line when something
//	                     must outlive a power cut, and reads one before it goes on.
//	                     "fail HEX" is no such line: it has the device fail, once, at the
//	                     next page written that has these bytes, and EIO is what is told.
//	PROGRAM check DIR N  looks at what a power cut left behind N such lines, and ends
//	                     with status 1 if something of them is lost.
type Program struct {
	Path string
	// Synced has the whole filesystem synced before each line counts: then nothing
	// may be lost but by what was torn.
	Synced bool
}

// Loss is a crash image of which a program's check says that something is lost.
type Loss struct {
	Lines int    // that had been printed
	Said  string // by the check
}

// Survived is what was seen of a program on a filesystem.
type Survived struct {
	Images      int // that were checked
	Unmountable int
	Lost        int
	First       *Loss // nil if nothing was lost
}

// mostOfCheck bounds how long a check takes. One that takes longer counts as lost.
const mostOfCheck = 20 * time.Second

// Survives has a program write once, takes crash images of that, and has each that the
// kernel recovers checked.
func (r *Rig) Survives(ctx context.Context, p Program, src *rand.Rand, images int, s *Survived) error {
	l, err := r.recordProgram(ctx, p, src)
	if err != nil {
		return err
	}
	moments := l.Moments()
	_, flushes, _ := l.Counts()
	share := float64(images) / float64(images+2*flushes) // each flush has two images at least
	for c := range l.Crashes(src, images) {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if src.Float64() >= share {
			continue
		}
		lines := moments[c.To].Step
		said, lost, err := r.check(ctx, p, c.Store, lines)
		if refused, ok := errors.AsType[*worker.SyscallError](err); ok {
			s.Unmountable++
			r.Unmountable[refused.Error()]++
			continue
		}
		if err != nil {
			return err
		}
		s.Images++
		if lost {
			s.Lost++
			if s.First == nil {
				s.First = &Loss{Lines: lines, Said: said}
			}
		}
	}
	return nil
}

// recordProgram has a program write, with what the kernel may do by itself meanwhile, and
// returns the device's log.
func (r *Rig) recordProgram(ctx context.Context, p Program, src *rand.Rand) (*block.Log, error) {
	if err := r.Begin(nil); err != nil {
		return nil, errors.Join(err, r.Worker.Unmount(r.FS.Type))
	}
	d := r.Worker.Device
	d.Record()
	err := r.write(ctx, p, src)
	l := d.Recorded()
	l.Tears = func(e *block.Entry) bool { return len(e.Data) > block.SectorBytes }
	return l, errors.Join(err, r.Worker.Unmount(r.FS.Type))
}

func (r *Rig) write(ctx context.Context, p Program, src *rand.Rand) error {
	c := exec.CommandContext(ctx, p.Path, "write", r.Worker.Dir())
	var complaints bytes.Buffer
	c.Stderr = &complaints
	in, err := c.StdinPipe()
	if err != nil {
		return err
	}
	out, err := c.StdoutPipe()
	if err != nil {
		return err
	}
	if err := c.Start(); err != nil {
		return err
	}
	stop := make(chan struct{})
	ended := make(chan error, 1)
	w := &writing{rig: r, program: p}
	go func() { ended <- w.commits(rand.New(rand.NewPCG(src.Uint64(), 0)), stop) }()
	var failed error
	for lines := bufio.NewScanner(out); lines.Scan(); {
		failed = errors.Join(failed, w.said(lines.Text(), src))
		if _, err := io.WriteString(in, "\n"); err != nil {
			break // it has ended, and Wait says how
		}
	}
	close(stop)
	failed = errors.Join(failed, <-ended)
	if err := c.Wait(); err != nil {
		failed = errors.Join(failed, fmt.Errorf("%s write: %w\n%s", p.Path, err, complaints.Bytes()))
	}
	return failed
}

// writing is a program that is writing.
type writing struct {
	rig     *Rig
	program Program
	mu      sync.Mutex // of the worker
	failing bool       // the device was told to
}

// said does what a line of the program asks for.
func (w *writing) said(line string, src *rand.Rand) (failed error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	device := w.rig.Worker.Device
	if bad, ok := strings.CutPrefix(line, "fail "); ok {
		content, err := hex.DecodeString(bad)
		if err != nil || len(content) == 0 {
			return fmt.Errorf("%s write says %q: want the bytes of a page, in hexadecimal", w.program.Path, line)
		}
		w.failing = true
		device.SetFaults(&block.Fault{Kind: block.Write, Times: 1, Fails: func(page []byte) bool { return bytes.Contains(page, content) }})
		return nil
	}
	if w.program.Synced {
		failed = w.step("syncfs")
	}
	device.Mark(block.End)
	if src.IntN(4) == 0 {
		failed = errors.Join(failed, w.step(commit(src)))
	}
	return failed
}

// step has the kernel do something by itself. If the device fails then, that is told to
// whoever has the file open.
func (w *writing) step(s string) error {
	err := w.rig.Worker.Step(s)
	if _, refused := errors.AsType[*worker.SyscallError](err); refused && w.failing {
		return nil
	}
	return err
}

// commits commits what the journal has, or has all written back, again and again: in real
// life another program's fsync does so, or time. How often is drawn.
func (w *writing) commits(src *rand.Rand, stop chan struct{}) error {
	most := []time.Duration{0, time.Millisecond, 10 * time.Millisecond}[src.IntN(3)]
	for {
		select {
		case <-stop:
			return nil
		case <-time.After(time.Duration(src.Int64N(int64(most) + 1))):
		}
		w.mu.Lock()
		err := w.step([]string{commit(src), commit(src), "syncfs"}[src.IntN(3)])
		w.mu.Unlock()
		if err != nil {
			return err
		}
	}
}

// check mounts a crash image and has it checked.
func (r *Rig) check(ctx context.Context, p Program, image *block.Store, lines int) (said string, lost bool, err error) {
	r.Images++
	r.Worker.Device.Attach(image)
	if err := r.mount(); err != nil {
		return "", false, err
	}
	limit, cancel := context.WithTimeout(ctx, mostOfCheck)
	defer cancel()
	out, err := exec.CommandContext(limit, p.Path, "check", r.Worker.Dir(), strconv.Itoa(lines)).CombinedOutput()
	if _, ended := errors.AsType[*exec.ExitError](err); ended {
		lost, err = true, nil
	}
	return string(out), lost, errors.Join(err, r.Worker.Unmount(r.FS.Type))
}
