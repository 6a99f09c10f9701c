package core

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"reflect"
	"strconv"

	"powercut/sim/internal/hash"
	"powercut/vfs"
)

// Digest sums up a run: every operation and its outcome, every choice, every
// image and every recovered state. Two runs of one seed have one digest.
type Digest uint64

// String prints the digest as 16 hexadecimal digits.
func (d Digest) String() string { return fmt.Sprintf("%016x", uint64(d)) }

// ParseDigest reads what String printed.
func ParseDigest(s string) (Digest, error) {
	n, err := strconv.ParseUint(s, 16, 64)
	if err != nil || len(s) != 16 {
		return 0, fmt.Errorf("sim: digest %q is not 16 hexadecimal digits", s)
	}
	return Digest(n), nil
}

// MarshalText implements encoding.TextMarshaler.
func (d Digest) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *Digest) UnmarshalText(text []byte) (err error) {
	*d, err = ParseDigest(string(text))
	return err
}

// EventKind says what an Event tells of.
type EventKind string

// The kinds of event.
const (
	EventOp     EventKind = "op"     // an operation on a disk and what its caller was told
	EventCall   EventKind = "call"   // what an actor is about to ask of the code under test
	EventReturn EventKind = "return" // what it was told
	EventNote   EventKind = "note"   // a remark
	EventImage  EventKind = "image"  // a crash image was taken
	EventEpoch  EventKind = "epoch"  // an epoch began
)

// Event is one line of a trace.
type Event struct {
	N      uint64    `json:"n"` // 1 for the first event of the run
	Kind   EventKind `json:"kind"`
	Epoch  int       `json:"epoch"`
	Depth  int       `json:"depth,omitempty"` // 0: the workload; 1: a recovery; 2: the recovery of a crash in that
	Step   uint64    `json:"step,omitempty"`  // of EventOp: the number of the operation in its epoch or recovery, from 1
	Seq    uint64    `json:"seq,omitempty"`   // of EventOp: the number of the operation on its disk, which choices of an image go by
	Actor  string    `json:"actor,omitempty"`
	Op     string    `json:"op,omitempty"`   // kind of operation
	Disk   string    `json:"disk,omitempty"` // of several, the one beside that of the root
	Path   string    `json:"path,omitempty"`
	To     string    `json:"to,omitempty"`
	Offset int64     `json:"offset,omitempty"` // bytes
	Len    int64     `json:"len,omitempty"`    // bytes
	Moved  int64     `json:"moved,omitempty"`  // bytes read or written, entries listed
	Err    string    `json:"err,omitempty"`
	Fault  bool      `json:"fault,omitempty"`  // an injected fault had a part in it
	Struck string    `json:"struck,omitempty"` // which kind, if it struck this very operation
	Stack  []Site    `json:"stack,omitempty"`  // of EventOp: where in the code under test it came from, innermost first
	Note   string    `json:"note,omitempty"`
	Digest string    `json:"digest,omitempty"` // the run's digest after this event
}

// Operation is what an EventOp tells of.
func (e *Event) Operation() vfs.Op {
	return vfs.Op{Kind: opKinds[e.Op], Device: e.Disk, Path: e.Path, NewPath: e.To, Offset: e.Offset, Len: e.Len}
}

// trace takes the digest of a run and, if asked to, keeps its events.
type trace struct {
	digest uint64
	count  uint64
	keep   bool
	events []Event
	stacks [][]uintptr // of events, not looked up yet; nil for those that are no operations
}

// Digest is the digest of the events so far.
func (t *trace) Digest() Digest { return Digest(t.digest) }

// Events are the events so far, if the run was asked to keep them.
func (t *trace) Events() []Event { return t.events }

func (t *trace) mix(v uint64) {
	t.digest = hash.Mix64(t.digest*hash.Prime ^ v)
}

func (t *trace) mixString(s string) {
	t.mix(hash.Add(hash.Offset, s) ^ uint64(len(s))<<48)
}

// mixError is mixString of the error's text, which for the most common kind of
// error is not put together for it.
func (t *trace) mixError(err error) {
	e, ok := err.(*fs.PathError)
	if !ok {
		t.mixString(systemText(err.Error()))
		return
	}
	h, n := uint64(hash.Offset), 0
	for _, s := range [...]string{e.Op, " ", e.Path, ": ", systemText(e.Err.Error())} {
		h, n = hash.Add(h, s), n+len(s)
	}
	t.mix(h ^ uint64(n)<<48)
}

func (t *trace) mixBytes(b []byte) {
	t.mix(hash.Add(hash.Offset, b) ^ uint64(len(b))<<48)
}

func (t *trace) op(at position, op vfs.Op, res vfs.Result, fault string) {
	t.count++
	t.mix(uint64(op.Kind) | at.step<<8 | uint64(at.depth)<<56)
	t.mixString(op.Path)
	if op.NewPath != "" {
		t.mixString(op.NewPath)
	}
	t.mix(uint64(op.Offset)<<20 ^ uint64(op.Len))
	t.mix(uint64(res.N))
	if res.Err != nil {
		t.mixError(res.Err)
	}
	if t.keep {
		errText := ""
		if res.Err != nil {
			errText = systemText(res.Err.Error())
		}
		t.add(Event{Kind: EventOp, Epoch: at.epoch, Depth: at.depth, Step: at.step, Seq: op.Seq, Actor: at.actor,
			Op: op.Kind.String(), Disk: op.Device, Path: op.Path, To: op.NewPath, Offset: op.Offset, Len: op.Len,
			Moved: res.N, Err: errText, Fault: res.Injected, Struck: fault}, callers())
	}
}

// note takes down what counts in the digest.
func (t *trace) note(kind EventKind, at position, note string) {
	note = systemText(note)
	t.mixString(note)
	t.remark(kind, at, note)
}

// remark takes down what is there for a reader alone: a run has the same digest
// whether somebody reads its trace or not.
func (t *trace) remark(kind EventKind, at position, note string) {
	t.count++
	if t.keep {
		t.add(Event{Kind: kind, Epoch: at.epoch, Depth: at.depth, Step: at.step, Actor: at.actor, Note: note}, nil)
	}
}

func (t *trace) add(e Event, stack []uintptr) {
	e.N = t.count
	e.Digest = t.Digest().String()
	t.events = append(t.events, e)
	t.stacks = append(t.stacks, stack)
}

// lookUp fills in where the operations came from.
func (t *trace) lookUp(h harness) {
	for i, stack := range t.stacks {
		if stack != nil {
			t.events[i].Stack = sitesOf(stack, h)
		}
	}
	t.stacks = t.stacks[:0]
}

// WriteEvents writes a trace, one JSON object a line.
func WriteEvents(w io.Writer, events []Event) error {
	out := bufio.NewWriter(w)
	enc := json.NewEncoder(out)
	for i := range events {
		if err := enc.Encode(&events[i]); err != nil {
			return fmt.Errorf("sim: writing the trace: %w", err)
		}
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("sim: writing the trace: %w", err)
	}
	return nil
}

// FirstDifference returns the index of the first event that differs between
// two traces of the same seed, or -1 if they are the same.
func FirstDifference(a, b []Event) int {
	for i := range min(len(a), len(b)) {
		if !reflect.DeepEqual(a[i], b[i]) {
			return i
		}
	}
	if len(a) != len(b) {
		return min(len(a), len(b))
	}
	return -1
}

// position says where in a run something happened.
type position struct {
	epoch int
	depth int
	step  uint64
	actor string
}
