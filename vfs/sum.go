package vfs

import (
	"encoding/binary"
	"math/bits"
)

// A sum is a 128-bit hash that adds up: a file's is the sum over its pages, a
// directory's over its entries. So what changed is taken out and put in again
// without looking at the rest, and the order of changes leaves no trace. It is
// no protection against somebody who looks for collisions.
type sum [2]uint64

func (s sum) add(t sum) sum {
	lo, carry := bits.Add64(s[0], t[0], 0)
	hi, _ := bits.Add64(s[1], t[1], carry)
	return sum{lo, hi}
}

func (s sum) sub(t sum) sum {
	lo, borrow := bits.Sub64(s[0], t[0], 0)
	hi, _ := bits.Sub64(s[1], t[1], borrow)
	return sum{lo, hi}
}

const (
	mixA = 0xa0761d6478bd642f
	mixB = 0xe7037ed1a0b428db
	mixC = 0x8ebc6af09c88c6e3
)

// fold multiplies to 128 bits and folds the halves together: one instruction that
// has every bit of the result depend on many of both numbers.
func fold(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return hi ^ lo
}

// sumOf hashes numbers.
func sumOf(words ...uint64) sum {
	s := sum{mixB, mixC}
	for _, w := range words {
		s[0] = fold(s[0]^w, mixA)
		s[1] = fold(s[1]^w^mixB, mixC^s[0])
	}
	return sum{fold(s[0], mixC^s[1]), fold(s[1]^mixA, mixB^s[0])}
}

// sumBytes hashes bytes, in two lanes that take turns.
func sumBytes(b []byte) sum {
	s := sum{mixB ^ uint64(len(b)), mixC}
	for len(b) >= 32 {
		s[0] = fold(binary.LittleEndian.Uint64(b)^s[0], binary.LittleEndian.Uint64(b[8:])^mixA)
		s[1] = fold(binary.LittleEndian.Uint64(b[16:])^s[1], binary.LittleEndian.Uint64(b[24:])^mixB)
		b = b[32:]
	}
	for _, c := range b {
		s[0] = fold(s[0]^uint64(c), mixA)
		s[1] = fold(s[1]^uint64(c), mixC^s[0])
	}
	return sumOf(s[0], s[1])
}

// sumPage is sumBytes of the page, and zero for a page of zeros, so that a
// hole is the same as the zeros that it reads as.
func (p *page) sum() sum {
	if !p.hashed {
		p.hashed, p.hash = true, sum{}
		if !allZero(p.data[:]) {
			p.hash = sumBytes(p.data[:])
		}
	}
	return p.hash
}

// sumAt is what the page adds to the sum of a file in which it has that index.
func (p *page) sumAt(index uint64) sum {
	s := p.sum()
	if s == (sum{}) {
		return s
	}
	return sumOf(index, s[0], s[1])
}

func allZero(b []byte) bool {
	for len(b) >= 8 {
		if binary.LittleEndian.Uint64(b) != 0 {
			return false
		}
		b = b[8:]
	}
	for _, c := range b {
		if c != 0 {
			return false
		}
	}
	return true
}

// tableSum is the sum over a file's pages.
func tableSum(t *table[page]) sum {
	if t.root == nil {
		return sum{}
	}
	return nodeSum(t.root, t.height, 0)
}

// nodeSum keeps its result in the node. A node's sum depends on where it is in
// the file, and it never moves.
func nodeSum(n *tableNode[page], h int, base uint64) sum {
	if n.summed {
		return n.total
	}
	var total sum
	for i := range uint64(fanout) {
		at := base + i<<(fanoutBits*h)
		if h > 0 {
			if kid := n.kids[i]; kid != nil {
				total = total.add(nodeSum(kid, h-1, at))
			}
		} else if p := n.vals[i]; p != nil {
			total = total.add(p.sumAt(at))
		}
	}
	n.summed, n.total = true, total
	return total
}
