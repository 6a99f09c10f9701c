package vfs_test

import (
	"bytes"
	"maps"
	"slices"

	"powercut/vfs/internal/recording"
)

// images lists every lawful crash image, in the notation of the recordings,
// sorted and without repeats. It is for small states only.
func (d *refDisk) images(profile string) []string {
	seen := map[string]bool{}
	for _, c := range d.choices(profile) {
		paths := d.paths(c)
		trees := []refTree{{}}
		shown := map[int]string{}
		for _, p := range slices.Sorted(maps.Keys(paths)) {
			n := paths[p]
			var next []refTree
			var contents [][]byte
			if first, again := shown[n]; !d.inodes[n].dir && !again {
				shown[n] = p
				if target := d.inodes[n].target; target != "" {
					contents = append(contents, []byte(target))
				}
				for _, f := range d.file(profile, c, n) {
					contents = append(contents, f.contents(d.reused(profile, c, n))...)
				}
			} else {
				for _, t := range trees {
					t[p] = t[first] // nil for a directory
				}
				continue
			}
			for _, t := range trees {
				for _, b := range contents {
					u := maps.Clone(t)
					u[p] = b
					next = append(next, u)
				}
			}
			trees = next
		}
		for _, t := range d.withAttrs(profile, c, paths, trees) {
			seen[t.String()] = true
		}
	}
	return slices.Sorted(maps.Keys(seen))
}

// contents lists every content of a choice, with repeats.
func (f refFile) contents(reused func(at int) [][]byte) [][]byte {
	var out [][]byte
	for size, least := range f.sizes {
		list := [][]byte{{}}
		for at := 0; at < size; at += refPage {
			end, seq := min(at+refPage, size), 0
			if end == size {
				seq = least
			}
			p := refPageChoice{hole: true}
			if at/refPage < len(f.pages) {
				p = f.pages[at/refPage]
			}
			pages := p.contents(f.unit, end-at, seq, nil)
			for _, other := range reused(at) {
				pages = append(pages, p.contents(f.unit, end-at, seq, other)...)
			}
			slices.SortFunc(pages, bytes.Compare)
			pages = slices.CompactFunc(pages, bytes.Equal)
			var next [][]byte
			for _, head := range list {
				for _, tail := range pages {
					next = append(next, slices.Concat(head, tail))
				}
			}
			list = next
		}
		for _, b := range list {
			if (len(f.order) < 2 || f.inOrder(b)) && (!f.some[size] || f.showsPending(b)) {
				out = append(out, b)
			}
		}
	}
	return out
}

// contents lists what the first n bytes of a page may show, each once.
func (p refPageChoice) contents(unit, n, least int, other []byte) [][]byte {
	versions := p.versions
	if other != nil {
		versions = append(slices.Clone(versions), refVersion{1 << 30, other})
	}
	list := [][]byte{{}}
	for u := 0; u < n; u += unit {
		var heads [][]byte
		distinct := map[string]bool{}
		from, sparse := p.least(u, unit)
		candidates := versions
		if sparse && least == 0 {
			candidates = append(slices.Clone(versions), refVersion{from, make([]byte, refPage)})
		}
		for _, v := range candidates {
			if tail := v.data[u:min(u+unit, n)]; v.seq >= max(least, from) && !distinct[string(tail)] {
				distinct[string(tail)] = true
				for _, head := range list {
					heads = append(heads, slices.Concat(head, tail))
				}
			}
		}
		list = heads
	}
	zeros := make([]byte, n)
	if p.hole && least == 0 && !slices.ContainsFunc(list, func(b []byte) bool { return bytes.Equal(b, zeros) }) {
		list = append(list, zeros)
	}
	return list
}

// String writes a tree in the notation of the recordings.
func (t refTree) String() string { return recording.FormatTree(treeOf(t)) }

// atLeast bounds from below how many images there are, with repeats: cheap, to
// know what not to list.
func (d *refDisk) atLeast(profile string) int {
	if len(d.ops) > 6 { // every choice of names is tried
		return 1 << 20
	}
	total := 0
	for _, c := range d.choices(profile) {
		product := 1
		for _, n := range d.paths(c) {
			product *= len(d.attrsAfter(profile, d.inodes[n], c.commit))
			if d.inodes[n].dir || product > 1<<20 {
				continue
			}
			sum := 0
			for _, f := range d.file(profile, c, n) {
				for size := range f.sizes {
					n := 1
					for k := 0; k*refPage < size && k < len(f.pages) && n < 1<<20; k++ {
						n *= max(1, len(f.pages[k].versions))
					}
					sum += n
				}
			}
			product *= max(sum, 1)
		}
		if total += product; total > 1<<20 {
			break
		}
	}
	return total
}
