//go:build linux

package lab

import (
	"fmt"

	"powercut/vfs"
	"powercut/vfs/kernel/internal/block"
	"powercut/vfs/kernel/internal/worker"
)

// Rig is a filesystem on a device of its own.
type Rig struct {
	FS     Filesystem
	Worker *worker.Worker
	// Images counts the crash images that were mounted, Unmountable those that
	// the kernel refused, by its reason.
	Images      int
	Unmountable map[string]int

	fresh *block.Store // made, mounted once, and unmounted
}

// NewRig makes the filesystem and starts a worker for it.
func NewRig(fs Filesystem) (*Rig, error) {
	made, err := fs.make()
	if err != nil {
		return nil, err
	}
	w, err := worker.Start(fs.SizeBytes)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", fs.Name, err)
	}
	r := &Rig{FS: fs, Worker: w, Unmountable: map[string]int{}}
	if err := r.age(made); err != nil {
		w.Close()
		return nil, fmt.Errorf("%s: %w", fs.Name, err)
	}
	return r, nil
}

// age mounts the filesystem for the first time, which writes things of its own,
// and makes the bystander.
func (r *Rig) age(made *block.Store) error {
	if !r.Worker.DirectIO {
		return fmt.Errorf("%s goes through the page cache: the order of writes and flushes would be lost", r.Worker.Loop)
	}
	r.fresh = made.Clone()
	r.Worker.Device.Attach(r.fresh)
	if err := r.mount(); err != nil {
		return err
	}
	for _, step := range []string{"commit", "syncfs"} {
		if err := r.Worker.Step(step); err != nil {
			return err
		}
	}
	if err := r.Worker.Unmount(r.FS.Type); err != nil {
		return err
	}
	return nil
}

func (r *Rig) mount() error { return r.Worker.Mount(r.FS.Type, r.FS.Options) }

// Close ends the worker.
func (r *Rig) Close() error { return r.Worker.Close() }

// Begin mounts a fresh filesystem, runs a setup and makes it durable.
func (r *Rig) Begin(setup []string) error {
	r.Worker.Device.Attach(r.fresh.Clone())
	if err := r.mount(); err != nil {
		return err
	}
	for _, step := range append(append([]string(nil), setup...), "syncfs", "commit", "syncfs") {
		if err := r.Worker.Step(step); err != nil {
			return fmt.Errorf("setup: %w", err)
		}
	}
	return nil
}

// recovered mounts a crash image and reads it.
func (r *Rig) recovered(s *block.Store) (vfs.Tree, error) {
	r.Images++
	r.Worker.Device.Attach(s)
	if err := r.mount(); err != nil {
		return nil, err
	}
	t, err := r.Worker.Tree()
	if err2 := r.Worker.Unmount(r.FS.Type); err == nil {
		err = err2
	}
	if err != nil {
		return nil, err
	}
	tree := make(vfs.Tree, len(t))
	for p, b := range t {
		tree["/"+p] = b
	}
	return tree, nil
}
