// Package engines is the seam between the harness and the journals that it can
// run: what a driver has to offer, and what a driver is told.
//
// Terms:
//
//   - An engine is a journal under test that is open.
//   - A driver opens engines of one kind, says what they can do, and reads their
//     errors. It judges nothing.
//   - A session is a driver's own type for an engine that it opened.
//
// Each driver has a package below this one: journal, original and pessimal. The
// last two hold the journals that they drive as well, so that a rule by names tells
// the two apart, see IsDriver.
package engines

import "strings"

// packagePath is what the qualified names of all functions here begin with.
const packagePath = "powercut/properties/engines"

// IsDriver says whether a function, by its qualified name, belongs to a driver and
// not to the engine: it is a method of a type named Driver or session.
func IsDriver(function string) bool {
	rest, ok := strings.CutPrefix(function, packagePath)
	return ok && (strings.HasPrefix(rest, ".") || strings.Contains(rest, ".Driver.") || strings.Contains(rest, ".(*session)."))
}
