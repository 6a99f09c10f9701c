// Package explain tells what a case does: which operations, what was pending at
// its crash and what became of it, which operation it goes back to, which sync
// would have helped; as an Account, as text and as a page.
package explain
