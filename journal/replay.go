package journal

import (
	"github.com/spf13/afero"

	"powercut/journal/wire"
)

// Report is what Replay and Validate find in one log.
type Report struct {
	Path       string
	Status     Status
	Markers    bool // ours; without, it is the original's
	Entries    int
	ValidBytes int64 // up to the end of the last commit; without markers, of the last whole frame
	SizeBytes  int64

	// Of Replay; they are as in Recovery.
	EvalErrors   int
	EvalFailures []EvalFailure
	Unsupported  int
	Doubtful     []string

	// Of a log with markers.
	Log          wire.LogID
	Generation   uint64 // or, without markers, that of a preamble
	FirstLSN     uint64
	LastLSN      uint64
	ClaimedBytes int64 // how far the log itself says that it was durable
	// TailErr is why a log with markers ends at ValidBytes and not at
	// SizeBytes, or that it is what an interrupted creation left. Such a tail is no
	// error: nobody was told that it is durable.
	TailErr error
	// TailFrames is how many whole frames the tail begins with: of a batch that was
	// torn, or possibly another program's.
	TailFrames int
}

// replayHoldBytes is how much of a batch Replay keeps before the batch is proven: all of
// one that Append made with the default options. A larger one is read twice.
const replayHoldBytes = 3 * defaultBatchBytes / 2

// Validate reads one log and says whether it is whole, in memory for one entry. Of
// a log with markers it proves checksums, chain and claims; of one without, each
// entry can be decoded. It changes nothing.
//
// The error is a *CorruptError, *BadTailError (only without markers),
// *VersionError, *ForeignError or *ReadError; the report holds what was found up to
// there. The package documentation says how Validate, Inspect, Repair and Open
// relate.
func Validate(fs afero.Fs, path string) (Report, error) {
	return report(fs, path, nil)
}

// Replay is Validate that applies the entries to a machine, which must be as
// new. A log without markers is followed by the original's rules, payload by
// payload; of one with markers, a batch is applied once it is proven. So if the
// log is refused in the end, its good entries were applied all the same.
// Neither snapshot nor archives are looked at: Open does that, and reads all of
// them before it applies anything.
func Replay(fs afero.Fs, path string, m Machine) (Report, error) {
	if m == nil {
		return Report{Path: path, Status: StatusIO}, badInput("machine", path, "is nil")
	}
	return report(fs, path, m)
}

func report(fs afero.Fs, path string, m Machine) (rep Report, err error) {
	rep = Report{Path: path, Status: StatusOK}
	defer func() {
		if err != nil {
			rep.Status = StatusOf(err)
		}
	}()
	if fs == nil || path == "" {
		return rep, badInput("log", path, "needs a filesystem and a name")
	}
	r, err := openLog(fs, path)
	if err != nil {
		return rep, err
	}
	defer r.close()
	rep.SizeBytes = r.limit
	begins, genesis, err := beginningOf(r)
	if err != nil {
		return rep, err
	}
	var apply func(Entry) error
	if m != nil {
		var evaluated evaluations
		apply = func(e Entry) error {
			evaluated.note(e, path, r.entryAt, m.Apply(e))
			return nil
		}
		defer func() {
			rep.EvalErrors, rep.Unsupported, rep.EvalFailures = evaluated.errors, evaluated.unsupported, evaluated.failures
			rep.Doubtful = doubtsOf(m)
		}()
	}
	switch begins {
	case beginsEmpty:
		return rep, nil
	case beginsZeros:
		rep.Status, rep.TailErr = StatusBadTail, unfinishedError(path)
		return rep, nil
	case beginsOld:
		return rep, rep.old(r, apply)
	}
	// What stands behind the last batch, however much it is, is never in memory as a whole.
	r.holdAtMost = replayHoldBytes
	s, err := scanLog(r, genesis, apply)
	rep.fill(&s)
	if err == nil {
		err = s.refusal(r)
	}
	return rep, err
}

func (rep *Report) fill(s *logScan) {
	rep.Markers, rep.Entries, rep.ValidBytes = true, s.entries, s.end
	rep.Log, rep.Generation, rep.FirstLSN, rep.LastLSN = s.genesis.Log, s.genesis.Generation, s.firstLSN(), s.lastLSN
	rep.ClaimedBytes, rep.TailErr = s.claimed, s.tail
	if s.tail != nil {
		rep.Status, rep.TailFrames = StatusBadTail, int(s.batchEntries)
	}
}

// old judges a log of the original.
func (rep *Report) old(r *logReader, yield func(Entry) error) error {
	s, err := scanOld(r, yield)
	rep.Entries, rep.ValidBytes, rep.LastLSN = s.entries, s.framed, uint64(s.entries)
	rep.Generation = uint64(s.preamble.generation)
	if s.entries > 0 {
		rep.FirstLSN = 1
	}
	if err != nil {
		return err
	}
	return s.err
}
