package faults

import (
	"cmp"
	"math"
	"strings"
	"time"

	"powercut/vfs"
)

// strike is what a rule does to one operation.
type strike struct {
	rule *ruleState
	op   vfs.Op // a copy: what a function of the table is given is on the heap
	room int64  // bytes of the write that the rule's budget still has room for

	out   vfs.Outcome
	exact Rule // does the same to this operation, and leaves nothing open
}

// effect is what happens to an operation that a rule strikes, and the rule that
// says so without leaving anything open. False if nothing can: a write of no
// bytes can't lose any.
func (in *Injector) effect(s *ruleState, op *vfs.Op, room int64) (vfs.Outcome, Rule, bool) {
	e := effects[s.Kind]
	if e.ofBytes && op.Len == 0 {
		return vfs.Outcome{}, Rule{}, false
	}
	k := &kinds[s.Kind]
	errno := cmp.Or(s.Errno, k.errno)
	h := strike{rule: s, op: *op, room: room, out: vfs.Outcome{Err: asError(errno), Sync: k.sync}}
	h.exact = Rule{
		Kind: s.Kind, Ops: OpsOf(op.Kind), Path: literalPattern(op.Path), Disk: op.Device,
		FirstSeq: op.Seq, LastSeq: op.Seq, Errno: errno, After: s.After,
	}
	if op.NewPath != "" && h.exact.Ops&OpsOf(vfs.OpRename, vfs.OpLink) != 0 {
		h.exact.NewPath = literalPattern(op.NewPath)
	}
	if k.ops == h.exact.Ops {
		h.exact.Ops = 0
	}
	if s.After {
		h.out.Effect = vfs.EffectFull
	}
	if e.strike != nil {
		e.strike(in, &h)
	}
	return h.out, h.exact, true
}

// effects has what each kind of fault does to an operation beyond what its traits
// say; most do nothing. Those of bytes can't strike an operation of none.
var effects = [numKinds]struct {
	ofBytes bool
	strike  func(*Injector, *strike)
}{
	CloseError:       {strike: func(_ *Injector, h *strike) { h.out.Effect = vfs.EffectFull }},
	LostWrite:        {ofBytes: true, strike: func(_ *Injector, h *strike) { h.out.Effect = vfs.EffectNone }},
	ShortWrite:       {ofBytes: true, strike: (*Injector).cutShort},
	ShortRead:        {ofBytes: true, strike: (*Injector).cutShort},
	TornWrite:        {ofBytes: true, strike: (*Injector).tear},
	NoSpace:          {strike: (*Injector).fillUp},
	WriteFlip:        {ofBytes: true, strike: (*Injector).flip},
	ReadFlip:         {ofBytes: true, strike: (*Injector).flip},
	MisdirectedWrite: {ofBytes: true, strike: (*Injector).redirect},
	DropPage:         {strike: (*Injector).dropPage},
	Evict:            {strike: func(_ *Injector, h *strike) { h.out.Evict = true }},
	Latency:          {strike: delayed(func(out *vfs.Outcome, d time.Duration) { out.Latency = d })},
	ClockBack:        {strike: delayed(func(out *vfs.Outcome, d time.Duration) { out.ClockBack = d })},
	ClockStands:      {strike: delayed(func(out *vfs.Outcome, d time.Duration) { out.ClockStands = d })},
	Stall:            {strike: delayed(func(out *vfs.Outcome, d time.Duration) { out.Stall = d })},
	TooManyOpen:      {strike: (*Injector).limit},
	EnforceModes:     {strike: func(_ *Injector, h *strike) { h.out.Modes = true }},
	NoDirSync:        {strike: func(_ *Injector, h *strike) { h.out.Effect = vfs.EffectNone }},
	Offline:          {strike: func(_ *Injector, h *strike) { h.out.Offline = true }},
	ReadOnly:         {strike: func(_ *Injector, h *strike) { h.out.ReadOnly = true }},
	Quota:            {strike: (*Injector).bound},
}

// tear decides which sectors of a write take place.
func (in *Injector) tear(h *strike) {
	if h.rule.Bytes != 0 {
		in.cutShort(h)
		return
	}
	sectors, n := h.rule.Sectors, sectorsOf(&h.op)
	all := ^uint64(0) >> (64 - uint(n))
	if sectors == 0 && n > 1 {
		// Neither none, which would be an error without effect, nor all.
		sectors = 1 + in.src.Uint64n(all-1)
	}
	if sectors &= all; sectors == 0 {
		in.cutShort(h) // a single sector is not torn, but its bytes may be
		return
	}
	h.exact.Sectors = sectors
	h.out.Effect, h.out.Torn, h.out.N = vfs.EffectPartial, sectors, prefixOf(sectors, &h.op)
}

