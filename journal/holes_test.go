package journal_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"syscall"
	"testing"

	"github.com/spf13/afero"

	"powercut/journal"
	"powercut/journal/wire"
	"powercut/vfs"
)

// holeFs is a filesystem of which the files tell holes as somebody likes.
type holeFs struct {
	afero.Fs
	hole, data func(f afero.File, off int64) (int64, error)
	asked      int
}

type holeFile struct {
	afero.File
	fs *holeFs
}

func (f holeFile) SeekHole(off int64) (int64, error) {
	f.fs.asked++
	return f.fs.hole(f.File, off)
}

func (f holeFile) SeekData(off int64) (int64, error) { return f.fs.data(f.File, off) }

func (c *holeFs) Open(name string) (afero.File, error) { return c.OpenFile(name, os.O_RDONLY, 0) }

func (c *holeFs) OpenFile(name string, flag int, perm os.FileMode) (afero.File, error) {
	f, err := c.Fs.OpenFile(name, flag, perm)
	if err != nil {
		return nil, err
	}
	return holeFile{f, c}, nil
}

// What is called a hole and is none costs nothing, and neither does a filesystem that
// knows no holes. An error of another kind is one of reading.
func TestWhoTellsHolesWrongly(t *testing.T) {
	fails := func(err error) func(afero.File, int64) (int64, error) {
		return func(afero.File, int64) (int64, error) { return 0, err }
	}
	here := func(_ afero.File, off int64) (int64, error) { return off, nil }
	end := func(f afero.File, _ int64) (int64, error) { return f.Seek(0, io.SeekEnd) }
	for _, c := range []struct {
		name       string
		hole, data func(afero.File, int64) (int64, error)
		refused    bool
	}{
		{"all is a hole", here, fails(syscall.ENXIO), false},
		{"all is a hole, and data behind the end", here, func(f afero.File, off int64) (int64, error) { return off + 1<<40, nil }, false},
		{"all is data", end, here, false},
		{"data is where the hole is", here, here, false},
		{"nothing is behind the end", fails(syscall.ENXIO), fails(syscall.ENXIO), false},
		{"no such call", fails(syscall.EINVAL), fails(syscall.EINVAL), false},
		{"not on this filesystem", fails(syscall.ENOTSUP), fails(syscall.ENOTSUP), false},
		{"an error of the disk", fails(syscall.EIO), here, true},
		{"an error of the disk, behind a hole", here, fails(syscall.EIO), true},
	} {
		t.Run(c.name, func(t *testing.T) {
			const edge = 8 << 20
			fs := &holeFs{Fs: afero.NewMemMapFs(), hole: c.hole, data: c.data}
			must(t, fs.MkdirAll("/data", 0o755))
			held := farJournal(t, fs.Fs, base, edge)
			j, _, err := journal.Open(fs.Fs, base, &lastLSN{}, journal.Options{})
			must(t, err)
			appendFar(t, j, &held, 3)
			// A batch of some megabytes, of which nothing is zero, and a tail.
			big := make([]byte, 3<<20)
			for i, noise := 0, uint64(1); i < len(big); i++ {
				noise = noise*6364136223846793005 + 1
				big[i] = byte(noise>>56) | 1
			}
			_, err = j.Append(bg, journal.Entry{Payload: wire.Encode(wire.Bytes(big))})
			must(t, err)
			must(t, j.Close())
			before := contentsOf(t, fs.Fs)
			m := &lastLSN{}
			j, rec, err := journal.Open(fs, base, m, journal.Options{})
			if fs.asked == 0 {
				t.Error("nobody asked for holes")
			}
			if c.refused {
				if _, ok := errors.AsType[*journal.ReadError](err); !ok || !errors.Is(err, syscall.EIO) {
					t.Errorf("got %v, want a ReadError with EIO", err)
				}
				if after := contentsOf(t, fs.Fs); !slices.Equal(before, after) {
					t.Errorf("the files were changed: %v, before %v", after, before)
				}
				return
			}
			must(t, err)
			if want := uint64(len(held) + 1); m.lsn != want || rec.LastLSN != want || rec.TailBytes > 0 {
				t.Errorf("got LSN %d, want %d (%+v)", m.lsn, want, rec)
			}
			must(t, j.Close())
		})
	}
}

// lastLSN is a machine that remembers the last entry that it was given.
type lastLSN struct {
	nothing
	lsn uint64
}

func (m *lastLSN) Apply(e journal.Entry) error {
	m.lsn = e.LSN
	return nil
}

// contentsOf tells the files of a journal, and the checksums of what they hold.
func contentsOf(t *testing.T, fs afero.Fs) []string {
	t.Helper()
	infos, err := afero.ReadDir(fs, "/data")
	must(t, err)
	var all []string
	for _, info := range infos {
		content, err := afero.ReadFile(fs, "/data/"+info.Name())
		must(t, err)
		all = append(all, fmt.Sprintf("%s %d %08x", info.Name(), len(content), wire.Checksum(0, content)))
	}
	return all
}

// A recovery over gigabytes of holes reads as much as one over some kilobytes.
func TestHolesAreNotRead(t *testing.T) {
	disk := vfs.New(vfs.Options{})
	must(t, disk.Mkdir("/data", 0o755))
	held := farJournal(t, disk, base, 1<<32)
	must(t, disk.Truncate(base+".log", 3<<31))
	count := &readCount{}
	disk.SetHook(count)
	j, rec := openFar(t, disk, base, journal.Options{}, held)
	if rec.TailBytes != 1<<31 || rec.TailKept != "" {
		t.Errorf("the tail of zeros: %+v", rec)
	}
	must(t, j.Close())
	if count.bytes > 256<<20 || count.reads > 1000 {
		t.Errorf("%d reads of %d bytes, in a file of %d", count.reads, count.bytes, int64(3<<31))
	}
	t.Logf("%d reads of %d bytes", count.reads, count.bytes)
}

// readCount counts what is read of a disk.
type readCount struct{ reads, bytes int64 }

func (c *readCount) Before(vfs.Op) {}

func (c *readCount) After(op vfs.Op, _ vfs.Result) {
	if op.Kind == vfs.OpRead {
		c.reads++
		c.bytes += op.Len
	}
}
