package explain

import (
	"fmt"
	"slices"
)

// provenanceBytes is the size of the sectors that the page shows: what devices call
// one, whatever the case's device writes at once.
const provenanceBytes = 512

// palette is how many colours operations have; the numbers tell those apart that share
// one.
const palette = 8

// file is a file of a crash image.
type file struct {
	ID      string
	Path    string
	Size    int64
	Sectors []sector
	More    int // sectors that are not shown
	Writers []writer
	// MoreWriters are not in the legend: the details of the sectors have them.
	MoreWriters int
	Pieces      []piece
}

// sector is a sector of a file, or several that came from one place.
type sector struct {
	Range  string // its number, or theirs
	Label  string // which operation left it so
	Class  string
	Detail string
	first  int64
	count  int64
}

// writer is an operation from which sectors of a file are, for the legend.
type writer struct{ Label, Class, Text string }

type piece struct {
	Range, Text string
	Bad         bool
}

// maxSectors bounds how many cells a file has, maxWriters how long its legend is.
const (
	maxSectors = 512
	maxWriters = 16
)

// fileOf lays a file of a crash image out.
func fileOf(a *Account, crash, k int) file {
	f := &a.Crashes[crash].Files[k]
	out := file{ID: fmt.Sprintf("file-%d-%d", crash, k), Path: f.Path, Size: f.Size}
	p := provenance{a: a, crash: crash}
	out.Sectors, out.More = p.sectors(f)
	out.Writers = p.writers[:min(len(p.writers), maxWriters)]
	out.MoreWriters = len(p.writers) - len(out.Writers)
	for _, part := range f.Pieces {
		out.Pieces = append(out.Pieces, piece{fmt.Sprintf("%d+%d", part.Offset, part.Size), part.Text, part.Bad})
	}
	return out
}

// provenance tells where the sectors of a file came from.
type provenance struct {
	a       *Account
	crash   int
	writers []writer
	colours int // that are given
}

// sectors makes a cell of each run of sectors with one origin.
func (p *provenance) sectors(f *FileAccount) (cells []sector, more int) {
	for off := int64(0); off < f.Size; off += provenanceBytes {
		if len(cells) == maxSectors {
			return cells, int((f.Size - off + provenanceBytes - 1) / provenanceBytes)
		}
		one := p.sector(f, off)
		if k := len(cells) - 1; k >= 0 && cells[k].joins(&one) {
			cells[k].count++
			continue
		}
		cells = append(cells, one)
	}
	for i := range cells {
		c := &cells[i]
		last := min((c.first+c.count)*provenanceBytes, f.Size) - 1
		c.Range = fmt.Sprint(c.first)
		what := "sector " + c.Range
		if c.count > 1 {
			c.Range = fmt.Sprintf("%d–%d", c.first, c.first+c.count-1)
			what = "sectors " + c.Range
		}
		c.Detail = fmt.Sprintf("%s, bytes %d to %d%s", what, c.first*provenanceBytes, last, c.Detail)
	}
	return cells, 0
}

// joins says whether the next sector came from the same place.
func (s *sector) joins(next *sector) bool {
	return s.Label == next.Label && s.Class == next.Class && s.Detail == next.Detail
}

// sector tells of the sector at an offset.
func (p *provenance) sector(f *FileAccount, off int64) sector {
	s := sector{first: off / provenanceBytes, count: 1}
	end := min(off+provenanceBytes, f.Size)
	whole := true // one origin
	for i := range f.Runs {
		run := &f.Runs[i]
		from, to := max(run.Offset, off), min(run.Offset+run.Len, end)
		if from >= to {
			continue
		}
		whole = whole && from == off && to == end
		w := p.writer(run)
		text := w.Text + p.fate(run)
		if whole {
			s.Detail += "\n  " + text
		} else {
			s.Detail += fmt.Sprintf("\n  %d+%d: %s", from, to-from, text)
		}
		switch {
		case s.Label == "":
			s.Label, s.Class = w.Label, w.Class
		case s.Label != w.Label:
			s.Label += "…" // of several: the detail has them
		}
		if len(run.Lost) > 0 {
			s.Class += " lost-later"
		}
	}
	return s
}

// writer is where a run came from. Each operation gets a colour when it is met first.
func (p *provenance) writer(run *OriginRun) writer {
	w := writer{Label: "old", Class: "before", Text: "there before the first operation"}
	e := p.a.operation(p.crash, run.Seq)
	switch {
	case e != nil && e.Epoch == p.a.Crashes[p.crash].Epoch && e.Depth == p.a.Crashes[p.crash].Depth:
		w = writer{Label: fmt.Sprint(e.Step), Text: fmt.Sprintf("as operation %d left it (%s)", e.Step, Operation(*e))}
	case e != nil:
		w = writer{Label: fmt.Sprintf("%d!", e.Step), Text: fmt.Sprintf("as operation %d before the crash before this one left it (%s)", e.Step, Operation(*e))}
	case run.Seq < 0:
		w.Text = "written before the crash before this one"
	case run.Zero:
		w = writer{Label: "·", Class: "never", Text: "zeros, which no operation wrote"}
	}
	if e != nil && len(run.Stack) > 0 {
		w.Text += ", " + Place(run.Stack)
	}
	if e != nil && run.Zero {
		w.Label, w.Class, w.Text = "0", "zero", "zeros, "+w.Text
	}
	for _, have := range p.writers {
		if have.Label == w.Label && have.Text == w.Text {
			return have
		}
	}
	if w.Class == "" {
		w.Class = fmt.Sprintf("by%d", p.colours%palette)
		p.colours++
	}
	p.writers = append(p.writers, w)
	return w
}

// fate says whether a run was durable, and what of it was lost.
func (p *provenance) fate(run *OriginRun) string {
	switch {
	case len(run.Lost) > 0:
		var numbers []uint64
		for _, seq := range run.Lost {
			if e := p.a.operation(p.crash, seq); e != nil && !slices.Contains(numbers, e.Step) {
				numbers = append(numbers, e.Step)
			}
		}
		return fmt.Sprintf("; operations %v had written it later, and were lost here", numbers)
	case run.Synced:
		return "; synced before the crash"
	case run.Seq != 0:
		return "; pending, and kept by luck"
	}
	return ""
}
