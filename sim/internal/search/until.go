package search

import "powercut/sim/core"

// Until explores until it is over: what was not looked at by then says nothing. One run of
// a program that has a process for each seed may judge images for many minutes.
type Until struct {
	core.Explorer
	Over func() bool
}

// Visit implements core.Explorer.
func (u Until) Visit(r *core.Run, at *core.Point) {
	if u.Over() {
		at.PowerCut()
		return
	}
	u.Explorer.Visit(r, at)
}
