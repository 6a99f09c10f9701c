package oracle

import (
	"fmt"
	"slices"

	"powercut/sim"
)

// judge says whether a log may be read back like that.
func (l *Log[T]) judge(got []T, since int) error {
	suspended := l.run.Suspends(l.law())
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.clock != since {
		return misuse("Check")
	}
	if err := l.unexplained(); err != nil {
		return err
	}
	if suspended { // nothing more can be asked of an engine whose disk lies, or rots
		return l.judgeSource(got, slices.Concat(l.past, l.calls))
	}
	r := l.newReading(got)
	switch {
	case !r.possible(0):
		return r.breach()
	case r.tries > maxTries:
		return l.judgeSource(got, l.calls)
	}
	return nil
}

// judgeSource says whether each entry is one that some of these calls appended, and
// comes no more often.
func (l *Log[T]) judgeSource(got []T, calls []*logCall[T]) error {
	var left []T
	for _, c := range calls {
		if c.fate != refused {
			left = append(left, c.effect.entries...)
		}
	}
	for pos, entry := range got {
		i := slices.IndexFunc(left, func(e T) bool { return l.equal(e, entry) })
		if i < 0 {
			r := l.newReading(got)
			return r.stranger(pos, true)
		}
		left = slices.Delete(left, i, i+1)
	}
	return nil
}

// breach tells why no order of the calls appends what came back: what was there to
// come next where the longest attempt ended, and what came.
func (r *reading[T]) breach() error {
	r.at = r.best
	pos := r.reached
	r.first, r.last = 0, len(r.at)-1
	if pos == len(r.got) {
		end := "the log that came back is empty"
		if pos > 0 {
			end = fmt.Sprintf("the log that came back ends with entry %d", pos)
		}
		return r.lost(r.next(nil), end)
	}
	for n, c := range r.calls {
		if r.at[n] != absent || !r.l.equal(c.effect.entries[0], r.got[pos]) {
			continue
		}
		came := fmt.Sprintf("entry %d that came back is %s of %s", pos+1, show(r.got[pos]), r.l.told(c))
		if k := r.placedAfter(c); k >= 0 {
			return sim.Breachf(nothingInvented, "%s, but comes behind %s of %s, which was called only when that had returned",
				came, show(r.calls[k].effect.entries[0]), r.l.told(r.calls[k]))
		}
		if missing := r.next(c); missing != nil {
			return r.lost(missing, came+", which was called only when that had returned")
		}
		return r.inPart(c, pos)
	}
	return r.stranger(pos, false)
}

// next is the first call that is missing, of those that must be there if a later
// one is; of those that must be there in any case if that is nil.
func (r *reading[T]) next(later *logCall[T]) *logCall[T] {
	for n, c := range r.calls {
		if r.at[n] == absent && (later == nil && c.fate == promised || later != nil && r.ties(c, later)) {
			return c
		}
	}
	return nil
}

// placedAfter finds a call that is there and began after c was over; -1 if there
// is none.
func (r *reading[T]) placedAfter(c *logCall[T]) int {
	return slices.IndexFunc(r.calls, func(d *logCall[T]) bool {
		n := slices.Index(r.calls, d)
		return r.at[n] >= 0 && c.before(d)
	})
}

// lost tells of a call whose entries are missing.
func (r *reading[T]) lost(c *logCall[T], instead string) error {
	text := show(c.effect.entries[0]) + " of " + r.l.told(c) + ","
	if more := len(c.effect.entries) - 1; more > 0 {
		text = fmt.Sprintf("%s and %d more of %s,", show(c.effect.entries[0]), more, r.l.told(c))
	}
	if r.allowed > 0 {
		instead += fmt.Sprintf("; a truncate was to drop the first %d at most", r.allowed)
	}
	return sim.Breachf(r.l.law(), "%s is lost: %s", text, instead)
}

// inPart tells of a call of which only the first entries came back.
func (r *reading[T]) inPart(c *logCall[T], pos int) error {
	law := nothingInvented
	if c.fate == promised {
		law = r.l.law()
	}
	k := 0
	for k < len(c.effect.entries) && pos+k < len(r.got) && r.l.equal(c.effect.entries[k], r.got[pos+k]) {
		k++
	}
	instead := "the log ends there"
	if pos+k < len(r.got) {
		instead = fmt.Sprintf("entry %d is %s, not %s", pos+k+1, show(r.got[pos+k]), show(c.effect.entries[k]))
	}
	return sim.Breachf(law, "%s, came back in part: of its %d entries the first %d, from entry %d on; %s", r.l.told(c), len(c.effect.entries), k, pos+1, instead)
}

// stranger tells of an entry that came back though no call was there to append
// it. Anywhere says that it does not matter where it came.
func (r *reading[T]) stranger(pos int, anywhere bool) error {
	l, entry := r.l, r.got[pos]
	text := fmt.Sprintf("entry %d that came back, %s,", pos+1, show(entry))
	expected := ""
	if c := r.next(nil); c != nil && !anywhere {
		expected = fmt.Sprintf("; %s of %s, was to be there", show(c.effect.entries[0]), l.told(c))
	}
	has := func(c *logCall[T]) bool {
		return slices.ContainsFunc(c.effect.entries, func(e T) bool { return l.equal(e, entry) })
	}
	if k := slices.IndexFunc(r.got[:pos], func(e T) bool { return l.equal(e, entry) }); k >= 0 {
		return sim.Breachf(nothingInvented, "%s is there once more than it was appended, as entry %d too%s", text, k+1, expected)
	}
	for n, c := range r.calls {
		if !has(c) {
			continue
		}
		if r.at[n] == dropped {
			return r.misplaced(text, c, pos)
		}
		return sim.Breachf(nothingInvented, "%s is of %s, of whose %d entries those before it are missing%s", text, l.told(c), len(c.effect.entries), expected)
	}
	for _, c := range slices.Concat(l.calls, l.past) {
		switch {
		case !has(c):
		case c.fate == refused:
			return sim.Breachf(nothingInvented, "%s is of %s%s", text, l.told(c), expected)
		default:
			return sim.Breachf(nothingInvented, "%s is of %s, which was not there any more when the log was adopted%s", text, l.told(c), expected)
		}
	}
	return sim.Breachf(nothingInvented, "%s was never appended%s", text, expected)
}

// misplaced tells of an entry that came back behind one that must come later.
func (r *reading[T]) misplaced(text string, c *logCall[T], pos int) error {
	return sim.Breachf(nothingInvented, "%s is of %s, but comes behind %s, which was appended later", text, r.l.told(c), show(r.got[pos-1]))
}
