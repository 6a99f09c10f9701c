package faults_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/spf13/afero"

	"powercut/faults"
	"powercut/vfs"
)

// script runs one operation a line on a disk of its own:
//
//	create F, open F, close F        the handle goes by the file's name
//	write F data…, writeat F N data… data is c*N (a byte N times) or a word
//	read F [N], readat F N N         N bytes, or to the end
//	truncate F N, sync F             of the handle
//	syncdir D, readdir D             opens D, which is not to fail, and closes it
//	rename A B, link A B, remove A, mkdir A, stat A, chmod A, evict
type script struct {
	t       *testing.T
	disk    *vfs.Disk
	in      *faults.Injector
	handles map[string]afero.File
	out     strings.Builder
}

// runScript returns the lines with what each returned, and then the disk.
func runScript(t *testing.T, text string, in *faults.Injector) string {
	t.Helper()
	s := &script{t: t, in: in, handles: make(map[string]afero.File), disk: vfs.New(vfs.Options{Injector: in})}
	defer s.disk.Release()
	for text := range strings.Lines(text) {
		words := strings.Fields(text)
		if len(words) == 0 || words[0][0] == '#' {
			s.out.WriteString(text)
			continue
		}
		before := in.Delayed()
		result := s.do(line{t, words})
		if took := in.Delayed() - before; took != 0 {
			result += fmt.Sprintf(" (took %v)", took)
		}
		fmt.Fprintf(&s.out, "%-28s %s\n", strings.TrimSpace(text), result)
	}
	s.out.WriteString("\nprograms see\n")
	s.disk.SetInjector(nil)
	s.tree(s.disk)
	for im := range s.disk.Specials(vfs.POSIX) {
		if im.Name() == vfs.SpecialNothing {
			s.out.WriteString("after a power cut that keeps nothing pending\n")
			disk := im.Mount(vfs.Options{})
			s.tree(disk)
			disk.Release()
		}
		im.Release()
	}
	return s.out.String()
}

// line is one line of a script, as words.
type line struct {
	t     *testing.T
	words []string
}

// arg is a word that the operation can't do without.
func (l line) arg(i int) string {
	if i >= len(l.words) {
		l.t.Fatalf("%q needs more words", l.words)
	}
	return l.words[i]
}

func (l line) number(i int) int64 {
	n, err := strconv.ParseInt(l.arg(i), 0, 64)
	if err != nil {
		l.t.Fatalf("%q: %v", l.words, err)
	}
	return n
}

// do runs one line and says what came of it.
func (s *script) do(l line) string {
	name := l.words[0]
	if op := diskOps[name]; op != nil {
		return op(s, l)
	}
	op := handleOps[name]
	if op == nil {
		s.t.Fatalf("%q: no such operation", l.words)
	}
	f := s.handles[l.arg(1)]
	if f == nil {
		s.t.Fatalf("%q: no such handle", l.words)
	}
	return op(s, f, l)
}

// diskOps are the operations by path.
var diskOps = map[string]func(s *script, l line) string{
	"create":   func(s *script, l line) string { return s.open(l, os.O_RDWR|os.O_CREATE|os.O_TRUNC) },
	"open":     func(s *script, l line) string { return s.open(l, os.O_RDWR) },
	"opensync": func(s *script, l line) string { return s.open(l, os.O_RDWR|os.O_SYNC) },
	"rename":   func(s *script, l line) string { return s.result(s.disk.Rename(l.arg(1), l.arg(2))) },
	"link":     func(s *script, l line) string { return s.result(s.disk.Link(l.arg(1), l.arg(2))) },
	"remove":   func(s *script, l line) string { return s.result(s.disk.Remove(l.arg(1))) },
	"mkdir":    func(s *script, l line) string { return s.result(s.disk.Mkdir(l.arg(1), 0o755)) },
	"chmod":    func(s *script, l line) string { return s.result(s.disk.Chmod(l.arg(1), 0o600)) },
	"stat": func(s *script, l line) string {
		info, err := s.disk.Stat(l.arg(1))
		if err != nil {
			return s.result(err)
		}
		return fmt.Sprintf("%d bytes", info.Size())
	},
	"evict":   func(s *script, l line) string { s.disk.Evict(); return "ok" },
	"syncdir": func(s *script, l line) string { return s.directory("syncdir", l.arg(1)) },
	"readdir": func(s *script, l line) string { return s.directory("readdir", l.arg(1)) },
}

