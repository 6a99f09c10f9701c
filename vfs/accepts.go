package vfs

import (
	"bytes"
	"fmt"
	"maps"
	"path"
	"slices"
)

// Accepts says whether a tree is one that a power cut now may leave under a
// profile, and if not, why not: the reason that it gives is that of the nearest
// miss. It draws nothing and lists nothing: it looks for names that persist
// lawfully and give the tree its paths, and judges each file by itself.
//
// Its cost follows the tree's size, and the number of pending changes of names;
// where many of those concern the same entries in posix, it may grow
// faster than that.
func (d *Disk) Accepts(p Profile, tree Tree) (ok bool, reason string) {
	return d.acceptsUnder(&profileRules[p], tree)
}

func (d *Disk) acceptsUnder(r *rules, tree Tree) (ok bool, reason string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	want, err := newWanted(tree)
	if err != nil {
		return false, err.Error()
	}
	l := d.nameRulesOf(r)
	j := &judge{d: d, rules: l.rules, names: l, want: want, depth: -1, reason: "no lawful choice of names"}
	j.prepare()
	for _, commit := range slices.Backward(commitPoints(l.commits())) { // mostly what happened last persisted
		if j.judge(l.bounds(commit)) {
			return true, ""
		}
	}
	return false, j.reason
}

// judge looks for a lawful choice of names under which a disk shows a tree.
//
// There may be exponentially many choices, so it doesn't try all. It decides half
// after half, in program order, and turns back as soon as an entry that no later
// half concerns holds what the tree doesn't have. And it remembers states that led
// nowhere: what is left to decide often depends on little of what was decided.
type judge struct {
	d     *Disk
	rules *rules
	names *nameRules
	want  *wanted

	entries []judgedEntry
	entryOf []int             // by half; -1 for one that doesn't exist or matters no more
	byDir   map[uint64][]int  // entries of each directory
	settled map[uint64]halfID // of a directory that moves: the last half that may change its place
	needed  []halfID          // by half: the last half that can't persist without it

	bounds *nameBounds
	set    nameSet
	failed map[string]bool       // states from which nothing leads to the tree
	files  map[judgedFile]string // why a file can't have a content, "" if it can
	depth  int                   // how many halves were decided when the reason was found
	reason string                // of the search that came furthest: the nearest miss
}

// judgedEntry is a directory entry that pending effects concern.
type judgedEntry struct {
	dir  uint64
	name string
	was  uint64 // before all of them
	is   uint64 // after the ones that were decided
	last halfID // the last half that concerns it
}

// judgedFile is a file in the place of one of the tree.
type judgedFile struct {
	ino uint64
	as  *wanted
}

// peek returns an inode as programs see it.
func (d *Disk) peek(ino uint64) *inode {
	if n := d.nodes.get(ino); n != nil {
		return &n.inode
	}
	return d.frozen.get(ino)
}

// prepare finds out what doesn't change with the commit point: which entry each half
// concerns, and until when an entry or a directory's place may still change.
func (j *judge) prepare() {
	d := j.d
	j.set = newNameSet(len(d.names))
	j.entryOf, j.needed = slices.Repeat([]int{-1}, len(j.set)), make([]halfID, len(j.set))
	j.byDir, j.settled = map[uint64][]int{}, map[uint64]halfID{}
	index := map[link]int{} // looked up in, never ranged over
	for _, s := range d.slots(newNameSet(len(d.names))) {
		index[link{s.dir, s.name}] = len(j.entries)
		j.byDir[s.dir] = append(j.byDir[s.dir], len(j.entries))
		j.entries = append(j.entries, judgedEntry{dir: s.dir, name: s.name, was: s.is, last: noHalf})
	}
	for id, h := range d.halves() {
		if entry := index[link{h.dir, h.name}]; !h.hidden {
			j.entryOf[id], j.entries[entry].last = entry, id
		}
		for v := j.names.vacated[id.effect()]; v >= 0; v = j.names.before[v] {
			j.needed[removedBy(v)] = id
			if j.names.given[v] < 0 {
				continue
			}
			needed := newNameSet(len(d.names))
			needed[removedBy(v)], needed[addedBy(j.names.given[v])] = true, true
			j.names.close(nil, needed)
			for n, also := range needed {
				if also {
					j.needed[n] = max(j.needed[n], id)
				}
			}
		}
		j.prepareTwin(id)
		if m := j.names.moved[id.effect()]; m >= 0 {
			j.needed[j.names.moverOf(m)] = id
		}
	}
	for _, x := range j.names.lapsed {
		for _, later := range x.later {
			j.needed[x.half] = max(j.needed[x.half], later)
		}
	}
	for id, h := range d.halves() {
		if e := &d.names[id.effect()]; e.isDir {
			j.settled[e.ino] = max(j.settled[e.ino], removedBy(id.effect()), j.entries[index[link{h.dir, h.name}]].last)
		}
	}
}

