package properties

import (
	"bufio"
	"fmt"
	"strconv"
	"strings"

	"powercut/properties/engines"
)

// OpKind is what a client does in one step.
type OpKind string

// The steps of a client. Each appended entry carries a number of its own, so
// that a lost, doubled or reordered one shows.
const (
	OpPush       OpKind = "push"       // append: number to a list, by source text
	OpExpression OpKind = "expression" // the same, as a serialised expression
	OpCount      OpKind = "count"      // append: count up, and push
	OpHash       OpKind = "hash"       // append: fold the number into a hash that depends on the order, and push
	OpSet        OpKind = "set"        // append: set one of a few names, and push
	OpBig        OpKind = "big"        // append: a long string (compressed in the log), and push
	OpOpaque     OpKind = "opaque"     // append: bytes that change nothing
	OpMistake    OpKind = "mistake"    // append: what can't be evaluated
	OpRestricted OpKind = "restricted" // append: a restricted entry that tries to mutate
	OpBad        OpKind = "bad"        // append: what the journal must refuse
	OpAsync      OpKind = "async"      // accept a push, wait for it later
	OpWait       OpKind = "wait"       // wait for all that this client accepted
	OpSync       OpKind = "sync"
	OpSnapshot   OpKind = "snapshot"
	OpRoll       OpKind = "roll"
	OpPrune      OpKind = "prune"
	OpReopen     OpKind = "reopen" // close the journal and open it again
	OpRepair     OpKind = "repair" // the same, with Repair in between
	OpBackup     OpKind = "backup" // link the archives and the snapshot into a folder of their own
)

// opKinds lists them; true for those that append at once.
var opKinds = map[OpKind]bool{
	OpPush: true, OpExpression: true, OpCount: true, OpHash: true, OpSet: true, OpBig: true, OpOpaque: true, OpMistake: true,
	OpRestricted: true, OpBad: true, OpAsync: false, OpWait: false, OpSync: false, OpSnapshot: false, OpRoll: false,
	OpPrune: false, OpReopen: false, OpRepair: false, OpBackup: false,
}

// Op is one step of a client. Arg is the number of bytes of an opaque or big
// entry, the name of a set one, the kind of bad input; otherwise 0.
type Op struct {
	Kind OpKind
	Arg  int
}

// Workload is what the clients of a run do, epoch by epoch.
type Workload struct {
	driver       engines.Driver // of the target
	Async        bool           // the journal's mode
	BatchEntries int            // the journal's bound; 0: its default
	Room         int            // bytes that the journal sets aside; 0: none
	Copied       bool           // at the beginning of each later epoch somebody puts unsynced copies in the files' place
	Full         int            // the disk is full when an epoch has opened the journal, or a later one opens it, until clients took so many steps; 0: never
	LegacyLog    LegacyLog      // what the journal finds when it is opened for the first time
	Epochs       [][]Client
}

// Client is what one client does in one epoch, step by step.
type Client []Op

// maxArg bounds what a step's argument may ask for, in bytes.
const maxArg = 1 << 20

// String prints the workload in the form that ParseWorkload reads.
func (w *Workload) String() string {
	var b strings.Builder
	mode := "sync"
	if w.Async {
		mode = "async"
	}
	fmt.Fprintf(&b, "mode %s\n", mode)
	if w.BatchEntries > 0 {
		fmt.Fprintf(&b, "batch %d\n", w.BatchEntries)
	}
	if w.Room > 0 {
		fmt.Fprintf(&b, "room %d\n", w.Room)
	}
	if w.Full > 0 {
		fmt.Fprintf(&b, "full %d\n", w.Full)
	}
	if w.LegacyLog.present() {
		fmt.Fprintf(&b, "found %d %d\n", w.LegacyLog.Entries, w.LegacyLog.Torn)
	}
	if w.Copied {
		b.WriteString("copied\n")
	}
	for _, clients := range w.Epochs {
		b.WriteString("epoch\n")
		for _, client := range clients {
			b.WriteString("client")
			for _, op := range client {
				fmt.Fprintf(&b, " %s", op.Kind)
				if op.Arg != 0 {
					fmt.Fprintf(&b, ":%d", op.Arg)
				}
			}
			b.WriteByte('\n')
		}
	}
	return b.String()
}

