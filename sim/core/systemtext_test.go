package core

import (
	"runtime"
	"strings"
	"syscall"
	"testing"
)

// The words for errors are those of Linux everywhere: whatever another system calls
// them, the longer of two that begin alike first.
func TestSystemText(t *testing.T) {
	if runtime.GOOS == "linux" && systemTexts != nil {
		for errno, text := range linuxTexts {
			if errno.Error() != text {
				t.Errorf("Linux calls %q what is %q here", errno.Error(), text)
			}
		}
	}
	other := replacerOf(func(errno syscall.Errno) string {
		switch errno {
		case syscall.EIO:
			return "I/O error"
		case syscall.ENODEV:
			return "No such device"
		case syscall.ENXIO:
			return "No such device or address"
		}
		return strings.ToUpper(errno.Error())
	})
	for text, want := range map[string]string{
		"open /a: NO SUCH FILE OR DIRECTORY":               "open /a: no such file or directory",
		"write /a: I/O error; read /b: FILE EXISTS":        "write /a: input/output error; read /b: file exists",
		"No such device or address, and No such device, x": "no such device or address, and no such device, x",
		"too many open files in system, as is":             "too many open files in system, as is",
		"TOO MANY OPEN FILES IN SYSTEM":                    "too many open files in system",
	} {
		if got := other.Replace(text); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}
