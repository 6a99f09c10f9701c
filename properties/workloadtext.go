package properties

import (
	"bufio"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// String prints the workload in the form that parseWorkload reads.
func (w *workload) String() string {
	var b strings.Builder
	mode := "sync"
	if w.async {
		mode = "async"
	}
	fmt.Fprintf(&b, "mode %s\n", mode)
	if w.batchEntries > 0 {
		fmt.Fprintf(&b, "batch %d\n", w.batchEntries)
	}
	if w.batchBytes > 0 {
		fmt.Fprintf(&b, "batch-bytes %d\n", w.batchBytes)
	}
	if w.room > 0 {
		fmt.Fprintf(&b, "room %d\n", w.room)
	}
	if w.incomplete {
		b.WriteString("incomplete\n")
	}
	if w.acceptNoDirSync {
		b.WriteString("accept no-dir-sync\n")
	}
	if w.clock != clockRuns {
		fmt.Fprintf(&b, "clock %s\n", w.clock)
	}
	if w.sameEntropy {
		b.WriteString("entropy same\n")
	}
	if w.full > 0 {
		fmt.Fprintf(&b, "full %d\n", w.full)
	}
	w.legacyLog.print(&b)
	if w.copied {
		b.WriteString("copied\n")
	}
	if w.rots > 0 {
		fmt.Fprintf(&b, "rots %d\n", w.rots)
	}
	for _, clients := range w.epochs {
		b.WriteString("epoch\n")
		for _, client := range clients {
			b.WriteString("client")
			for _, s := range client {
				b.WriteString(" " + s.String())
			}
			b.WriteByte('\n')
		}
	}
	return b.String()
}

// parseWorkload reads what String printed.
func parseWorkload(text string) (*workload, error) {
	w := &workload{}
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
	if len(w.epochs) == 0 {
		return nil, fmt.Errorf("properties: a workload needs at least one \"epoch\"")
	}
	return w, nil
}

// lineForm is how one kind of line is read.
type lineForm struct {
	args int // words behind the first; -1: any number
	read func(w *workload, words []string) error
}

// lineForms has them all, by the first word of the line.
var lineForms = map[string]lineForm{
	"mode":           {1, (*workload).readMode},
	"batch":          {1, readNumber(math.MaxInt, "a number of entries, at least 1", func(w *workload) *int { return &w.batchEntries })},
	"room":           {1, readNumber(maxArg, fmt.Sprintf("a number of bytes from 1 to %d", maxArg), func(w *workload) *int { return &w.room })},
	"full":           {1, readNumber(maxArg, fmt.Sprintf("a number of steps from 1 to %d", maxArg), func(w *workload) *int { return &w.full })},
	"found":          {2, func(w *workload, words []string) error { return w.legacyLog.parse(words[1], words[2]) }},
	"found-preamble": {0, func(w *workload, _ []string) error { w.legacyLog.preamble = true; return nil }},
	"found-snapshot": {2, func(w *workload, words []string) error { return w.legacyLog.parseSnapshot(words[1], words[2]) }},
	"batch-bytes":    {1, readNumber(maxArg, fmt.Sprintf("a number of bytes from 1 to %d", maxArg), func(w *workload) *int { return &w.batchBytes })},
	"incomplete":     {0, func(w *workload, _ []string) error { w.incomplete = true; return nil }},
	"accept":         {1, (*workload).readAccept},
	"clock":          {1, (*workload).readClock},
	"entropy":        {1, (*workload).readEntropy},
	"copied":         {0, func(w *workload, _ []string) error { w.copied = true; return nil }},
	"rots":           {1, readNumber(maxArg, fmt.Sprintf("a number from 1 to %d", maxArg), func(w *workload) *int { return &w.rots })},
	"epoch":          {0, func(w *workload, _ []string) error { w.epochs = append(w.epochs, nil); return nil }},
	"client":         {-1, (*workload).readClient},
}

func (w *workload) parseLine(words []string) error {
	if len(words) == 0 {
		return nil
	}
	form, known := lineForms[words[0]]
	if !known || form.args >= 0 && form.args != len(words)-1 {
		return noSuchLine(words)
	}
	return form.read(w, words)
}

// noSuchLine refuses a line, and says which there are.
func noSuchLine(words []string) error {
	return fmt.Errorf("want \"mode sync|async\", \"batch N\", \"batch-bytes N\", \"room N\", \"full N\", \"incomplete\", \"accept no-dir-sync\", \"clock still|back\", \"entropy same\", \"found ENTRIES TORN\", \"found-preamble\", \"found-snapshot ENTRIES COVERED\", \"copied\", \"rots N\", \"epoch\" or (in an epoch) \"client STEP…\", got %q", strings.Join(words, " "))
}

// readNumber reads a line of one number, from 1 up to the most that it may be.
func readNumber(most int, want string, field func(*workload) *int) func(*workload, []string) error {
	return func(w *workload, words []string) error {
		n, err := strconv.Atoi(words[1])
		if err != nil || n < 1 || n > most {
			return fmt.Errorf("%s %q: want %s", words[0], words[1], want)
		}
		*field(w) = n
		return nil
	}
}

func (w *workload) readMode(words []string) error {
	switch words[1] {
	case "sync":
		w.async = false
	case "async":
		w.async = true
	default:
		return noSuchLine(words)
	}
	return nil
}

func (w *workload) readAccept(words []string) error {
	if words[1] != "no-dir-sync" {
		return noSuchLine(words)
	}
	w.acceptNoDirSync = true
	return nil
}

func (w *workload) readClock(words []string) error {
	w.clock = clockKind(words[1])
	if w.clock != clockStill && w.clock != clockBack {
		return noSuchLine(words)
	}
	return nil
}

func (w *workload) readEntropy(words []string) error {
	if words[1] != "same" {
		return noSuchLine(words)
	}
	w.sameEntropy = true
	return nil
}

func (w *workload) readClient(words []string) error {
	if len(w.epochs) == 0 {
		return noSuchLine(words)
	}
	client := script{}
	for _, word := range words[1:] {
		s, err := parseStep(word)
		if err != nil {
			return err
		}
		client = append(client, s)
	}
	last := &w.epochs[len(w.epochs)-1]
	*last = append(*last, client)
	return nil
}
