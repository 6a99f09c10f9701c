// Package store is a log of lines that uses the operating system itself.
package store

import (
	"bufio"
	"errors"
	"os"
	"path/filepath"
)

// Store appends lines to a file.
type Store struct {
	f    *os.File
	lose bool
}

// Open opens the store in dir. With lose it does not sync.
func Open(dir string, lose bool) (*Store, error) {
	f, err := os.OpenFile(filepath.Join(dir, "log"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return nil, err
	}
	d, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	return &Store{f, lose}, errors.Join(d.Sync(), d.Close())
}

// Append appends a line, and makes it durable.
func (s *Store) Append(line string) error {
	if _, err := s.f.WriteString(line + "\n"); err != nil || s.lose {
		return err
	}
	return s.f.Sync()
}

// Close closes the store.
func (s *Store) Close() error { return s.f.Close() }

// Lines are the whole lines that are there.
func Lines(dir string) (lines []string, err error) {
	f, err := os.Open(filepath.Join(dir, "log"))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		lines = append(lines, s.Text())
	}
	return lines, nil
}
