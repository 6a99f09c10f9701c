package oracle

import "slices"

// reading looks for an order of the calls that appends what came back: each call
// as a whole, one behind the other.
//
// What was promised is there, and a call that returned nil is missing only with
// all that were called after it had returned. Both hold but for what the log was
// allowed to drop from its head.
type reading[T any] struct {
	l       *Log[T]
	calls   []*logCall[T] // those that may have appended something, by number
	got     []T
	allowed int // entries that may be missing at the head

	at      []int // of each call: where its entries begin in what came back, or absent, or dropped
	first   int   // the first call that is absent
	last    int   // the last one that is placed
	dropped int   // entries
	dead    map[string]bool
	tries   int

	reached int   // the most entries that were accounted for before nothing fitted
	best    []int // the calls then, as in at
}

// Where a call is that has no place in what came back.
const (
	absent  = -1
	dropped = -2
)

// newReading returns a reading that has accounted for nothing.
func (l *Log[T]) newReading(got []T) *reading[T] {
	r := &reading[T]{l: l, got: got, dead: make(map[string]bool), last: -1, reached: -1}
	for _, c := range l.calls {
		switch {
		case c.fate == refused:
		case c.effect.drop > 0:
			r.allowed = max(r.allowed, c.effect.drop)
		case len(c.effect.entries) > 0:
			r.calls = append(r.calls, c)
			r.at = append(r.at, absent)
		}
	}
	return r
}

// possible says whether some order appends what came back from pos on.
func (r *reading[T]) possible(pos int) bool {
	if pos == len(r.got) && r.mayEnd() {
		return true
	}
	if r.tries++; r.tries > maxTries {
		return true // nothing is proved, so nobody is accused
	}
	if len(r.dead) > 0 && r.dead[r.state()] {
		return false
	}
	first := r.first
	for r.first < len(r.at) && r.at[r.first] != absent {
		r.first++
	}
	if r.goOn(pos) {
		return true
	}
	if pos > r.reached {
		r.reached, r.best = pos, slices.Clone(r.at)
	}
	r.dead[r.state()] = true
	r.first = first
	return false
}

// goOn places each call in turn that may come next.
func (r *reading[T]) goOn(pos int) bool {
	hopeless := -1 // an epoch: what is missing before one call is missing before the later ones
	for n := r.first; n < len(r.calls); n++ {
		if r.at[n] != absent || r.calls[n].epoch == hopeless || r.likeEarlier(n) {
			continue
		}
		forced, ok := r.missingBefore(n)
		if !ok {
			hopeless = r.calls[n].epoch
			continue
		}
		if r.placeable(n) && r.place(n, pos, forced) {
			return true
		}
	}
	return false
}

// place puts a call at pos, with what it takes, and goes on behind it. Of the first
// one some entries may have been dropped.
func (r *reading[T]) place(n, pos int, forced []int) bool {
	entries, last := r.calls[n].effect.entries, r.last
	for cut := range entries {
		if cut > 0 && (pos > 0 || r.dropped+r.sizeOf(forced)+cut > r.allowed) {
			return false
		}
		rest := entries[cut:]
		if !r.matches(rest, pos) {
			continue
		}
		r.drop(forced, dropped)
		r.dropped += cut
		r.at[n], r.last = pos, max(last, n)
		if r.possible(pos + len(rest)) {
			return true
		}
		r.at[n], r.last = absent, last
		r.dropped -= cut
		r.drop(forced, absent)
	}
	return false
}

// matches says whether entries came back at pos.
func (r *reading[T]) matches(entries []T, pos int) bool {
	return len(entries) <= len(r.got)-pos && slices.EqualFunc(entries, r.got[pos:pos+len(entries)], r.l.equal)
}

// placeable says whether no call that was placed or dropped had to come after
// this one.
func (r *reading[T]) placeable(n int) bool {
	for k := n + 1; k <= r.last; k++ {
		if r.at[k] != absent && r.calls[n].before(r.calls[k]) {
			return false
		}
	}
	return true
}

// missingBefore lists the calls that can only have been dropped if this one is
// there, and says whether they can.
func (r *reading[T]) missingBefore(n int) (calls []int, ok bool) {
	for k := r.first; k < n; k++ {
		if r.at[k] == absent && r.ties(r.calls[k], r.calls[n]) {
			calls = append(calls, k)
		}
	}
	return calls, r.droppable(calls)
}

// ties says whether one call is there only if an earlier one is.
func (r *reading[T]) ties(earlier, later *logCall[T]) bool {
	return earlier.before(later) && (earlier.fate == promised || earlier.fate == accepted && earlier.epoch == later.epoch)
}

// droppable says whether calls may have been dropped from the head.
func (r *reading[T]) droppable(calls []int) bool {
	if r.dropped+r.sizeOf(calls) > r.allowed {
		return false
	}
	for _, n := range calls {
		for k, at := range r.at {
			if at >= 0 && r.calls[k].before(r.calls[n]) {
				return false
			}
		}
	}
	return true
}

// sizeOf counts the entries of some calls.
func (r *reading[T]) sizeOf(calls []int) int {
	size := 0
	for _, n := range calls {
		size += len(r.calls[n].effect.entries)
	}
	return size
}

// drop drops calls, or takes that back.
func (r *reading[T]) drop(calls []int, to int) {
	for _, n := range calls {
		r.at[n] = to
	}
	if to == dropped {
		r.dropped += r.sizeOf(calls)
	} else {
		r.dropped -= r.sizeOf(calls)
	}
}

// mayEnd says whether nothing is missing that must be there.
func (r *reading[T]) mayEnd() bool {
	var missing []int
	for n, c := range r.calls {
		if r.at[n] == absent && c.fate == promised {
			missing = append(missing, n)
		}
	}
	return r.droppable(missing)
}

// likeEarlier says whether a call that is not placed need not be tried now, since
// an earlier one that can be placed as well appends the same: in any order that has
// this one here the two can be exchanged. They can if the other was over no later.
// What was dropped may tell them apart, unless both failed and are not over: such
// calls need never be dropped.
func (r *reading[T]) likeEarlier(n int) bool {
	c := r.calls[n]
	for k := r.first; k < n; k++ {
		other := r.calls[k]
		if r.at[k] == absent && other.epoch == c.epoch && other.returnedNil() == c.returnedNil() &&
			other.ended <= c.ended && (r.allowed == 0 || other.ended == never) &&
			slices.EqualFunc(other.effect.entries, c.effect.entries, r.l.equal) && r.placeable(k) {
			return true
		}
	}
	return false
}

// state identifies which calls are accounted for.
func (r *reading[T]) state() string {
	state := make([]byte, len(r.at)+4)
	for n, at := range r.at {
		switch at {
		case absent:
		case dropped:
			state[n] = 2
		default:
			state[n] = 1
		}
	}
	for k := range 4 { // entries that were cut off the first call
		state[len(r.at)+k] = byte(r.dropped >> (8 * k))
	}
	return string(state)
}
