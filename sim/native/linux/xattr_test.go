//go:build linux && amd64

package linux_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"syscall"

	"pgregory.net/rapid"
)

// xattrCalls are set, get, list and remove, of a path, of what a path itself is, and of a
// descriptor.
var xattrCalls = [3][4]uintptr{
	{syscall.SYS_SETXATTR, syscall.SYS_GETXATTR, syscall.SYS_LISTXATTR, syscall.SYS_REMOVEXATTR},
	{syscall.SYS_LSETXATTR, syscall.SYS_LGETXATTR, syscall.SYS_LLISTXATTR, syscall.SYS_LREMOVEXATTR},
	{syscall.SYS_FSETXATTR, syscall.SYS_FGETXATTR, syscall.SYS_FLISTXATTR, syscall.SYS_FREMOVEXATTR},
}

// xattrs changes extended attributes, or looks at them.
func (p *pair) xattrs() {
	whose := rapid.IntRange(0, 2).Draw(p.t, "whose")
	what, at := p.absolute("path")
	of := func(s *side) any { return at(s) }
	if whose == 2 {
		if len(p.open) == 0 {
			return
		}
		f := p.pick()
		what, of = fmt.Sprintf("#%d", f.fd), func(s *side) any { return s.fds[f.fd] }
	}
	attr := rapid.SampledFrom([]string{"user.a", "user.a", "user.b", "trusted.c", "user.", "nothing.a", "", strings.Repeat("n", 300)}).Draw(p.t, "attribute")
	call := rapid.IntRange(0, 3).Draw(p.t, "call")
	nr, room := xattrCalls[whose][call], rapid.SampledFrom([]int{0, 3, 100}).Draw(p.t, "room")
	what = fmt.Sprintf("%s of %s, %q, %d bytes", []string{"setxattr", "getxattr", "listxattr", "removexattr"}[call], what, attr, room)
	switch call {
	case 0:
		flags := rapid.SampledFrom([]int{0, 0, 0, 1, 2, 3, 4}).Draw(p.t, "flags")
		value := bytes.Repeat([]byte{'v'}, max(room, 1))
		p.same(what, nr, func(s *side) []any { return []any{of(s), attr, value, room, flags} })
	case 3:
		p.same(what, nr, func(s *side) []any { return []any{of(s), attr} })
	default:
		var got [2][]byte
		read := func(s *side) []any {
			b := make([]byte, 100)
			if s == p.real {
				got[1] = b
			} else {
				got[0] = b
			}
			if call == 2 {
				return []any{of(s), b, room}
			}
			return []any{of(s), attr, b, room}
		}
		if p.same(what, nr, read) && !slices.Equal(sortedNames(got[0]), sortedNames(got[1])) {
			p.t.Fatalf("%s: the simulation gives %q, the kernel %q", what, got[0], got[1])
		}
	}
}

// sortedNames are what a list of attributes has, or one value; the kernel lists in an
// order of its own.
func sortedNames(b []byte) []string {
	return slices.Sorted(strings.SplitSeq(string(b), "\x00"))
}

// makeXattrs goes through the calls on the extended attributes of a file, by its path and
// by its descriptor.
func (s *script) makeXattrs() {
	f := s.call("open", syscall.SYS_OPEN, nil, root+"f", 2, 0)
	for i, of := range []any{root + "f", root + "f", f} {
		prefix, nrs := []string{"", "l", "f"}[i], xattrCalls[i]
		b := []byte("value")
		s.call(prefix+"setxattr", nrs[0], 0, of, "user.x", b, 5, 0)
		s.call(prefix+"setxattr", nrs[0], syscall.EEXIST, of, "user.x", b, 5, 1)
		s.call(prefix+"setxattr", nrs[0], syscall.EOPNOTSUPP, of, "nothing.x", b, 5, 0)
		got := make([]byte, 7)
		s.call(prefix+"getxattr", nrs[1], syscall.ERANGE, of, "user.x", got, 4)
		s.call(prefix+"getxattr", nrs[1], 5, of, "user.x", got, 7)
		if string(got) != "value\x00\x00" {
			s.t.Errorf("%sgetxattr reads %q", prefix, got)
		}
		s.call(prefix+"listxattr", nrs[2], 7, of, got, 7)
		if string(got) != "user.x\x00" {
			s.t.Errorf("%slistxattr reads %q", prefix, got)
		}
		s.call(prefix+"removexattr", nrs[3], 0, of, "user.x")
		s.call(prefix+"removexattr", nrs[3], syscall.ENODATA, of, "user.x")
	}
	s.call("close", syscall.SYS_CLOSE, 0, f)
}
