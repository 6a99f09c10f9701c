package journal

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2/record"
	pebblefs "github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/wal"
	"github.com/prometheus/client_golang/prometheus"
)

// pebbleStore is the log of pebble, as pebble's commit pipeline drives it: a
// mutex around each record, a sync queue, a goroutine that writes and syncs.
// Without a sync nothing is promised, since that goroutine writes when it
// likes.
type pebbleStore struct {
	p       promise
	manager wal.Manager
	queue   chan struct{}
	syncs   *syncHistogram

	mu     sync.Mutex
	num    wal.NumWAL
	writer wal.Writer
}

// syncHistogram counts what pebble observes: one latency for each fsync.
type syncHistogram struct {
	prometheus.Histogram
	n atomic.Uint64
}

func (h *syncHistogram) Observe(float64) { h.n.Add(1) }

// pebbleMemtable is pebble's default size of a memtable, by which it
// preallocates.
const pebbleMemtable = 4 << 20

type quiet struct{}

func (quiet) Infof(string, ...any)      {}
func (quiet) Errorf(string, ...any)     {}
func (quiet) LogCreated(wal.CreateInfo) {}
func (quiet) Fatalf(f string, a ...any) { panic(fmt.Sprintf(f, a...)) }

func newPebbleStore(fs pebblefs.FS, dir string, p promise) (*pebbleStore, error) {
	s := &pebbleStore{p: p, queue: make(chan struct{}, record.SyncConcurrency-1), syncs: new(syncHistogram)}
	manager, err := wal.Init(wal.Options{
		Primary:              wal.Dir{FS: fs, Dirname: dir},
		MaxNumRecyclableLogs: 3,
		PreallocateSize:      func() int { return pebbleMemtable + pebbleMemtable/10 },
		FsyncLatency:         s.syncs,
		QueueSemChan:         s.queue,
		Logger:               quiet{},
		EventListener:        quiet{},
		WriteWALSyncOffsets:  func() bool { return true },
	}, nil)
	if err != nil {
		return nil, err
	}
	s.manager = manager
	return s, s.create()
}

func (s *pebbleStore) create() error {
	s.num++
	w, err := s.manager.Create(s.num, int(s.num))
	s.writer = w
	return err
}

func openPebble(dir string, p promise) (store, error) {
	return newPebbleStore(pebblefs.Default, dir, p)
}

func openPebbleOn(fs pebblefs.FS) func(string, promise) (store, error) {
	return func(dir string, p promise) (store, error) { return newPebbleStore(fs, dir, p) }
}

func openPebbleRecycled(dir string, p promise) (store, error) {
	return openPebbleRecycledOn(pebblefs.Default)(dir, p)
}

// openPebbleRecycledOn writes a log and gives it up, so that its file is used
// again: pebble does so for every log but the first few.
func openPebbleRecycledOn(fs pebblefs.FS) func(string, promise) (store, error) {
	return func(dir string, p promise) (store, error) {
		s, err := newPebbleStore(fs, dir, buffered)
		if err != nil {
			return nil, err
		}
		zeros := make([]byte, 32<<10)
		for range prewrittenBytes / len(zeros) {
			if err := s.Append(zeros); err != nil {
				return nil, err
			}
		}
		if err := s.Rewind(); err != nil {
			return nil, err
		}
		s.p = p
		return s, nil
	}
}

// Append may be called from any goroutine.
func (s *pebbleStore) Append(entry []byte) error {
	if s.p != power {
		s.mu.Lock()
		defer s.mu.Unlock()
		_, err := s.writer.WriteRecord(entry, wal.SyncOptions{}, nil)
		return err
	}
	w := pebbleWaits.Get().(*pebbleWait)
	defer pebbleWaits.Put(w)
	w.err = nil
	w.done.Add(1)
	s.queue <- struct{}{}
	s.mu.Lock()
	_, err := s.writer.WriteRecord(entry, wal.SyncOptions{Done: &w.done, Err: &w.err}, nil)
	s.mu.Unlock()
	if err != nil {
		return err
	}
	w.done.Wait()
	return w.err
}

// pebbleWait is what a caller waits with; pebble keeps it in its batches.
type pebbleWait struct {
	done sync.WaitGroup
	err  error
}

var pebbleWaits = sync.Pool{New: func() any { return new(pebbleWait) }}

func (s *pebbleStore) Fsyncs() uint64 { return s.syncs.n.Load() }

// Rewind ends the log, gives it up and begins the next one in its file.
func (s *pebbleStore) Rewind() error {
	if _, err := s.writer.Close(); err != nil {
		return err
	}
	if _, err := s.manager.Obsolete(s.num+1, false); err != nil {
		return err
	}
	return s.create()
}

func (s *pebbleStore) Close() error {
	if _, err := s.writer.Close(); err != nil {
		return err
	}
	return s.manager.Close()
}

// readPebble reads the newest log. Its number proves which records of a
// recycled file are its own.
func readPebble(dir string, _ int, each func([]byte) error) error {
	names, err := filepath.Glob(filepath.Join(dir, "*.log"))
	if err != nil {
		return err
	}
	if len(names) == 0 {
		return os.ErrNotExist
	}
	name := names[len(names)-1] // they are numbered, and sorted
	num, _, ok := wal.ParseLogFilename(filepath.Base(name))
	if !ok {
		return fmt.Errorf("bench: %s is no log of pebble", name)
	}
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	var buf bytes.Buffer
	for r := numbered(record.NewReader, file, num); ; {
		rec, err := r.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		buf.Reset()
		if _, err := buf.ReadFrom(rec); err != nil {
			return err
		}
		if err := each(buf.Bytes()); err != nil {
			return err
		}
	}
}

// numbered calls record.NewReader, whose number has a type that can't be named
// outside of pebble.
func numbered[N ~uint64](newReader func(io.Reader, N) *record.Reader, r io.Reader, num wal.NumWAL) *record.Reader {
	return newReader(r, N(num))
}
