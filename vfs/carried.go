package vfs

import (
	"bytes"
	"slices"
)

// Where a size shows only with something that was pending of the file, that is a
// condition on all of its pages together.

// isPending says whether a version is on the medium only if the page is written back
// yet.
func (f *fileVariant) isPending(v pageVersion) bool {
	return v.effect != base && !f.n.effects[v.effect].synced
}

// carries says whether a selection shows what its size asks for.
func (f *fileVariant) carries(s *fileSelection) bool {
	if !f.asksForSome(s.size) {
		return true
	}
	var data [pageBytes]byte
	return slices.ContainsFunc(s.pages, func(p pageSelection) bool {
		if p.units == nil || p.units[0] < base {
			return false
		}
		f.n.content(p.index, int(p.units[0]), &data)
		return f.showsPending(p.index, data[:min(s.size-int64(p.index)*pageBytes, pageBytes)])
	})
}

// carried is carries for a content of which nobody knows the versions.
func (f *fileVariant) carried(content []byte) bool {
	return !f.asksForSome(int64(len(content))) || slices.ContainsFunc(f.pages, func(p variantPage) bool {
		at := p.offset()
		return at < int64(len(content)) && f.showsPending(p.index, content[at:min(at+pageBytes, int64(len(content)))])
	})
}

// asksForSome says whether the size of the variant has that condition.
func (f *fileVariant) asksForSome(size int64) bool {
	return slices.ContainsFunc(f.sizes, func(s variantSize) bool { return s.size == size && s.some })
}

// showsPending says whether a page with a content shows a pending effect. Versions
// with the same content are as good as each other.
func (f *fileVariant) showsPending(index uint64, got []byte) bool {
	i := slices.IndexFunc(f.pages, func(p variantPage) bool { return p.index == index })
	var data [pageBytes]byte
	return slices.ContainsFunc(f.pages[i].versions, func(v pageVersion) bool {
		if !f.isPending(v) {
			return false
		}
		f.n.content(index, v.effect, &data)
		return bytes.Equal(data[:len(got)], got)
	})
}
