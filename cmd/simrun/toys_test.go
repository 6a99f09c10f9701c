package main

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

// toy is a small store with one defect, as a target of its own: each client
// appends words to a file of its own and syncs each, and each recovery does
// something more.
type toy struct{ defect string }

// toys are the targets, by their defects.
var toys = []toy{{"no-file-sync"}, {"no-directory-sync"}, {"recovery-forgets"}, {"recovery-panics"}, {"fault-ignored"}, {"client-fails"}}

func (d toy) Name() string { return "toy-" + d.defect }

func (d toy) Draw(streams core.Streams) core.Scenario {
	src := streams("workload")
	load := toyLoad{d, 1 + core.Intn(src, 3), 1 + core.Intn(src, 4)}
	mix := faults.Mix{Kinds: []faults.Kind{faults.ShortWrite, faults.WriteError, faults.Latency}, Ops: uint64(load.Operations())}
	return core.Scenario{Target: d.Name(), Workload: load, Plan: mix.Plan(streams("faults")),
		Settings: core.Settings{Profile: core.Pick(src, vfs.Profiles()), Epochs: 1 + core.Intn(src, 3), Depth: core.Intn(src, 4), RecoveryOneIn: 2}}
}

func (d toy) ParseWorkload(text string) (core.Workload, error) {
	load := toyLoad{toy: d}
	if _, err := fmt.Sscanf(text, "%d clients, %d words\n", &load.clients, &load.each); err != nil || load.clients < 1 || load.each < 1 {
		return nil, fmt.Errorf("%q is no workload of a toy", text)
	}
	return load, nil
}

type toyLoad struct {
	toy
	clients, each int
}

func (l toyLoad) String() string { return fmt.Sprintf("%d clients, %d words\n", l.clients, l.each) }

func (l toyLoad) Operations() int { return 12 * l.clients }

func (l toyLoad) Program() core.Program { return &toyProgram{load: l, acked: make([]int, l.clients)} }

type toyProgram struct {
	load  toyLoad
	acked []int
	sum   uint64
}

func (p *toyProgram) OracleDigest() uint64 { return p.sum | 1 }

func toyName(client int) string { return fmt.Sprintf("/%d", client) }

// Epoch begins anew: what the epoch before had left is a client's to find.
func (p *toyProgram) Epoch(r *core.Run, epoch int) {
	clear(p.acked)
	p.sum = uint64(epoch) << 32
	for i := range p.load.clients {
		r.Go(fmt.Sprintf("client %d", i), func() error { return p.client(r, i) })
	}
}

func (p *toyProgram) client(r *core.Run, i int) error {
	f, err := r.Disk().OpenFile(toyName(i), os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o644)
	if err != nil {
		return nil
	}
	if p.load.defect != "no-directory-sync" {
		dir, err := r.Disk().Open("/")
		if err != nil {
			return nil
		}
		if err := errors.Join(dir.Sync(), dir.Close()); err != nil {
			return nil
		}
	}
	for n := range p.load.each {
		r.NoteCall(fmt.Sprintf("word %d", n))
		_, err := f.Write([]byte("word\n"))
		if err != nil && p.load.defect != "fault-ignored" {
			r.NoteReturn("refused")
			return nil
		}
		if p.load.defect != "no-file-sync" {
			if err := f.Sync(); err != nil {
				r.NoteReturn("refused")
				return nil
			}
		}
		r.NoteReturn("done")
		p.acked[i]++
		p.sum += 1 << (8 * i)
		if p.load.defect == "client-fails" && n == 2 {
			return errors.New("the third word is too much")
		}
	}
	return f.Close()
}

// Recover counts the words, and leaves a mark with each recovery.
func (p *toyProgram) Recover(_ *core.Run, c *core.Crash) error {
	disk := c.Disk()
	for i, want := range p.acked {
		raw, err := afero.ReadFile(disk, toyName(i))
		if got := strings.Count(string(raw), "word\n"); want > got {
			return core.Breachf(core.Recovers, "client %d was promised %d words, %d came back (%v)", i, want, got, err)
		}
	}
	_, err := disk.Stat("/mark")
	marked := err == nil
	if marked && p.load.defect == "recovery-panics" {
		panic("a mark of a recovery before")
	}
	if marked && p.load.defect == "recovery-forgets" {
		return core.Breachf(core.Works, "a recovery before left a mark")
	}
	return afero.WriteFile(disk, "/mark", nil, 0o644)
}
