// Package search has the explorers that look for a crash that violates a law:
// near one that is known, or at every operation.
package search
