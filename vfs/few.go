package vfs

import "slices"

const (
	// fewPending bounds the changes of names, and the sectors of written data, of which
	// it is worth finding out how many images they make.
	fewPending = 8
	// fewVisits bounds how many selections are looked at for each image that is asked
	// for: several may show the same.
	fewVisits = 4
)

// CrashOfFew takes one of the images that a power cut may leave and that the caller does
// not know by their digests, each as likely, where there are no more than most of them
// all told. Nil: all are known. Where there are more, or it would take long to say, few
// is false, and nothing was drawn.
func (d *Disk) CrashOfFew(p Profile, src Source, most int, known func(Digest) bool) (im *Image, few bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.layer == nil || d.pendingMoreThan(fewPending) {
		return nil, false
	}
	var all []Digest
	var fresh []*draft
	few, visits := true, 0
	d.eachDraft(p, func(t *draft) bool {
		visits++
		again := slices.Contains(all, t.digest)
		if few = visits <= most*fewVisits && (again || len(all) < most); !few || again {
			t.drop()
			return few
		}
		all = append(all, t.digest)
		if known(t.digest) {
			t.drop()
			return true
		}
		// The walk goes on with this selection.
		s := *t.s
		s.files = slices.Clone(s.files)
		t.s = &s
		fresh = append(fresh, t)
		return true
	})
	chosen := -1
	if few && len(fresh) > 0 {
		chosen = int(src.Uint64n(uint64(len(fresh))))
	}
	for i, t := range fresh {
		if i == chosen {
			im = t.image()
		} else {
			t.drop()
		}
	}
	return im, few
}

// pendingMoreThan says whether more changes of names and written sectors are pending.
func (d *Disk) pendingMoreThan(n int) bool {
	pending := int64(len(d.names))
	for _, f := range d.dirty {
		pending += int64(len(f.changes))
		for i := range f.effects {
			if e := &f.effects[i]; !e.synced {
				pending += 1 + e.n/int64(d.options.SectorBytes)
			}
		}
	}
	return pending > int64(n)
}
