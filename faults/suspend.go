package faults

import (
	"slices"
	"strings"
)

// The laws that faults suspend. A law that isn't named here holds under every
// fault: in particular nothing is ever invented, and wrong data never served.
var (
	// poisons: the code under test is right to stop until it's reopened, so it
	// can't be asked to go on once there is space.
	poisons = []string{"space-returns"}

	// lostCache: what was written since the last good fsync may be gone from
	// the cache too, when the pages are evicted or reverted. So a process
	// crash loses what it otherwise couldn't.
	lostCache = []string{"async-prefix/process-crash", "space-returns"}

	// lies: fsync said that something was durable that isn't. What was
	// acknowledged may be lost, and what is left may have gaps, which are to be
	// refused: so recovery need not succeed. A recovery that relies on its own
	// fsyncs need not survive a crash either.
	lies = []string{
		"acknowledged-durable", "archives-kept", "async-prefix", "liveness",
		"recovery-idempotent", "space-returns", "tail-forgiven",
	}

	// damage: bytes that were acknowledged aren't what was written. They are to
	// be refused, if anything that survived claims them; otherwise they look
	// like a torn tail.
	damage = []string{
		"acknowledged-durable", "async-prefix", "liveness",
		"recovery-idempotent", "tail-forgiven",
	}

	// misread: the medium is sound, but the reader can't know that. The last batch,
	// misread, looks like a torn tail and may be cut off; anything earlier is
	// refused, until it's read again. Once the faults stop, opening works.
	misread = []string{
		"acknowledged-durable", "async-prefix",
		"read-errors-harmless", "recovery-idempotent", "tail-forgiven",
	}
)

// Suspends says whether a fault of this plan makes the law of that name
// impossible to keep, so that breaking it is no violation. "law/clause" asks
// for one clause of a law: it's suspended with the whole law, or by itself.
//
// The plan that Injector.Fired returns suspends what really struck so far,
// which is less than what might have.
func (p Plan) Suspends(law string) bool {
	whole, _, clause := strings.Cut(law, "/")
	for i := range p.Rules {
		k := p.Rules[i].Kind
		if !k.valid() {
			continue
		}
		if slices.Contains(kinds[k].suspends, law) || clause && slices.Contains(kinds[k].suspends, whole) {
			return true
		}
	}
	return false
}

// Suspended returns the names of all suspended laws and clauses, sorted.
func (p Plan) Suspended() []string {
	var laws []string
	for i := range p.Rules {
		laws = append(laws, p.Rules[i].Kind.Suspends()...)
	}
	slices.Sort(laws)
	return slices.Compact(laws)
}
