package vfs

// fanout is the number of children of a table's node.
const (
	fanoutBits = 5
	fanout     = 1 << fanoutBits
)

// table maps small numbers to pointers: page numbers to pages, inode numbers
// to inodes. Copying the struct copies the table in constant time; the copies
// share nodes, and a change copies the path to it, unless the layer that makes
// the change owns the path already.
type table[T any] struct {
	root   *tableNode[T]
	height int // 0: empty or one leaf
}

// tableNode holds either children or values.
type tableNode[T any] struct {
	owner *layer `transfer:"-"`
	gen   uint32
	// summed and total are for digests, see tableSum.
	summed bool
	total  sum
	kids   *[fanout]*tableNode[T]
	vals   *[fanout]*T
}

// get returns nil for what the table doesn't hold.
func (t *table[T]) get(i uint64) *T {
	n := t.root
	if n == nil || i>>(fanoutBits*(t.height+1)) != 0 {
		return nil
	}
	for h := t.height; h > 0; h-- {
		if n = n.kids[i>>(fanoutBits*h)&(fanout-1)]; n == nil {
			return nil
		}
	}
	return n.vals[i&(fanout-1)]
}

// slot returns where the value for i is kept, for l to change.
func (t *table[T]) slot(l *layer, i uint64) **T {
	// An empty table is made as high as the number needs; one that is too low gets
	// nodes on top, whose first child is the old root.
	if t.root == nil {
		for t.height = 0; i>>(fanoutBits*(t.height+1)) != 0; {
			t.height++
		}
	}
	for i>>(fanoutBits*(t.height+1)) != 0 {
		top := &tableNode[T]{owner: l, gen: l.gen, kids: new([fanout]*tableNode[T])}
		top.kids[0] = t.root
		t.root, t.height = top, t.height+1
	}
	at := &t.root
	for h := t.height; ; h-- {
		n := *at
		switch {
		case n == nil:
			n = &tableNode[T]{owner: l, gen: l.gen}
			if h > 0 {
				n.kids = new([fanout]*tableNode[T])
			} else {
				n.vals = new([fanout]*T)
			}
			*at = n
		case !l.owns(n.owner, n.gen):
			n = n.copyFor(l)
			*at = n
		}
		n.summed = false
		if h == 0 {
			return &n.vals[i&(fanout-1)]
		}
		at = &n.kids[i>>(fanoutBits*h)&(fanout-1)]
	}
}

// copyFor returns a copy of the node that l may change. What it points to stays
// shared.
func (n *tableNode[T]) copyFor(l *layer) *tableNode[T] {
	c := &tableNode[T]{owner: l, gen: l.gen}
	if n.kids != nil {
		kids := *n.kids
		c.kids = &kids
	} else {
		vals := *n.vals
		c.vals = &vals
	}
	return c
}

// cut removes everything from number from on.
func (t *table[T]) cut(l *layer, from uint64) {
	if from == 0 {
		*t = table[T]{}
		return
	}
	if t.root != nil && (from-1)>>(fanoutBits*(t.height+1)) == 0 {
		t.root = t.root.cut(l, t.height, from)
	}
}

// cut returns the node without what is at from or beyond it, counted from the
// node's own first number.
func (n *tableNode[T]) cut(l *layer, h int, from uint64) *tableNode[T] {
	if from>>(fanoutBits*(h+1)) != 0 {
		return n
	}
	if from == 0 {
		return nil
	}
	if !l.owns(n.owner, n.gen) {
		n = n.copyFor(l)
	}
	n.summed = false
	if h == 0 {
		clear(n.vals[from:])
		return n
	}
	i := from >> (fanoutBits * h)
	if kid := n.kids[i]; kid != nil {
		n.kids[i] = kid.cut(l, h-1, from&(1<<(fanoutBits*h)-1))
	}
	clear(n.kids[i+1:])
	return n
}

// each calls f with what the table holds, in order, from the number from on,
// until f returns false.
func (t *table[T]) each(from uint64, f func(i uint64, v *T) bool) {
	if t.root != nil {
		t.root.each(t.height, 0, from, f)
	}
}

// each is table.each for a node at height h, whose first number is base.
func (n *tableNode[T]) each(h int, base, from uint64, f func(uint64, *T) bool) bool {
	width := uint64(1) << (fanoutBits * h)
	for i := range uint64(fanout) {
		first := base + i*width
		if first+width <= from {
			continue
		}
		if h > 0 {
			if kid := n.kids[i]; kid != nil && !kid.each(h-1, first, from, f) {
				return false
			}
		} else if v := n.vals[i]; v != nil && !f(first, v) {
			return false
		}
	}
	return true
}
