package journal

import (
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/spf13/afero"

	"powercut/journal/wire"
)

// logReader reads a file from its beginning to limit in large pieces, through
// one buffer of fixed size, and keeps a running CRC-32C of what was skipped.
// Nothing it does allocates by what the bytes claim.
type logReader struct {
	file  afero.File
	path  string
	limit int64 // read no further than this offset

	base       []byte // of readBufferBytes
	buf        []byte // base, or what it had to grow to
	start, end int    // the unread bytes in buf
	off        int64  // of buf[start] in the file
	// holding, the bytes from kept to start stay in buf.
	holding bool
	kept    int
	// holdAtMost, if not 0, is how many bytes are kept for the time being. The reader
	// lets go of more, and says so.
	holdAtMost int
	letGo      bool

	plain   []byte // the last payload that was compressed
	entryAt int64  // offset of the frame of the entry that is yielded

	crc     uint32
	crcFrom int // bytes in buf from here to start are not in crc yet

	// tap, if not nil, sees the bytes as they are read, and where they stand: in order,
	// some of them again after a restart.
	tap     func(off int64, b []byte)
	tapFrom int64 // what stands before this offset it need not see

	holes holes
}

const readBufferBytes = 256 << 10

var readBuffers = sync.Pool{New: func() any { return new([readBufferBytes]byte) }}

// openLog opens a file to read it as a log. Whoever gets the reader closes it.
func openLog(fs afero.Fs, path string) (*logReader, error) {
	file, err := fs.Open(path)
	if err != nil {
		return nil, fmt.Errorf("journal: opening %s: %w", path, err)
	}
	info, err := file.Stat()
	if err == nil && info.IsDir() {
		err = badInput("file", path, "is a directory")
	}
	if err != nil {
		_ = file.Close() // nothing was written
		return nil, fmt.Errorf("journal: opening %s: %w", path, err)
	}
	buf := readBuffers.Get().(*[readBufferBytes]byte)
	return &logReader{file: file, path: path, limit: info.Size(), base: buf[:], buf: buf[:], holes: holesOf(file)}, nil
}

// close ends the reading. It may be called again.
func (r *logReader) close() {
	if r.base == nil {
		return
	}
	r.free()
	_ = r.file.Close() // nothing was written
}

// free gives the buffer back, and leaves the file to somebody else.
func (r *logReader) free() {
	readBuffers.Put((*[readBufferBytes]byte)(r.base))
	r.buf, r.base = nil, nil
}

// restart goes to an offset, with a CRC that begins with crc.
func (r *logReader) restart(off int64, crc uint32) {
	r.off, r.start, r.end, r.crcFrom, r.crc = off, 0, 0, 0, crc
	r.holding, r.letGo = false, false
	r.holes = holes{seeker: r.holes.seeker} // what is read twice is asked for twice
}

// back goes back to an offset, with a CRC that begins with crc. What is in the buffer is
// not read again.
func (r *logReader) back(off int64, crc uint32) {
	if n := r.off - off; n <= int64(r.start) {
		r.start -= int(n)
		r.off = off
		r.reseed(crc)
		return
	}
	r.restart(off, crc)
}

// hold keeps what is skipped from here on, until it is called again.
func (r *logReader) hold() { r.holding, r.letGo, r.kept = true, false, r.start }

// held returns what was skipped since hold. It is valid until more is read.
func (r *logReader) held() []byte { return r.buf[r.kept:r.start] }

// left is how many bytes are ahead.
func (r *logReader) left() int64 { return r.limit - r.off }

// peek returns the next n bytes, which are at most the buffer's size, without
// going on; fewer only where the limit comes first.
func (r *logReader) peek(n int) ([]byte, error) {
	if r.end-r.start < n && int64(r.end-r.start) < r.left() {
		if err := r.fill(n); err != nil {
			return nil, err
		}
	}
	return r.buf[r.start:min(r.end, r.start+n)], nil
}

