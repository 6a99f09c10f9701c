package journal

import "fmt"

// cutTail keeps aside and cuts off the tail that recovery found and had no space
// to keep. Until it is gone nothing is written, since it would be overwritten. An
// error that is no failure says that nothing is lost, and that it can be tried
// again: a copy that was made already is found then.
func (j *Journal) cutTail() error {
	a := &j.active
	if a.uncut == 0 {
		return nil
	}
	info, err := a.file.Stat() // another program may have appended since
	if err != nil {
		return fmt.Errorf("journal: looking at the end of %s: %w", j.log(), err)
	}
	kept, err := j.keepTail(j.log(), a.genesis.Log, a.tail, max(a.uncut, info.Size()))
	if err != nil {
		return fmt.Errorf("journal: a torn tail of %d bytes is to be kept aside first: %w", a.uncut-a.tail, err)
	}
	if err := a.file.Truncate(a.tail); err != nil {
		if isNoSpace(err) {
			return fmt.Errorf("journal: a torn tail of %d bytes is to be cut off first: %w", a.uncut-a.tail, err)
		}
		return dead(err)
	}
	if err := j.syncLog(); err != nil {
		return dead(failureOf(err).cause)
	}
	a.uncut, j.io.TailKept = 0, kept
	return nil
}
