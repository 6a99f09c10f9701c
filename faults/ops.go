package faults

import (
	"strings"

	"powercut/vfs"
)

// Ops is a set of kinds of operation: bit k stands for vfs.OpKind k.
type Ops uint32

// OpsOf returns the set of the kinds given.
func OpsOf(kinds ...vfs.OpKind) Ops {
	var s Ops
	for _, k := range kinds {
		s |= 1 << k
	}
	return s
}

// Has says whether k is in the set.
func (s Ops) Has(k vfs.OpKind) bool { return k < maxOpKind && s&(1<<k) != 0 }

// String lists the set as a plan does: "write,truncate".
func (s Ops) String() string {
	var b strings.Builder
	for _, o := range opNames {
		if s.Has(o.kind) {
			if b.Len() > 0 {
				b.WriteByte(',')
			}
			b.WriteString(o.name)
		}
	}
	return b.String()
}

// maxOpKind is above every vfs.OpKind; the room left costs a few words.
const maxOpKind = 32

// opNames are the words of the plan's language, which must not change when a
// package's String method does: cases on file are written in them.
var opNames = []struct {
	name string
	kind vfs.OpKind
}{
	{"open", vfs.OpOpen},
	{"create", vfs.OpCreate},
	{"read", vfs.OpRead},
	{"write", vfs.OpWrite},
	{"truncate", vfs.OpTruncate},
	{"sync", vfs.OpSync},
	{"syncdir", vfs.OpSyncDir},
	{"rename", vfs.OpRename},
	{"link", vfs.OpLink},
	{"remove", vfs.OpRemove},
	{"mkdir", vfs.OpMkdir},
	{"readdir", vfs.OpReaddir},
	{"stat", vfs.OpStat},
	{"close", vfs.OpClose},
	{"chmod", vfs.OpChmod},
}

func opNamed(name string) (vfs.OpKind, bool) {
	for _, o := range opNames {
		if o.name == name {
			return o.kind, true
		}
	}
	return 0, false
}
