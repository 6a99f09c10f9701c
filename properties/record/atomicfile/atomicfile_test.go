package atomicfile

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/natefinch/atomic"

	"powercut/properties/unmodified"
	"powercut/sim"
	"powercut/vfs"
)

// content is what is written, the nth time.
func content(n int) string { return strings.Repeat(fmt.Sprint(n), 3000) }

// A file that is replaced atomically has its old content or its new one, or was never
// there.
func TestAtomic5(t *testing.T) {
	unmodified.Finds(t, sim.Config{Runs: 30, Profiles: []vfs.Profile{vfs.Ext4}}, func(r *sim.Run) {
		r.WorkloadDir(func(dir string) error {
			for n := range 3 {
				if err := atomic.WriteFile(dir+"/file", strings.NewReader(content(n))); err != nil {
					return err
				}
			}
			return nil
		})
		r.RecoverDir(func(dir string) error {
			got, err := os.ReadFile(dir + "/file")
			if os.IsNotExist(err) {
				return nil
			}
			for n := range 3 {
				if string(got) == content(n) {
					return err
				}
			}
			return fmt.Errorf("the file has %d bytes that were never its content: %.10q", len(got), got)
		})
	}, "never its content")
}
