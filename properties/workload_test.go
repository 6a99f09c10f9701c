package properties

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// What is no workload is refused with its line, the word that is wrong and what
// could stand there.
func TestWorkloadErrors(t *testing.T) {
	const forms = `want "mode sync|async", "batch N", "batch-bytes N", "room N", "full N", "incomplete", "accept no-dir-sync", "clock still|back", "entropy same", "found ENTRIES TORN", "found-preamble", "found-snapshot ENTRIES COVERED", "copied", "rots N", "epoch" or (in an epoch) "client STEP…", got `
	for text, want := range map[string]string{
		"":                                 "properties: a workload needs at least one \"epoch\"",
		"mode sync\n":                      "properties: a workload needs at least one \"epoch\"",
		"mode slow\nepoch\n":               "properties: workload line 1: " + forms + "\"mode slow\"",
		"mode\nepoch\n":                    "properties: workload line 1: " + forms + "\"mode\"",
		"epoch\njump\n":                    "properties: workload line 2: " + forms + "\"jump\"",
		"epoch now\n":                      "properties: workload line 1: " + forms + "\"epoch now\"",
		"copied twice\nepoch\n":            "properties: workload line 1: " + forms + "\"copied twice\"",
		"client push\nepoch\n":             "properties: workload line 1: " + forms + "\"client push\"",
		"batch 0\nepoch\n":                 "properties: workload line 1: batch \"0\": want a number of entries, at least 1",
		"batch many\nepoch\n":              "properties: workload line 1: batch \"many\": want a number of entries, at least 1",
		"room 0\nepoch\n":                  "properties: workload line 1: room \"0\": want a number of bytes from 1 to 1048576",
		"room 1048577\nepoch\n":            "properties: workload line 1: room \"1048577\": want a number of bytes from 1 to 1048576",
		"rots 0\nepoch\n":                  "properties: workload line 1: rots \"0\": want a number from 1 to 1048576",
		"full -1\nepoch\n":                 "properties: workload line 1: full \"-1\": want a number of steps from 1 to 1048576",
		"found 0 0\nepoch\n":               "properties: workload line 1: found 0 0: want an entry, or bytes of one",
		"found 1\nepoch\n":                 "properties: workload line 1: " + forms + "\"found 1\"",
		"found 1001 0\nepoch\n":            "properties: workload line 1: found \"1001\": want a number of entries, 0 to 1000",
		"found 1 31\nepoch\n":              "properties: workload line 1: found, torn \"31\": want a number of bytes, 0 to 30",
		"found-snapshot 1 0\nfound 1 0\n":  "properties: workload line 2: found: want it before found-snapshot, which may cover entries of it",
		"found-snapshot 0 0\nepoch\n":      "properties: workload line 1: found-snapshot 0 0: want an entry",
		"found-snapshot 1 1\nepoch\n":      "properties: workload line 1: found-snapshot, covered \"1\": want a number of entries of the log that is found, 0 to 0",
		"found 2 0\nfound-snapshot 0 1\n":  "properties: workload line 2: found-snapshot, covered \"1\": want found-preamble before it, since a snapshot covers a part of no other log",
		"found-snapshot x 1\nepoch\n":      "properties: workload line 1: found-snapshot \"x\": want a number of entries, 0 to 1000",
		"epoch\nclient push jump\n":        "properties: workload line 2: unknown step \"jump\"",
		"epoch\nclient init\n":             "properties: workload line 2: unknown step \"init\"",
		"epoch\nclient set:x\n":            "properties: workload line 2: step \"set:x\": want a number from 0 to 1048576 after the colon",
		"epoch\nclient opaque:1048577\n":   "properties: workload line 2: step \"opaque:1048577\": want a number from 0 to 1048576 after the colon",
		"mode async\n\nepoch\nclient x:\n": "properties: workload line 4: unknown step \"x\"",
	} {
		if _, err := parseWorkload(text); err == nil || err.Error() != want {
			t.Errorf("%q: got the error\n\t%v\nwant\n\t%s", text, err, want)
		}
	}
}

// printed are the fields that a workload prints: all of them.
var printed = cmp.AllowUnexported(workload{}, farWorkload{}, legacyLog{}, legacySnapshot{}, step{})

// A workload reads back as it was printed, whatever a target draws.
func TestWorkloadReadsBack(t *testing.T) {
	for _, target := range targets {
		t.Run(target.Name(), rapid.MakeCheck(func(t *rapid.T) {
			drawn := target.Draw(rapidStreams(t)).Workload
			again, err := target.ParseWorkload(drawn.String())
			if err != nil {
				t.Fatalf("%v in\n%s", err, drawn)
			}
			if diff := cmp.Diff(drawn, again, printed); diff != "" {
				t.Errorf("it reads back as another (-drawn +read):\n%s", diff)
			}
		}))
	}
}
