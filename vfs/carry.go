package vfs

import (
	"cmp"
	"slices"
)

// carried is what is pending across a process crash: the page cache survives, and
// so does all that is known of it.
type carried struct {
	seq     int64
	names   []nameEffect
	nodes   []*node // see pendingInodes; and those that btrfs's log goes by
	history []foreignPage
	devices []device
	sum     sum // of it all
}

// sumOfPending hashes what is pending of those inodes.
func (d *Disk) sumOfPending(inos []uint64) sum {
	c := carried{names: d.names, devices: d.devices}
	for _, ino := range inos {
		if n := d.node(ino); n != nil {
			c.nodes = append(c.nodes, n)
		}
	}
	return c.sumOf(d.canonical())
}

// carry copies what is pending of those inodes. The caller takes the image's layer
// before: page tables kept for undoing are shared from now on.
func (d *Disk) carry(inos []uint64) *carried {
	c := &carried{seq: d.seq, names: slices.Clone(d.names), history: slices.Clone(d.history), devices: slices.Clone(d.devices)}
	for _, ino := range inos {
		if n := d.node(ino); n != nil {
			c.nodes = append(c.nodes, n.copyPending())
		}
	}
	d.nodes.each(0, func(ino uint64, n *node) bool { // what is durable makes no two images differ
		if _, ok := slices.BinarySearch(inos, ino); !ok && !n.dead && (len(n.past)+len(n.made) > 0 || n.inLog > 0) {
			c.nodes = append(c.nodes, n.copyPending())
		}
		return true
	})
	return c
}

// pendingInodes lists, in order, the inodes of which something is pending: data,
// names in or of them, a failure that is yet to be told, or blocks that they took
// since one was freed which a crash may give back.
func (d *Disk) pendingInodes() []uint64 {
	inos := make([]uint64, 0, len(d.dirty)+3*len(d.names))
	for _, n := range d.dirty {
		if !n.temporary { // it is gone with the process that had it open
			inos = append(inos, n.ino)
		}
	}
	for i := range d.names {
		e := &d.names[i]
		inos = append(inos, e.ino)
		for _, h := range e.halves() {
			if h.exists() {
				inos = append(inos, h.dir)
			}
		}
	}
	for _, n := range d.erred {
		if !n.dead && n.untold() {
			inos = append(inos, n.ino)
		}
	}
	if freed := d.firstFreed(); freed > 0 {
		d.nodes.each(0, func(ino uint64, n *node) bool {
			if slices.ContainsFunc(n.owned, func(o ownRun) bool { return o.since > freed }) {
				inos = append(inos, ino)
			}
			return true
		})
	}
	slices.Sort(inos)
	return slices.Compact(inos)
}

// canonical returns a name for each inode that does not depend on how many
// others were made before: that of a path to it, or else of its place among
// those that have none.
func (d *Disk) canonical() func(ino uint64) uint64 {
	var known map[uint64]uint64
	lost := uint64(0)
	return func(ino uint64) uint64 {
		if known == nil {
			known = map[uint64]uint64{0: 0}
		}
		if id, ok := known[ino]; ok {
			return id
		}
		var id uint64
		if n := d.peek(ino); n != nil && (len(n.links) > 0 || ino == rootIno) {
			text := "/"
			if ino != rootIno {
				text = pathOf(d.peek, n.links[0])
			}
			id = sumBytes([]byte(text))[0]
		} else {
			lost++
			id = lost
		}
		known[ino] = id
		return id
	}
}

// copyPending copies a node, but for its handles.
func (n *node) copyPending() *node {
	m := *n
	m.effects, m.saved, m.old = slices.Clone(n.effects), slices.Clone(n.saved), slices.Clone(n.old)
	m.stale, m.barriers, m.owned = slices.Clone(n.stale), slices.Clone(n.barriers), slices.Clone(n.owned)
	m.changes = slices.Clone(n.changes)
	m.past, m.made = slices.Clone(n.past), slices.Clone(n.made)
	m.handles, m.touched = 0, false
	return &m
}

