package properties

import (
	"path"
	"strings"

	"powercut/vfs"
)

// ProtocolStep implements core.Stepper.
func (p *program) ProtocolStep(op vfs.Op) string { return protocolStep(op) }

// ProtocolStep implements core.Stepper.
func (p *farProgram) ProtocolStep(op vfs.Op) string { return protocolStep(op) }

// protocolStep names the step of the journal's protocol that a file operation belongs to,
// by the file.
func protocolStep(op vfs.Op) string {
	name := path.Base(op.Path)
	switch {
	case strings.HasPrefix(op.Path, backupPrefix):
		return "backup"
	case name == "j.log":
		return "log"
	case name == "j.log.tmp":
		return "new log"
	case name == "j.qdb", name == "j.qdb.tmp":
		return "snapshot"
	case strings.HasPrefix(name, "j.log.tail"):
		return "kept tail"
	case strings.HasPrefix(name, "j.") && strings.HasSuffix(name, ".log"):
		return "archive"
	case op.Path == path.Dir(base):
		return "directory"
	}
	return ""
}
