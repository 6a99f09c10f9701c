package properties

// pruning is what the oracle knows of archives that may be gone: those that a snapshot
// covered when a Prune came to its end.
type pruning struct {
	snapshots, prunes int    // under way
	covered           uint64 // the highest LSN that a snapshot may cover
	bound             uint64 // the highest LSN that may have been pruned
}

// snapshotBegins is called before a snapshot is asked for.
func (o *oracle) snapshotBegins() { o.pruning.snapshots++ }

// snapshotEnds is called once a snapshot was answered, whatever the answer.
func (o *oracle) snapshotEnds() {
	o.pruning.snapshots--
	o.pruning.covered = uint64(len(o.applied))
}

// pruneBegins is called before a Prune.
func (o *oracle) pruneBegins() { o.pruning.prunes++ }

// pruneEnds is called once a Prune was answered, whatever the answer.
func (o *oracle) pruneEnds() {
	o.pruning.bound = o.pruneBound()
	o.pruning.prunes--
}

// pruneBound is the highest LSN that may have been pruned by now.
func (o *oracle) pruneBound() uint64 {
	p := o.pruning
	switch {
	case p.prunes == 0:
		return p.bound
	case p.snapshots > 0:
		return uint64(len(o.applied))
	}
	return max(p.bound, p.covered)
}

// crashed is called when what was under way is over, since the epoch is.
func (o *oracle) crashed() {
	o.pruning.bound = o.pruneBound()
	if o.pruning.snapshots > 0 {
		o.pruning.covered = uint64(len(o.applied))
	}
	o.pruning.snapshots, o.pruning.prunes = 0, 0
}
