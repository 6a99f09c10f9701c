//go:build !linux

package journal

import (
	"errors"
	"os"
	"time"
)

// dataSync is an fsync where there is no lesser call.
func dataSync(f *os.File) error { return f.Sync() }

func mapFile(*os.File, int) ([]byte, func() error, error) {
	return nil, nil, errors.ErrUnsupported
}

func sleepInKernel(d time.Duration) { time.Sleep(d) }
