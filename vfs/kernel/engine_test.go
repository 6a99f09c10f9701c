//go:build linux

package main

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"powercut/vfs/kernel/internal/lab"
)

// syncsNames tells the program of TestEngine to sync the directory behind a rename.
const syncsNames = "POWERCUT_KERNEL_SYNCS_NAMES"

// diskFails tells it to ask for a page at which the device fails, and to expect that.
const diskFails = "POWERCUT_KERNEL_DISK_FAILS"

// program is what TestEngine has looked at: it replaces a file, three times.
func program(args []string) {
	path := filepath.Join(args[1], "f")
	if args[0] == "check" {
		content, err := os.ReadFile(path)
		if string(content) < args[2] && args[2] != "0" {
			fmt.Printf("%q of %s, %v\n", content, args[2], err)
			os.Exit(1)
		}
		return
	}
	if bad := os.Getenv(diskFails); bad != "" {
		fmt.Println("fail", bad)
		fmt.Scanln()
		if err := replace(path+".other", "bad, and more"); !errors.Is(err, syscall.EIO) {
			panic(err)
		}
	}
	for n := range 3 {
		if err := replace(path, strconv.Itoa(n+1)); err != nil {
			panic(err)
		}
		fmt.Println(n)
		fmt.Scanln()
	}
}

func replace(path, content string) error {
	f, err := os.Create(path + ".new")
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := f.WriteString(content); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil || os.Getenv(syncsNames) == "" {
		return err
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer dir.Close()
	return dir.Sync()
}

// TestEngine: on each real filesystem a name is lost whose directory is not synced, and
// none is where it is, be it by the program or for it.
func TestEngine(t *testing.T) {
	if why := lab.Cannot(); why != "" {
		t.Skipf("skipped: %s", why)
	}
	filesystems := []string{"ext4", "xfs", "btrfs"}
	if testing.Short() {
		filesystems = filesystems[:1]
	}
	for _, fs := range filesystems {
		for _, c := range []struct {
			syncs, flag string
			runs        int // what is lost in one of them depends on when the kernel commits
			code        int
			says        string
		}{
			{"", "-synced=false", 12, exitRefused, ": LOST in "},
			{"1", "-synced=false", 2, exitHeld, "nothing is lost of "},
			{"", "-synced", 2, exitHeld, "nothing is lost of "},
		} {
			cmd := command(context.Background(), "engine", "-fs", fs, "-runs", strconv.Itoa(c.runs), "-images", "20", c.flag, "/proc/self/exe")
			if c.syncs != "" {
				cmd.Env = append(cmd.Env, syncsNames+"="+c.syncs)
			}
			out, _ := cmd.CombinedOutput()
			if strings.Contains(string(out), "skipped: "+fs) {
				t.Logf("%s", out)
				continue
			}
			if code := cmd.ProcessState.ExitCode(); code != c.code || !strings.Contains(string(out), c.says) {
				t.Errorf("%s %s, syncs %q: exit code %d, want %d, and %q in\n%s", fs, c.flag, c.syncs, code, c.code, c.says, out)
			}
		}
	}
}

// TestEngineOfAFailingDevice: a program is told that the device failed at the page that it
// named, once, and goes on; one that names no page ends the command.
func TestEngineOfAFailingDevice(t *testing.T) {
	if why := lab.Cannot(); why != "" {
		t.Skipf("skipped: %s", why)
	}
	for _, c := range []struct {
		page string
		code int
		says string
	}{
		{hex.EncodeToString([]byte("bad, and")), exitHeld, "nothing is lost of "},
		{"no page", exitHarness, "want the bytes of a page"},
	} {
		cmd := command(context.Background(), "engine", "-fs", "ext4", "-runs", "2", "-images", "20", "/proc/self/exe")
		cmd.Env = append(cmd.Env, syncsNames+"=1", diskFails+"="+c.page)
		out, _ := cmd.CombinedOutput()
		if strings.Contains(string(out), "skipped: ext4") {
			t.Skipf("%s", out)
		}
		if code := cmd.ProcessState.ExitCode(); code != c.code || !strings.Contains(string(out), c.says) {
			t.Errorf("page %q: exit code %d, want %d, and %q in\n%s", c.page, code, c.code, c.says, out)
		}
	}
}
