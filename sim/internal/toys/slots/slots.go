// Package slots is a small engine under test: it keeps texts in files, each of
// which is replaced as a whole, by a rename. It can be told to make one of the
// mistakes that such engines make.
package slots

import (
	"errors"
	"fmt"
	"path"
	"strings"

	"github.com/spf13/afero"
)

// Defect is a mistake that a Store makes.
type Defect string

// The defects.
const (
	None         Defect = "none"
	NoFileSync   Defect = "no-file-sync"  // renames a file that was not synced
	NoDirSync    Defect = "no-dir-sync"   // doesn't sync the directory that it renamed in
	IgnoresError Defect = "ignores-error" // takes a failed fsync for a good one
	Panics       Defect = "panics"        // when it finds what a Put left half done
	Forgets      Defect = "forgets"       // loses a text without any crash: it refuses to write one twice
	EmptiesFirst Defect = "empties-first" // recovery truncates a file before it writes it anew
)

// Defects lists them, with None.
var Defects = []Defect{None, NoFileSync, NoDirSync, IgnoresError, Panics, Forgets, EmptiesFirst}

// unfinished ends the names of files that are not renamed yet.
const unfinished = ".new"

// Store keeps texts in the root of a filesystem.
type Store struct {
	Fs     afero.Fs
	Defect Defect
}

// Put sets a slot. Once it returned nil the text is durable.
func (s Store) Put(name, text string) error {
	if s.Defect == Forgets {
		if old, err := s.Get(name); err == nil && old != "" {
			return nil
		}
	}
	if err := s.write("/"+name+unfinished, text); err != nil {
		return err
	}
	if err := s.Fs.Rename("/"+name+unfinished, "/"+name); err != nil {
		return err
	}
	if s.Defect == NoDirSync {
		return nil
	}
	return s.syncDir()
}

// write writes a file of its own and syncs it.
func (s Store) write(file, text string) error {
	f, err := s.Fs.Create(file)
	if err != nil {
		return err
	}
	_, err = f.Write([]byte(text))
	if err == nil && s.Defect != NoFileSync {
		err = f.Sync()
		if s.Defect == IgnoresError {
			err = nil
		}
	}
	return errors.Join(err, f.Close())
}

func (s Store) syncDir() error {
	dir, err := s.Fs.Open("/")
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// Get reads a slot. The error wraps fs.ErrNotExist if it was never set.
func (s Store) Get(name string) (string, error) {
	raw, err := afero.ReadFile(s.Fs, "/"+name)
	return string(raw), err
}

// Recover removes what Puts left half done.
func (s Store) Recover() error {
	infos, err := afero.ReadDir(s.Fs, "/")
	if err != nil {
		return err
	}
	for _, info := range infos {
		file := path.Join("/", info.Name())
		half := strings.HasSuffix(file, unfinished)
		switch {
		case half && s.Defect == Panics:
			panic(fmt.Sprintf("slots: what is %s?", file))
		case half:
			err = s.Fs.Remove(file)
		case s.Defect == EmptiesFirst:
			err = s.rewrite(file)
		}
		if err != nil {
			return err
		}
	}
	return s.syncDir()
}

// rewrite writes a file anew, in place.
func (s Store) rewrite(file string) error {
	raw, err := afero.ReadFile(s.Fs, file)
	if err != nil {
		return err
	}
	return s.write(file, string(raw))
}
