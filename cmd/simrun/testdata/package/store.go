// Package store is an engine as a user has one: a log of lines, written by a goroutine
// of its own.
package store

import (
	"bytes"
	"errors"
	"io/fs"
	"os"

	"github.com/spf13/afero"
)

// Options have what is wrong with the store.
type Options struct {
	Background bool // a goroutine of its own writes, and panics when it can't
	Lose       bool // what is written is not synced
	Panic      byte // a line that begins with it ends the process, from that goroutine
}

// Store is the log.
type Store struct {
	file    afero.File
	options Options
	lines   chan []byte
	done    chan error
}

// Open opens the log in a directory, and makes it if it is not there.
func Open(fsys afero.Fs, dir string, options Options) (*Store, error) {
	f, err := fsys.OpenFile(dir+"/log", os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o644)
	if err != nil {
		return nil, err
	}
	if err := syncDir(fsys, dir); err != nil {
		return nil, err
	}
	s := &Store{file: f, options: options}
	if options.Background {
		s.lines, s.done = make(chan []byte), make(chan error)
		go s.serve()
	}
	return s, nil
}

func syncDir(fsys afero.Fs, name string) error {
	dir, err := fsys.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

func (s *Store) serve() {
	for line := range s.lines {
		if s.options.Panic != 0 && line[0] == s.options.Panic {
			panic("a line that the store can't bear")
		}
		if err := s.write(line); err != nil {
			panic(err)
		}
		s.done <- nil
	}
}

func (s *Store) write(line []byte) error {
	if _, err := s.file.Write(line); err != nil {
		return err
	}
	if s.options.Lose {
		return nil
	}
	return s.file.Sync()
}

// Append adds a line: durably, when it has returned nil.
func (s *Store) Append(line string) error {
	raw := append([]byte(line), '\n')
	if s.lines == nil {
		return s.write(raw)
	}
	s.lines <- raw
	return <-s.done
}

// Lines are those that are whole in the log in a directory.
func Lines(fsys afero.Fs, dir string) ([]string, error) {
	raw, err := afero.ReadFile(fsys, dir+"/log")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var lines []string
	for {
		line, rest, whole := bytes.Cut(raw, []byte("\n"))
		if !whole {
			return lines, nil
		}
		lines, raw = append(lines, string(line)), rest
	}
}
