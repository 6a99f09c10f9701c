package journal_test

import (
	"maps"
	"math/rand/v2"
)

// fate decides what survives a power cut.
type fate struct {
	keep   func() bool     // whether a pending effect persists
	half   func() bool     // whether a rename that does leaves its old name too
	pick   func(n int) int // one of n versions
	padded func() bool     // whether a size is rounded up to a page
}

// powerCut returns one possible disk after the power was lost.
func (c *crashFs) powerCut(rnd *rand.Rand) *crashFs {
	style := rnd.IntN(4)
	return c.cut(fate{
		keep: func() bool {
			switch style {
			case 0:
				return true
			case 1:
				return false
			}
			return rnd.IntN(2) == 0
		},
		half:   func() bool { return rnd.IntN(3) == 0 },
		pick:   rnd.IntN,
		padded: func() bool { return rnd.IntN(4) == 0 },
	})
}

func (c *crashFs) cut(f fate) *crashFs {
	img := newCrashFs()
	names := maps.Clone(c.durable)
	lost := map[string]bool{} // names whose pending removal did not persist
	for _, e := range c.pending {
		persists := f.keep()
		if e.add != "" && persists && lost[e.add] {
			persists = false
		}
		if e.add != "" && e.remove != "" {
			if !persists {
				lost[e.remove] = true
				continue
			}
			names[e.add] = e.inode
			if f.half() { // by halves
				lost[e.remove] = true
			} else {
				delete(names, e.remove)
			}
			continue
		}
		switch {
		case e.add != "" && persists:
			names[e.add] = e.inode
		case e.remove != "" && persists:
			delete(names, e.remove)
		case e.remove != "":
			lost[e.remove] = true
		}
	}
	content := map[*crashInode]*crashInode{}
	for _, name := range sortedKeys(names) {
		ino := names[name]
		if content[ino] == nil {
			data := ino.crash(f)
			content[ino] = &crashInode{data: data, medium: data}
		}
		img.names[name], img.durable[name] = content[ino], content[ino]
	}
	return img
}

func (ino *crashInode) crash(f fate) []byte {
	all := append([][]byte{ino.medium}, ino.versions...)
	pick := func() []byte {
		if f.keep() {
			return all[len(all)-1]
		}
		return all[f.pick(len(all))]
	}
	size := len(pick())
	if f.padded() {
		size = min(len(all[len(all)-1]), (size+4095)/4096*4096)
	}
	data := make([]byte, size)
	for at := 0; at < size; at += 512 {
		if from := pick(); at < len(from) {
			copy(data[at:min(at+512, size)], from[at:])
		}
	}
	return data
}