// restore makes a fresh disk go on with what was pending. Seqs go on too, so
// that old and new effects don't mix; see Disk.public.
func (c *carried) restore(d *Disk) {
	d.seq, d.mounted = c.seq, c.seq
	d.names, d.history = slices.Clone(c.names), slices.Clone(c.history)
	for i := range d.devices {
		v, was := &d.devices[i], &c.devices[i]
		v.forced, v.synced, v.failed, v.shutdown, v.readOnly, v.offline = was.forced, was.synced, was.failed, was.shutdown, was.readOnly, was.offline
	}
	for _, pending := range c.nodes {
		n := pending.copyPending()
		n.inode = *d.frozen.get(n.ino)
		*d.nodes.slot(d.layer, n.ino) = n
		if n.dirty {
			d.dirty = append(d.dirty, n)
		}
		if n.erred {
			d.erred = append(d.erred, n)
		}
		for range n.old {
			d.layer.share()
			d.cuts++
		}
	}
}

// public is how a Seq is shown: operations of this disk count from 1. What was
// pending when the disk was mounted, after a process crash, counts down: -1 was
// the last operation before it.
func (d *Disk) public(seq int64) int64 { return publicSeq(seq, d.mounted) }

func publicSeq(seq, mounted int64) int64 {
	if seq > mounted {
		return seq - mounted
	}
	return seq - mounted - 1
}

// internal is the reverse of public.
func (d *Disk) internal(seq int64) int64 {
	if seq > 0 {
		return seq + d.mounted
	}
	return seq + d.mounted + 1
}

// effectsUpTo counts the pending effects up to a Seq.
func (n *node) effectsUpTo(seq int64) (count uint64) {
	for i := range n.effects {
		if n.effects[i].seq <= seq {
			count++
		}
	}
	return count
}

// sumOf hashes what is pending, so that two process crashes with the same files
// and different risks differ. Seqs don't count, their order does; nor do the
// numbers of inodes, which id replaces.
func (c *carried) sumOf(id func(ino uint64) uint64) sum {
	total := sum{1, 1}
	add := func(words ...uint64) {
		s := sumOf(words...)
		total = sumOf(total[0], total[1], s[0], s[1])
	}
	name := func(s string) uint64 { return sumBytes([]byte(s))[0] }
	for i := range c.names {
		e := &c.names[i]
		if e.exchange {
			add(4)
		}
		for k, h := range e.halves() {
			if h.exists() && !h.done {
				add(uint64(k), id(e.ino), id(h.dir), name(h.name), id(h.was), id(h.now))
			}
		}
	}
	nodes := slices.Clone(c.nodes)
	slices.SortStableFunc(nodes, func(a, b *node) int { return cmp.Compare(id(a.ino), id(b.ino)) })
	for _, n := range nodes {
		for i := range n.effects {
			e := &n.effects[i]
			add(id(n.ino), uint64(e.off), uint64(e.n), uint64(e.before), uint64(e.after))
			if e.synced {
				add(uint64(e.floor))
			}
			if e.zeroes {
				add(3, uint64(e.zeroedTo))
			}
			if e.converts {
				add(4)
			}
			if e.cut {
				old := tableSum(&n.old[e.oldAt])
				add(old[0], old[1])
			}
		}
		for _, e := range n.changes {
			before := xattrSum(e.before.xattrs)
			add(id(n.ino), uint64(e.before.mode), before[0], before[1])
		}
		saved := sumBytes(n.saved)
		add(id(n.ino), uint64(len(n.stale)), saved[0], saved[1])
		for _, p := range n.stale {
			if p.data != nil {
				s := sumBytes(p.data[:])
				add(p.index, s[0], s[1])
			}
			add(p.index, n.effectsUpTo(p.since), n.effectsUpTo(p.synced))
		}
		if n.untold() {
			add(id(n.ino), 1)
		}
	}
	for i := range c.devices {
		if c.devices[i].failed != nil {
			add(2 + 8*uint64(i))
		}
		if c.devices[i].readOnly {
			add(6 + 8*uint64(i))
		}
		if c.devices[i].offline {
			add(5 + 8*uint64(i))
		}
	}
	return total
}
