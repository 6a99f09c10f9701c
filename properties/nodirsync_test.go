package properties

import "testing"

// Where no directory can be synced, all of the log that was found may be gone once a Prune
// may have removed it, and not before; and no part of it alone ever is.
func TestFoundLogMayBeGone(t *testing.T) {
	snapshot := func(o *oracle) { o.snapshotBegins(); o.snapshotEnds() }
	prune := func(o *oracle) { o.pruneBegins(); o.pruneEnds() }
	for _, tt := range []struct {
		name  string
		calls []func(o *oracle)
		lsn   uint64
		want  bool
	}{
		{"nothing was called", nil, 0, false},
		{"a snapshot covers it", []func(*oracle){snapshot}, 0, false},
		{"it was pruned without a snapshot", []func(*oracle){prune, snapshot}, 0, false},
		{"it was pruned", []func(*oracle){snapshot, prune}, 0, true},
		{"it is being pruned", []func(*oracle){snapshot, (*oracle).pruneBegins}, 0, true},
		{"a part is back of what was pruned", []func(*oracle){snapshot, prune}, 2, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := &program{w: &workload{legacyLog: legacyLog{entries: 3}}, oracle: newOracle(false)}
			p.oracle.applied = []uint64{1, 2, 3, 4}
			for _, call := range tt.calls {
				call(p.oracle)
			}
			if got := p.mayLackFound(tt.lsn); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}
