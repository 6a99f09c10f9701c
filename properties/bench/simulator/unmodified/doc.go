// Package unmodified measures an engine that calls package os, as simrun test runs it: its
// benchmark stands beside those of package simulator, and is in a package of its own since
// it is built another way.
package unmodified
