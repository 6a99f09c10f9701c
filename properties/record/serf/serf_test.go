package serf

import (
	"fmt"
	"io"
	"log"
	"net"
	"testing"

	"github.com/hashicorp/serf/serf"

	"powercut/properties/unmodified"
	"powercut/sim"
	"powercut/vfs"
)

const nodes = 4

// session opens the snapshot of a member, tells it so often that the nodes have joined,
// and closes it. It returns how many nodes were known before.
func session(dir string, times int) (known int, err error) {
	over := make(chan struct{})
	events, s, err := serf.NewSnapshotter(dir+"/snapshot", 300, false, log.New(io.Discard, "", 0), &serf.LamportClock{}, nil, over)
	if err != nil {
		return 0, err
	}
	known = len(s.AliveNodes())
	for range times {
		for n := range nodes {
			events <- serf.MemberEvent{Type: serf.EventMemberJoin, Members: []serf.Member{{Name: fmt.Sprint("node", n), Addr: net.IPv4(10, 0, 0, byte(n)), Port: 7946}}}
		}
	}
	close(over)
	s.Wait()
	return known, nil
}

// The snapshot is compacted: the old file is removed before the new one has its name.
func TestSerfCompact(t *testing.T) {
	unmodified.Finds(t, sim.Config{Runs: 30, Profiles: []vfs.Profile{vfs.Ext4}}, func(r *sim.Run) {
		want := 0
		sim.Remember(r, &want)
		r.WorkloadDir(func(dir string) error {
			if _, err := session(dir, 1); err != nil {
				return err
			}
			r.Ack(func() { want = nodes })
			_, err := session(dir, 6)
			return err
		})
		r.RecoverDir(func(dir string) error {
			known, err := session(dir, 0)
			if err == nil && known < want {
				err = fmt.Errorf("%d of %d nodes are known", known, want)
			}
			return err
		})
	}, "nodes are known")
}
