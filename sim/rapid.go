package sim

import (
	"errors"
	"fmt"
	"reflect"
	"sync"

	"powercut/sim/campaign"
	"powercut/sim/core"
)

// drawnByRapid says whether a property test of rapid draws what is tested. Then each
// call of Test is of another workload, which rapid makes smaller and knows how to
// repeat: no case is kept of it.
func drawnByRapid(t TB) bool {
	of := reflect.TypeOf(t)
	return of.Kind() == reflect.Pointer && of.Elem().PkgPath() == "pgregory.net/rapid"
}

// blindDraws is how many workloads rapid may draw that see nothing of a disk whose
// syncs do nothing: that one of them does not, say an empty one, proves nothing.
const blindDraws = 20

// rapidTests are the tests that rapid has drawn workloads of.
var rapidTests struct {
	mu    sync.Mutex
	blind map[core.TestName]int // -1: one has noticed
}

// rapidProvesNothing says why what was drawn so far proves nothing, "" if it may.
func (t *target) rapidProvesNothing(c campaign.Campaign) string {
	rapidTests.mu.Lock()
	defer rapidTests.mu.Unlock()
	if rapidTests.blind == nil {
		rapidTests.blind = make(map[core.TestName]int)
	}
	if rapidTests.blind[t.test] < 0 {
		return ""
	}
	_, err := c.Canary()
	if err == nil {
		rapidTests.blind[t.test] = -1
		return ""
	}
	lives, ok := errors.AsType[*campaign.CanaryError](err)
	if !ok {
		return fmt.Sprintf("powercut: %s: %v", t.test.Test, err)
	}
	if rapidTests.blind[t.test]++; rapidTests.blind[t.test] < blindDraws {
		return ""
	}
	return fmt.Sprintf("powercut: of %d workloads that rapid drew none noticed: %s", blindDraws, t.blind(lives.Runs))
}
