package goverlay

// change is one change of a file of the standard library: behind, or in place of, a
// text that it has exactly once.
type change struct {
	at     string
	behind string
	become string
}

// changed are the files that are changed, by their path below GOROOT/src.
var changed = map[string][]change{
	"syscall/syscall_linux.go": {
		{at: "//go:linkname RawSyscall6\nfunc RawSyscall6(trap, a1, a2, a3, a4, a5, a6 uintptr) (r1, r2 uintptr, err Errno) {\n",
			behind: "\tif powercutHook != nil && !powercutForks {\n\t\tif r1, r2, err, ok := powercutSyscall(trap, a1, a2, a3, a4, a5, a6); ok {\n\t\t\treturn r1, r2, err\n\t\t}\n\t}\n"},
		{at: "//go:linkname Syscall\nfunc Syscall(trap, a1, a2, a3 uintptr) (r1, r2 uintptr, err Errno) {\n",
			behind: "\tif powercutHook != nil {\n\t\tif r1, r2, err, ok := powercutSyscall(trap, a1, a2, a3, 0, 0, 0); ok {\n\t\t\treturn r1, r2, err\n\t\t}\n\t}\n"},
		{at: "//go:linkname Syscall6\nfunc Syscall6(trap, a1, a2, a3, a4, a5, a6 uintptr) (r1, r2 uintptr, err Errno) {\n",
			behind: "\tif powercutHook != nil {\n\t\tif r1, r2, err, ok := powercutSyscall(trap, a1, a2, a3, a4, a5, a6); ok {\n\t\t\treturn r1, r2, err\n\t\t}\n\t}\n"},
		// In a system call the hook must not be asked again: the stack can't grow.
		{at: "\tr1, r2, err = RawSyscall6(trap, a1, a2, a3, 0, 0, 0)\n\truntime_exitsyscall()\n", become: "\tr1, r2, err = PowercutKernel(trap, a1, a2, a3, 0, 0, 0)\n\truntime_exitsyscall()\n"},
		{at: "\tr1, r2, err = RawSyscall6(trap, a1, a2, a3, a4, a5, a6)\n\truntime_exitsyscall()\n", become: "\tr1, r2, err = PowercutKernel(trap, a1, a2, a3, a4, a5, a6)\n\truntime_exitsyscall()\n"},
	},
	"syscall/exec_linux.go": {
		{at: "\truntime_BeforeFork()\n", behind: "\tpowercutForks = true\n"},
		{at: "\t\truntime_AfterFork()\n", behind: "\t\tpowercutForks = false\n"},
	},
	"syscall/asm_linux_amd64.s": {
		{at: "TEXT ·gettimeofday(SB),NOSPLIT,$0-16\n", become: `TEXT ·gettimeofday(SB),NOSPLIT|NOFRAME,$0-16
	CMPQ	·powercutHook(SB), $0
	JEQ	kernel
	JMP	·powercutTime(SB)
kernel:
	JMP	·powercutKernelTime(SB)

TEXT ·powercutKernelTime(SB),NOSPLIT,$0-16
`},
	},
	"runtime/proc.go": {
		{at: "\tgoenvs()\n", behind: "\tpowercutStart()\n"},
		// The monitor of the system takes the processor away when it thinks fit.
		{at: "\tif haveSysmon {\n\t\tsystemstack(func() {\n\t\t\tnewm(sysmon, nil, -1)", become: "\tif haveSysmon && !powercutOn {\n\t\tsystemstack(func() {\n\t\t\tnewm(sysmon, nil, -1)"},
		{at: "const randomizeScheduler = raceenabled\n", become: "var randomizeScheduler = raceenabled\n"},
		{at: "\t\tfor i := uint32(1); i <= n; i++ {\n\t\t\tj := cheaprandn(i + 1)", become: "\t\tfor i := uint32(1); i <= n; i++ {\n\t\t\tj := powercutRandn(i + 1)"},
		{at: "\t\tfor i := uint32(1); i < n; i++ {\n\t\t\tj := cheaprandn(i + 1)", become: "\t\tfor i := uint32(1); i < n; i++ {\n\t\t\tj := powercutRandn(i + 1)"},

		// Whose a goroutine is.
		{at: "\tnewg.startpc = fn.fn\n", behind: "\tnewg.powercutLineage = 0\n"},
		{at: "\t\tnewg.bubble = callergp.bubble\n", behind: "\t\tnewg.powercutLineage = powercutHeir(callergp)\n"},

		// Goroutines of the program are in queues of their lineages.
		{at: "func runqput(pp *p, gp *g, next bool) {\n", behind: "\tif powercutPut(gp) {\n\t\treturn\n\t}\n"},
		{at: "func runqputbatch(pp *p, q *gQueue) {\n", behind: "\tpowercutPutAll(q)\n"},
		{at: "func globrunqput(gp *g) {\n", behind: "\tif powercutPut(gp) {\n\t\treturn\n\t}\n"},
		{at: "func globrunqputhead(gp *g) {\n", behind: "\tif powercutPut(gp) {\n\t\treturn\n\t}\n"},
		{at: "func globrunqputbatch(batch *gQueue) {\n", behind: "\tpowercutPutAll(batch)\n"},
		{at: "func runqget(pp *p) (gp *g, inheritTime bool) {\n", behind: "\tif gp := powercutGet(); gp != nil {\n\t\treturn gp, false\n\t}\n"},
		{at: "func runqempty(pp *p) bool {\n", behind: "\tif powercutReady() {\n\t\treturn false\n\t}\n"},
		{at: "\tif mp.spinning {\n\t\tresetspinning()\n\t}\n", behind: "\tif powercutPutAside(gp) {\n\t\tgoto top\n\t}\n"},

		// So are their timers.
		{at: "\tnow, pollUntil, _ := pp.timers.check(0, nil)\n", behind: "\tpowercutFire()\n"},
		{at: "\t\tif isSystemGoroutine(gp, false) {\n\t\t\treturn\n\t\t}\n\t\ts := readgstatus(gp)\n", become: "\t\tif powercutFrozen(gp) || isSystemGoroutine(gp, false) {\n\t\t\treturn\n\t\t}\n\t\ts := readgstatus(gp)\n"},
		{at: "\t\tif when := timeSleepUntil(); when < maxWhen {\n", become: "\t\tif when := powercutSleepUntil(); when < maxWhen {\n"},
	},
	"runtime/runtime2.go": {
		{at: "\tcoroarg *coro // argument during coroutine transfers\n", behind: "\tpowercutLineage uint32 // 0: the runtime's own\n"},
	},
	"runtime/mgc.go": {
		{at: "\tif mode != gcBackgroundMode {\n\t\tGosched()\n", become: "\tif mode != gcBackgroundMode {\n\t\tpowercutCollected = powercutOn && getg().powercutLineage != 0\n\t\tGosched()\n"},
	},
	"runtime/rand.go": {
		{at: "func randinit() {\n", behind: "\tif powercutRandinit() {\n\t\treturn\n\t}\n"},
		// When there is a new thread is up to the machine.
		{at: "func mrandinit(mp *m) {\n", behind: "\tif powercutOn {\n\t\treturn\n\t}\n"},
		{at: "func rand() uint64 {\n", behind: "\tif powercutOn {\n\t\treturn powercutRandOf(getg())\n\t}\n"},
	},
	"runtime/vgetrandom_linux.go": {
		{at: "func vgetrandom(p []byte, flags uint32) (ret int, supported bool) {\n", behind: "\tif powercutOn {\n\t\tpowercutEntropy(p)\n\t\treturn len(p), true\n\t}\n"},
	},
	"runtime/select.go": {
		{at: "j := cheaprandn(uint32(norder + 1))", become: "j := powercutRandn(uint32(norder + 1))"},
	},
	"runtime/time.go": {
		{at: "t.rand = cheaprand()", become: "t.rand = powercutRandn(1<<32 - 1)"},
		{at: "\t\treturn gp.bubble.now\n\t}\n\treturn nanotime()\n", become: "\t\treturn gp.bubble.now\n\t}\n\treturn powercutNano()\n"},
		{at: "\t\tts = &mp.p.ptr().timers\n", behind: "\t\tif own := powercutTimers(); own != nil {\n\t\t\tts = own\n\t\t}\n"},
	},
	"runtime/time_nofake.go": {
		{at: "func nanotime() int64 {\n", behind: "\tif faketime != 0 {\n\t\treturn faketime\n\t}\n"},
	},
	"runtime/timeasm.go": {
		{at: "//go:linkname time_now time.now\nfunc time_now() (sec int64, nsec int32, mono int64)\n", become: `func powercutKernelNow() (sec int64, nsec int32, mono int64)

//go:linkname time_now time.now
func time_now() (sec int64, nsec int32, mono int64) {
	if powercutOn {
		return powercutNow()
	}
	return powercutKernelNow()
}
`},
	},
	"runtime/time_linux_amd64.s": {
		{at: "TEXT time·now<ABIInternal>(SB)", become: "TEXT runtime·powercutKernelNow<ABIInternal>(SB)"},
	},
}
