package journal

import (
	"fmt"
	"io"
	"os"

	"github.com/spf13/afero"

	"powercut/journal/wire"
)

// newLog is a log that has its genesis and not yet its name.
type newLog struct {
	file    afero.File
	genesis wire.Marker
	// renamed: it has its name by now, and only that may not be durable yet.
	renamed bool
}

// createLog makes <base>.log.tmp with a genesis in it and syncs it. syncFailed
// tells an fsync that failed from everything else.
func (f files) createLog(entropy io.Reader, genesis wire.Marker) (l *newLog, syncFailed bool, err error) {
	fail := func(err error) (*newLog, bool, error) {
		return nil, syncFailed, fmt.Errorf("journal: creating a log: %w", err)
	}
	if _, err := io.ReadFull(entropy, genesis.Log[:]); err != nil {
		return fail(err)
	}
	// Even where the entropy repeats itself, as a restored virtual machine's
	// may, no two logs of one journal share an id.
	for i := range 8 {
		genesis.Log[i] ^= byte(genesis.Generation >> (8 * i))
	}
	genesis.Kind = wire.Genesis
	genesis.DurableLSN = genesis.LastLSN
	genesis.Sealed = true
	if err := f.remove(f.logTmp()); err != nil {
		return fail(err)
	}
	file, err := f.fs.OpenFile(f.logTmp(), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return fail(err)
	}
	err = writeAt(file, wire.AppendMarker(nil, &genesis), 0)
	if err == nil {
		if err = file.Sync(); err != nil {
			syncFailed = true
			err = dead(err)
		}
	}
	if err != nil {
		_ = file.Close()         // the first error tells more,
		_ = f.remove(f.logTmp()) // and a leftover does no harm
		return fail(err)
	}
	return &newLog{file: file, genesis: genesis}, false, nil
}

// named opens the log again under the name that it has now, so that an observer of
// the filesystem sees writes to the active log under its own name. If that fails,
// the file that is open does as well.
func (f files) named(file afero.File) afero.File {
	again, err := f.fs.OpenFile(f.log(), os.O_RDWR, 0)
	if err != nil {
		return file
	}
	_ = file.Close() // it was synced, and nothing was written since
	return again
}
