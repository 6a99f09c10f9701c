package journal

import (
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"sync"

	"github.com/spf13/afero"

	powercut "powercut/journal"
	"powercut/journal/wire"
)

// newEntries returns n entries of a size, all different: each one serialised
// value of random bytes that begin with its number.
func newEntries(n, sizeBytes int) [][]byte {
	random := rand.NewChaCha8([32]byte{1})
	overhead := len(wire.Encode(wire.Bytes(nil)))
	entries := make([][]byte, n)
	for i := range entries {
		b := make([]byte, sizeBytes-overhead)
		_, _ = random.Read(b) // never fails
		binary.LittleEndian.PutUint64(b, uint64(i))
		entries[i] = wire.Encode(wire.Bytes(b))
	}
	return entries
}

// framed returns entries as long as what the journal writes for each of them,
// for a floor to write.
func framed(entries [][]byte, more int) [][]byte {
	longer := make([][]byte, len(entries))
	for i, e := range entries {
		longer[i] = append(append(make([]byte, 0, len(e)+more), e...), make([]byte, more)...)
	}
	return longer
}

// overheads are the bytes that the journal adds to each entry and to each
// batch, as found by writing some.
var overheads = sync.OnceValues(func() (perEntry, perBatch int) {
	j, _, err := powercut.Open(afero.NewMemMapFs(), "/j", nothing{}, powercut.Options{Mode: powercut.Sync})
	if err != nil {
		panic(fmt.Sprintf("bench: opening a journal in memory: %v", err))
	}
	entry := powercut.Entry{Payload: newEntries(1, 100)[0]}
	grown := func(entries int) int {
		before := j.Stats().Bytes
		for range entries {
			if _, err := j.AppendAsync(entry); err != nil {
				panic(fmt.Sprintf("bench: appending in memory: %v", err))
			}
		}
		if _, err := j.Append(context.Background(), entry); err != nil {
			panic(fmt.Sprintf("bench: appending in memory: %v", err))
		}
		return int(j.Stats().Bytes - before)
	}
	grown(0) // the first batch since the journal was opened has a marker more
	one, two := grown(0), grown(1)
	perEntry = two - one - 100
	return perEntry, one - 100 - perEntry
})
