package core

import (
	"path"
	"regexp"
	"strings"
	"sync"

	"powercut/vfs"
)

// FileStep names an operation of an engine of which nothing is known: by what it does,
// and to which of its files. Numbers don't tell its files apart: "write N.log".
func FileStep(op vfs.Op) string {
	name := numbers().ReplaceAllStringFunc(path.Base(op.Path), func(s string) string {
		if strings.ContainsAny(s, "0123456789") {
			return "N"
		}
		return s
	})
	if len(name) > longName {
		name = "*" + path.Ext(name)
	}
	return op.Kind.String() + " " + name
}

// numbers are decimal ones, and hexadecimal ones of seven digits or more. One without any
// decimal digit may be a word, which FileStep lets stand. Processes that only start up must
// not wait for it to be compiled.
var numbers = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`[0-9a-fA-F]{7,}|[0-9]+`)
})

// longName is from where on the name of a file is a key, or random.
const longName = 32

// fileSteps are those of a run.
type fileSteps struct {
	steps map[string]bool
	of    map[fileOp]string // those that were asked for last
}

type fileOp struct {
	kind vfs.OpKind
	path string
}

// Bounds of fileSteps: an engine may call its files by its keys.
const (
	maxFileSteps   = 100
	maxFileStepsOf = 1000
)

func newFileSteps() fileSteps {
	return fileSteps{steps: make(map[string]bool), of: make(map[fileOp]string)}
}

func (s *fileSteps) step(op vfs.Op) string {
	key := fileOp{op.Kind, op.Path}
	if step, ok := s.of[key]; ok {
		return step
	}
	step := FileStep(op)
	if !s.steps[step] && len(s.steps) == maxFileSteps {
		step = "other"
	} else {
		s.steps[step] = true
	}
	if len(s.of) == maxFileStepsOf {
		clear(s.of)
	}
	s.of[key] = step
	return step
}
