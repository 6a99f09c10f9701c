package vfs_test

import (
	"fmt"

	"pgregory.net/rapid"

	"powercut/vfs"
)

// fallocateModes are those that any file takes.
var fallocateModes = []vfs.FallocateMode{0, vfs.FallocateKeepSize, vfs.FallocateZeroRange, vfs.FallocateZeroRange | vfs.FallocateKeepSize,
	vfs.FallocatePunchHole | vfs.FallocateKeepSize}

// fallocate reserves the blocks of a range, or gives them back.
func (s *space) fallocate(h spaceHandle, bytes int64) {
	f := h.file
	mode := rapid.SampledFrom(fallocateModes).Draw(s.t, "mode")
	off := int64(rapid.IntRange(0, 4*block).Draw(s.t, "offset"))
	if bytes == 0 {
		return
	}
	end := off + bytes
	if mode&vfs.FallocatePunchHole != 0 {
		s.enospc("punch", h.f.(vfs.RangeAllocator).Fallocate(mode, off, bytes), false)
		for i := range f.blocks {
			if off <= i*block && (i+1)*block <= end {
				delete(f.blocks, i)
			}
		}
		return
	}
	more := 0
	for i := off / block; i*block < end; i++ {
		if !f.blocks[i] {
			more++
		}
	}
	lacks := more > 0 && s.used()+more > s.capacity
	s.enospc(fmt.Sprintf("fallocate %#x %d+%d", mode, off, bytes), h.f.(vfs.RangeAllocator).Fallocate(mode, off, bytes), lacks)
	if lacks {
		return
	}
	for i := off / block; i*block < end; i++ {
		f.blocks[i] = true
	}
	if mode&vfs.FallocateKeepSize == 0 {
		f.size = max(f.size, end)
	} else {
		s.keepsSize = true
	}
}
