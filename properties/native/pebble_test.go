package native

import (
	"errors"
	"fmt"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/objstorage/remote"

	"powercut/properties/unmodified"
	"powercut/sim"
	"powercut/sim/oracle"
	"powercut/vfs"
)

type pebbleStore struct{ *pebble.DB }

// openPebble opens a database on pebble's default filesystem.
func openPebble(dir string) (unmodified.Store, error) {
	db, err := pebble.Open(dir+"/db", &pebble.Options{MemTableSize: 8 << 10, Logger: quiet{}})
	if err != nil {
		return nil, err
	}
	return pebbleStore{db}, nil
}

func (s pebbleStore) Put(key, value string) error {
	return s.Set([]byte(key), []byte(value), pebble.Sync)
}

func (s pebbleStore) Get(key string) (string, error) {
	value, closer, err := s.DB.Get([]byte(key))
	if errors.Is(err, pebble.ErrNotFound) {
		return "", oracle.ErrNotFound
	}
	if err != nil {
		return "", err
	}
	text := string(value)
	return text, closer.Close()
}

// quiet keeps what pebble tells of itself to itself.
type quiet struct{ fatal }

func (quiet) Infof(string, ...any)  {}
func (quiet) Errorf(string, ...any) {}

// fatal ends what can't go on.
type fatal struct{}

func (fatal) Fatalf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }

// pebble's default filesystem holds a lock of the whole process while it locks a
// database, and keeps a list of those that are locked: a recovery beside the workload
// would find its own there.
func TestPebble(t *testing.T) {
	sim.Test(t, sim.Config{Runs: unmodified.Few(10), Points: 20, Images: 1, Profiles: []vfs.Profile{vfs.Ext4}, Corpus: "none"}, unmodified.Plan{Clients: 2, Puts: 6}.Run(openPebble))
}

// While a database is made, and at each Open, a manifest is named by a marker before the
// directory is synced: where names persist in any order, the marker may be there alone.
func TestPebbleInit(t *testing.T) {
	late(t)
	unmodified.Finds(t, sim.Config{Runs: 30, Points: 30, Images: 2, Profiles: []vfs.Profile{vfs.POSIX}}, unmodified.Plan{Clients: 1, Puts: 1, FromTheStart: true}.Run(openPebble), "could not open manifest file")
}

// late skips a test that needs hundreds of processes before something is found.
func late(t *testing.T) {
	if testing.Short() {
		t.Skip("-test.short: it is found after hundreds of images, each of which takes a process")
	}
}

// sharedPebble is a database that may keep objects elsewhere. Where it is put something
// it is given the name by which it writes there, which a catalog keeps.
type sharedPebble struct{ pebbleStore }

// openPebbleShared makes one, and what that is made of is durable.
func openPebbleShared(dir string) (unmodified.Store, error) {
	opts := &pebble.Options{MemTableSize: 8 << 10, Logger: quiet{}}
	opts.Experimental.RemoteStorage = remote.MakeSimpleFactory(map[remote.Locator]remote.Storage{"": remote.NewInMem()})
	db, err := pebble.Open(dir+"/db", opts)
	if err != nil {
		return nil, err
	}
	syscall.Sync()
	return sharedPebble{pebbleStore{db}}, nil
}

func (s sharedPebble) Put(key, value string) error {
	return errors.Join(s.SetCreatorID(1), s.pebbleStore.Put(key, value))
}

// The catalog of what is kept elsewhere is named by a marker as the manifest is, before
// the directory is synced.
func TestPebbleCatalog(t *testing.T) {
	late(t)
	unmodified.Finds(t, sim.Config{Runs: 30, Images: 4, Profiles: []vfs.Profile{vfs.POSIX}}, unmodified.Plan{Clients: 1, Puts: 1}.Run(openPebbleShared), "REMOTE-OBJ-CATALOG")
}

var pebbleEngine = unmodified.Engine{
	Name: "pebble", Module: "github.com/cockroachdb/pebble/v2",
	Promises: "a write with Sync",
	Open:     openPebble,
	Plan:     unmodified.Plan{Clients: 2, Puts: 6, Opens: 2},
	Points:   10, Images: 1,
	Finds: map[vfs.Profile]unmodified.Finding{
		vfs.POSIX: {Says: "could not open manifest file", Why: "a marker names a manifest whose own name is not durable"},
	},
}

func TestEnginePebble(t *testing.T) { pebbleEngine.Test(t) }
