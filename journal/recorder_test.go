package journal_test

import (
	"slices"
	"testing"

	"powercut/journal"
	"powercut/journal/wire"
)

// recorder is a machine whose state is the list of what it was given.
type recorder struct{ got []int64 }

func (m *recorder) Apply(e journal.Entry) error {
	v, err := wire.Decode(e.Payload)
	if err != nil {
		return err
	}
	m.got = append(m.got, v.(wire.Scalar).Int())
	return nil
}

func (m *recorder) Snapshot() ([]byte, error) {
	return wire.Encode(wire.NewDict([]string{"got"}, []wire.Value{wire.Ints(m.got...)})), nil
}

func (m *recorder) Restore(payload []byte) (int, error) {
	v, err := wire.Decode(payload)
	if err != nil {
		return 0, err
	}
	list := v.(wire.Dict).Vals.(wire.List).Items[0].(wire.Vector)
	m.got = nil
	for i := range list.Len() {
		m.got = append(m.got, list.At(i).Int())
	}
	return 1, nil
}

func number(i int64) journal.Entry { return journal.Entry{Payload: wire.Encode(wire.Int(i))} }

// wantRecovered opens what is on a disk, compares what comes back, and closes.
func wantRecovered(t *testing.T, c *crashFs, want []int64) {
	t.Helper()
	m := &recorder{}
	j, rec, err := journal.Open(c, base, m, crashOptions(journal.Sync, 9))
	must(t, err)
	if !slices.Equal(m.got, want) {
		t.Errorf("got %v, want %v (%+v)", m.got, want, rec)
	}
	must(t, j.Close())
}
