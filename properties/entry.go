package properties

import (
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"powercut/journal/wire"
	"powercut/properties/engines"
)

// stepInit makes the names that the other entries change. The harness appends it to a
// journal that has no entry yet; no script has it.
const stepInit stepKind = "init"

// forbiddenName is what restricted entries try to set. Nothing else does.
const forbiddenName = "forbidden"

// hashModulus bounds the hash of stepHash, which depends on the order of entries.
const hashModulus = 1_000_003

// maxPattern is how many bytes of an opaque entry are a pattern, which
// compresses well. Longer ones are noise, and take many sectors; of an odd length they
// are noise and runs in turn.
const maxPattern = 4000

// names is how many names stepSet chooses from.
const names = 3

// entryOf is the entry of a step. The entry's number is in it, so that it can be told
// from every other.
func entryOf(kind stepKind, arg int, number uint64) engines.Entry {
	source := func(text string) engines.Entry {
		return engines.Entry{Payload: wire.Encode(wire.String(text))}
	}
	push := fmt.Sprintf("(set l (concat l %d))", number)
	switch kind {
	case stepInit:
		return source(fmt.Sprintf("(do (set l [%d]) (set c 0) (set h 1))", number))
	case stepExpression:
		return engines.Entry{Payload: wire.Encode(wire.Values(wire.Name("set"), wire.Name("l"),
			wire.Values(wire.Name("concat"), wire.Name("l"), wire.Int(int64(number)))))}
	case stepCount:
		return source("(do (set c (+ c 1)) " + push + ")")
	case stepHash:
		return source(fmt.Sprintf("(do (set h (%% (+ (* h 31) %d) %d)) %s)", number, hashModulus, push))
	case stepSet:
		return source(fmt.Sprintf("(do (set k%d %d) %s)", arg%names, number, push))
	case stepBig:
		return source(fmt.Sprintf("(do (set s \"%s\") %s)", strings.Repeat("a", arg), push))
	case stepOpaque:
		b := make([]byte, 8+arg)
		binary.LittleEndian.PutUint64(b, number)
		noise := uint64(0)
		if arg > maxPattern {
			noise = number*31 + 1
		}
		for i := range arg {
			b[8+i] = byte(number*31 + uint64(i)*7 + noise>>56)
			noise *= 6364136223846793005 // what no compression makes shorter
		}
		if arg > maxPattern && arg%2 == 1 {
			patch(b[8:], number)
		}
		return engines.Entry{Payload: wire.Encode(wire.Bytes(b))}
	case stepMistake, stepAsyncMistake:
		return source(fmt.Sprintf("(mistake %d)", number))
	case stepPartial:
		return source(fmt.Sprintf("(do %s (mistake %d))", push, number))
	case stepUnsupported:
		return source(fmt.Sprintf("(un.known %d)", number))
	case stepRestricted:
		e := source(fmt.Sprintf("(set %s %d)", forbiddenName, number))
		if arg > 0 {
			e = source(fmt.Sprintf("(set %s \"%d%s\")", forbiddenName, number, strings.Repeat("a", arg)))
		}
		e.Restricted = true
		return e
	}
	return source(push)
}

// patch puts runs into noise, of lengths by which both are mostly as long as what the
// compressed form counts at once, or nearly.
func patch(b []byte, number uint64) {
	for run := number%2 == 0; len(b) > 0; run = !run {
		number = number*6364136223846793005 + 1442695040888963407
		n := min(len(b), 125+int(number>>32%8))
		if number>>60 == 0 {
			n = min(len(b), 1+int(number>>32%600))
		}
		for i := range n {
			if run {
				b[i] = byte(i * 7)
			}
		}
		b = b[n:]
	}
}

// model does to plain Go values what an entry does to the state.
func model(state map[string]any, kind stepKind, arg int, number int64) {
	switch kind {
	case stepInit:
		state["l"], state["c"], state["h"] = []int64{number}, int64(0), int64(1)
		return
	case stepOpaque, stepMistake, stepAsyncMistake, stepUnsupported, stepRestricted:
		return
	case stepCount:
		state["c"] = state["c"].(int64) + 1
	case stepHash:
		state["h"] = (state["h"].(int64)*31 + number) % hashModulus
	case stepSet:
		state[fmt.Sprintf("k%d", arg%names)] = number
	case stepBig:
		state["s"] = strings.Repeat("a", arg)
	}
	list, _ := state["l"].([]int64)
	state["l"] = append(list, number)
}

// copyState returns a copy that model can change.
func copyState(state map[string]any) map[string]any {
	c := maps.Clone(state)
	if list, ok := c["l"].([]int64); ok {
		c["l"] = slices.Clone(list)
	}
	return c
}

// plainValue turns a value of the evaluator into a plain Go value.
func plainValue(v wire.Value) (any, error) {
	switch v := v.(type) {
	case wire.Scalar:
		if v.Of == wire.KindI64 {
			return v.Int(), nil
		}
	case wire.Text:
		return v.Text, nil
	case wire.Vector:
		if v.Of == wire.KindI64 {
			list := make([]int64, v.Len())
			for i := range list {
				list[i] = v.At(i).Int()
			}
			return list, nil
		}
	}
	return nil, fmt.Errorf("properties: no entry makes a %v", v)
}

// badKinds is how many kinds of entry badEntry knows.
const badKinds = 4

// badEntry is the i-th kind of entry that the journal must refuse.
func badEntry(i int) engines.Entry {
	switch i % badKinds {
	case 0:
		return engines.Entry{}
	case 1:
		return engines.Entry{Payload: []byte{0xf3, 0, 200, 0, 0}} // a string cut short
	case 2:
		return engines.Entry{Payload: wire.Encode(wire.Bytes([]byte(wire.MarkerMagic + "forged")))}
	default:
		return engines.Entry{Payload: tooLarge()}
	}
}

// tooLarge is a payload that the format has no room for. Nobody looks at its bytes, so
// that it takes no memory.
var tooLarge = sync.OnceValue(func() []byte { return make([]byte, wire.MaxPayload+1) })