// prepareTwin says of the second half of an exchange what it goes by: the first one, and
// whether the two inodes came to the names that are exchanged. It may change both entries.
func (j *judge) prepareTwin(second halfID) {
	first := j.d.twin(second.effect())
	if first < 0 || first > second.effect() || second.isRemoval() {
		return
	}
	j.needed[addedBy(first)] = second
	for _, given := range [2]int{j.names.taken(first, second.effect()), j.names.taken(second.effect(), first)} {
		if given >= 0 {
			j.needed[addedBy(given)] = max(j.needed[addedBy(given)], second)
		}
	}
	if entry := j.entryOf[addedBy(first)]; entry >= 0 && j.entryOf[second] >= 0 {
		j.entries[entry].last = max(j.entries[entry].last, second)
	}
}

// judge looks for a choice behind one commit point.
func (j *judge) judge(p *nameBounds) bool {
	j.bounds, j.failed, j.files = p, map[string]bool{}, map[judgedFile]string{}
	clear(j.set)
	for i := range j.entries {
		j.entries[i].is = j.entries[i].was
	}
	return j.from(0)
}

// from decides half h and all after it.
func (j *judge) from(h halfID) bool {
	if int(h) == len(j.set) {
		return j.shows(j.want, rootIno, map[uint64]*wanted{})
	}
	key := ""
	if !h.isRemoval() && h > 0 && len(j.set) > 8 { // of few, remembering costs more than it saves
		if key = j.state(h); j.failed[key] {
			return false
		}
	}
	if j.names.may(j.bounds, j.set, h) && j.decide(h, true) {
		return true
	}
	if j.names.mayNot(j.bounds, j.set, h) && j.decide(h, false) {
		return true
	}
	if key != "" {
		j.failed[key] = true
	}
	return false
}

// state names all that the halves from h on depend on: what the entries hold, and
// whether the halves persist that a later one may need.
func (j *judge) state(h halfID) string {
	b := fmt.Append(nil, h)
	for i := range j.entries {
		b = fmt.Append(b, ",", j.entries[i].is)
	}
	for g := range h {
		if j.needed[g] >= h {
			b = fmt.Append(b, j.set[g])
		}
	}
	return string(b)
}

// decide goes on with half h persisting or not, and then takes that back.
func (j *judge) decide(h halfID, persists bool) bool {
	entry := j.entryOf[h]
	if entry < 0 {
		j.set[h] = persists
		ok := j.from(h + 1)
		j.set[h] = false
		return ok
	}
	e, s := &j.d.names[h.effect()], &j.entries[entry]
	before := s.is
	switch {
	case !persists:
	case !h.isRemoval():
		s.is = e.add.now
	case s.is == e.ino:
		s.is = 0
	}
	j.set[h] = persists
	twin, held := j.twinOf(h)
	ok := (s.last > h || j.fits(s, h)) && (twin == nil || twin.last > h || j.fits(twin, h)) && j.from(h+1)
	if twin != nil {
		twin.is = held
	}
	s.is, j.set[h] = before, false
	return ok
}

// twinOf is the entry of the other half of an exchange, for the second half alone, and what
// that held: where one of the two persists without the other, it leaves the entry that it had.
func (j *judge) twinOf(h halfID) (twin *judgedEntry, held uint64) {
	first := j.d.twin(h.effect())
	if first < 0 || first > h.effect() || h.isRemoval() || j.entryOf[addedBy(first)] < 0 {
		return nil, 0
	}
	twin = &j.entries[j.entryOf[addedBy(first)]]
	held = twin.is
	for _, i := range [2]int{first, h.effect()} {
		other := twin
		if i == first {
			other = &j.entries[j.entryOf[h]]
		}
		if j.d.vacates(j.set, i) != nil && other.is == j.d.names[i].ino {
			other.is = 0
		}
	}
	return twin, held
}

// fits says whether an entry that will not change any more can be the tree's. Where
// its directory may still move that can't be told, and is left for the end.
func (j *judge) fits(s *judgedEntry, h halfID) bool {
	dir, known := j.place(s.dir, h, 0)
	if !known || dir == nil {
		return true
	}
	return j.isAt(s.is, dir.children[s.name], dir.path, s.name, int(h))
}

