// Package record has defects of real engines that lose, invent, repeat or damage data, or
// keep an engine from opening, through a crash or a fault of the disk: a row of data for
// each, and a test in the package of its engine. Command table finds them again, and
// writes docs/record.md.
package record

import "slices"

// Defect is one that somebody reported, or that a test of this repository found first.
type Defect struct {
	Engine   string
	Module   string   // its path
	Has      string   // the version of the module that is tested
	With     []string // module@version, where that version needs others of what it imports
	Without  string   // one that has it no more, "" if there is none
	Report   string   // its address; "" if there is none
	What     string
	Promised string // what that is against, by the engine's documentation
	// Dir is the package of the test, from the root of the repository.
	Dir  string
	Test string
	// Missed says why it is not found. Such a defect need not have a test.
	Missed string
}

// Defects are all that are known here, in the order of the page.
func Defects() []Defect {
	return slices.Concat(logs, stores, queues, series, files, missed)
}
