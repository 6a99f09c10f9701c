package properties

import (
	"fmt"
	"testing"

	"powercut/journal"
	"powercut/properties/engines"
	"powercut/sim/core"
	"powercut/vfs"
)

// A journal that is shut by the entry which makes the names is opened anew by who has just
// opened it, be it main or a client: to wait for who reopens it would be to wait for itself.
func TestShutWhileNamesAreMade(t *testing.T) {
	const text = "powercut case 1\ntarget journal\nlaw progress\nprofile posix\nsector 512\nseed 1\nworkload\n\tmode sync\n\tepoch\n\tclient purge push\n\tclient push\nepoch\nend\n"
	for shut := range 4 {
		for from := 1; from <= 2; from++ { // main opens it first; a client who removed it is the second
			t.Run(fmt.Sprintf("the %d from Open %d on", shut, from), func(t *testing.T) {
				opens, pushed := 0, 0
				target := Target{broken{Journal.driver, afterOpen(func(e engines.Engine, _ *vfs.Disk) engines.Engine {
					opens++
					n := opens
					return &appender{e, func(e engines.Engine, next engines.Entry) (uint64, error) {
						if n >= from && n < from+shut {
							return 0, fmt.Errorf("%w: %w", journal.ErrPoisoned, vfs.ErrInjected)
						}
						pushed++
						return e.Append(next)
					}}
				})}}
				c, err := core.ParseCase(text, func(string) core.Target { return target })
				if err != nil {
					t.Fatal(err)
				}
				if v := core.Reproduce(c, false).Violation; v != nil {
					t.Errorf("%v after %d times", v, opens)
				}
				if opens < shut+2 || pushed == 0 {
					t.Errorf("opened %d times, and %d entries were appended", opens, pushed)
				}
			})
		}
	}
}