// place is the tree's directory that a directory's inode is, nil for none,
// after half h; known is false while that may change.
func (j *judge) place(ino uint64, h halfID, steps int) (dir *wanted, known bool) {
	if ino == rootIno {
		return j.want, true
	}
	if steps > maxPathBytes {
		return nil, true // a circle, cut off
	}
	in, known := j.linkOf(ino, h)
	if !known || in.dir == 0 {
		return nil, known
	}
	above, known := j.place(in.dir, h, steps+1)
	if !known || above == nil {
		return nil, known
	}
	if dir = above.children[in.name]; dir == nil || !dir.dir {
		return nil, true
	}
	return dir, true
}

// linkOf is the name that a directory has after half h, the zero link if it has
// none; known is false while that may change.
func (j *judge) linkOf(ino uint64, h halfID) (in link, known bool) {
	last, moves := j.settled[ino]
	if !moves {
		if n := j.d.peek(ino); len(n.links) > 0 {
			in = n.links[0]
		}
		return in, true
	}
	if last > h {
		return link{}, false
	}
	for i := range j.entries {
		if j.entries[i].is == ino {
			in = link{j.entries[i].dir, j.entries[i].name}
		}
	}
	return in, true
}

// isAt says whether an inode, 0 for none, can be what the tree has at a place,
// apart from what is in a directory.
func (j *judge) isAt(ino uint64, want *wanted, dir, name string, depth int) bool {
	switch {
	case ino == 0 && want == nil:
		return true
	case ino == 0:
		return j.miss(depth, "%s is not there", want.path)
	case want == nil:
		return j.miss(depth, "%s is there", path.Join(dir, name))
	}
	n := j.d.peek(ino)
	switch {
	case n.isDir() != want.dir:
		return j.miss(depth, "%s is of the other kind, file or directory", want.path)
	case n.isLink() != want.link:
		return j.miss(depth, "%s is of the other kind, symbolic link or file", want.path)
	case want.link && n.target != string(want.content):
		return j.miss(depth, "%s leads to %s", want.path, n.target)
	}
	why, judged := j.files[judgedFile{ino, want}]
	if !judged {
		why = j.d.judgeFile(j.rules, ino, want, j.bounds.commit.of(n.dev))
		j.files[judgedFile{ino, want}] = why
	}
	if why != "" {
		return j.miss(depth, "%s: %s", want.path, why)
	}
	return true
}

// miss keeps the reason of the search that came furthest.
func (j *judge) miss(depth int, format string, args ...any) bool {
	if depth > j.depth {
		j.depth, j.reason = depth, fmt.Sprintf(format, args...)
	}
	return false
}

// shows compares a directory and all below it with the tree's, when all halves
// are decided. A file with two names has one content.
func (j *judge) shows(want *wanted, ino uint64, shown map[uint64]*wanted) bool {
	depth, found, ok := len(j.set), 0, true
	one := func(name string, child uint64) bool {
		w := want.children[name]
		if ok = j.isAt(child, w, want.path, name, depth); !ok || child == 0 {
			return ok
		}
		found++
		if w.dir {
			ok = j.shows(w, child, shown)
			return ok
		}
		if other := shown[child]; other != nil && (!bytes.Equal(other.content, w.content) || !sameXattrs(other.xattrs, w.xattrs)) {
			ok = j.miss(depth, "%s and %s are one file", other.path, w.path)
		}
		shown[child] = w
		return ok
	}
	changed := j.byDir[ino]
	j.d.peek(ino).entries.each(func(name string, child uint64) bool {
		if slices.ContainsFunc(changed, func(i int) bool { return j.entries[i].name == name }) {
			return true
		}
		return one(name, child)
	})
	for _, i := range changed {
		if ok {
			one(j.entries[i].name, j.entries[i].is)
		}
	}
	if ok && found < len(want.children) {
		ok = !j.missing(want, ino, depth)
	}
	return ok
}

// missing says whether a directory lacks something that the tree has there, and
// keeps the first such path as a reason.
func (j *judge) missing(want *wanted, ino uint64, depth int) bool {
	for _, name := range slices.Sorted(maps.Keys(want.children)) {
		decided := slices.ContainsFunc(j.byDir[ino], func(i int) bool { return j.entries[i].name == name && j.entries[i].is != 0 })
		if !decided && j.d.peek(ino).entries.get(name) == 0 {
			j.miss(depth, "%s is not there", want.children[name].path)
			return true
		}
	}
	return false
}
