package core

import (
	"powercut/vfs"
)

// Explorer decides where a run is crashed, which image each crash leaves and
// who goes on when several actors could.
type Explorer interface {
	// Policy chooses among the actors of an epoch that are ready.
	Policy(epoch int) Policy
	// StartEpoch is called when an epoch is about to begin.
	StartEpoch(r *Run)
	// Visit is called before each operation of an epoch, and of a recovery
	// that is explored: it judges images, and may cut the power for good.
	Visit(r *Run, p *Point)
	// EndOfEpoch gives the image with which the next epoch begins, after an
	// epoch that came to its end; it is not asked after the last one.
	EndOfEpoch(r *Run) *vfs.Image
	// CrashRecovery says whether a recovery at that depth is explored.
	CrashRecovery(r *Run, depth int) bool
	// Thorough says whether a recovery is judged with its expensive checks.
	Thorough() bool
}
