package vfs

import (
	"slices"

	"powercut/vfs/internal/tight"
)

// allowance is something that a profile allows and that can be taken away from it:
// if no tree that a real filesystem left is refused then, the profile allows more
// than was ever seen. A profile has those allowances that change its rules. This is
// for the recordings alone, and so reached by an internal package.
type allowance struct {
	name, about string
	without     func(*rules)
}

var allowances = []allowance{
	{"torn page", "a write torn inside a page", func(r *rules) { r.wholePages = true }},
	{"hole", "zeros where a page was written, and not written back", func(r *rules) { r.noHoles = true }},
	{"page size", "a size at a page's border, between two that the file had", func(r *rules) { r.noPageSizes = !r.copyOnWrite }},
	{"size alone", "a size of which the data is not there", func(r *rules) { r.sizeAfterData = true }},
	{"order of names", "a change of names without an earlier one", func(r *rules) { r.inOrder = true }},
	{"log", "an fsynced file before what came earlier", func(r *rules) { r.logged = false }},
	{"short replacement", "a replaced file that is empty, short or old in part", func(r *rules) { r.protects = r.protects || r.blocks && !r.sizeAfterData && !r.copyOnWrite }},
	{"reused block", "another file's data in a file that was removed or cut off", func(r *rules) { r.reuses = false }},
}

func init() {
	tight.Allowances = func(profile uint8) []tight.Allowance {
		var out []tight.Allowance
		for _, a := range allowances {
			if r := profileRules[profile]; changed(r, a.without) {
				out = append(out, tight.Allowance{Name: a.name, About: a.about})
			}
		}
		return out
	}
	tight.Accepts = func(disk any, profile uint8, without string, tree map[string][]byte) bool {
		r := profileRules[profile]
		i := slices.IndexFunc(allowances, func(a allowance) bool { return a.name == without })
		allowances[i].without(&r)
		ok, _ := disk.(*Disk).acceptsUnder(&r, tree)
		return ok
	}
}

// changed says whether taking something away makes other rules of these.
func changed(r rules, without func(*rules)) bool {
	was := r
	without(&r)
	return r != was
}
