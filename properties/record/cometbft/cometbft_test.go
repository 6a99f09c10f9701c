package cometbft

import (
	"fmt"
	"testing"

	"github.com/cometbft/cometbft/privval"
	"github.com/cometbft/cometbft/proto/tendermint/types"

	"powercut/properties/unmodified"
	"powercut/sim"
	"powercut/vfs"
)

// A validator that has signed a vote must know that behind a crash, or it signs another
// one of that height.
func TestFilePV6031(t *testing.T) {
	unmodified.Finds(t, sim.Config{Runs: 30, Profiles: []vfs.Profile{vfs.Ext4}}, func(r *sim.Run) {
		signed := int64(0)
		sim.Remember(r, &signed)
		r.WorkloadDir(func(dir string) error {
			pv := privval.LoadOrGenFilePV(dir+"/key", dir+"/state")
			for height := int64(1); height < 4; height++ {
				if err := pv.SignVote("chain", &types.Vote{Type: types.PrevoteType, Height: height}); err != nil {
					return err
				}
				r.Ack(func() { signed = height })
			}
			return nil
		})
		r.RecoverDir(func(dir string) error {
			if signed == 0 {
				return nil
			}
			pv := privval.LoadOrGenFilePV(dir+"/key", dir+"/state")
			if got := pv.LastSignState.Height; got < signed {
				return fmt.Errorf("it has signed height %d, and knows of %d", signed, got)
			}
			return nil
		})
	}, "and knows of")
}
