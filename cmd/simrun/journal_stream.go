package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
)

// jsonStream prints one JSON object with a list in it that may be too long for memory:
// its elements as they come, and the other fields in the end.
type jsonStream struct {
	out  io.Writer
	name string // of the list
	n    int
	err  error // of writing, the first one
}

func (s *jsonStream) write(format string, args ...any) {
	if s.err == nil {
		_, s.err = fmt.Fprintf(s.out, format, args...)
	}
}

func (s *jsonStream) marshal(v any) []byte {
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil && s.err == nil {
		s.err = err
	}
	return bytes.TrimSpace(text.Bytes())
}

// item prints an element.
func (s *jsonStream) item(v any) {
	text := s.marshal(v)
	if s.n++; s.n == 1 {
		s.write("{\n  %q: [\n    %s", s.name, text)
		return
	}
	s.write(",\n    %s", text)
}

// end prints the other fields, those of rest, of which there must be one, and ends the
// object.
func (s *jsonStream) end(rest any) error {
	if s.n == 0 {
		s.write("{\n  %q: [", s.name)
	}
	s.write("],\n  %s\n", bytes.TrimPrefix(s.marshal(rest), []byte("{")))
	if s.err != nil {
		return harnessFailed(fmt.Errorf("writing the result: %w", s.err))
	}
	return nil
}
