package diskqueue

import (
	"fmt"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/nsqio/go-diskqueue"

	"powercut/properties/unmodified"
	"powercut/sim"
	"powercut/vfs"
)

// open opens a queue that syncs each message before it takes another one.
func open(dir string) diskqueue.Interface {
	return diskqueue.New("q", dir, 300, 1, 1000, 1, time.Second, func(diskqueue.LogLevel, string, ...any) {})
}

func message(of string, n int) string { return of + " " + strings.Repeat(fmt.Sprint(n), 20+17*n) }

// drain reads what is there.
func drain(q diskqueue.Interface) (all []string) {
	for {
		select {
		case m := <-q.ReadChan():
			all = append(all, string(m))
		case <-time.After(time.Second):
			return all
		}
	}
}

const puts = 9

// goesOn is a test of a queue that goes on behind a power cut: what was synced must come
// out, and what is put afterwards; or that alone, where a sync of the whole disk has made
// its first metadata durable.
func goesOn(afterwards bool) func(r *sim.Run) {
	return func(r *sim.Run) {
		synced := 0
		sim.Remember(r, &synced)
		r.WorkloadDir(func(dir string) error {
			q := open(dir)
			for n := range puts {
				if err := q.Put([]byte(message("old", n))); err != nil {
					return err
				}
				if afterwards && n == 1 {
					syscall.Sync()
				}
				r.Ack(func() { synced = n }) // those before it
			}
			return q.Close()
		})
		r.RecoverDir(func(dir string) error {
			if synced == 0 {
				return nil
			}
			q := open(dir)
			for n := range 5 {
				if err := q.Put([]byte(message("new", n))); err != nil {
					return err
				}
			}
			read := drain(q)
			for n := range 5 {
				if afterwards && !slices.Contains(read, message("new", n)) {
					return fmt.Errorf("message %d of those put behind the crash is lost", n)
				}
			}
			for n := range synced {
				if !afterwards && !slices.Contains(read, message("old", n)) {
					return fmt.Errorf("message %d of %d that were synced is lost", n, synced)
				}
			}
			return q.Close()
		})
	}
}

// Its metadata is older than its data: it reads what was there before, and not what is
// written over that.
func TestDiskqueue28(t *testing.T) {
	unmodified.Finds(t, sim.Config{Runs: 30, Profiles: []vfs.Profile{vfs.Ext4}}, goesOn(true), "behind the crash is lost")
}

// Where the queue begins and ends is given its name, and the directory is not synced.
func TestDiskqueueMeta(t *testing.T) {
	unmodified.Finds(t, sim.Config{Runs: 30, Profiles: []vfs.Profile{vfs.Ext4}}, goesOn(false), "synced is lost")
}
