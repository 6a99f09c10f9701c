package journal

import (
	"github.com/prometheus/prometheus/tsdb/wlog"
	"github.com/prometheus/prometheus/util/compression"
)

// prometheusStore is the log of Prometheus's time series. Log ends with a write
// of what is in its page; Sync makes the segment durable.
type prometheusStore struct {
	log *wlog.WL
	p   promise
	one [1][]byte
}

func openPrometheus(dir string, p promise) (store, error) {
	log, err := wlog.New(nil, nil, dir, compression.None)
	if err != nil {
		return nil, err
	}
	return &prometheusStore{log: log, p: p}, nil
}

func (s *prometheusStore) Append(entry []byte) error {
	s.one[0] = entry
	return s.AppendBatch(s.one[:])
}

func (s *prometheusStore) AppendBatch(entries [][]byte) error {
	if err := s.log.Log(entries...); err != nil {
		return err
	}
	if s.p == power {
		return s.log.Sync()
	}
	return nil
}

func (s *prometheusStore) Close() error { return s.log.Close() }

func readPrometheus(dir string, _ int, each func([]byte) error) error {
	segments, err := wlog.NewSegmentsReader(dir)
	if err != nil {
		return err
	}
	defer segments.Close()
	r := wlog.NewReader(segments)
	for r.Next() {
		if err := each(r.Record()); err != nil {
			return err
		}
	}
	return r.Err()
}
