package measure

import (
	"strings"
	"testing"
)

const whole = `powercut: acknowledged-durable: "a" is lost
the law: Once a call …
example.com/store/bucket.go:77: the write of /b was lost in the crash
power cut before operation 18 of the workload
  lost: operation 15: write /b 0+21, size 0 to 21  at example.com/store/bucket.go:77 < example.com/store/tx.go:727
What would have helped: a Sync of the file /b after the write at example.com/store/bucket.go:77. With it, no crash of this workload violates the law.
`

func TestTold(t *testing.T) {
	culprit, helps := Told(whole)
	if culprit != "example.com/store/bucket.go:77" || helps != "a Sync of the file /b after the write at example.com/store/bucket.go:77" {
		t.Errorf("told %q, %q", culprit, helps)
	}
	// A panic has no place of its own: what was lost has.
	_, panicked, _ := strings.Cut(whole, "crash\n")
	panicked, _, _ = strings.Cut(panicked, "What")
	if culprit, helps := Told(panicked); culprit != "example.com/store/bucket.go:77" || helps != "" {
		t.Errorf("told %q, %q of a panic", culprit, helps)
	}
}
