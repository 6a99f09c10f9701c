// Package toys has small programs under test, sound and unsound, for the tests of
// what runs, searches and explains them.
package toys

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/afero"

	"powercut/faults"
	"powercut/sim/core"
	"powercut/vfs"
)

// Words is a target: some clients that each write and sync words to a file of
// their own.
type Words struct {
	Unsound bool          // forgets the syncs
	Noise   func() uint64 // what no seed decides; nil: all is decided
}

// Name implements core.Target.
func (Words) Name() string { return "words" }

// OwnLaws implements core.Judging.
func (Words) OwnLaws() []core.LawInfo {
	return []core.LawInfo{{Law: "words-kept", Judge: core.ByTarget, Sentence: "A word that was acknowledged is there after a crash."}}
}

// Draw implements core.Target.
func (w Words) Draw(streams core.Streams) core.Scenario {
	src := streams("workload")
	load := wordsLoad{Words: w, clients: 1 + core.Intn(src, 3), each: 1 + core.Intn(src, 4)}
	return core.Scenario{Target: "words", Workload: load, Plan: faults.Mix{Kinds: kinds}.Plan(streams("faults")),
		Settings: core.Settings{Profile: vfs.POSIX, Epochs: 1 + core.Intn(src, 2), Depth: 1}}
}

// ParseWorkload implements core.Target.
func (w Words) ParseWorkload(text string) (core.Workload, error) {
	load := wordsLoad{Words: w}
	_, err := fmt.Sscanf(text, wordsFormat, &load.clients, &load.each)
	return load, err
}

const wordsFormat = "%d clients, %d words\n"

// kinds are faults that strike one file: where the whole filesystem fails, the
// clients would have to tell each other.
var kinds = []faults.Kind{faults.NoSpace, faults.ShortWrite, faults.WriteError, faults.DropClean, faults.KeepDirty, faults.Latency}

type wordsLoad struct {
	Words
	clients, each int
}

func (l wordsLoad) String() string { return fmt.Sprintf(wordsFormat, l.clients, l.each) }

func (l wordsLoad) Operations() int { return 10 * l.clients }

func (l wordsLoad) Program() core.Program {
	return &wordsProgram{load: l, acked: make([]int, l.clients)}
}

type wordsProgram struct {
	load  wordsLoad
	acked []int // bytes that each client knows durable
	total uint64
}

func (p *wordsProgram) name(client int) string { return fmt.Sprintf("/%d", client) }

func (p *wordsProgram) Epoch(r *core.Run, epoch int) {
	if p.load.Noise != nil {
		r.Mix(p.load.Noise())
	}
	if epoch > 0 {
		return // what came back was judged
	}
	for i := range p.load.clients {
		r.Go("client", func() error {
			err := p.client(r, i)
			if err != nil && (errors.Is(err, vfs.ErrInjected) || r.PowerIsOff()) {
				return nil
			}
			return err
		})
	}
}

func (p *wordsProgram) client(r *core.Run, i int) error {
	file, err := r.Disk().OpenFile(p.name(i), os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	dir, err := r.Disk().Open("/")
	if err != nil {
		return err
	}
	if err := errors.Join(dir.Sync(), dir.Close()); err != nil {
		return err
	}
	for range p.load.each {
		n, err := file.WriteString("word ")
		if err == nil && !p.load.Unsound {
			err = file.Sync()
		}
		if err != nil || r.PowerIsOff() {
			return err
		}
		p.acked[i] += n
		p.total++
	}
	return file.Close()
}

func (p *wordsProgram) Recover(r *core.Run, c *core.Crash) error {
	for i, want := range p.acked {
		raw, err := afero.ReadFile(c.Disk(), p.name(i))
		whole := strings.Repeat("word ", want/5)
		if want > 0 && (err != nil || !strings.HasPrefix(string(raw), whole)) && !r.Suspends("acknowledged-durable") {
			return core.Breachf("words-kept", "client %d wrote %d bytes, %d came back (%v)", i, want, len(raw), err)
		}
	}
	return nil
}

func (p *wordsProgram) OracleDigest() uint64 { return 1 + p.total }
