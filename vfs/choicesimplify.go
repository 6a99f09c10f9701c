package vfs

import (
	"iter"
	"slices"
)

// Simpler yields choices in which less is lost: nothing, then what is lost by
// halves, then with one thing less. Not all of them need be lawful.
func (c Choice) Simpler() iter.Seq[Choice] {
	return func(yield func(Choice) bool) {
		if c.Kind != PowerCut || c.Commit == 0 && len(c.Commits) == 0 && len(c.Lost) == 0 && len(c.Files) == 0 {
			return
		}
		if !yield(Choice{Kind: c.Kind, Profile: c.Profile}) {
			return
		}
		for _, apply := range c.simplifications() {
			simpler := c.clone()
			apply(&simpler)
			if !yield(simpler) {
				return
			}
		}
	}
}

// simplification is one step to a simpler choice. It is given a clone.
type simplification func(*Choice)

// simplifications lists the steps, those that take away most first.
func (c Choice) simplifications() []simplification {
	var steps []simplification
	if c.Commit != 0 && len(c.Commits)+len(c.Lost)+len(c.Files) > 0 {
		steps = append(steps, func(d *Choice) { d.Commit = 0 })
	}
	for i := range c.Commits {
		steps = append(steps, func(d *Choice) { d.Commits = slices.Delete(d.Commits, i, i+1) })
	}
	if len(c.Lost) > 0 && len(c.Files) > 0 {
		steps = append(steps,
			func(d *Choice) { d.Lost = nil },
			func(d *Choice) { d.Files = nil })
	}
	steps = append(steps, simplerNames(c.Lost)...)
	for i := range c.Files {
		steps = append(steps, func(d *Choice) { d.Files = slices.Delete(d.Files, i, i+1) })
		steps = append(steps, simplerFile(i, &c.Files[i])...)
	}
	return steps
}

// simplerNames loses fewer names.
func simplerNames(lost []LostName) []simplification {
	var steps []simplification
	if n := len(lost); n > 3 {
		steps = append(steps,
			func(d *Choice) { d.Lost = d.Lost[n/2:] },
			func(d *Choice) { d.Lost = d.Lost[:n/2] })
	}
	for i, l := range lost {
		steps = append(steps, func(d *Choice) { d.Lost = slices.Delete(d.Lost, i, i+1) })
		if l.Half == Whole {
			steps = append(steps, func(d *Choice) { d.Lost[i].Half = Removal })
		}
	}
	return steps
}

// simplerFile has the i-th file of a choice show more of the newest content.
func simplerFile(i int, f *FileChoice) []simplification {
	var steps []simplification
	step := func(apply func(*FileChoice)) {
		steps = append(steps, func(d *Choice) { apply(&d.Files[i]) })
	}
	if f.Variant != 0 {
		step(func(g *FileChoice) { g.Variant = 0 })
	}
	if f.Size >= 0 && (len(f.Units) > 0 || f.Variant > 0) {
		step(func(g *FileChoice) { g.Size = -1 })
	}
	if f.Size >= 0 && len(f.Units) > 0 {
		step(func(g *FileChoice) { g.Units = nil })
	}
	n := len(f.Units)
	if n > 3 {
		step(func(g *FileChoice) { g.Units = g.Units[n/2:] })
		step(func(g *FileChoice) { g.Units = g.Units[:n/2] })
	}
	if n > 1 {
		for k := range n {
			step(func(g *FileChoice) { g.Units = slices.Delete(g.Units, k, k+1) })
		}
	}
	return steps
}

func (c Choice) clone() Choice {
	c.Commits, c.Lost, c.Files = slices.Clone(c.Commits), slices.Clone(c.Lost), slices.Clone(c.Files)
	for i := range c.Files {
		c.Files[i].Units = slices.Clone(c.Files[i].Units)
	}
	return c
}
