package block

import (
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// ReadStore reads an image file, holes and zeros of which cost nothing.
func ReadStore(f *os.File) (*Store, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	s := NewStore(info.Size())
	buf := make([]byte, 1<<20)
	for at := int64(0); at < s.size; {
		data, err := unix.Seek(int(f.Fd()), at, unix.SEEK_DATA)
		if err == unix.ENXIO {
			break // a hole up to the end
		}
		if err != nil {
			return nil, &os.PathError{Op: "seek", Path: f.Name(), Err: err}
		}
		at = data / pageBytes * pageBytes
		n, err := f.ReadAt(buf, at)
		if err != nil && err != io.EOF {
			return nil, err
		}
		for k := 0; k < n; k += pageBytes {
			var p page
			copy(p[:], buf[k:min(k+pageBytes, n)])
			if p != (page{}) {
				s.pages[(at+int64(k))/pageBytes] = &p
			}
		}
		at += int64(n)
	}
	return s, nil
}
