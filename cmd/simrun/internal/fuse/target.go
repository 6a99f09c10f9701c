package fuse

import (
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"powercut/faults"
	"powercut/sim/core"
	"powercut/vfs"
)

// TargetName is what cases call the target.
const TargetName = "fuse"

// Config says what is run, and how.
type Config struct {
	Workload, Recover string // commands of the shell
	Faults            string // a plan, as text
	Profile           string // the only one, "" for any
	Depth             int    // see core.Settings
	Promises          bool   // that syncs are for something: a run on a disk that ignores them must fail
	HangAfter         time.Duration
}

// variable holds a Config, as JSON, in the environment of a campaign's workers.
const variable = "POWERCUT_FUSE"

// Announce tells the processes that this one starts what is run.
func (c Config) Announce() error {
	text, err := json.Marshal(c)
	if err != nil {
		return err
	}
	return os.Setenv(variable, string(text))
}

// Again is what to type to have a seed run again.
func (c Config) Again(seed core.Seed) string {
	text := fmt.Sprintf("simrun fuse --workload %s --recover %s", quoted(c.Workload), quoted(c.Recover))
	if c.Faults != "" {
		text += " --faults " + quoted(c.Faults)
	}
	if c.Profile != "" {
		text += " --profile " + c.Profile
	}
	if c.Depth > 0 {
		text += fmt.Sprintf(" --depth %d", c.Depth)
	}
	if !c.Promises {
		text += " --promises nothing"
	}
	return text + fmt.Sprintf(" --seeds 1 --first %s", seed)
}

// quoted is a word of the shell.
func quoted(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }

// Announced is what was announced, if anything was.
func Announced() (c Config, is bool) {
	text := os.Getenv(variable)
	if text == "" {
		return Config{HangAfter: time.Minute}, false
	}
	if err := json.Unmarshal([]byte(text), &c); err != nil {
		panic(fmt.Sprintf("simrun: %s: %v", variable, err)) // simrun itself has set it
	}
	return c, true
}

// Target is what was announced. Where nothing was, it can run cases all the same: these
// hold the commands.
func Target() core.Target {
	c, _ := Announced()
	return &target{c}
}

type target struct{ Config }

func (t *target) Name() string { return TargetName }

// CanaryPath implements campaign.Canary.
func (t *target) CanaryPath() string {
	if t.Promises {
		return "*"
	}
	return ""
}

func (t *target) Draw(streams core.Streams) core.Scenario {
	plan, err := faults.Parse(t.Faults)
	if err != nil {
		panic(fmt.Sprintf("simrun: %v", err)) // the command has read it before
	}
	return core.Scenario{Target: TargetName, Plan: plan, Workload: t.commands(t.Workload, t.Recover),
		Settings: core.Settings{Profile: core.Pick(streams("profile"), vfs.Profiles()), Depth: t.Depth}}
}

func (t *target) commands(workload, recovers string) *commands {
	return &commands{Workload: workload, Recover: recovers, hangAfter: t.HangAfter}
}

// ParseWorkload reads what commands.String printed.
func (t *target) ParseWorkload(text string) (core.Workload, error) {
	given := make(map[string]string)
	for line := range strings.Lines(text) {
		word, quoted, _ := strings.Cut(strings.TrimSpace(line), " ")
		command, err := strconv.Unquote(quoted)
		if _, twice := given[word]; err != nil || twice || word != "run" && word != "recover" {
			return nil, fmt.Errorf("workload: %q: want run \"COMMAND\" and recover \"COMMAND\", each once", strings.TrimSpace(line))
		}
		given[word] = command
	}
	if given["run"] == "" || given["recover"] == "" {
		return nil, fmt.Errorf("workload: want run \"COMMAND\" and recover \"COMMAND\"")
	}
	if err := Usable(); err != nil {
		return nil, err
	}
	return t.commands(given["run"], given["recover"]), nil
}

// commands are a workload.
type commands struct {
	Workload, Recover string
	hangAfter         time.Duration
}

func (c *commands) String() string {
	return fmt.Sprintf("run %q\nrecover %q\n", c.Workload, c.Recover)
}

func (c *commands) Operations() int { return 50 }

func (c *commands) Program() core.Program { return &program{commands: c} }

// HangAfter implements core.External: what the commands do is theirs to decide.
func (c *commands) HangAfter() time.Duration { return c.hangAfter }

// StepBudget implements core.External.
func (c *commands) StepBudget() uint64 { return 0 }

// Undecided implements core.Undecided.
func (c *commands) Undecided() {}

var (
	_ core.External  = (*commands)(nil)
	_ core.Undecided = (*commands)(nil)
)
