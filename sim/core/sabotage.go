package core

import (
	"cmp"
	"slices"
	"strings"
	"sync"

	"powercut/vfs"
)

// SyncSite is a place in the code under test that makes something durable,
// or changes a name or a size: the chain of calls that leads to the operation.
type SyncSite struct {
	Op    string `json:"op"`   // sync, syncdir, rename or truncate
	Chain string `json:"site"` // places, the innermost first, with "<" between
}

// Sabotage makes the operations of one site do nothing, and report success:
// whoever judges the run should notice, or they are not needed.
type Sabotage struct {
	Site SyncSite
	// Late makes them happen after all, but only behind the next operation on
	// the same disk.
	Late bool
}

// SiteCounts says how often the barriers of a run were reached.
type SiteCounts map[SyncSite]uint64

// Sorted lists the sites in order.
func (c SiteCounts) Sorted() []SyncSite {
	all := make([]SyncSite, 0, len(c))
	for site := range c {
		all = append(all, site)
	}
	slices.SortFunc(all, func(a, b SyncSite) int {
		return cmp.Or(cmp.Compare(a.Op, b.Op), cmp.Compare(a.Chain, b.Chain))
	})
	return all
}

// saboteur stands between a disk and the faults of a run.
type saboteur struct {
	r     *Run
	hook  *Point       // nil for a disk whose operations are no part of the run
	inner vfs.Injector // nil for none
}

// sabotaged returns an injector that also does what the run's settings say of
// barriers.
func (r *Run) sabotaged(h *Point, inner vfs.Injector) vfs.Injector {
	if r.settings.Sabotage == nil && r.settings.Sites == nil && r.settings.IgnoresSync == nil {
		return inner
	}
	return &saboteur{r, h, inner}
}

// Inject implements vfs.Injector.
func (s *saboteur) Inject(op vfs.Op) vfs.Outcome {
	if s.r.ignoresSync(op) {
		return vfs.Outcome{Sync: vfs.SyncLies}
	}
	if isSync(op.Kind) {
		if out, struck := s.strike(op); struck {
			return out
		}
	}
	if s.inner == nil {
		return vfs.Outcome{}
	}
	return s.inner.Inject(op)
}

// ignoresSync says whether an operation is an fsync that a canary makes a no-op.
func (r *Run) ignoresSync(op vfs.Op) bool {
	return r.settings.IgnoresSync != nil && op.Kind == vfs.OpSync && r.settings.IgnoresSync(op.Path)
}

func isSync(kind vfs.OpKind) bool {
	return kind == vfs.OpSync || kind == vfs.OpSyncDir || kind == vfs.OpRename || kind == vfs.OpTruncate
}

func (s *saboteur) strike(op vfs.Op) (vfs.Outcome, bool) {
	if s.r.settings.Sabotage == nil && s.r.settings.Sites == nil {
		return vfs.Outcome{}, false
	}
	chain := chainOf(callers(), s.r.harness())
	if chain == "" {
		return vfs.Outcome{}, false // the harness's own
	}
	site := SyncSite{op.Kind.String(), chain}
	if s.r.settings.Sites != nil {
		s.r.settings.Sites[site]++
	}
	sabotage := s.r.settings.Sabotage
	if sabotage == nil || sabotage.Site != site || sabotage.Late && s.hook == nil {
		return vfs.Outcome{}, false
	}
	if sabotage.Late {
		s.hook.late = append(s.hook.late, putOff{op: op})
	}
	if op.Kind == vfs.OpSync || op.Kind == vfs.OpSyncDir {
		return vfs.Outcome{Sync: vfs.SyncLies}, true
	}
	return vfs.Outcome{Effect: vfs.EffectNone}, true
}

// chains remembers how stacks read: the same ones come again and again.
var chains sync.Map // of chainKey to string

type chainKey struct {
	pcs     [maxFrames]uintptr
	harness string
}

// maxChain is how many places tell one site from another: the operation's own,
// which may be a helper, who called that, and who called him. Further out,
// callers differ in who happened to be waiting.
const maxChain = 3

// chainOf names the code under test in a stack, "" if it has no part in it.
func chainOf(pcs []uintptr, h harness) string {
	key := chainKey{harness: h.pkg}
	copy(key.pcs[:], pcs)
	if chain, ok := chains.Load(key); ok {
		return chain.(string)
	}
	var places []string
	for _, site := range sitesOf(pcs, h) {
		if !site.Harness && len(places) < maxChain {
			places = append(places, site.String())
		}
	}
	chain := strings.Join(places, "<")
	chains.Store(key, chain)
	return chain
}
