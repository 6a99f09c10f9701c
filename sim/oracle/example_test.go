package oracle_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/afero"

	"powercut/sim"
	"powercut/sim/oracle"
)

// store is a small key-value engine: a file to whose end each put writes a line.
type store struct {
	file    afero.File
	values  map[string]string
	defects defects
}

// defects are what somebody may forget.
type defects struct{ putWithoutSync, openWithoutSync, syncBeforeWrite bool }

func openStore(fsys afero.Fs, d defects) (*store, error) {
	raw, err := afero.ReadFile(fsys, "/store")
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	whole := raw[:bytes.LastIndexByte(raw, '\n')+1] // a torn last line is no put
	s := &store{values: make(map[string]string), defects: d}
	for line := range strings.Lines(string(whole)) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		s.values[key] = value
	}
	if s.file, err = fsys.OpenFile("/store", os.O_CREATE|os.O_RDWR, 0o644); err != nil {
		return nil, err
	}
	if _, err := s.file.Seek(int64(len(whole)), 0); err != nil {
		return nil, err
	}
	if len(raw) > len(whole) || !d.openWithoutSync {
		err = errors.Join(s.file.Truncate(int64(len(whole))), s.file.Sync())
	}
	return s, errors.Join(err, syncDir(fsys))
}

func syncDir(fsys afero.Fs) error {
	dir, err := fsys.Open("/")
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

func (s *store) Put(key, value string) error {
	if _, err := fmt.Fprintf(s.file, "%s=%s\n", key, value); err != nil {
		return err
	}
	s.values[key] = value
	if s.defects.putWithoutSync {
		return nil
	}
	return s.file.Sync()
}

func (s *store) Get(key string) (string, error) {
	if value, ok := s.values[key]; ok {
		return value, nil
	}
	return "", oracle.ErrNotFound
}

// testStore is all that a test of the store needs.
func testStore(t sim.TB, d defects) {
	sim.Test(t, sim.Config{Corpus: "none", Runs: 20}, func(r *sim.Run) {
		kept := oracle.NewMap[string, string](r)
		r.State(kept.Digest) // no image is judged twice by the same promises
		r.Workload(func(fs afero.Fs) error {
			s, err := openStore(fs, d)
			for i := 0; i < 6 && err == nil; i++ {
				k, v := fmt.Sprint("k", i%3), fmt.Sprint("v", i)
				err = kept.Put(k, v, func() error { return s.Put(k, v) })
			}
			return err
		})
		r.Recover(func(fs afero.Fs) error {
			s, err := openStore(fs, d)
			if err != nil {
				return err
			}
			return kept.Check(s.Get)
		})
	})
}

// testReopening also crashes the store several times in a row. What it shows when
// it is opened it has promised from then on.
func testReopening(t sim.TB, d defects) {
	sim.Test(t, sim.Config{Corpus: "none", Runs: 10, Epochs: 3, Points: 20}, func(r *sim.Run) {
		kept := oracle.NewMap[string, string](r)
		r.State(kept.Digest) // no image is judged twice by the same promises
		r.Workload(func(fs afero.Fs) error {
			s, err := openStore(fs, d)
			if err == nil {
				err = kept.Adopt(s.Get)
			}
			for i := 0; i < 6 && err == nil; i++ {
				k, v := fmt.Sprint("k", i%3), fmt.Sprint("v", i, " of ", r.Epoch())
				err = kept.Put(k, v, func() error { return s.Put(k, v) })
			}
			return err
		})
		r.Recover(func(fs afero.Fs) error {
			s, err := openStore(fs, d)
			if err != nil {
				return err
			}
			return kept.Check(s.Get)
		})
	})
}

// tester stands in for a *testing.T: it keeps the message of a failure.
type tester struct{ message string }

func (t *tester) Helper()      {}
func (t *tester) Name() string { return "TestStore" }
func (t *tester) Fatalf(format string, args ...any) {
	t.message = fmt.Sprintf(format, args...)
	panic(t) // as a *testing.T would, it doesn't return
}

// verdict is the first line of what a test says.
func verdict(test func(t sim.TB, d defects), d defects) string {
	t := &tester{}
	func() {
		defer func() { _ = recover() }() // Fatalf doesn't return
		test(t, d)
	}()
	if t.message == "" {
		return "held"
	}
	line, _, _ := strings.Cut(t.message, "\n")
	return line
}

// A store that syncs each put holds in every run. One that forgets to is found at
// its first put.
func ExampleNewMap() {
	fmt.Println(verdict(testStore, defects{}))
	fmt.Println(verdict(testStore, defects{putWithoutSync: true}))
	// Output:
	// held
	// powercut: acknowledged-durable: "k0" = "v0" of put 1, promised after operation 8, is lost: nothing came back
}

// When only its process crashed, a store may find what it had written and not yet
// synced. If it shows that without a sync of its own, a power cut takes away what
// somebody has already read.
func ExampleMap_Adopt() {
	fmt.Println(verdict(testReopening, defects{}))
	fmt.Println(verdict(testReopening, defects{openWithoutSync: true}))
	// Output:
	// held
	// powercut: acknowledged-durable: "k1" = "v4 of 0", adopted after operation 9 of epoch 1, is lost: it came back as "v1 of 0" of put 2, promised after operation 9 of epoch 0
}
