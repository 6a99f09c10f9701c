package vfs_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
)

// refTree is a visible tree: content by path, directories with a slash at the
// end and no content.
type refTree map[string][]byte

// accepts says whether a tree is a lawful crash image: nil, or why not.
func (d *refDisk) accepts(profile string, t refTree) error {
	err := errors.New("no lawful choice of names shows these paths")
	for _, c := range d.choices(profile) {
		paths := d.paths(c)
		same, found := true, 0
		for p := range t {
			if of, attr, marked := strings.Cut(p, attrMark); marked && attr != "" {
				_, file := paths[of]
				_, dir := paths[of+"/"]
				same = same && (file || dir)
				continue
			}
			_, ok := paths[p]
			same, found = same && ok, found+1
		}
		same = same && found == len(paths)
		if !same {
			continue
		}
		e := errors.Join(d.acceptsContent(profile, c, paths, t), d.acceptsAttrs(profile, c, paths, t))
		if e == nil {
			return nil
		}
		err = e
	}
	return err
}

func (d *refDisk) acceptsContent(profile string, c refNames, paths map[string]int, t refTree) error {
	shown := map[int][]byte{}
	for p, n := range paths {
		if d.inodes[n].dir {
			continue
		}
		if other, ok := shown[n]; ok && !bytes.Equal(other, t[p]) {
			return fmt.Errorf("%s: one file, two contents", p)
		}
		shown[n] = t[p]
		if target := d.inodes[n].target; target != "" && target != string(t[p]) {
			return fmt.Errorf("%s: a link to %s", p, t[p])
		}
		var err error
		for _, f := range d.file(profile, c, n) {
			if err = f.accepts(t[p], d.reused(profile, c, n)); err == nil {
				break
			}
		}
		if err != nil {
			return fmt.Errorf("%s: %w", p, err)
		}
	}
	return nil
}

// reused gives, for a page, what may have been written over it because its
// block was free in memory and not yet on the medium (ext4 with
// data=writeback).
func (d *refDisk) reused(profile string, c refNames, n int) func(at int) [][]byte {
	return func(at int) [][]byte {
		freed := d.freedAt(c, n, at)
		if profile != "ext4-writeback" || freed == 0 {
			return nil
		}
		var out [][]byte
		for _, i := range d.inodes {
			for _, e := range append(append([]refEvent(nil), i.history...), i.events...) {
				if e.kind != 'w' || e.seq <= freed {
					continue
				}
				for p := e.off / refPage * refPage; p < e.off+e.n; p += refPage {
					if e.gone[p] {
						continue // it never came to the medium
					}
					if since, ok := e.own[p]; ok && since < freed {
						continue // overwritten in place, in a block that was the file's already
					}
					out = append(out, refPad(e.snap, p))
				}
			}
		}
		return out
	}
}

// freedAt is the first operation beyond the commit point that freed the page
// of inode n at an offset, 0 if none did.
func (d *refDisk) freedAt(c refNames, n, at int) int {
	freed := 0
	note := func(seq int) {
		if freed == 0 || seq < freed {
			freed = seq
		}
	}
	size := len(d.inodes[n].base)
	for _, e := range d.inodes[n].events {
		if e.kind == 't' && e.seq > c.commit && at >= e.size && at < size {
			note(e.seq)
		}
		size = e.size
	}
	for _, holder := range d.now {
		if holder == n {
			return freed
		}
	}
	for _, op := range d.ops {
		if op.seq > c.commit && (op.over == n || op.rems && !op.adds && op.inode == n) {
			note(op.seq)
		}
	}
	return freed
}
