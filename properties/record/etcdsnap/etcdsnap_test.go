package etcdsnap

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"go.etcd.io/etcd/client/pkg/v3/fileutil"
	"go.etcd.io/etcd/server/v3/etcdserver/api/snap"
	"go.uber.org/zap"

	"powercut/properties/unmodified"
	"powercut/sim"
	"powercut/vfs"
)

// A snapshot that a member receives is saved before it goes on by it.
func TestEtcdSnapshot22340(t *testing.T) {
	unmodified.Finds(t, sim.Config{Runs: 30, Profiles: []vfs.Profile{vfs.Ext4}}, func(r *sim.Run) {
		saved := uint64(0)
		sim.Remember(r, &saved)
		r.WorkloadDir(func(dir string) error {
			if err := fileutil.CreateDirAll(zap.NewNop(), dir+"/snap"); err != nil {
				return err
			}
			if f, err := fileutil.OpenDir(dir); err != nil || fileutil.Fsync(f) != nil {
				return errors.New("the directory's name can't be made durable")
			}
			s := snap.New(zap.NewNop(), dir+"/snap")
			for id := range uint64(3) {
				if _, err := s.SaveDBFrom(strings.NewReader(fmt.Sprintf("%01000d", id)), id); err != nil {
					return err
				}
				r.Ack(func() { saved = id + 1 })
			}
			return nil
		})
		r.RecoverDir(func(dir string) error {
			s := snap.New(zap.NewNop(), dir+"/snap")
			for id := range saved {
				file, err := s.DBFilePath(id)
				if err != nil {
					return err
				}
				if got, err := os.ReadFile(file); err != nil || string(got) != fmt.Sprintf("%01000d", id) {
					return fmt.Errorf("snapshot %d is %q, %w", id, got, err)
				}
			}
			return nil
		})
	}, "snapshot")
}
