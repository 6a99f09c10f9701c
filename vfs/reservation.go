package vfs

import (
	"cmp"
	"math"
	"slices"
)

// reservation is the blocks of a file that are its own, written to or not: runs in
// order, that neither touch nor overlap. It never changes: images share it.
type reservation []blockRun

// blockRun is the blocks [first, end) of a file.
type blockRun struct{ first, end int64 }

// noBlock is beyond every block.
const noBlock = math.MaxInt64

// has says whether a block is reserved.
func (r reservation) has(block int64) bool {
	i, found := slices.BinarySearchFunc(r, block, func(run blockRun, b int64) int { return cmp.Compare(run.first, b) })
	return found || i > 0 && block < r[i-1].end
}

// within returns what is reserved in [first, end).
func (r reservation) within(first, end int64) reservation {
	var out reservation
	for _, run := range r {
		if run.first, run.end = max(run.first, first), min(run.end, end); run.first < run.end {
			out = append(out, run)
		}
	}
	return out
}

// with returns the union of two reservations.
func (r reservation) with(more ...blockRun) reservation {
	all := slices.Concat(r, more)
	slices.SortFunc(all, func(a, b blockRun) int { return cmp.Compare(a.first, b.first) })
	var out reservation
	for _, run := range all {
		if k := len(out) - 1; k >= 0 && run.first <= out[k].end {
			out[k].end = max(out[k].end, run.end)
		} else if run.first < run.end {
			out = append(out, run)
		}
	}
	return out
}

// without returns the reservation but for [first, end).
func (r reservation) without(first, end int64) reservation {
	if first >= end {
		return r
	}
	return slices.Concat(r.within(0, first), r.within(end, noBlock))
}

// count is how many blocks are reserved.
func (r reservation) count() (blocks int64) {
	for _, run := range r {
		blocks += run.end - run.first
	}
	return blocks
}

// sum hashes the reservation: zero for none.
func (r reservation) sum() (total sum) {
	for _, run := range r {
		if run.first == 0 {
			total = total.add(sumOf(uint64(run.end)))
		} else {
			total = total.add(sumOf(uint64(run.first), uint64(run.end)))
		}
	}
	return total
}
