package journal

import "github.com/tidwall/wal"

// tidwallStore is github.com/tidwall/wal with its default options. It has no
// checksums: a torn or damaged entry is read as it is.
type tidwallStore struct {
	log   *wal.Log
	batch wal.Batch
	last  uint64
}

func openTidwall(dir string, p promise) (store, error) {
	o := *wal.DefaultOptions
	o.NoSync = p != power
	log, err := wal.Open(dir, &o)
	if err != nil {
		return nil, err
	}
	return &tidwallStore{log: log}, nil
}

func (s *tidwallStore) Append(entry []byte) error {
	s.last++
	return s.log.Write(s.last, entry)
}

func (s *tidwallStore) AppendBatch(entries [][]byte) error {
	for _, e := range entries {
		s.last++
		s.batch.Write(s.last, e)
	}
	return s.log.WriteBatch(&s.batch)
}

func (s *tidwallStore) Close() error { return s.log.Close() }

func readTidwall(dir string, _ int, each func([]byte) error) error {
	o := *wal.DefaultOptions
	o.NoCopy = true // each looks at an entry and does not keep it
	log, err := wal.Open(dir, &o)
	if err != nil {
		return err
	}
	defer log.Close()
	last, err := log.LastIndex()
	if err != nil {
		return err
	}
	for i := uint64(1); i <= last; i++ {
		e, err := log.Read(i)
		if err != nil {
			return err
		}
		if err := each(e); err != nil {
			return err
		}
	}
	return nil
}
