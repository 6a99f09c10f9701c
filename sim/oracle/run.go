package oracle

import "powercut/sim"

// run is what an oracle asks of a *sim.Run.
type run interface {
	// Ack calls f while no crash image is taken or judged, but not when the power
	// is off.
	Ack(f func())
	Epoch() int
	Suspends(law sim.Law) bool
	// Excuses says whether an error of the engine's may be a fault's doing.
	Excuses(err error) bool
	NoteCall(text string)
	NoteReturn(text string)
	// operations is how many operations the disk of this epoch has seen.
	operations() uint64
}

// simRun is the run of a sim.Test.
type simRun struct{ *sim.Run }

func (r simRun) Excuses(err error) bool { return sim.Excuses(r.Run, err) }

func (r simRun) operations() uint64 {
	if d := r.Disk(); d != nil {
		return d.Ops()
	}
	return 0 // the epoch is over
}