// cutShort decides how many bytes of a read or write take place.
func (in *Injector) cutShort(h *strike) {
	s, op := h.rule, &h.op
	n, ok := s.Bytes.Value()
	if !ok {
		n = in.drawPart(op.Len)
		switch {
		case s.Kind == ShortWrite && in.src.Uint64n(8) == 7:
			n = op.Len // all of it, and yet an error, as a synchronous write has it
		case s.Kind != ShortRead:
		case s.Errno == EOF:
			// A sequential reader takes only 0 bytes for the end.
			n *= int64(in.src.Uint64n(2))
		case n == 0:
			n = min(1, op.Len-1) // 0 bytes and no error would be no read at all
		}
	}
	h.out.Effect, h.out.N = vfs.EffectPartial, min(n, op.Len)
	h.exact.Bytes = Fix(h.out.N)
}

// fillUp has a write end where the disk is full.
func (in *Injector) fillUp(h *strike) {
	if h.op.Kind != vfs.OpWrite {
		return
	}
	n := h.room
	if fixed, ok := h.rule.Bytes.Value(); ok {
		n = min(fixed, h.op.Len)
	}
	h.out.Effect, h.out.N = vfs.EffectPartial, n
	h.exact.Ops, h.exact.Bytes = OpsOf(vfs.OpWrite), Fix(n)
}

// flip decides which bit of a read or write is inverted.
func (in *Injector) flip(h *strike) {
	bit, ok := h.rule.Bit.Value()
	if !ok {
		bit = in.drawBit(&h.op)
	}
	bit %= min(h.op.Len, math.MaxInt64/8) * 8
	h.exact.Bit, h.out.Flip = Fix(bit), 1+bit
}

// redirect decides where a misdirected write lands: on a sector of its own file
// or of another one that was written to.
func (in *Injector) redirect(h *strike) {
	op := &h.op
	to := vfs.Redirect{Path: h.rule.Into}
	if at, ok := h.rule.At.Value(); ok {
		to.Offset = at
	} else {
		if in.src.Uint64n(4) == 3 {
			if p := in.recent[in.src.Uint64n(uint64(len(in.recent)))]; p != op.Path {
				to.Path = p
			}
		}
		end := uint64(max(op.Offset, 0))/sectorBytes + 2
		sector := in.src.Uint64n(end)
		if to.Path == "" && int64(sector*sectorBytes) == op.Offset {
			sector++ // it must not land where it belongs
		}
		to.Offset = int64(sector * sectorBytes)
	}
	h.exact.Into, h.exact.At = to.Path, Fix(to.Offset)
	h.out.Redirect = &to
}

// dropPage decides which page an fsync fails on.
func (in *Injector) dropPage(h *strike) {
	page, ok := h.rule.Page.Value()
	if !ok {
		page = int64(in.src.Uint64n(maxDrawnPage))
	}
	h.exact.Page, h.out.Page = Fix(page), page
}

// delayed decides how long, and puts it where it is for.
func delayed(put func(*vfs.Outcome, time.Duration)) func(*Injector, *strike) {
	return func(in *Injector, h *strike) {
		d := h.rule.Delay
		if d == 0 {
			d = drawDelay(in.src)
		}
		h.exact.Delay = d
		put(&h.out, d)
	}
}

// defaultHandles is how many files may be open if a rule does not say.
const defaultHandles = 16

// defaultQuota is how many bytes a directory may hold if a rule does not say.
const defaultQuota = 64 << 10

// bound says how much the files of a directory may hold.
func (in *Injector) bound(h *strike) {
	n, ok := h.rule.Bytes.Value()
	if !ok {
		n = defaultQuota
	}
	h.exact.Path, h.exact.Bytes = h.rule.Path, Fix(n)
	dir := "/" + h.op.Device
	if h.rule.Path != "" {
		dir = cmp.Or(strings.TrimSuffix(h.rule.Path, anythingBelow), "/")
	}
	h.out.Quota = vfs.Quota{Dir: dir, Bytes: max(n, 1)}
}

// anythingBelow is the end of a pattern of all that is below a directory.
const anythingBelow = "/**"

// limit says how many files may be open.
func (in *Injector) limit(h *strike) {
	n, ok := h.rule.Bytes.Value()
	if !ok {
		n = defaultHandles
	}
	h.exact.Bytes, h.out.Handles = Fix(n), 1+n
}
