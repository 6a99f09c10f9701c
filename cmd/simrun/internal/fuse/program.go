package fuse

import (
	"fmt"

	"powercut/sim/core"
	"powercut/vfs"
)

// program is one run of the commands.
type program struct {
	commands *commands
	promised []byte // what the workload had printed when the operation that goes on began
}

// Epoch implements core.Program.
func (p *program) Epoch(r *core.Run, _ int) {
	r.Go("workload", func() error {
		end := p.runs(r, r.Disk(), command{line: p.commands.Workload, role: "workload", heard: func(printed []byte) { p.promised = printed }})
		if end == "" || !r.FaultStruck() {
			return breach(core.Works, end)
		}
		r.Note("a fault had struck, and " + end)
		return nil
	})
}

// Recover implements core.Program.
func (p *program) Recover(r *core.Run, c *core.Crash) error {
	return breach(core.Recovers, p.runs(r, c.Disk(), command{line: p.commands.Recover, role: "recovery", input: p.promised}))
}

// runs runs a command on a disk to its end, and says what is wrong with that, "" for
// nothing.
func (p *program) runs(r *core.Run, d *vfs.Disk, c command) string {
	process, err := start(c)
	if err != nil {
		panic(fmt.Sprintf("simrun: the %s can't be run, though a command could when it was tried: %v", c.role, err))
	}
	r.AtEnd(process.kill)
	defer process.kill()
	return process.serve(d)
}

func breach(law core.Law, what string) error {
	if what == "" {
		return nil
	}
	return core.Breachf(law, "%s", what)
}

// OracleDigest implements core.Program.
func (p *program) OracleDigest() uint64 { return digest(p.promised) }

// ProtocolStep implements core.Stepper. It tells defects apart: where in a command's code
// they come from is not known.
func (p *program) ProtocolStep(op vfs.Op) string { return core.FileStep(op) }

var _ core.Stepper = (*program)(nil)
