package worker

import (
	"io"
	"syscall/js"
)

// Inherited gives a worker in a browser the ends of its line: the object powercutLine,
// which whoever starts it puts into its global scope. Its function note is called with
// each note, and its function order, which is put there, takes an order; both are
// lines of JSON. It is false where there is no such object.
func Inherited() (orders io.Reader, notes io.Writer, worker bool, err error) {
	line := js.Global().Get("powercutLine")
	if line.Type() != js.TypeObject {
		return nil, nil, false, nil
	}
	r, w := io.Pipe()
	line.Set("order", js.FuncOf(func(_ js.Value, args []js.Value) any {
		order := args[0].String()
		go func() { _, _ = io.WriteString(w, order) }() // a callback must not wait; one order is given at a time
		return nil
	}))
	return r, noter{line}, true, nil
}

// noter hands notes to the other end.
type noter struct{ line js.Value }

func (n noter) Write(note []byte) (int, error) {
	n.line.Call("note", string(note))
	return len(note), nil
}
