//go:build !linux

// Command kernel holds the profiles of the simulated disk against the
// filesystems of Linux: see README.md beside it.
package main

import "fmt"

func main() { fmt.Println("skipped: this is not Linux: nothing was checked") }
