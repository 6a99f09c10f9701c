package dque

import (
	"errors"
	"testing"

	"github.com/joncrlsn/dque"

	"powercut/properties/unmodified"
	"powercut/sim"
	"powercut/sim/oracle"
	"powercut/vfs"
)

type item struct{ Key, Value string }

// store is a queue, which is read when something is asked for.
type store struct {
	*dque.DQue
	kept map[string]string
}

func open(dir string) (unmodified.Store, error) {
	q, err := dque.NewOrOpen("q", dir, 3, func() any { return &item{} })
	if err != nil {
		return nil, err
	}
	return &store{DQue: q}, nil
}

func (s *store) Put(key, value string) error { return s.Enqueue(&item{key, value}) }

func (s *store) Get(key string) (string, error) {
	for s.kept == nil || s.Size() > 0 {
		if s.kept == nil {
			s.kept = make(map[string]string)
		}
		next, err := s.Dequeue()
		if errors.Is(err, dque.ErrEmpty) {
			break
		}
		if err != nil {
			return "", err
		}
		s.kept[next.(*item).Key] = next.(*item).Value
	}
	if value, ok := s.kept[key]; ok {
		return value, nil
	}
	return "", oracle.ErrNotFound
}

// An item's length and its bytes are two writes.
func TestDque33(t *testing.T) {
	unmodified.Finds(t, sim.Config{Runs: 30, Profiles: []vfs.Profile{vfs.Ext4}}, unmodified.Plan{Clients: 1, Puts: 8}.Run(open), "is corrupted: ")
}
