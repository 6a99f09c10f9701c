package diskv

import (
	"os"
	"strings"
	"testing"

	"github.com/peterbourgon/diskv/v3"

	"powercut/properties/unmodified"
	"powercut/sim"
	"powercut/sim/oracle"
	"powercut/vfs"
)

type store struct{ *diskv.Diskv }

func open(dir string) (unmodified.Store, error) {
	return store{diskv.New(diskv.Options{BasePath: dir + "/kept", TempDir: dir + "/temp"})}, nil
}

// Put asks for a sync.
func (s store) Put(key, value string) error {
	return s.WriteStream(strings.ReplaceAll(key, " ", "-"), strings.NewReader(value), true)
}

func (s store) Get(key string) (string, error) {
	value, err := s.Read(strings.ReplaceAll(key, " ", "-"))
	if os.IsNotExist(err) {
		err = oracle.ErrNotFound
	}
	return string(value), err
}

func (store) Close() error { return nil }

// The file is synced, and given its name afterwards.
func TestDiskvName(t *testing.T) {
	unmodified.Finds(t, sim.Config{Runs: 30, Profiles: []vfs.Profile{vfs.Ext4}}, unmodified.Plan{Clients: 1, Puts: 4}.Run(open), "acknowledged-durable")
}
