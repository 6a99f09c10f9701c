package vfs_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/spf13/afero"

	"powercut/vfs"
)

// TestConcurrentUse is for the race detector: programs, images and mounted
// disks, all at once.
func TestConcurrentUse(t *testing.T) {
	d := vfs.New(vfs.Options{})
	shared := d.ProcessCrash()
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			src := &fixedSource{state: uint64(g)}
			name := fmt.Sprintf("/f%d", g)
			for i := range 50 {
				if err := afero.WriteFile(d, name, make([]byte, 100*i), 0o644); err != nil {
					t.Error(err)
				}
				im := d.Crash(vfs.Profiles()[i%6], src)
				m := im.Mount(vfs.Options{})
				im.Release()
				if err := afero.WriteFile(m, "/g", []byte("x"), 0o644); err != nil {
					t.Error(err)
				}
				n := shared.Mount(vfs.Options{})
				if err := afero.WriteFile(n, "/g", []byte("x"), 0o644); err != nil {
					t.Error(err)
				}
				n.Release()
				m.Release()
			}
		})
	}
	wg.Wait()
	if len(d.Tree()) != 4 {
		t.Errorf("%v", d.Tree())
	}
}
