//go:build !unix

package vfs

// oDirectory is a flag that this system's programs can't ask for.
const oDirectory = 0

// oNoFollow is one too.
const oNoFollow = 0
