package sim_test

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"

	"github.com/spf13/afero"

	"powercut/sim"
)

// appends writes entries to a log, and has each synced before it acknowledges it. A toy
// calls excuses on an error, which says whether the entry counts as written all the same.
func appends(r *sim.Run, excuses func(f afero.File, err error) bool) {
	acked := 0
	r.Workload(func(fsys afero.Fs) error {
		f, err := fsys.OpenFile("/log", os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
		if err == nil {
			err = syncRoot(fsys)
		}
		for i := 0; i < 6 && err == nil; i++ {
			_, err = f.WriteString(fmt.Sprintf("entry %d;%s", i, strings.Repeat(".", 1000)))
			if err == nil {
				err = f.Sync()
			}
			if err != nil && excuses(f, err) {
				err = nil
			}
			if err == nil {
				acked++
			}
		}
		return err
	})
	r.Recover(func(fsys afero.Fs) error {
		text, err := afero.ReadFile(fsys, "/log")
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
		for i := range acked {
			if !strings.Contains(string(text), fmt.Sprintf("entry %d;", i)) {
				return fmt.Errorf("entry %d was acknowledged and is lost", i)
			}
		}
		return nil
	})
}

// knowsOneFullDisk goes on with whatever is not ENOSPC.
func knowsOneFullDisk(r *sim.Run, repaired bool) {
	appends(r, func(_ afero.File, err error) bool { return !repaired && !errors.Is(err, syscall.ENOSPC) })
}

// syncsAgain takes the second fsync's word for it.
func syncsAgain(r *sim.Run, repaired bool) {
	appends(r, func(f afero.File, _ error) bool { return !repaired && f.Sync() == nil })
}

// shrugsAtReadOnly has nothing to say of a filesystem that it thinks nobody writes to.
func shrugsAtReadOnly(r *sim.Run, repaired bool) {
	appends(r, func(_ afero.File, err error) bool { return !repaired && errors.Is(err, syscall.EROFS) })
}
