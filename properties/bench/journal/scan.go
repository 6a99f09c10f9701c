package journal

import (
	"hash/crc32"
	"io"
	"os"
)

// scanBufferBytes is the one buffer of the floor for reading.
const scanBufferBytes = 1 << 20

// scanRead is a floor: it reads a file through one buffer and sums it up.
func scanRead(path string, buf []byte) (uint32, error) {
	file, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer file.Close()
	sum := uint32(0)
	for {
		n, err := file.Read(buf)
		sum = crc32.Update(sum, castagnoli, buf[:n])
		if err == io.EOF {
			return sum, nil
		}
		if err != nil {
			return 0, err
		}
	}
}

// scanMapped is the other: it maps the file.
func scanMapped(path string) (uint32, error) {
	file, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return 0, err
	}
	b, unmap, err := mapFile(file, int(info.Size()))
	if err != nil {
		return 0, err
	}
	sum := crc32.Checksum(b, castagnoli)
	return sum, unmap()
}
