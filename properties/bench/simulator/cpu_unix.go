//go:build unix

package simulator

import (
	"syscall"
	"time"
)

// CPUTime is what the process has used of its processors so far. A rate by it
// is one of a core, whatever else the machine does meanwhile.
func CPUTime() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0 // it can't fail
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
