package journal

import (
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
)

// The files of the floors.
const (
	rawName = "raw"
	// prewrittenBytes is how much of a file is written before it is
	// overwritten, and how far a loop goes before it begins anew.
	prewrittenBytes = 64 << 20
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func noSync(*os.File) error      { return nil }
func fsync(f *os.File) error     { return f.Sync() }
func fdatasync(f *os.File) error { return dataSync(f) }

// raw is a file with one entry after the other, and a way to make it durable.
type raw struct {
	file  *os.File
	sync  func(*os.File) error
	p     promise
	buf   []byte
	syncs uint64
}

// openGrowing returns a floor that appends to a new file.
func openGrowing(sync func(*os.File) error) func(string, promise) (store, error) {
	return func(dir string, p promise) (store, error) {
		file, err := os.Create(filepath.Join(dir, rawName))
		if err != nil {
			return nil, err
		}
		return &raw{file: file, sync: sync, p: p}, nil
	}
}

// openPrewritten returns a floor that overwrites a file whose blocks were all
// written and made durable before: its fsync finds no metadata to write. That
// the file was allocated alone would not do, since the first write to a block
// that is only allocated changes metadata too.
func openPrewritten(sync func(*os.File) error) func(string, promise) (store, error) {
	return func(dir string, p promise) (store, error) {
		file, err := os.Create(filepath.Join(dir, rawName))
		if err != nil {
			return nil, err
		}
		if err := prewrite(file); err != nil {
			file.Close()
			return nil, err
		}
		return &raw{file: file, sync: sync, p: p}, nil
	}
}

func prewrite(file *os.File) error {
	zeros := make([]byte, 1<<20)
	for range prewrittenBytes / len(zeros) {
		if _, err := file.Write(zeros); err != nil {
			return err
		}
	}
	if err := file.Sync(); err != nil {
		return err
	}
	_, err := file.Seek(0, io.SeekStart)
	return err
}

func (r *raw) Append(entry []byte) error {
	if _, err := r.file.Write(entry); err != nil {
		return err
	}
	r.syncs++
	return r.sync(r.file)
}

func (r *raw) AppendBatch(entries [][]byte) error {
	r.buf = r.buf[:0]
	for _, e := range entries {
		r.buf = append(r.buf, e...)
	}
	return r.Append(r.buf)
}

func (r *raw) Fsyncs() uint64 { return r.syncs }

func (r *raw) Rewind() error {
	_, err := r.file.Seek(0, io.SeekStart)
	return err
}

func (r *raw) Close() error { return r.file.Close() }

// readRaw reads entries of one length up to the first that begins with zeros:
// a prewritten file goes on behind what was stored.
func readRaw(dir string, entryBytes int, each func([]byte) error) error {
	b, err := os.ReadFile(filepath.Join(dir, rawName))
	if err != nil {
		return err
	}
	for len(b) >= entryBytes && [8]byte(b) != [8]byte{} {
		if err := each(b[:entryBytes]); err != nil {
			return err
		}
		b = b[entryBytes:]
	}
	return nil
}

// checksum stores nothing: it is what proving the bytes costs.
type checksum struct{ sum uint32 }

func openChecksum(string, promise) (store, error) { return new(checksum), nil }

func (c *checksum) Append(entry []byte) error {
	c.sum = crc32.Update(c.sum, castagnoli, entry)
	return nil
}

func (c *checksum) Close() error { return nil }
