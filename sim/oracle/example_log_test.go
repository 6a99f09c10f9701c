package oracle_test

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"

	"github.com/spf13/afero"

	"powercut/sim"
	"powercut/sim/oracle"
)

// lockedLog is a log that several clients share: words, a line each. Its lock is
// one that no run knows of.
type lockedLog struct {
	mu     sync.Mutex
	file   afero.File
	buffer strings.Builder // lines that are not written yet
	// syncsFirst: a sync forgets what is in the buffer when it begins.
	syncsFirst bool
}

func openLockedLog(fsys afero.Fs, syncsFirst bool) (*lockedLog, error) {
	file, err := fsys.OpenFile("/log", os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o644)
	if err != nil {
		return nil, err
	}
	return &lockedLog{file: file, syncsFirst: syncsFirst}, syncDir(fsys)
}

func (l *lockedLog) Append(word string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, err := fmt.Fprintln(&l.buffer, word)
	return err
}

func (l *lockedLog) Sync() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	flush := func() error {
		_, err := l.file.WriteString(l.buffer.String())
		l.buffer.Reset()
		return err
	}
	if l.syncsFirst {
		return errors.Join(l.file.Sync(), flush())
	}
	return errors.Join(flush(), l.file.Sync())
}

// words reads what a log has.
func words(fsys afero.Fs) ([]string, error) {
	raw, err := afero.ReadFile(fsys, "/log")
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	whole := string(raw[:strings.LastIndexByte(string(raw), '\n')+1])
	return strings.Fields(whole), err
}

// testLog is a test of the log by one client. What is appended is promised by the
// next sync only.
func testLog(t sim.TB, d defects) {
	sim.Test(t, sim.Config{Corpus: "none", Runs: 20}, func(r *sim.Run) {
		kept := oracle.NewLog[string](r, oracle.BySync())
		r.State(kept.Digest)
		r.Workload(func(fs afero.Fs) error {
			l, err := openLockedLog(fs, d.syncBeforeWrite)
			for i := 0; i < 8 && err == nil; i++ {
				word := fmt.Sprint("word", i)
				if err = kept.Append(word, func() error { return l.Append(word) }); err == nil && i%4 == 3 {
					err = kept.Sync(l.Sync)
				}
			}
			return err
		})
		r.Recover(func(fs afero.Fs) error {
			found, err := words(fs)
			return errors.Join(err, kept.Check(found))
		})
	})
}

// A log that writes what it had buffered only when the fsync is done promises what
// no disk has.
func ExampleNewLog() {
	fmt.Println(verdict(testLog, defects{}))
	fmt.Println(verdict(testLog, defects{syncBeforeWrite: true}))
	// Output:
	// held
	// powercut: async-prefix: "word0" of append 1, promised by sync 5 after operation 6, is lost: the log that came back is empty
}
