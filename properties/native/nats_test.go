package native

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"powercut/properties/unmodified"
	"powercut/sim"
	"powercut/sim/oracle"
	"powercut/vfs"
)

// natsStore is a bucket of a server in this process, that is spoken to without a
// socket.
type natsStore struct {
	jetstream.KeyValue
	client *nats.Conn
	server *server.Server
}

func openNATS(dir string) (unmodified.Store, error) { return openServer(dir, true) }

// openServer starts a server that syncs before it acknowledges, or as it does by default.
func openServer(dir string, always bool) (unmodified.Store, error) {
	s := &natsStore{}
	var err error
	s.server, err = server.NewServer(&server.Options{ServerName: "s", DontListen: true, JetStream: true, StoreDir: dir, SyncAlways: always, NoLog: true, NoSigs: true,
		JetStreamMaxMemory: 1 << 20, JetStreamMaxStore: 1 << 30})
	if err != nil {
		return nil, err
	}
	s.server.Start()
	if !s.server.ReadyForConnections(10 * time.Second) {
		return nil, errors.New("the server is not ready")
	}
	if s.client, err = nats.Connect("", nats.InProcessServer(s.server)); err != nil {
		return nil, err
	}
	js, err := jetstream.New(s.client)
	if err != nil {
		return nil, err
	}
	s.KeyValue, err = js.CreateOrUpdateKeyValue(context.Background(), jetstream.KeyValueConfig{Bucket: "b", Storage: jetstream.FileStorage})
	return s, err
}

func (s *natsStore) Put(key, value string) error {
	_, err := s.KeyValue.Put(context.Background(), natsKey(key), []byte(value))
	return err
}

func (s *natsStore) Get(key string) (string, error) {
	e, err := s.KeyValue.Get(context.Background(), natsKey(key))
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return "", oracle.ErrNotFound
	}
	if err != nil {
		return "", err
	}
	return string(e.Value()), nil
}

func (s *natsStore) Close() error {
	s.client.Close()
	s.server.Shutdown()
	s.server.WaitForShutdown()
	return nil
}

// natsKey is a key as the server takes it.
func natsKey(key string) string { return strings.ReplaceAll(key, " ", "-") }

var natsEngine = unmodified.Engine{
	Name: "NATS JetStream", Module: "github.com/nats-io/nats-server/v2",
	Promises: "a message that was acknowledged, with sync_interval: always",
	Open:     openNATS,
	Finds:    unmodified.Unnamed,
	Plan:     unmodified.Plan{Clients: 2, Puts: 5, Opens: 2},
}

func TestEngineJetStream(t *testing.T) { natsEngine.Test(t) }

// By default it acknowledges what is synced two minutes later at most.
func TestJetStream7564(t *testing.T) {
	unmodified.Finds(t, sim.Config{Runs: 30, Profiles: []vfs.Profile{vfs.Ext4}}, unmodified.Plan{Clients: 2, Puts: 5}.Run(func(dir string) (unmodified.Store, error) { return openServer(dir, false) }), "acknowledged-durable")
}
