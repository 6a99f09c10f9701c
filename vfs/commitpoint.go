package vfs

import "slices"

// commitPoint says up to which Seq each device had committed when its power went.
type commitPoint struct {
	main   int64
	others []int64 // of the devices behind the main one; never changed
}

// of is the commit point of one device.
func (c *commitPoint) of(dev uint8) int64 {
	if dev == 0 {
		return c.main
	}
	return c.others[dev-1]
}

// commitPointOf makes one of what pick takes of each device.
func commitPointOf(commits [][]int64, pick func(dev uint8, of []int64) int64) commitPoint {
	c := commitPoint{main: pick(0, commits[0])}
	for i, list := range commits[1:] {
		c.others = append(c.others, pick(uint8(i+1), list))
	}
	return c
}

// commitPoints lists all that can be made of what the devices have, those of the last
// device next to each other.
func commitPoints(commits [][]int64) []commitPoint {
	all := make([]commitPoint, 0, len(commits[0]))
	for _, c := range commits[0] {
		all = append(all, commitPoint{main: c})
	}
	for _, list := range commits[1:] {
		longer := make([]commitPoint, 0, len(all)*len(list))
		for _, c := range all {
			for _, other := range list {
				longer = append(longer, commitPoint{main: c.main, others: append(c.others[:len(c.others):len(c.others)], other)})
			}
		}
		all = longer
	}
	return all
}

// latest is the last commit point of a list.
func latest(_ uint8, of []int64) int64 { return of[len(of)-1] }

// with is the commit point with another one of a device.
func (c commitPoint) with(dev uint8, commit int64) commitPoint {
	if dev == 0 {
		c.main = commit
		return c
	}
	c.others = slices.Clone(c.others)
	c.others[dev-1] = commit
	return c
}
