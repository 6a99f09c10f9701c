package properties

import (
	"iter"
	"slices"

	"powercut/sim/core"
)

// Size implements core.Reducible: the steps of all clients.
func (w *workload) Size() int {
	n := w.legacyLog.entries + w.legacyLog.snapshot.entries
	for _, clients := range w.epochs {
		for _, client := range clients {
			n += len(client)
		}
	}
	return n
}

// WithoutEpoch implements core.Reducible.
func (w *workload) WithoutEpoch(epoch int) core.Workload {
	c := w.clone()
	if epoch < len(c.epochs) {
		c.epochs = slices.Delete(c.epochs, epoch, epoch+1)
	}
	return c
}

// Simpler implements core.Reducible: fewer clients, fewer steps, plainer steps, and
// plainer options, in this order.
func (w *workload) Simpler() iter.Seq[core.Workload] {
	return func(yield func(core.Workload) bool) {
		_ = w.withoutClients(yield) && w.withoutSteps(yield) && w.plainerSteps(yield) && w.plainerOptions(yield)
	}
}

// changed makes a change to a copy of w and yields that.
func (w *workload) changed(yield func(core.Workload) bool, change func(c *workload)) bool {
	c := w.clone()
	change(c)
	return yield(c)
}

func (w *workload) clone() *workload {
	c := *w
	c.epochs = make([][]script, len(w.epochs))
	for i, clients := range w.epochs {
		for _, client := range clients {
			c.epochs[i] = append(c.epochs[i], slices.Clone(client))
		}
	}
	return &c
}

// withoutClients leaves out all clients of an epoch, or one.
func (w *workload) withoutClients(yield func(core.Workload) bool) bool {
	for i, clients := range w.epochs {
		if len(clients) > 1 && !w.changed(yield, func(c *workload) { c.epochs[i] = nil }) {
			return false
		}
		for k := range clients {
			if !w.changed(yield, func(c *workload) { c.epochs[i] = slices.Delete(c.epochs[i], k, k+1) }) {
				return false
			}
		}
	}
	return true
}

// withoutSteps leaves out pieces of each script, halves first, then ever smaller
// ones, and of each size from the end: what comes last is needed least.
func (w *workload) withoutSteps(yield func(core.Workload) bool) bool {
	longest := 0
	for _, clients := range w.epochs {
		for _, client := range clients {
			longest = max(longest, len(client))
		}
	}
	for piece := (longest + 1) / 2; piece >= 1; piece /= 2 {
		for i, clients := range w.epochs {
			for k, client := range clients {
				for end := len(client); end >= piece; end -= piece {
					if !w.changed(yield, func(c *workload) { c.epochs[i][k] = slices.Delete(c.epochs[i][k], end-piece, end) }) {
						return false
					}
				}
			}
		}
	}
	return true
}

// plainerSteps makes one step a push, or its argument smaller.
func (w *workload) plainerSteps(yield func(core.Workload) bool) bool {
	for i, clients := range w.epochs {
		for k, client := range clients {
			for at, s := range client {
				for _, plainer := range s.plainer() {
					if !w.changed(yield, func(c *workload) { c.epochs[i][k][at] = plainer }) {
						return false
					}
				}
			}
		}
	}
	return true
}

// plainer are the steps that a step may be replaced by, the plainest first.
func (s step) plainer() []step {
	var all []step
	if stepKinds[s.kind] && s.kind != stepPush && s.kind != stepBad || s.kind == stepAsync {
		all = append(all, step{kind: stepPush})
	}
	switch s.kind {
	case stepAsyncMistake:
		all = append(all, step{kind: stepAsync})
	case stepLeave, stepLeaveWait, stepLeaveSync, stepLeaveRoll, stepLeaveSnapshot, stepLeavePrune:
		all = append(all, step{kind: patient[s.kind]})
	case stepPurge, stepForeign, stepLoss:
		all = append(all, step{kind: stepReopen})
	}
	if s.kind == stepRepair {
		all = append(all, step{kind: stepReopen})
	}
	if s.arg > 0 && s.kind != stepBad {
		all = append(all, step{kind: s.kind})
		if s.arg > 1 {
			all = append(all, step{s.kind, s.arg / 2})
		}
	}
	return all
}

// plainerEnvironment takes back what is special of the machine that the journal runs on.
func (w *workload) plainerEnvironment(yield func(core.Workload) bool) bool {
	if w.incomplete && !w.changed(yield, func(c *workload) { c.incomplete = false }) {
		return false
	}
	if w.clock != clockRuns && !w.changed(yield, func(c *workload) { c.clock = clockRuns }) {
		return false
	}
	return !w.sameEntropy || w.changed(yield, func(c *workload) { c.sameEntropy = false })
}

// plainer is what else the journal may find, the plainest first.
func (f legacyLog) plainer() []legacyLog {
	fewer, whole, bare := f, f, f
	fewer.entries = min(1, f.entries)
	fewer.snapshot = legacySnapshot{min(1, f.snapshot.entries), min(f.snapshot.covered, fewer.entries)}
	whole.torn = 0
	bare.preamble, bare.snapshot = false, legacySnapshot{}
	return []legacyLog{{}, bare, fewer, whole}
}

// plainerOptions takes back what makes a workload special, one thing at a time.
func (w *workload) plainerOptions(yield func(core.Workload) bool) bool {
	if w.legacyLog.present() {
		for _, found := range w.legacyLog.plainer() {
			if found != w.legacyLog && !w.changed(yield, func(c *workload) { c.legacyLog = found }) {
				return false
			}
		}
	}
	if w.copied && !w.changed(yield, func(c *workload) { c.copied = false }) {
		return false
	}
	if w.batchEntries > 0 && !w.changed(yield, func(c *workload) { c.batchEntries = 0 }) {
		return false
	}
	if w.batchBytes > 0 && !w.changed(yield, func(c *workload) { c.batchBytes = 0 }) {
		return false
	}
	if !w.plainerEnvironment(yield) {
		return false
	}
	if w.full > 0 && !w.changed(yield, func(c *workload) { c.full = 0 }) {
		return false
	}
	if w.full > 1 && !w.changed(yield, func(c *workload) { c.full = 1 }) {
		return false
	}
	if w.room > 0 && !w.changed(yield, func(c *workload) { c.room = 0 }) {
		return false
	}
	return !w.async || w.changed(yield, func(c *workload) { c.async = false })
}