// handleOps are the operations by a handle that the script has opened.
var handleOps = map[string]func(s *script, f afero.File, l line) string{
	"write": func(s *script, f afero.File, l line) string {
		data := s.data(l.words[2:])
		n, err := f.Write(data)
		return s.moved(n, len(data), err)
	},
	"writeat": func(s *script, f afero.File, l line) string {
		data := s.data(l.words[3:])
		n, err := f.WriteAt(data, l.number(2))
		return s.moved(n, len(data), err)
	},
	"read": func(s *script, f afero.File, l line) string {
		p := make([]byte, l.number(2))
		n, err := f.Read(p)
		return s.moved(n, len(p), err) + ": " + describe(p[:n])
	},
	"readat": func(s *script, f afero.File, l line) string {
		p := make([]byte, l.number(3))
		n, err := f.ReadAt(p, l.number(2))
		return s.moved(n, len(p), err) + ": " + describe(p[:n])
	},
	"truncate": func(s *script, f afero.File, l line) string { return s.result(f.Truncate(l.number(2))) },
	"sync":     func(s *script, f afero.File, _ line) string { return s.result(f.Sync()) },
	"close":    func(s *script, f afero.File, _ line) string { return s.result(f.Close()) },
}

func (s *script) open(l line, flag int) string {
	f, err := s.disk.OpenFile(l.arg(1), flag, 0o644)
	if err == nil {
		s.handles[l.arg(1)] = f
	}
	return s.result(err)
}

func (s *script) directory(what, name string) string {
	d, err := s.disk.Open(name)
	if err != nil {
		return s.result(err)
	}
	defer d.Close()
	if what == "syncdir" {
		return s.result(d.Sync())
	}
	names, err := d.Readdirnames(-1)
	if err != nil {
		return s.result(err)
	}
	return strings.Join(names, " ")
}

// result shows an error and says whether it is marked as injected, which every
// error of these scripts should be that the plan asks for.
func (s *script) result(err error) string {
	switch {
	case err == nil:
		return "ok"
	case err == io.EOF:
		return "EOF"
	case errors.Is(err, vfs.ErrInjected):
		return err.Error() + " (injected)"
	}
	return err.Error()
}

func (s *script) moved(n, of int, err error) string {
	if err == nil && n == of {
		return "ok"
	}
	return fmt.Sprintf("%d of %d, %s", n, of, s.result(err))
}

func (s *script) data(words []string) []byte {
	var data []byte
	for _, w := range words {
		c, count, repeated := strings.Cut(w, "*")
		n, err := strconv.Atoi(count)
		if !repeated || err != nil {
			data = append(data, w...)
			continue
		}
		data = append(data, strings.Repeat(c, n)...)
	}
	return data
}

// tree lists all that is on a disk.
func (s *script) tree(disk *vfs.Disk) {
	empty := true
	err := afero.Walk(disk, "/", func(name string, info os.FileInfo, err error) error {
		switch {
		case err != nil || name == "/":
			return err
		case info.IsDir():
			fmt.Fprintf(&s.out, "  %s/\n", name)
		default:
			data, err := afero.ReadFile(disk, name)
			if err != nil {
				return err
			}
			fmt.Fprintf(&s.out, "  %s %v: %s\n", name, info.Mode(), describe(data))
		}
		empty = false
		return nil
	})
	if err != nil {
		fmt.Fprintf(&s.out, "  %v\n", err)
	} else if empty {
		s.out.WriteString("  nothing\n")
	}
}

// describe shows a byte three times or more as c*N, as a script writes it.
func describe(data []byte) string {
	if len(data) == 0 {
		return "empty"
	}
	var words []string
	plain := false // the last word is text that the next byte continues
	for len(data) > 0 {
		n := 1
		for n < len(data) && data[n] == data[0] {
			n++
		}
		c := string(data[:1])
		if data[0] <= ' ' || data[0] > '~' {
			c = fmt.Sprintf("\\x%02x", data[0])
		}
		switch {
		case n > 2:
			words, plain = append(words, fmt.Sprintf("%s*%d", c, n)), false
		case plain:
			words[len(words)-1] += strings.Repeat(c, n)
		default:
			words, plain = append(words, strings.Repeat(c, n)), true
		}
		data = data[n:]
	}
	return strings.Join(words, " ")
}