// fill reads until at least n bytes are unread, or all up to the limit.
func (r *logReader) fill(n int) error {
	r.fold()
	r.makeRoom(n)
	for idle := 0; r.end-r.start < n; {
		room := min(int64(len(r.buf)-r.end), r.left()-int64(r.end-r.start))
		if room == 0 {
			return nil
		}
		at := r.off + int64(r.end-r.start)
		got, err := r.file.ReadAt(r.buf[r.end:r.end+int(room)], at)
		if got > 0 && r.tap != nil {
			r.tap(at, r.buf[r.end:r.end+got])
		}
		r.end += got
		switch {
		case err != nil && !errors.Is(err, io.EOF):
			return &ReadError{r.path, at + int64(got), err}
		case err != nil && int64(got) < room:
			// The file was longer than this a moment ago.
			return &ReadError{r.path, at + int64(got), io.ErrUnexpectedEOF}
		case got > 0:
			idle = 0
		default:
			if idle++; idle == 100 {
				return &ReadError{r.path, at, io.ErrNoProgress}
			}
		}
	}
	return nil
}

// makeRoom moves what is needed to the beginning of the buffer, and lets it grow
// until there is room for n bytes behind what is held: by what was read, not by
// what somebody claims.
func (r *logReader) makeRoom(n int) {
	from := r.start
	if r.holding && r.holdAtMost > 0 && r.start-r.kept > r.holdAtMost {
		r.holding, r.letGo = false, true
	}
	if r.holding {
		from = r.kept
	}
	held := r.start - from
	to := r.buf
	if size := len(to); size-held < max(n, size/2) {
		for size-held < max(n, size/2) {
			size *= 2
		}
		to = make([]byte, size)
	}
	r.end = copy(to, r.buf[from:r.end])
	r.buf, r.start, r.crcFrom, r.kept = to, held, held, 0
}

// fold brings the CRC up to what was skipped.
func (r *logReader) fold() {
	r.crc = wire.Checksum(r.crc, r.buf[r.crcFrom:r.start])
	r.crcFrom = r.start
}

// sum returns the CRC of what was skipped since restart or reseed.
func (r *logReader) sum() uint32 {
	r.fold()
	return r.crc
}

// reseed begins the CRC anew.
func (r *logReader) reseed(crc uint32) {
	r.crc, r.crcFrom = crc, r.start
}

// skip goes on by n bytes.
func (r *logReader) skip(n int64) error {
	for n > 0 {
		if r.start == r.end {
			jumped, err := r.jump(n)
			if err != nil {
				return err
			}
			if n -= jumped; jumped > 0 {
				continue
			}
			if err := r.fill(1); err != nil {
				return err
			}
			if r.start == r.end {
				return &ReadError{r.path, r.off, io.ErrUnexpectedEOF}
			}
		}
		step := min(n, int64(r.end-r.start))
		r.start += int(step)
		r.off += step
		n -= step
	}
	return nil
}

// skipEntries goes on behind the frames of entries that are in the buffer as a
// whole, and returns how many there were.
func (r *logReader) skipEntries() int {
	n, size := wire.EntryFrames(r.buf[r.start:r.end])
	r.start += size
	r.off += int64(size)
	return n
}

// pass goes on by n bytes that are in the buffer, and begins the CRC anew there.
func (r *logReader) pass(n int, crc uint32) {
	r.start += n
	r.off += int64(n)
	r.reseed(crc)
}

// appendNext appends the next n bytes to dst and goes on behind them. dst
// grows by what was read, not by what n claims.
func (r *logReader) appendNext(dst []byte, n int64) ([]byte, error) {
	for n > 0 {
		piece, err := r.peek(int(min(n, readBufferBytes)))
		if err != nil {
			return dst, err
		}
		if len(piece) == 0 {
			return dst, &ReadError{r.path, r.off, io.ErrUnexpectedEOF}
		}
		dst = append(dst, piece...)
		if err := r.skip(int64(len(piece))); err != nil {
			return dst, err
		}
		n -= int64(len(piece))
	}
	return dst, nil
}

// frame looks at the frame that comes next. err is a *ReadError if the bytes
// could not be read, and bad says why they are not a whole frame if they could.
func (r *logReader) frame() (h wire.Header, marker bool, bad, err error) {
	head, err := r.peek(wire.MarkerPrefixSize)
	if err != nil {
		return h, false, nil, err
	}
	h, bad = wire.ParseHeader(head, wire.MaxPayload)
	if bad == nil && h.Size > r.left()-wire.HeaderSize {
		bad = fmt.Errorf("%w: got %d bytes of a payload, want %d", wire.ErrShortFrame, r.left()-wire.HeaderSize, h.Size)
	}
	return h, bad == nil && wire.IsMarkerFrame(head), bad, nil
}
