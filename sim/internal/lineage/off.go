//go:build !(powercut && linux && amd64)

package lineage

import "time"

// Built says whether the program was built by simrun test.
func Built() bool { return false }

// Native says whether the seed decides this process.
func Native() bool { return false }

// None of the others may be called here.

func Changes() string { panic(notNative) }

func Yield() { panic(notNative) }

func Now() time.Time { panic(notNative) }

func Advance(time.Duration) { panic(notNative) }

func Day() Wall { panic(notNative) }

func SetDay(Wall) { panic(notNative) }

func Beat(time.Duration) { panic(notNative) }

func Run(uint64, time.Time, time.Duration, func()) (End, time.Time, []Waiting) { panic(notNative) }

func Aside(uint64, func()) { panic(notNative) }

func Unsupported(string) { panic(notNative) }

const notNative = "lineage: the program was not built by simrun test"
