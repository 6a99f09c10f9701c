package trial

import "fmt"

// failure is a sim.TB that keeps what a test fails with.
type failure struct {
	name    string
	message string
}

func (*failure) Helper() {}

func (f *failure) Name() string { return f.name }

func (f *failure) Fatalf(format string, args ...any) {
	f.message = fmt.Sprintf(format, args...)
	panic(f)
}
