//go:build gc && (386 || amd64 || arm || arm64 || s390x)

package core

// getg is where the runtime keeps what it knows of the calling goroutine.
func getg() uintptr
