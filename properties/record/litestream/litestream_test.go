package litestream

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"testing"

	"github.com/benbjohnson/litestream/file"
	"github.com/superfly/ltx"

	"powercut/properties/unmodified"
	"powercut/sim"
	"powercut/vfs"
)

// A transaction that the replica took must be there.
func TestLitestream1342(t *testing.T) {
	ctx := context.Background()
	unmodified.Finds(t, sim.Config{Runs: 30, Profiles: []vfs.Profile{vfs.Ext4}}, func(r *sim.Run) {
		taken := ltx.TXID(0)
		sim.Remember(r, &taken)
		r.WorkloadDir(func(dir string) error {
			c := file.NewReplicaClient(dir + "/replica")
			for id := ltx.TXID(1); id <= 3; id++ {
				header, err := (&ltx.Header{Version: ltx.Version, PageSize: 512, Commit: 1, MinTXID: id, MaxTXID: id}).MarshalBinary()
				if err != nil {
					return err
				}
				if _, err := c.WriteLTXFile(ctx, 0, id, id, bytes.NewReader(append(header, fmt.Sprintf("%0900d", id)...))); err != nil {
					return err
				}
				r.Ack(func() { taken = id })
			}
			return nil
		})
		r.RecoverDir(func(dir string) error {
			c := file.NewReplicaClient(dir + "/replica")
			for id := ltx.TXID(1); id <= taken; id++ {
				f, err := c.OpenLTXFile(ctx, 0, id, id, 0, 0)
				if err != nil {
					return fmt.Errorf("transaction %d: %w", id, err)
				}
				got, err := io.ReadAll(f)
				if err != nil || !bytes.HasSuffix(got, fmt.Appendf(nil, "%0900d", id)) {
					return fmt.Errorf("transaction %d has %d bytes: %w", id, len(got), err)
				}
				_ = f.Close() // was read
			}
			return nil
		})
	}, "transaction ")
}
