package vfs

import (
	"fmt"

	"powercut/vfs/transfer"
)

// MarshalBinary writes the image down for another process of the same program: what
// it shows, and of a process crash what is pending.
func (im *Image) MarshalBinary() ([]byte, error) { return transfer.Encode(im) }

// UnmarshalImage reads what MarshalBinary wrote. The image is as that one was, but
// knows nothing of where its bytes came from: Lost and Origin tell nothing.
func UnmarshalImage(data []byte) (*Image, error) {
	im := &Image{}
	if err := transfer.Decode(data, im); err != nil {
		return nil, fmt.Errorf("vfs: reading an image: %w", err)
	}
	if root := im.table.get(rootIno); root == nil || !root.isDir() {
		return nil, fmt.Errorf("vfs: reading an image: it has no root directory")
	}
	im.layer, im.origins = newLayer(nil), &origins{}
	return im, nil
}
