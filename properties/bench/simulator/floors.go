package simulator

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"iter"
	"path"

	"github.com/spf13/afero"

	"powercut/journal"
	"powercut/journal/rayfall"
	"powercut/journal/wire"
	"powercut/vfs"
)

// Switcher returns a function that switches to a coroutine and back, which is
// what an actor costs at each operation at least, and one that ends it.
func Switcher() (next func() (int, bool), stop func()) {
	return iter.Pull(func(yield func(int) bool) {
		for i := 0; yield(i); i++ {
		}
	})
}

// base is where the journal of the floors and of the cycle lives.
const base = "/data/j"

// floorEntries is how many entries the journal of the floors holds, as many as
// the standard workload appends.
const floorEntries = standardEntries

// Held is one crash image as it counts for the floors: its files, and the image.
type Held struct {
	Image *vfs.Image
	Files map[string][]byte
	Bytes int
}

// floorEntry is what the machine of the floors counts by.
func floorEntry(i int) journal.Entry {
	return journal.Entry{Payload: wire.Encode(wire.String(fmt.Sprintf("(set n%d %d)", i%4, i)))}
}

// Hold makes a journal with a snapshot and an archive, and an image of it.
func Hold() (*Held, error) {
	d := vfs.New(vfs.Options{})
	defer d.Release()
	if err := makeDir(d); err != nil {
		return nil, err
	}
	j, _, err := journal.Open(d, base, rayfall.New(), journal.Options{})
	if err != nil {
		return nil, err
	}
	ctx := context.Background()
	for i := range floorEntries {
		if _, err := j.Append(ctx, floorEntry(i)); err != nil {
			return nil, err
		}
		if i == floorEntries/2 {
			if err := j.Snapshot(ctx); err != nil {
				return nil, err
			}
		}
	}
	h := &Held{Image: d.Crash(vfs.POSIX, newRandom()), Files: make(map[string][]byte)}
	return h, h.read()
}

// read takes the files from the image.
func (h *Held) read() error {
	d := h.Image.Mount(vfs.Options{})
	defer d.Release()
	infos, err := afero.ReadDir(d, path.Dir(base))
	if err != nil {
		return err
	}
	for _, info := range infos {
		name := path.Join(path.Dir(base), info.Name())
		content, err := afero.ReadFile(d, name)
		if err != nil {
			return err
		}
		h.Files[name] = content
		h.Bytes += len(content)
	}
	return nil
}

// Copier returns a function that copies the bytes of an image, and nothing else
// of it: no names, no maps. It returns how many.
func (h *Held) Copier() func() int {
	all := bytes.Join(valuesOf(h.Files), nil)
	to := make([]byte, len(all))
	return func() int { return copy(to, all) }
}

func valuesOf(m map[string][]byte) [][]byte {
	var all [][]byte
	for _, v := range m {
		all = append(all, v)
	}
	return all
}

// InMemory puts the files into a filesystem that knows nothing of crashes.
func (h *Held) InMemory() (afero.Fs, error) {
	fs := afero.NewMemMapFs()
	if err := fs.MkdirAll(path.Dir(base), 0o755); err != nil {
		return nil, err
	}
	for name, content := range h.Files {
		if err := afero.WriteFile(fs, name, content, 0o644); err != nil {
			return nil, err
		}
	}
	return fs, nil
}

// entropy never ends, and costs nothing.
type entropy struct{}

func (entropy) Read(b []byte) (int, error) { return len(b), nil }

var _ io.Reader = entropy{}

// Recover opens the journal and closes it again: what a recovery costs the
// journal itself. It returns the last LSN.
func Recover(fs afero.Fs) (uint64, error) {
	j, rec, err := journal.Open(fs, base, rayfall.New(), journal.Options{Entropy: entropy{}})
	if err != nil {
		return 0, err
	}
	return rec.LastLSN, j.Close()
}

// makeDir makes the directory of the journal, durably.
func makeDir(fs afero.Fs) error {
	if err := fs.Mkdir(path.Dir(base), 0o755); err != nil {
		return err
	}
	root, err := fs.Open("/")
	if err != nil {
		return err
	}
	if err := root.Sync(); err != nil {
		return err
	}
	return root.Close()
}

// RecoverOnDisk is Recover on a disk that is mounted from the image: with what
// the model of the disk adds.
func (h *Held) RecoverOnDisk() (uint64, error) {
	d := h.Image.Mount(vfs.Options{})
	defer d.Release()
	return Recover(d)
}
