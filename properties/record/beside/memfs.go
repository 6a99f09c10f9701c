package main

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"powercut/properties/unmodified"
)

// percents are those of what was not synced that a clone keeps: pebble's own tests have
// 0, 10 and 50, and 90 is what a later write that survives alone takes.
var percents = []int{0, 10, 50, 90}

// found is what a search came to.
type found struct {
	Runs, Images int
	Took         time.Duration
	Message      string // "" if it was not found
	At           string // the operation that the crash stood before
	Others       int    // clones that break a promise in another way
}

// clone is a filesystem as a crash may have left it, and what was promised by then.
type clone struct {
	fs     *vfs.MemFS
	at     string
	opened bool
	window
}

// onMemFS looks for a defect on pebble's crashable filesystem as pebble's tests do: an
// injector of errorfs sees each operation, and takes a clone before each that writes.
// It ends with the first clone that shows the defect, or when its time is over.
func (t trial) onMemFS(length time.Duration) (f found) {
	begin := time.Now()
	defer func() { f.Took = time.Since(begin) }()
	for seed := uint64(0); time.Since(begin) < length; seed++ {
		f.Runs++
		for _, c := range t.clones(seed) {
			if time.Since(begin) >= length {
				return f
			}
			f.Images++
			err := t.recover(c)
			if err == nil {
				continue
			}
			if strings.Contains(err.Error(), t.says) {
				f.Message, f.At = err.Error(), c.at
				return f
			}
			f.Others++
		}
	}
	return f
}

// clones are those of one run of the workload. What it fails with is no breach: no fault
// strikes here.
func (t trial) clones(seed uint64) (all []clone) {
	random := rand.New(rand.NewPCG(seed, 0))
	kept := newPromises()
	disk := vfs.NewCrashableMem()
	var mu sync.Mutex // engines have goroutines
	opened := false
	watched := errorfs.Wrap(disk, errorfs.InjectorFunc(func(op errorfs.Op) error {
		if op.Kind.ReadOrWrite() != errorfs.OpIsWrite {
			return nil
		}
		mu.Lock()
		defer mu.Unlock()
		c := clone{at: describe(op), opened: opened}
		c.before = kept.now()
		c.fs = disk.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: percents[random.IntN(len(percents))], RNG: random})
		c.behind = kept.now()
		all = append(all, c)
		return nil
	}))
	err := t.plan.Workload("", t.openOn(watched), func() {
		mu.Lock()
		opened = true
		mu.Unlock()
	}, kept.put)
	if err != nil {
		panic(fmt.Sprintf("%s: without a crash: %v", t.engine, err))
	}
	return all
}

// recover opens what a crash left, and holds it against what was promised. A panic is
// an error.
func (t trial) recover(c clone) (err error) {
	if !c.opened && !t.plan.FromTheStart {
		return nil
	}
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	return t.plan.Recovery("", t.openOn(c.fs), c.check)
}

// openOn opens on a filesystem, and says so where that fails.
func (t trial) openOn(fs vfs.FS) unmodified.Open {
	return func(string) (unmodified.Store, error) {
		s, err := t.open(fs)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", unopened, err)
		}
		return s, nil
	}
}

const unopened = "it can't be opened"

// describe is an operation, which errorfs has a number for.
func describe(op errorfs.Op) string {
	kind := map[errorfs.OpKind]string{errorfs.OpCreate: "create", errorfs.OpLink: "link", errorfs.OpRemove: "remove", errorfs.OpRename: "rename", errorfs.OpMkdirAll: "mkdir",
		errorfs.OpLock: "lock", errorfs.OpFileClose: "close", errorfs.OpFileWrite: "write", errorfs.OpFileWriteAt: "write", errorfs.OpFileSync: "sync", errorfs.OpFileSyncData: "sync",
		errorfs.OpFilePreallocate: "preallocation", errorfs.OpReuseForWrite: "reuse"}[op.Kind]
	if kind == "" {
		kind = fmt.Sprintf("operation %d", op.Kind)
	}
	return fmt.Sprintf("the %s of `%s`", kind, op.Path)
}
