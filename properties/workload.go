package properties

import "powercut/properties/engines"

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
	// full is how many steps clients take on a disk that is full; 0: it never is. In
	// the first epoch it fills up once the journal is open, in later ones before.
	full      int
	legacyLog legacyLog  // what the journal finds when it is opened for the first time
	epochs    [][]script // by epoch, and in that by client
}

// script is what one client does in one epoch, step by step.
type script []step

// Operations is a rough number of file operations.
func (w *workload) Operations() int {
	n := 12
	for _, client := range w.epochs[0] {
		for _, s := range client {
			switch s.kind {
			case stepSnapshot:
				n += 25
			case stepRoll, stepReopen, stepRepair, stepBackup:
				n += 15
			default:
				n += 2
			}
		}
	}
	return n
}
