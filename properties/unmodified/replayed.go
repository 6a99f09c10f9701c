package unmodified

import (
	"strings"

	"powercut/sim/oracle"
)

// Replayed is what the records of a log come to: a key's last value. It is most of a
// Store for an engine that is a log.
type Replayed struct {
	Records uint64 // written and replayed
	kept    map[string]string
}

// Record is what is to be written to the log for a put.
func (r *Replayed) Record(key, value string) []byte {
	r.Records++
	return []byte(key + "=" + value)
}

// Replay takes a record that was read.
func (r *Replayed) Replay(record []byte) {
	if r.kept == nil {
		r.kept = make(map[string]string)
	}
	r.Records++
	key, value, _ := strings.Cut(string(record), "=")
	r.kept[key] = value
}

// Get is Store's.
func (r *Replayed) Get(key string) (string, error) {
	if value, ok := r.kept[key]; ok {
		return value, nil
	}
	return "", oracle.ErrNotFound
}
