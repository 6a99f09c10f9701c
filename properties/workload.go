package properties

import (
	"slices"

	"powercut/properties/engines"
)

// workload is what the clients of a run do, epoch by epoch.
type workload struct {
	driver       engines.Driver // of the target
	async        bool           // the journal's mode
	batchEntries int            // the journal's bound; 0: its default
	batchBytes   int            // likewise
	incomplete   bool           // what makes an incomplete state lasting is allowed
	// acceptNoDirSync: the journal accepts a directory that can't be synced.
	acceptNoDirSync bool
	clock           clockKind // that the journal reads
	sameEntropy     bool      // its random bytes are always the same
	room            int       // bytes that the journal sets aside; 0: none
	// copied: at the beginning of each later epoch somebody puts unsynced copies in
	// the files' place.
	copied bool
	// rots, if not 0, says which byte of the log rots at the beginning of each later epoch,
	// before anybody opens the journal; Repair accepts that loss.
	rots int
	// full is how many steps clients take on a disk that is full; 0: it never is. In
	// the first epoch it fills up once the journal is open, in later ones before.
	full      int
	legacyLog legacyLog  // what the journal finds when it is opened for the first time
	epochs    [][]script // by epoch, and in that by client
}

// script is what one client does in one epoch, step by step.
type script []step

// Operations is a rough number of file operations of the first epoch. Crashes and faults
// are drawn up to there: too small a number would spare the end of each run.
func (w *workload) Operations() int {
	n := 30
	for _, client := range w.epochs[0] {
		for _, s := range client {
			n += operationsOf(s.kind)
		}
	}
	return n
}

// operationsOf is a rough number of file operations of a step, as campaigns had them.
func operationsOf(kind stepKind) int {
	switch kind {
	case stepLoss:
		return 60
	case stepForeign:
		return 45
	case stepReopen, stepRepair, stepPurge:
		return 40
	case stepSnapshot:
		return 25
	case stepBackup:
		return 20
	case stepRoll:
		return 15
	case stepPrune:
		return 8
	case stepFollow:
		return 6
	}
	return 2
}

// large says whether the first epoch appends an entry of about as many bytes as the journal
// reads at once, or more.
func (w *workload) large() bool {
	return slices.ContainsFunc(w.epochs[0], func(client script) bool {
		return slices.ContainsFunc(client, func(s step) bool { return s.kind == stepOpaque && s.arg > pieceBytes-1000 })
	})
}
