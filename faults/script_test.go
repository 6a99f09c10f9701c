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
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		if len(words) == 0 || words[0][0] == '#' {
			s.out.WriteString(line)
			continue
		}
		before := in.Delayed()
		result := s.do(words)
		if took := in.Delayed() - before; took != 0 {
			result += fmt.Sprintf(" (took %v)", took)
		}
		fmt.Fprintf(&s.out, "%-28s %s\n", strings.TrimSpace(line), result)
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

func (s *script) do(words []string) string {
	arg := func(i int) string {
		if i >= len(words) {
			s.t.Fatalf("%q needs more words", words)
		}
		return words[i]
	}
	number := func(i int) int64 {
		n, err := strconv.ParseInt(arg(i), 0, 64)
		if err != nil {
			s.t.Fatalf("%q: %v", words, err)
		}
		return n
	}
	switch words[0] {
	case "create":
		f, err := s.disk.OpenFile(arg(1), os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o644)
		return s.keep(arg(1), f, err)
	case "open":
		f, err := s.disk.OpenFile(arg(1), os.O_RDWR, 0)
		return s.keep(arg(1), f, err)
	case "opensync":
		f, err := s.disk.OpenFile(arg(1), os.O_RDWR|os.O_SYNC, 0)
		return s.keep(arg(1), f, err)
	case "rename":
		return s.result(s.disk.Rename(arg(1), arg(2)))
	case "link":
		return s.result(s.disk.Link(arg(1), arg(2)))
	case "remove":
		return s.result(s.disk.Remove(arg(1)))
	case "mkdir":
		return s.result(s.disk.Mkdir(arg(1), 0o755))
	case "chmod":
		return s.result(s.disk.Chmod(arg(1), 0o600))
	case "stat":
		info, err := s.disk.Stat(arg(1))
		if err != nil {
			return s.result(err)
		}
		return fmt.Sprintf("%d bytes", info.Size())
	case "evict":
		s.disk.Evict()
		return "ok"
	case "syncdir", "readdir":
		return s.directory(words[0], arg(1))
	}
	f := s.handles[arg(1)]
	if f == nil {
		s.t.Fatalf("%q: no such handle", words)
	}
	switch words[0] {
	case "write":
		data := s.data(words[2:])
		n, err := f.Write(data)
		return s.moved(n, len(data), err)
	case "writeat":
		data := s.data(words[3:])
		n, err := f.WriteAt(data, number(2))
		return s.moved(n, len(data), err)
	case "read":
		p := make([]byte, number(2))
		n, err := f.Read(p)
		return s.moved(n, len(p), err) + ": " + describe(p[:n])
	case "readat":
		p := make([]byte, number(3))
		n, err := f.ReadAt(p, number(2))
		return s.moved(n, len(p), err) + ": " + describe(p[:n])
	case "truncate":
		return s.result(f.Truncate(number(2)))
	case "sync":
		return s.result(f.Sync())
	case "close":
		return s.result(f.Close())
	}
	s.t.Fatalf("%q: no such operation", words)
	return ""
}

func (s *script) keep(name string, f afero.File, err error) string {
	if err == nil {
		s.handles[name] = f
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
