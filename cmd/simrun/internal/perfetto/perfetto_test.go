package perfetto_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"

	"powercut/cmd/simrun/internal/perfetto"
	"powercut/properties"
	"powercut/sim/core"
)

// schema is the part of Perfetto's that a trace of ours uses, in the form of its own
// .proto files: a field is a line "message name number type".
const schema = `
Trace packet 1 []TracePacket
TracePacket timestamp 8 uint64
TracePacket trusted_packet_sequence_id 10 uint32
TracePacket track_event 11 TrackEvent
TracePacket track_descriptor 60 TrackDescriptor
TrackDescriptor uuid 1 uint64
TrackDescriptor name 2 string
TrackDescriptor process 3 ProcessDescriptor
TrackDescriptor parent_uuid 5 uint64
TrackDescriptor child_ordering 11 int32
TrackDescriptor sibling_order_rank 12 int32
ProcessDescriptor pid 1 int32
ProcessDescriptor process_name 6 string
TrackEvent debug_annotations 4 []DebugAnnotation
TrackEvent type 9 int32
TrackEvent track_uuid 11 uint64
TrackEvent categories 22 []string
TrackEvent name 23 string
DebugAnnotation int_value 4 int64
DebugAnnotation string_value 6 string
DebugAnnotation name 10 string
`

// parse reads a trace by the schema.
func parse(t *testing.T, text []byte) protoreflect.Message {
	t.Helper()
	file := &descriptorpb.FileDescriptorProto{Name: proto.String("trace.proto"), Package: proto.String("perfetto")}
	messages := make(map[string]*descriptorpb.DescriptorProto)
	for line := range strings.Lines(strings.TrimSpace(schema)) {
		words := strings.Fields(line)
		if messages[words[0]] == nil {
			messages[words[0]] = &descriptorpb.DescriptorProto{Name: &words[0]}
			file.MessageType = append(file.MessageType, messages[words[0]])
		}
		number := int32(0)
		for _, digit := range words[2] {
			number = 10*number + digit - '0'
		}
		kind, repeated := strings.CutPrefix(words[3], "[]")
		field := &descriptorpb.FieldDescriptorProto{Name: &words[1], Number: &number, Label: descriptorpb.FieldDescriptorProto_LABEL_OPTIONAL.Enum()}
		if repeated {
			field.Label = descriptorpb.FieldDescriptorProto_LABEL_REPEATED.Enum()
		}
		if scalar, ok := descriptorpb.FieldDescriptorProto_Type_value["TYPE_"+strings.ToUpper(kind)]; ok {
			field.Type = descriptorpb.FieldDescriptorProto_Type(scalar).Enum()
		} else {
			field.Type, field.TypeName = descriptorpb.FieldDescriptorProto_TYPE_MESSAGE.Enum(), proto.String(".perfetto."+kind)
		}
		messages[words[0]].Field = append(messages[words[0]].Field, field)
	}
	described, err := protodesc.NewFile(file, nil)
	if err != nil {
		t.Fatal(err)
	}
	trace := dynamicpb.NewMessage(described.Messages().ByName("Trace"))
	if err := proto.Unmarshal(text, trace); err != nil {
		t.Fatal(err)
	}
	return trace
}

// field is a field of a message by its name.
func field(m protoreflect.Message, name string) protoreflect.Value {
	return m.Get(m.Descriptor().Fields().ByName(protoreflect.Name(name)))
}

// knownOnly fails if a message has a field that the schema has not.
func knownOnly(t *testing.T, m protoreflect.Message) {
	t.Helper()
	if len(m.GetUnknown()) > 0 {
		t.Fatalf("%s has fields that the schema does not know: %s", m.Descriptor().Name(), prototext.Format(m.Interface()))
	}
	m.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		if f.Message() == nil {
			return true
		}
		if !f.IsList() {
			knownOnly(t, v.Message())
			return true
		}
		for i := range v.List().Len() {
			knownOnly(t, v.List().Get(i).Message())
		}
		return true
	})
}

// eventsOf are the events of a kept case.
func eventsOf(t *testing.T, name string) []core.Event {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../../../../corpus", name))
	if err != nil {
		t.Fatal(err)
	}
	c, err := core.ParseCase(string(text), properties.FindTarget)
	if err != nil {
		t.Fatal(err)
	}
	result := core.Reproduce(c, true)
	return result.Events
}

// Each trace follows the schema; what begins on a track ends there, in time; each
// operation is there once, and no packet comes before its track is described.
func TestTraces(t *testing.T) {
	for _, name := range []string{"original-torn-frame.case", "original-lost-name.case", "journal-log-without-its-name.case"} {
		t.Run(name, func(t *testing.T) {
			events := eventsOf(t, name)
			var text bytes.Buffer
			if err := perfetto.Write(&text, name, events); err != nil {
				t.Fatal(err)
			}
			trace := parse(t, text.Bytes())
			knownOnly(t, trace)
			tracks, open := make(map[uint64]string), make(map[uint64]int)
			last := make(map[uint64]uint64)
			operations := 0
			packets := field(trace, "packet").List()
			for i := range packets.Len() {
				p := packets.Get(i).Message()
				if d := field(p, "track_descriptor").Message(); d.IsValid() {
					uuid := field(d, "uuid").Uint()
					if _, twice := tracks[uuid]; twice {
						t.Errorf("two tracks have the number %d", uuid)
					}
					tracks[uuid] = field(d, "name").String()
					continue
				}
				e := field(p, "track_event").Message()
				uuid, at := field(e, "track_uuid").Uint(), field(p, "timestamp").Uint()
				track, described := tracks[uuid]
				if !described {
					t.Fatalf("an event on track %d, which was not described", uuid)
				}
				if at < last[uuid] {
					t.Errorf("track %s goes back from %d ns to %d ns", track, last[uuid], at)
				}
				last[uuid] = at
				switch field(e, "type").Int() {
				case 1:
					open[uuid]++
					if categories := field(e, "categories").List(); categories.Len() == 1 && categories.Get(0).String() == "operation" {
						operations++
					}
				case 2:
					open[uuid]--
				}
				if open[uuid] < 0 {
					t.Errorf("something ends on track %s that had not begun", track)
				}
			}
			for uuid, n := range open {
				if n != 0 {
					t.Errorf("%d slices of track %s never end", n, tracks[uuid])
				}
			}
			want := 0
			for i := range events {
				if events[i].Kind == core.EventOp {
					want++
				}
			}
			if operations != want || want == 0 {
				t.Errorf("%d operations in the trace, %d in the run", operations, want)
			}
		})
	}
}