// ParseWorkload reads what String printed.
func ParseWorkload(text string) (*Workload, error) {
	w := &Workload{}
	scanner := bufio.NewScanner(strings.NewReader(text))
	scanner.Buffer(nil, 1<<22)
	for n := 1; scanner.Scan(); n++ {
		if err := w.parseLine(strings.Fields(scanner.Text())); err != nil {
			return nil, fmt.Errorf("properties: workload line %d: %w", n, err)
		}
	}
	if err := scanner.Err(); err != nil {
		return nil, fmt.Errorf("properties: workload: %w", err)
	}
	if len(w.Epochs) == 0 {
		return nil, fmt.Errorf("properties: a workload needs at least one \"epoch\"")
	}
	return w, nil
}

func (w *Workload) parseLine(words []string) error {
	if len(words) == 0 {
		return nil
	}
	switch {
	case words[0] == "mode" && len(words) == 2 && (words[1] == "sync" || words[1] == "async"):
		w.Async = words[1] == "async"
	case words[0] == "batch" && len(words) == 2:
		n, err := strconv.Atoi(words[1])
		if err != nil || n < 1 {
			return fmt.Errorf("batch %q: want a number of entries, at least 1", words[1])
		}
		w.BatchEntries = n
	case words[0] == "room" && len(words) == 2:
		n, err := strconv.Atoi(words[1])
		if err != nil || n < 1 || n > maxArg {
			return fmt.Errorf("room %q: want a number of bytes from 1 to %d", words[1], maxArg)
		}
		w.Room = n
	case words[0] == "full" && len(words) == 2:
		n, err := strconv.Atoi(words[1])
		if err != nil || n < 1 || n > maxArg {
			return fmt.Errorf("full %q: want a number of steps from 1 to %d", words[1], maxArg)
		}
		w.Full = n
	case words[0] == "found" && len(words) == 3:
		return w.LegacyLog.parse(words[1], words[2])
	case words[0] == "copied" && len(words) == 1:
		w.Copied = true
	case words[0] == "epoch" && len(words) == 1:
		w.Epochs = append(w.Epochs, nil)
	case words[0] == "client" && len(w.Epochs) > 0:
		client := Client{}
		for _, word := range words[1:] {
			op, err := parseOp(word)
			if err != nil {
				return err
			}
			client = append(client, op)
		}
		last := &w.Epochs[len(w.Epochs)-1]
		*last = append(*last, client)
	default:
		return fmt.Errorf("want \"mode sync|async\", \"batch N\", \"room N\", \"full N\", \"found ENTRIES TORN\", \"copied\", \"epoch\" or (in an epoch) \"client STEP…\", got %q", strings.Join(words, " "))
	}
	return nil
}

func parseOp(word string) (Op, error) {
	kind, arg, given := strings.Cut(word, ":")
	op := Op{Kind: OpKind(kind)}
	if _, known := opKinds[op.Kind]; !known {
		return op, fmt.Errorf("unknown step %q", kind)
	}
	if given {
		n, err := strconv.Atoi(arg)
		if err != nil || n < 0 || n > maxArg {
			return op, fmt.Errorf("step %q: want a number from 0 to %d after the colon", word, maxArg)
		}
		op.Arg = n
	}
	return op, nil
}

// Operations is a rough number of file operations.
func (w *Workload) Operations() int {
	n := 12
	for _, client := range w.Epochs[0] {
		for _, op := range client {
			switch op.Kind {
			case OpSnapshot:
				n += 25
			case OpRoll, OpReopen, OpRepair, OpBackup:
				n += 15
			default:
				n += 2
			}
		}
	}
	return n
}
