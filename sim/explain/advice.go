package explain

import (
	"powercut/vfs"
)

// Advice says what would have kept a change that a crash took.
func Advice(lost vfs.Pending) string {
	switch lost.Kind {
	case vfs.OpWrite, vfs.OpTruncate:
		return "a Sync of the file would have kept it"
	case vfs.OpCreate, vfs.OpMkdir, vfs.OpRemove, vfs.OpLink:
		return "a Sync of its directory would have kept it"
	case vfs.OpRename:
		return "a Sync of both directories would have kept it"
	}
	return "nothing had made it durable"
}
