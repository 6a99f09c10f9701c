package stan

import (
	"syscall"
	"testing"

	"github.com/nats-io/nats-streaming-server/logger"
	"github.com/nats-io/nats-streaming-server/spb"
	"github.com/nats-io/nats-streaming-server/stores"
	"github.com/nats-io/stan.go/pb"

	"powercut/properties/unmodified"
	"powercut/sim"
	"powercut/vfs"
)

// store keeps a key's last value in the messages of a channel.
type store struct {
	files *stores.FileStore
	unmodified.Replayed
	msgs stores.MsgStore
}

// open opens a store in which a file has so many messages.
func open(dir string, messages int) (unmodified.Store, error) {
	limits := stores.DefaultStoreLimits
	files, err := stores.NewFileStore(logger.NewStanLogger(), dir, &limits, stores.DoSync(true), stores.SliceConfig(messages, 0, 0, ""))
	if err != nil {
		return nil, err
	}
	s := &store{files: files}
	state, err := files.Recover()
	if err != nil {
		return nil, err
	}
	if state == nil {
		if err := files.Init(&spb.ServerInfo{ClusterID: "c"}); err != nil {
			return nil, err
		}
	}
	if state == nil || state.Channels["c"] == nil {
		c, err := files.CreateChannel("c")
		if err != nil {
			return nil, err
		}
		s.msgs = c.Msgs
		return s, nil
	}
	s.msgs = state.Channels["c"].Channel.Msgs
	first, last, err := s.msgs.FirstAndLastSequence()
	for n := first; n > 0 && n <= last && err == nil; n++ {
		var m *pb.MsgProto
		if m, err = s.msgs.Lookup(n); m != nil {
			s.Replay(m.Data)
		}
	}
	return s, err
}

func (s *store) Put(key, value string) error {
	data := s.Record(key, value)
	if _, err := s.msgs.Store(&pb.MsgProto{Sequence: s.Records, Subject: "c", Data: data}); err != nil {
		return err
	}
	return s.msgs.Flush()
}

func (s *store) Close() error { return s.files.Close() }

// The file that says which server it is is not synced.
func TestStan1034(t *testing.T) {
	unmodified.Finds(t, sim.Config{Runs: 30, Profiles: []vfs.Profile{vfs.Ext4}}, unmodified.Plan{Clients: 1, Puts: 8, Opens: 2}.Run(func(dir string) (unmodified.Store, error) { return open(dir, 4) }), "unable to recover server file")
}

// A message that was torn, and not acknowledged, is refused. The files that it begins with
// are made durable.
func TestStan557(t *testing.T) {
	unmodified.Finds(t, sim.Config{Runs: 30, Profiles: []vfs.Profile{vfs.Ext4}}, unmodified.Plan{Clients: 1, Puts: 8, Opens: 2}.Run(durably), "nexpected EOF")
}

func durably(dir string) (unmodified.Store, error) {
	s, err := open(dir, 1000)
	if err == nil {
		err = s.Put("first", "")
	}
	syscall.Sync()
	return s, err
}
