package perfetto

import (
	"hash/fnv"

	"google.golang.org/protobuf/encoding/protowire"
)

// Field numbers, by message.
const (
	tracePacket = 1

	packetTimestamp  = 8
	packetSequence   = 10
	packetTrackEvent = 11
	packetDescriptor = 60

	trackUUID     = 1
	trackName     = 2
	trackProcess  = 3
	trackParent   = 5
	trackOrdering = 11
	trackRank     = 12

	processPID  = 1
	processName = 6

	eventAnnotations = 4
	eventType        = 9
	eventTrack       = 11
	eventCategories  = 22
	eventName        = 23

	annotationInt    = 4
	annotationString = 6
	annotationName   = 10
)

// Values of enumerations.
const (
	sliceBegin = 1
	sliceEnd   = 2
	instant    = 3

	orderingExplicit = 3
)

// sequence is the one writer that all packets come from.
const sequence = 1

// processUUID is the track that all others are below.
const processUUID = 1

// annotation is one thing more that is told of an event: a text, or a number.
type annotation struct {
	name   string
	text   string
	number int64
}

// encoder collects the packets of a trace.
type encoder struct{ bytes []byte }

// message is one that is being written.
type message []byte

func (m *message) number(field protowire.Number, v uint64) {
	*m = protowire.AppendVarint(protowire.AppendTag(*m, field, protowire.VarintType), v)
}

func (m *message) text(field protowire.Number, s string) {
	*m = protowire.AppendString(protowire.AppendTag(*m, field, protowire.BytesType), s)
}

func (m *message) message(field protowire.Number, inner message) {
	*m = protowire.AppendBytes(protowire.AppendTag(*m, field, protowire.BytesType), inner)
}

func (e *encoder) packet(p message) {
	p.number(packetSequence, sequence)
	all := message(e.bytes)
	all.message(tracePacket, p)
	e.bytes = all
}

func (e *encoder) process(name string) {
	var process, track, packet message
	process.number(processPID, 1)
	process.text(processName, name)
	track.number(trackUUID, processUUID)
	track.message(trackProcess, process)
	track.number(trackOrdering, orderingExplicit)
	packet.message(packetDescriptor, track)
	e.packet(packet)
}

// uuidOf is the number of a track: of its name, so that it is the same in each trace.
func uuidOf(name string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(name)) // it never fails
	return h.Sum64()
}

func (e *encoder) track(name string, rank int) {
	var track, packet message
	track.number(trackUUID, uuidOf(name))
	track.text(trackName, name)
	track.number(trackParent, processUUID)
	track.number(trackRank, uint64(rank))
	packet.message(packetDescriptor, track)
	e.packet(packet)
}

func (e *encoder) event(kind uint64, track string, at uint64, name, category string, told []annotation) {
	var event, packet message
	event.number(eventType, kind)
	event.number(eventTrack, uuidOf(track))
	if name != "" {
		event.text(eventCategories, category)
		event.text(eventName, name)
	}
	for _, a := range told {
		var m message
		m.text(annotationName, a.name)
		if a.text != "" {
			m.text(annotationString, a.text)
		} else {
			m.number(annotationInt, uint64(a.number))
		}
		event.message(eventAnnotations, m)
	}
	packet.number(packetTimestamp, at)
	packet.message(packetTrackEvent, event)
	e.packet(packet)
}

func (e *encoder) begin(track string, at uint64, name, category string, told []annotation) {
	e.event(sliceBegin, track, at, name, category, told)
}

func (e *encoder) end(track string, at uint64) { e.event(sliceEnd, track, at, "", "", nil) }

func (e *encoder) slice(track string, from, to uint64, name, category string, told []annotation) {
	e.begin(track, from, name, category, told)
	e.end(track, to)
}

func (e *encoder) instant(track string, at uint64, name, category string, told []annotation) {
	e.event(instant, track, at, name, category, told)
}
