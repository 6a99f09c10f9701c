package properties

import (
	"iter"
	"slices"

	"powercut/sim/core"
)

// Size implements sim.Reducible: the steps of all clients.
func (w *Workload) Size() int {
	n := w.LegacyLog.Entries
	for _, clients := range w.Epochs {
		for _, client := range clients {
			n += len(client)
		}
	}
	return n
}

// WithoutEpoch implements sim.Reducible.
func (w *Workload) WithoutEpoch(epoch int) core.Workload {
	c := w.clone()
	if epoch < len(c.Epochs) {
		c.Epochs = slices.Delete(c.Epochs, epoch, epoch+1)
	}
	return c
}

// Simpler implements sim.Reducible: no clients in an epoch, one less, half of a
// client's steps, one less, plainer steps, and plainer options.
func (w *Workload) Simpler() iter.Seq[core.Workload] {
	return func(yield func(core.Workload) bool) {
		_ = w.withoutClients(yield) && w.withoutSteps(yield) && w.plainerSteps(yield) && w.plainerOptions(yield)
	}
}

// changed yields a copy of w that change was made to.
func (w *Workload) changed(yield func(core.Workload) bool, change func(c *Workload)) bool {
	c := w.clone()
	change(c)
	return yield(c)
}

func (w *Workload) clone() *Workload {
	c := *w
	c.Epochs = make([][]Client, len(w.Epochs))
	for i, clients := range w.Epochs {
		for _, client := range clients {
			c.Epochs[i] = append(c.Epochs[i], slices.Clone(client))
		}
	}
	return &c
}

func (w *Workload) withoutClients(yield func(core.Workload) bool) bool {
	for i, clients := range w.Epochs {
		if len(clients) > 1 && !w.changed(yield, func(c *Workload) { c.Epochs[i] = nil }) {
			return false
		}
		for k := range clients {
			if !w.changed(yield, func(c *Workload) { c.Epochs[i] = slices.Delete(c.Epochs[i], k, k+1) }) {
				return false
			}
		}
	}
	return true
}

// withoutSteps leaves out pieces of each client, halves first, then ever
// smaller ones, from the end: what comes last is needed least.
func (w *Workload) withoutSteps(yield func(core.Workload) bool) bool {
	longest := 0
	for _, clients := range w.Epochs {
		for _, client := range clients {
			longest = max(longest, len(client))
		}
	}
	for piece := (longest + 1) / 2; piece >= 1; piece /= 2 {
		for i, clients := range w.Epochs {
			for k, client := range clients {
				for end := len(client); end >= piece; end -= piece {
					if !w.changed(yield, func(c *Workload) { c.Epochs[i][k] = slices.Delete(c.Epochs[i][k], end-piece, end) }) {
						return false
					}
				}
			}
		}
	}
	return true
}

// plainerSteps makes one step an ordinary push, or its argument smaller.
func (w *Workload) plainerSteps(yield func(core.Workload) bool) bool {
	for i, clients := range w.Epochs {
		for k, client := range clients {
			for at, op := range client {
				for _, plainer := range op.plainer() {
					if !w.changed(yield, func(c *Workload) { c.Epochs[i][k][at] = plainer }) {
						return false
					}
				}
			}
		}
	}
	return true
}

func (op Op) plainer() []Op {
	var all []Op
	if opKinds[op.Kind] && op.Kind != OpPush && op.Kind != OpBad || op.Kind == OpAsync {
		all = append(all, Op{Kind: OpPush})
	}
	if op.Kind == OpRepair {
		all = append(all, Op{Kind: OpReopen})
	}
	if op.Arg > 0 && op.Kind != OpBad {
		all = append(all, Op{Kind: op.Kind})
		if op.Arg > 1 {
			all = append(all, Op{op.Kind, op.Arg / 2})
		}
	}
	return all
}

func (w *Workload) plainerOptions(yield func(core.Workload) bool) bool {
	if w.LegacyLog.present() {
		for _, found := range []LegacyLog{{}, {Entries: min(1, w.LegacyLog.Entries), Torn: w.LegacyLog.Torn}, {Entries: w.LegacyLog.Entries}} {
			if found != w.LegacyLog && !w.changed(yield, func(c *Workload) { c.LegacyLog = found }) {
				return false
			}
		}
	}
	if w.Copied && !w.changed(yield, func(c *Workload) { c.Copied = false }) {
		return false
	}
	if w.BatchEntries > 0 && !w.changed(yield, func(c *Workload) { c.BatchEntries = 0 }) {
		return false
	}
	if w.Full > 0 && !w.changed(yield, func(c *Workload) { c.Full = 0 }) {
		return false
	}
	if w.Full > 1 && !w.changed(yield, func(c *Workload) { c.Full = 1 }) {
		return false
	}
	if w.Room > 0 && !w.changed(yield, func(c *Workload) { c.Room = 0 }) {
		return false
	}
	return !w.Async || w.changed(yield, func(c *Workload) { c.Async = false })
}
