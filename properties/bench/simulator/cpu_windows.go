package simulator

import (
	"syscall"
	"time"
)

// CPUTime is what the process has used of its processors so far. A rate by it
// is one of a core, whatever else the machine does meanwhile.
func CPUTime() time.Duration {
	self, err := syscall.GetCurrentProcess()
	if err != nil {
		return 0 // it can't fail
	}
	var created, ended, kernel, user syscall.Filetime
	if syscall.GetProcessTimes(self, &created, &ended, &kernel, &user) != nil {
		return 0 // likewise
	}
	return ticks(kernel) + ticks(user)
}

// ticks are units of 100 ns.
func ticks(t syscall.Filetime) time.Duration {
	return time.Duration(int64(t.HighDateTime)<<32|int64(t.LowDateTime)) * 100
}
