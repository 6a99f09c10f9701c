// Package shrink makes a case smaller that violates a law, and finds out what a
// violation goes back to.
package shrink
