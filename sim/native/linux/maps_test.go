//go:build linux && amd64

package linux_test

import (
	"bytes"
	"fmt"
	"slices"
	"syscall"
	"unsafe"

	"pgregory.net/rapid"
)

var memorySteps = []step{
	{"map", 2, (*pair).mapFile},
	{"store", 2, (*pair).store},
	{"look at memory", 2, (*pair).lookAtMemory},
	{"msync", 1, (*pair).msync},
	{"unmap", 1, (*pair).unmap},
	{"remap", 1, (*pair).remap},
}

const pageBytes = 4096

func (p *pair) mapFile() {
	p.onDescriptor(func(f *opened) {
		length := rapid.SampledFrom([]int{0, 100, pageBytes, 3 * pageBytes}).Draw(p.t, "length")
		off := rapid.SampledFrom([]int64{0, 0, pageBytes, 100}).Draw(p.t, "offset")
		flags := rapid.SampledFrom([]int{syscall.MAP_SHARED, syscall.MAP_SHARED, syscall.MAP_PRIVATE, 0}).Draw(p.t, "flags")
		prot := rapid.SampledFrom([]int{syscall.PROT_READ, syscall.PROT_READ | syscall.PROT_WRITE}).Draw(p.t, "protection")
		r, errno := p.both(fmt.Sprintf("map #%d %d+%d %d %d", f.fd, off, length, prot, flags), syscall.SYS_MMAP,
			func(s *side) []any { return []any{0, length, prot, flags, s.fds[f.fd], off} })
		if errno != 0 {
			return
		}
		for i, s := range p.sides() {
			s.maps = append(s.maps, region{r[i], (length + pageBytes - 1) / pageBytes * pageBytes})
		}
		p.mapped = append(p.mapped, &mapped{n: len(p.sim.maps) - 1, off: off, writable: prot&syscall.PROT_WRITE != 0, private: flags == syscall.MAP_PRIVATE, of: p.dup(f)})
	})
}

// dup keeps a descriptor of its own, to ask for the size with.
func (p *pair) dup(f *opened) [2]uintptr {
	r, _ := p.both("dup", syscall.SYS_DUP, func(s *side) []any { return []any{s.fds[f.fd]} })
	return r
}

// onMapping calls do with a mapping, if there is one, and how much of it the file
// reaches.
func (p *pair) onMapping(do func(m *mapped, n int64)) {
	if len(p.mapped) == 0 {
		return
	}
	m := p.mapped[rapid.IntRange(0, len(p.mapped)-1).Draw(p.t, "mapping")]
	var st [2]syscall.Stat_t
	for i, s := range p.sides() {
		if _, errno := s.call(syscall.SYS_FSTAT, m.of[i], unsafe.Pointer(&st[i])); errno != 0 {
			p.t.Fatalf("stat of what is mapped: %v", errno)
		}
	}
	if st[0].Size != st[1].Size {
		p.t.Fatalf("what is mapped is %d bytes long in the simulation, %d in the kernel", st[0].Size, st[1].Size)
	}
	do(m, st[0].Size-m.off)
}

func (p *pair) store() {
	p.onMapping(func(m *mapped, n int64) {
		if !m.writable || n <= 0 {
			return
		}
		at := rapid.SampledFrom([]int64{0, 1, 511, 4000, 4096, 5000, 9000}).Draw(p.t, "at")
		length := rapid.SampledFrom([]int64{1, 100, 5000}).Draw(p.t, "length")
		p.stored = true
		fill := byte(rapid.IntRange('A', 'Z').Draw(p.t, "fill"))
		for _, s := range p.sides() {
			b := s.maps[m.n].bytes(n)
			for i := at; i < min(at+length, int64(len(b))); i++ {
				b[i] = fill
			}
		}
	})
}

func (p *pair) lookAtMemory() {
	p.onMapping(func(m *mapped, n int64) {
		if a, b := p.sim.maps[m.n].bytes(n), p.real.maps[m.n].bytes(n); !bytes.Equal(a, b) {
			p.t.Fatalf("mapping %d shows other bytes in the simulation", m.n)
		}
	})
}

func (p *pair) msync() {
	p.onMapping(func(m *mapped, _ int64) {
		length := rapid.SampledFrom([]int{100, pageBytes, 3 * pageBytes}).Draw(p.t, "length")
		flags := rapid.SampledFrom([]int{1, 4, 4, 5, 8}).Draw(p.t, "flags")
		if length > p.sim.maps[m.n].length {
			return // what lies behind is each side's own
		}
		p.same(fmt.Sprintf("msync %d %d", m.n, flags), syscall.SYS_MSYNC, func(s *side) []any { return []any{s.maps[m.n].at, length, flags} })
	})
}

func (p *pair) unmap() {
	p.onMapping(func(m *mapped, _ int64) {
		p.same(fmt.Sprintf("unmap %d", m.n), syscall.SYS_MUNMAP, func(s *side) []any { return []any{s.maps[m.n].at, s.maps[m.n].length} })
		p.forget(m)
	})
}

func (p *pair) forget(m *mapped) {
	for i, s := range p.sides() {
		s.maps[m.n].length = 0
		_, _ = s.call(syscall.SYS_CLOSE, m.of[i])
	}
	p.mapped = slices.DeleteFunc(p.mapped, func(o *mapped) bool { return o == m })
}

// remap makes a mapping longer or shorter, or takes its first page away.
func (p *pair) remap() {
	p.onMapping(func(m *mapped, _ int64) {
		was := p.sim.maps[m.n].length
		if was > pageBytes && rapid.Bool().Draw(p.t, "the first page away") {
			p.same(fmt.Sprintf("unmap the first page of %d", m.n), syscall.SYS_MUNMAP, func(s *side) []any { return []any{s.maps[m.n].at, pageBytes} })
			for _, s := range p.sides() {
				s.maps[m.n].at, s.maps[m.n].length = s.maps[m.n].at+pageBytes, was-pageBytes
			}
			m.off += pageBytes
			return
		}
		length := rapid.SampledFrom([]int{pageBytes, 3 * pageBytes, 5 * pageBytes}).Draw(p.t, "length")
		const mayMove = 1
		r, errno := p.both(fmt.Sprintf("remap %d to %d", m.n, length), syscall.SYS_MREMAP, func(s *side) []any { return []any{s.maps[m.n].at, was, length, mayMove} })
		if errno == 0 {
			for i, s := range p.sides() {
				s.maps[m.n] = region{r[i], length}
			}
		}
	})
}
