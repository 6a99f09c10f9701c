//go:build linux

package worker

import (
	"path/filepath"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// readFile reads a file by its handle, from the start.
func (r *runner) readFile(handle string) ([]byte, error) {
	fd, ok := r.handles[handle]
	if !ok {
		return nil, unix.EBADF
	}
	return readAll(fd)
}

func readAll(fd int) ([]byte, error) {
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return nil, err
	}
	if st.Size > mostTreeBytes {
		return nil, unix.EFBIG
	}
	b := make([]byte, st.Size)
	for at := 0; at < len(b); {
		n, err := unix.Pread(fd, b[at:], int64(at))
		if err != nil {
			return nil, err
		}
		if n == 0 {
			return b[:at], nil
		}
		at += n
	}
	return b, nil
}

// tree reads all that is below the directory but the filesystem's own and the
// bystander: contents by path, directories with a slash at the end, and a
// user's extended attributes.
func (r *runner) tree() (map[string][]byte, string, error) {
	t := map[string][]byte{}
	what, err := readTree(r.dir, "", t)
	return t, what, err
}

func readTree(dir, prefix string, t map[string][]byte) (string, error) {
	names, err := readDir(dir)
	if err != nil {
		return "readdir " + prefix, err
	}
	for _, name := range names {
		if prefix == "" && (name == Bystander || name == "lost+found") {
			continue
		}
		path, key := filepath.Join(dir, name), prefix+name
		var st unix.Stat_t
		if err := unix.Lstat(path, &st); err != nil {
			return "lstat " + key, err
		}
		if st.Mode&unix.S_IFMT == unix.S_IFLNK {
			target := make([]byte, unix.PathMax)
			n, err := unix.Readlink(path, target)
			if err != nil {
				return "readlink " + key, err
			}
			t[key+"//"] = target[:n]
			continue
		}
		if err := readXattrs(path, key, t); err != nil {
			return "attributes of " + key, err
		}
		if st.Mode&unix.S_IFMT == unix.S_IFDIR {
			t[key+"/"] = nil
			if what, err := readTree(path, key+"/", t); err != nil {
				return what, err
			}
			continue
		}
		fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
		if err != nil {
			return "open " + key, err
		}
		t[key], err = readAll(fd)
		unix.Close(fd)
		if err != nil {
			return "read " + key, err
		}
	}
	return "", nil
}

// readXattrs reads a user's extended attributes. In the tree one is the path, two slashes
// and its name.
func readXattrs(path, key string, t map[string][]byte) error {
	list := make([]byte, 4096)
	n, err := unix.Listxattr(path, list)
	if err != nil {
		return err
	}
	for attr := range strings.SplitSeq(string(list[:n]), "\x00") {
		if !strings.HasPrefix(attr, "user.") {
			continue
		}
		value := make([]byte, 100)
		n, err := unix.Getxattr(path, attr, value)
		if err != nil {
			return err
		}
		t[key+"//"+attr] = value[:n]
	}
	return nil
}

func readDir(dir string) ([]string, error) {
	fd, err := unix.Open(dir, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	defer unix.Close(fd)
	var names []string
	buf := make([]byte, 32<<10)
	for {
		n, err := unix.Getdents(fd, buf)
		if err != nil {
			return nil, err
		}
		if n == 0 {
			return names, nil
		}
		_, _, names = syscall.ParseDirent(buf[:n], -1, names)
	}
}
