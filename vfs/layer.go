package vfs

import (
	"sync"
	"sync/atomic"
)

// A layer is what one disk or one image added to the pages that it began with.
// Pages and table nodes name the layer that made them. A layer that anybody
// still reads from may not be recycled, so it counts its users: itself, and
// each layer on top of it.
type layer struct {
	parent *layer
	refs   atomic.Int32
	// shares counts who may still read what this layer holds now and expects
	// it not to change: images, and page tables kept to undo a truncation.
	shares atomic.Int32
	// gen goes up with each share. What was made since the last one is seen by
	// its maker alone, and so is changed in place.
	gen   uint32
	pages []*page
	log   []logEntry // of the disk that made the layer
}

// maxRecycled bounds how many pages a layer remembers for reuse; the garbage
// collector gets the others. A disk that lives long and replaces many pages
// would hold on to all of them otherwise.
const maxRecycled = 4096

func newLayer(parent *layer) *layer {
	// Never from a pool: a table node elsewhere may still name an old layer.
	l := &layer{parent: parent, gen: 1, log: *logPool.Get().(*[]logEntry)}
	l.refs.Store(1)
	if parent != nil {
		parent.refs.Add(1)
		parent.share()
	}
	return l
}

// share notes one more reader of what the layer holds now.
func (l *layer) share() {
	l.shares.Add(1)
	l.gen++
}

// maxLog bounds how many writes a disk remembers the origin of.
const maxLog = 1 << 20

// remember notes who wrote what. Of a disk that lives long the older half is
// forgotten now and then: those bytes count as having always been there.
func (l *layer) remember(e logEntry) {
	if len(l.log) >= maxLog {
		l.log = append(make([]logEntry, 0, maxLog), l.log[maxLog/2:]...)
	}
	l.log = append(l.log, e)
}

func (l *layer) unshare() { l.shares.Add(-1) }

// owns says whether what was made by that owner in that generation may be
// changed in place by l.
func (l *layer) owns(owner *layer, gen uint32) bool {
	return owner == l && (gen == l.gen || l.shares.Load() == 0)
}

// release gives up one use of the layer, and recycles its pages after the last.
func (l *layer) release() {
	// The last user of a layer gives up its use of the one below, and so on down.
	for l != nil && l.refs.Add(-1) == 0 {
		parent := l.parent
		for i, p := range l.pages {
			l.pages[i] = nil
			p.owner = nil
			pagePool.Put(p)
		}
		if cap(l.log) <= maxRecycled {
			log := l.log[:0]
			logPool.Put(&log)
		}
		l.pages, l.log, l.parent = nil, nil, nil
		if parent != nil {
			parent.unshare()
		}
		l = parent
	}
}

var (
	pagePool = sync.Pool{New: func() any { return new(page) }}
	logPool  = sync.Pool{New: func() any { return new([]logEntry) }}
)

// pageBytes is the size of a page of the cache and of a block on the medium.
const pageBytes = 4096

// page is one page of a file. What lies beyond the file's size is zero.
type page struct {
	owner  *layer `transfer:"-"`
	gen    uint32
	hashed bool
	hash   sum
	data   [pageBytes]byte
}

// newPage returns a page of zeros.
func (l *layer) newPage() *page {
	p := pagePool.Get().(*page)
	clear(p.data[:])
	l.adopt(p)
	return p
}

// copyPage returns a page like p that l owns.
func (l *layer) copyPage(p *page) *page {
	q := pagePool.Get().(*page)
	q.data = p.data
	l.adopt(q)
	return q
}

func (l *layer) adopt(p *page) {
	p.owner, p.gen, p.hashed = l, l.gen, false
	if len(l.pages) < maxRecycled {
		l.pages = append(l.pages, p)
	}
}
