package faults

import (
	"strconv"
	"strings"
)

// clauseSyntax is how one clause of a rule is read.
type clauseSyntax struct {
	takesWord bool // another word follows
	isValue   bool // it is key=value
	want      string
	example   string
	read      func(r *Rule, value string) bool
}

// clauses by their first word. It is only ever looked up, never ranged over.
var clauses = map[string]clauseSyntax{
	"on": {takesWord: true, want: "operations, each once, out of " + allOps.String(), example: "no-space on write,truncate of *.log", read: readOps},
	"of": {takesWord: true, want: "a path pattern", example: "drop-clean of *.log", read: func(r *Rule, s string) bool { r.Path = s; return true }},
	"to": {takesWord: true, want: "a path pattern", example: "rename-error of *.tmp to *.qdb", read: func(r *Rule, s string) bool { r.NewPath = s; return true }},

	"disk": {isValue: true, want: "the name of a disk", example: "no-space disk=log budget=64KiB", read: func(r *Rule, s string) bool { r.Disk = s; return s != "" }},

	"seq":    {isValue: true, want: "the number of an operation, or two with .. between them", example: "read-error seq=120..180", read: readSeq},
	"budget": {isValue: true, want: "a size in bytes, KiB, MiB or GiB", example: "no-space budget=64KiB", read: readSize},
	"nth": {isValue: true, want: "a number from 1 up", example: exampleLine, read: func(r *Rule, s string) bool {
		// from and until are refused beside it, see readWindow.
		if r.From != 0 || r.Until != 0 || !readCount(&r.From)(s) {
			return false
		}
		r.Until = r.From
		return true
	}},
	"from":   {isValue: true, want: "a number from 1 up, and no nth beside it", example: "drop-clean of *.log from=3 until=5", read: readWindow(func(r *Rule) *uint64 { return &r.From })},
	"until":  {isValue: true, want: "a number from 1 up, and no nth beside it", example: "drop-clean of *.log from=3 until=5", read: readWindow(func(r *Rule) *uint64 { return &r.Until })},
	"every":  {isValue: true, want: "a number from 1 up", example: "short-write of *.log every=7", read: func(r *Rule, s string) bool { return readCount(&r.Every)(s) }},
	"p":      {isValue: true, want: "a probability above 0 and up to 1, as a fraction", example: "write-error p=1/50", read: readChance},
	"sticky": {read: func(r *Rule, _ string) bool { r.Sticky = true; return true }},
	"times":  {isValue: true, want: "a number from 1 up", example: "write-error p=1/50 times=1", read: func(r *Rule, s string) bool { return readCount(&r.Times)(s) }},

	"after": {read: func(r *Rule, _ string) bool { r.After = true; return true }},
	"errno": {isValue: true, want: "an error's name, one of " + allErrnos(), example: "open-error errno=EMFILE", read: func(r *Rule, s string) (ok bool) {
		r.Errno, ok = errnoNamed(s)
		return ok
	}},
	"n": {isValue: true, want: "a number of bytes from 0 up", example: "short-write nth=2 n=100", read: func(r *Rule, s string) bool { return readFixed(&r.Bytes, s) }},
	"sectors": {isValue: true, want: "a set of sectors above 0, in hexadecimal", example: "torn-write nth=2 sectors=0x5", read: func(r *Rule, s string) bool {
		digits, ok := strings.CutPrefix(s, "0x")
		n, err := strconv.ParseUint(digits, 16, 64)
		r.Sectors = n
		return ok && err == nil && n > 0
	}},
	"bit":   {isValue: true, want: "the number of a bit from 0 up", example: "write-flip nth=2 bit=77", read: func(r *Rule, s string) bool { return readFixed(&r.Bit, s) }},
	"into":  {isValue: true, want: "a path", example: "misdirected-write nth=2 into=/b.log at=512", read: func(r *Rule, s string) bool { r.Into = s; return s != "" }},
	"at":    {isValue: true, want: "an offset in bytes from 0 up", example: "misdirected-write nth=2 at=512", read: func(r *Rule, s string) bool { return readFixed(&r.At, s) }},
	"delay": {isValue: true, want: "a duration above 0", example: "latency p=1/10 delay=3ms", read: readDelay},
	"page":  {isValue: true, want: "the number of a page, from 0 up", example: "drop-page nth=2 page=1", read: func(r *Rule, s string) bool { return readFixed(&r.Page, s) }},
}

const clauseNames = "on, of, to, disk=, seq=, budget=, nth=, from=, until=, every=, p=, sticky, times=, after, errno=, n=, sectors=, bit=, into=, at=, delay=, page="

// readWindow reads one end of the window of matches. nth sets both, so whoever
// comes second is refused.
func readWindow(end func(*Rule) *uint64) func(*Rule, string) bool {
	return func(r *Rule, s string) bool {
		if r.From != 0 && r.From == r.Until || *end(r) != 0 {
			return false
		}
		return readCount(end(r))(s)
	}
}

func allErrnos() string {
	names := make([]string, len(errnoNames))
	for i, e := range errnoNames {
		names[i] = e.name
	}
	return strings.Join(names, " ")
}

// exampleRules shows each kind at its most natural; the messages of Parse cite
// them, and tests hold every one against the parser.
var exampleRules = []struct {
	kind Kind
	line string
}{
	{WriteError, "write-error of *.log p=1/50"},
	{ShortWrite, "short-write of *.log every=7 errno=EINTR"},
	{TornWrite, "torn-write of *.log nth=2 sectors=0x5"},
	{LostWrite, "lost-write of *.log nth=4"},
	{MisdirectedWrite, "misdirected-write of *.log nth=2 into=/b.log at=512"},
	{WriteFlip, "write-flip of *.log nth=2 bit=77"},
	{NoSpace, "no-space budget=64KiB until=5"},
	{DropClean, "drop-clean of *.log nth=3"},
	{KeepDirty, "keep-dirty on sync p=1/20"},
	{Revert, "revert of *.log from=3 p=1/4 sticky"},
	{NextFails, "next-fails of *.log nth=2"},
	{JournalFails, "journal-fails nth=5"},
	{ThinNoSpace, "thin-no-space on sync of *.log nth=2"},
	{DropPage, "drop-page of *.log nth=2 page=1"},
	{FlusherFails, "flusher-fails on write of *.log nth=3"},
	{LyingSync, "lying-sync on syncdir"},
	{OpenError, "open-error of *.qdb times=1 errno=EMFILE"},
	{CreateError, "create-error of *.tmp errno=EACCES"},
	{TruncateError, "truncate-error of *.log nth=1"},
	{RenameError, "rename-error of *.tmp to *.qdb nth=1 after"},
	{LinkError, "link-error errno=EMLINK"},
	{RemoveError, "remove-error of *.tmp errno=EBUSY"},
	{MkdirError, "mkdir-error errno=EROFS"},
	{ReaddirError, "readdir-error nth=1"},
	{StatError, "stat-error of *.qdb nth=1"},
	{CloseError, "close-error of *.log p=1/10"},
	{ChmodError, "chmod-error"},
	{ReadError, "read-error of *.log seq=120..180"},
	{ShortRead, "short-read of *.log nth=2 errno=EOF"},
	{ReadFlip, "read-flip of *.log every=5"},
	{Evict, "evict on open,read of *.log p=1/4"},
	{Latency, "latency on read,write p=1/10 delay=3ms"},
}
