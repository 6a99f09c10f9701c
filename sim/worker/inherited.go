//go:build !js

package worker

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
)

// Inherited gives a worker its ends of the pipes. It is false for a process that
// is none.
func Inherited() (orders io.Reader, notes io.Writer, worker bool, err error) {
	value := os.Getenv(Variable)
	if value == "" {
		return nil, nil, false, nil
	}
	var files []*os.File
	for _, word := range strings.Split(value, ",") {
		n, err := strconv.ParseUint(word, 10, 64)
		if err != nil || len(files) == 2 {
			return nil, nil, true, fmt.Errorf("worker: %s is %q: it is set by whoever starts a worker, with pipes", Variable, value)
		}
		f, err := inherited(uintptr(n))
		if err != nil {
			return nil, nil, true, fmt.Errorf("worker: %s is %q: %w", Variable, value, err)
		}
		files = append(files, f)
	}
	if len(files) != 2 {
		return nil, nil, true, fmt.Errorf("worker: %s is %q: it is set by whoever starts a worker, with pipes", Variable, value)
	}
	return files[0], files[1], true, nil
}
