package vfs

import (
	"iter"
	"slices"
)

// Simpler yields choices in which less is lost: nothing, then what is lost by
// halves, then with one thing less. Not all of them need be lawful.
func (c Choice) Simpler() iter.Seq[Choice] {
	return func(yield func(Choice) bool) {
		if c.Kind != PowerCut || c.Commit == 0 && len(c.Lost) == 0 && len(c.Files) == 0 {
			return
		}
		nothing := Choice{Kind: c.Kind, Profile: c.Profile}
		if !yield(nothing) {
			return
		}
		with := func(change func(*Choice)) bool {
			d := c.clone()
			change(&d)
			return yield(d)
		}
		if c.Commit != 0 && (len(c.Lost) > 0 || len(c.Files) > 0) && !with(func(d *Choice) { d.Commit = 0 }) {
			return
		}
		if len(c.Lost) > 0 && len(c.Files) > 0 && (!with(func(d *Choice) { d.Lost = nil }) || !with(func(d *Choice) { d.Files = nil })) {
			return
		}
		if n := len(c.Lost); n > 3 {
			if !with(func(d *Choice) { d.Lost = d.Lost[n/2:] }) || !with(func(d *Choice) { d.Lost = d.Lost[:n/2] }) {
				return
			}
		}
		for i := range c.Lost {
			if !with(func(d *Choice) { d.Lost = slices.Delete(d.Lost, i, i+1) }) {
				return
			}
			if c.Lost[i].Half == Whole && !with(func(d *Choice) { d.Lost[i].Half = Removal }) {
				return
			}
		}
		for i := range c.Files {
			if !with(func(d *Choice) { d.Files = slices.Delete(d.Files, i, i+1) }) || !c.simplerFile(i, with) {
				return
			}
		}
	}
}

func (c Choice) simplerFile(i int, with func(func(*Choice)) bool) bool {
	f := &c.Files[i]
	if f.Variant != 0 && !with(func(d *Choice) { d.Files[i].Variant = 0 }) {
		return false
	}
	if f.Size >= 0 && (len(f.Units) > 0 || f.Variant > 0) && !with(func(d *Choice) { d.Files[i].Size = -1 }) {
		return false
	}
	if f.Size >= 0 && len(f.Units) > 0 && !with(func(d *Choice) { d.Files[i].Units = nil }) {
		return false
	}
	if n := len(f.Units); n > 3 {
		if !with(func(d *Choice) { d.Files[i].Units = d.Files[i].Units[n/2:] }) ||
			!with(func(d *Choice) { d.Files[i].Units = d.Files[i].Units[:n/2] }) {
			return false
		}
	}
	for k := range f.Units {
		if len(f.Units) > 1 && !with(func(d *Choice) { d.Files[i].Units = slices.Delete(d.Files[i].Units, k, k+1) }) {
			return false
		}
	}
	return true
}

func (c Choice) clone() Choice {
	c.Lost, c.Files = slices.Clone(c.Lost), slices.Clone(c.Files)
	for i := range c.Files {
		c.Files[i].Units = slices.Clone(c.Files[i].Units)
	}
	return c
}
