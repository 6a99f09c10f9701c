package journal_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"powercut/faults"
	"powercut/journal"
	"powercut/journal/wire"
	"powercut/vfs"
)

// isPrefixOf says whether the machine was told the first of the entries, in order.
func (m payloads) isPrefixOf(want []journal.Entry) bool {
	return len(m) <= len(want) && slices.EqualFunc(m, want[:len(m)], func(got string, e journal.Entry) bool { return got == string(e.Payload) })
}

// A batch that is larger than what Replay keeps before it is proven is read twice, with
// the entries of the batches around it in their order. Whatever read comes back wrong,
// once: an entry that was never written is not applied, and where only the second read
// of such a batch is struck, that is told as what it is.
func TestReplayOfALargeBatch(t *testing.T) {
	disk := vfs.New(vfs.Options{})
	must(t, disk.Mkdir("/data", 0o755))
	want := []journal.Entry{number(1)}
	random := rand.NewChaCha8([32]byte{}) // what can be compressed would make a small batch
	for range 6 {
		b := make([]byte, 700<<10)
		_, _ = random.Read(b) // never fails
		want = append(want, journal.Entry{Payload: wire.Encode(wire.Bytes(b))})
	}
	want = append(want, number(2))
	j, _, err := journal.Open(disk, base, nothing{}, journal.Options{MaxBatchBytes: 16 << 20})
	must(t, err)
	mustAppend(t, j, want[0])
	fsyncs := j.Stats().Fsyncs
	var last *journal.Pending
	for _, e := range want[1 : len(want)-1] {
		last, err = j.AppendAsync(e)
		must(t, err)
	}
	_, err = last.Wait(bg)
	must(t, err)
	if got := j.Stats().Fsyncs - fsyncs; got != 1 {
		t.Fatalf("%d fsyncs, want one batch", got)
	}
	mustAppend(t, j, want[len(want)-1])
	must(t, j.Close())

	image := disk.ProcessCrash()
	once, twice := 0, 0
	for nth, fired := 0, true; fired; nth++ {
		fired = false
		for _, bit := range []int{3, 900_001, 2_000_000} {
			plan, err := faults.Parse(fmt.Sprintf("read-flip of *.log nth=%d bit=%d", nth, bit))
			if nth == 0 {
				plan, err = faults.Plan{}, nil
			}
			must(t, err)
			copied, m := image.Mount(vfs.Options{}), &payloads{}
			injector := faults.NewInjector(plan, nil)
			copied.SetInjector(injector)
			rep, err := journal.Replay(copied, base+".log", m)
			fired = fired || nth == 0 || len(injector.Log()) > 0
			if !m.isPrefixOf(want) || len(*m) > rep.Entries {
				t.Errorf("%s: %d entries were applied, of %+v: not those that were written", plan, len(*m), rep)
			}
			if _, is := errors.AsType[*journal.ReadError](err); is && len(*m) == 1 {
				twice++
			} else if err != nil || rep.TailErr != nil {
				once++
			}
			if nth == 0 && (err != nil || len(*m) != len(want)) {
				t.Fatalf("without a fault: %d entries, %v, want %d", len(*m), err, len(want))
			}
		}
	}
	if once == 0 || twice == 0 {
		t.Errorf("%d of the first reads were struck, and %d of the second, want both", once, twice)
	}
}
