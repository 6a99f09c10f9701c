// Package perfetto writes the events of a run as a trace that Perfetto and the tools
// around it open (https://ui.perfetto.dev): tracks for the epochs, for each client, for
// the disk, for faults and crashes, and for each level of recovery.
//
// A simulated run has an order and no durations. An event's time is its number in
// microseconds, so that the picture shows what came before what, and nothing else.
//
// The field numbers are those of Perfetto's schema (protos/perfetto/trace), which never
// change once they are given out.
package perfetto

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"powercut/sim/core"
)

// The tracks that are not clients. Their order is that of the picture.
const (
	epochs   = "epochs"
	disk     = "disk"
	faults   = "faults"
	crashes  = "crashes"
	recovery = "recovery"
)

// recorder turns events into packets.
type recorder struct {
	trace encoder
	open  map[string]string // by client: the call that it has not been told the end of
	epoch bool              // one is open
	last  uint64            // time of the event before, in ns
}

// Write writes the events of a run, in their order. The title is the name of the whole.
// The same events give the same bytes.
func Write(w io.Writer, title string, events []core.Event) error {
	r := recorder{open: make(map[string]string)}
	r.trace.process(title)
	for i, name := range tracksOf(events) {
		r.trace.track(name, i)
	}
	for i := range events {
		r.event(&events[i])
	}
	r.endAll()
	_, err := w.Write(r.trace.bytes)
	return err
}

// tracksOf names the tracks that the events need: epochs, clients in the order of their
// first event, the disk, faults, crashes, recoveries.
func tracksOf(events []core.Event) []string {
	tracks := []string{epochs}
	deepest := 0
	for i := range events {
		e := &events[i]
		if e.Actor != "" && !slices.Contains(tracks, clientTrack(e.Actor)) {
			tracks = append(tracks, clientTrack(e.Actor))
		}
		deepest = max(deepest, e.Depth)
	}
	tracks = append(tracks, disk, faults, crashes)
	for depth := range deepest {
		tracks = append(tracks, recoveryTrack(depth+1))
	}
	return tracks
}

// clientTrack is the track of an actor, many of which are called "client 0" already.
func clientTrack(actor string) string { return "client " + strings.TrimPrefix(actor, "client ") }

// recoveryTrack is that of the recoveries from a crash (1), from a crash of that (2),
// and so on.
func recoveryTrack(depth int) string {
	return cmp.Or(map[int]string{1: recovery}[depth], recovery+" at depth "+strconv.Itoa(depth))
}

func (r *recorder) event(e *core.Event) {
	at := e.N * 1000
	r.last = at + 1000
	track := disk
	switch {
	case e.Depth > 0:
		track = recoveryTrack(e.Depth)
	case e.Kind != core.EventOp && e.Actor != "":
		track = clientTrack(e.Actor)
	}
	switch e.Kind {
	case core.EventOp:
		r.trace.slice(track, at, r.last, operation(e), "operation", annotations(e))
		if e.Struck != "" {
			r.trace.instant(faults, at, e.Struck, "fault", annotations(e))
		}
	case core.EventCall:
		r.end(track, at)
		r.trace.begin(track, at, e.Note, "call", annotations(e))
		r.open[track] = e.Note
	case core.EventReturn:
		r.trace.instant(track, at, e.Note, "return", annotations(e))
		r.end(track, r.last)
	case core.EventImage:
		r.trace.instant(crashes, at, e.Note, "crash", annotations(e))
	case core.EventEpoch:
		r.endAll()
		r.trace.begin(epochs, at, e.Note, "epoch", annotations(e))
		r.epoch = true
	default:
		r.trace.instant(cmp.Or(map[bool]string{true: epochs}[track == disk], track), at, e.Note, "note", annotations(e))
	}
}

// end ends the call that is open on a track.
func (r *recorder) end(track string, at uint64) {
	if _, open := r.open[track]; open {
		r.trace.end(track, at)
		delete(r.open, track)
	}
}

// endAll ends what is open when the power goes, or at the end of the run: the calls
// that were in flight, and the epoch.
func (r *recorder) endAll() {
	tracks := make([]string, 0, len(r.open))
	for track := range r.open {
		tracks = append(tracks, track)
	}
	slices.Sort(tracks)
	for _, track := range tracks {
		r.end(track, r.last)
	}
	if r.epoch {
		r.trace.end(epochs, r.last)
		r.epoch = false
	}
}

func operation(e *core.Event) string {
	text := e.Op + " " + e.Path
	if e.To != "" {
		text += " to " + e.To
	}
	if e.Err != "" {
		text += " fails"
	}
	return text
}

// annotations are what is shown of an event that is chosen.
func annotations(e *core.Event) []annotation {
	var all []annotation
	text := func(name, value string) {
		if value != "" {
			all = append(all, annotation{name: name, text: value})
		}
	}
	number := func(name string, value int64, show bool) {
		if show {
			all = append(all, annotation{name: name, number: value})
		}
	}
	isOp := e.Kind == core.EventOp
	number("event", int64(e.N), true)
	number("epoch", int64(e.Epoch), true)
	number("step", int64(e.Step), e.Step > 0)
	number("seq", int64(e.Seq), isOp)
	text("client", e.Actor)
	text("path", e.Path)
	text("to", e.To)
	number("offset", e.Offset, isOp && (e.Len > 0 || e.Offset > 0))
	number("len", e.Len, isOp && e.Len > 0)
	number("moved", e.Moved, isOp && e.Moved > 0)
	text("err", e.Err)
	text("struck", e.Struck)
	frames := make([]string, len(e.Stack))
	for i, frame := range e.Stack {
		frames[i] = fmt.Sprint(frame)
	}
	text("stack", strings.Join(frames, "\n"))
	text("digest", e.Digest)
	return all
}
