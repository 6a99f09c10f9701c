package vfs

// entries is a directory's content: names in order, each with its inode. It is
// a treap that never changes in place, so that an image keeps the old one for
// nothing. Priorities are hashes of the names: the same names always give the
// same tree.
type entries struct {
	left, right *entries
	name        string
	ino         uint64
	priority    uint64
}

// get returns the inode that a name is bound to, 0 for none.
func (e *entries) get(name string) uint64 {
	for e != nil {
		switch {
		case name == e.name:
			return e.ino
		case name < e.name:
			e = e.left
		default:
			e = e.right
		}
	}
	return 0
}

// with returns the directory with the name bound to ino, or without the name
// if ino is 0.
func (e *entries) with(name string, ino uint64) *entries {
	if ino == 0 {
		return e.without(name)
	}
	return e.put(&entries{name: name, ino: ino, priority: sumBytes([]byte(name))[0]})
}

// put returns the directory with an entry added or replaced. It copies the entries
// on the way from the top to it, and shares all others.
func (e *entries) put(n *entries) *entries {
	switch {
	case e == nil:
		return n
	case n.name == e.name:
		c := *e
		c.ino = n.ino
		return &c
	case n.before(e): // it takes the place of e, which goes below it with the rest
		n.left, n.right = e.split(n.name)
		return n
	}
	c := *e
	if n.name < e.name {
		c.left = e.left.put(n)
	} else {
		c.right = e.right.put(n)
	}
	return &c
}

// before says whether n belongs above e.
func (n *entries) before(e *entries) bool {
	return n.priority < e.priority || n.priority == e.priority && n.name < e.name
}

// split returns the names below name and those above it.
func (e *entries) split(name string) (below, above *entries) {
	if e == nil {
		return nil, nil
	}
	c := *e
	if e.name < name {
		c.right, above = e.right.split(name)
		return &c, above
	}
	below, c.left = e.left.split(name)
	return below, &c
}

// without returns the directory without a name, whether it is there or not.
func (e *entries) without(name string) *entries {
	if e == nil {
		return nil
	}
	if e.name == name {
		return join(e.left, e.right)
	}
	c := *e
	if name < e.name {
		c.left = e.left.without(name)
	} else {
		c.right = e.right.without(name)
	}
	return &c
}

// join returns the entries of both, where all names of l sort before those of r.
func join(l, r *entries) *entries {
	if l == nil {
		return r
	}
	if r == nil {
		return l
	}
	if l.before(r) {
		c := *l
		c.right = join(l.right, r)
		return &c
	}
	c := *r
	c.left = join(l, r.left)
	return &c
}

// each calls f for every name in order, until it returns false.
func (e *entries) each(f func(name string, ino uint64) bool) bool {
	return e == nil || e.left.each(f) && f(e.name, e.ino) && e.right.each(f)
}
