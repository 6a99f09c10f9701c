package vfs

import "os"

// O_DSYNC, as a flag of OpenFile, makes each write through the handle durable
// before it returns, as an fdatasync of what was written would; os.O_SYNC as an
// fsync of it would. Neither makes the rest of the file durable.
const O_DSYNC = dsyncFlag

// syncMode is what a handle does after each write.
type syncMode uint8

const (
	noSync syncMode = iota
	dataSync
	fullSync
)

// syncModeOf reads the flags as Linux does, where O_SYNC is O_DSYNC and one bit
// more.
func syncModeOf(flag int) syncMode {
	switch {
	case flag&(os.O_SYNC&^O_DSYNC) != 0:
		return fullSync
	case flag&O_DSYNC != 0:
		return dataSync
	}
	return noSync
}
