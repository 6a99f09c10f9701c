package vfs_test

import (
	"os"

	"powercut/vfs"
)

// full says whether no block is left.
func (s *space) full() bool { return s.used() >= s.capacity }

// drop takes a name away from the model.
func (s *space) drop(name string) {
	if f := s.names[name]; f != nil {
		f.names--
		delete(s.names, name)
	}
}

// onNames does one thing to the names. There are so few that of the filesystems all but
// posix have room for another one.
func (s *space) onNames(what string) {
	switch what {
	case "create":
		name := s.name()
		full := s.full() && (s.fs == vfs.XFS || s.fs == vfs.POSIX) && s.names[name] == nil
		f, err := s.disk.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o644)
		s.enospc("create", err, full)
		if err != nil {
			return
		}
		if s.names[name] == nil {
			s.names[name] = &spaceFile{blocks: map[int64]bool{}, names: 1}
		}
		s.names[name].open++
		s.handles = append(s.handles, spaceHandle{f, s.names[name]})
	case "remove":
		name := s.name()
		if s.names[name] == nil {
			return
		}
		s.enospc("remove", s.disk.Remove(name), false)
		s.drop(name)
	case "rename":
		from, to := s.name(), s.name()
		if s.names[from] == nil || s.names[from] == s.names[to] {
			return
		}
		full := s.full() && s.fs == vfs.POSIX && s.names[to] == nil
		if s.enospc("rename", s.disk.Rename(from, to), full); full {
			return
		}
		s.drop(to)
		s.names[to] = s.names[from]
		delete(s.names, from)
	case "link":
		from, to := s.name(), s.name()
		if s.names[from] == nil || s.names[to] != nil {
			return
		}
		full := s.full() && s.fs == vfs.POSIX
		if s.enospc("link", s.disk.Link(from, to), full); full {
			return
		}
		s.names[to] = s.names[from]
		s.names[to].names++
	}
}
