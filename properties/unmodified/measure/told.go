package measure

import (
	"regexp"
	"strings"
)

var (
	placeLine = regexp.MustCompile(`(?m)^(\S+\.go:\d+): the `)
	lostLine  = regexp.MustCompile(`(?m)^\s*lost: operation \d+: .* at (\S+\.go:\d+)`)
	helpsLine = regexp.MustCompile(`(?m)^What would have helped: (.*)$`)
)

// Told are the culprit's line and the sync that helps, as a message tells them.
func Told(message string) (culprit, helps string) {
	for _, line := range []*regexp.Regexp{placeLine, lostLine} {
		if found := line.FindStringSubmatch(message); found != nil && culprit == "" {
			culprit = found[1]
		}
	}
	if found := helpsLine.FindStringSubmatch(message); found != nil {
		helps, _, _ = strings.Cut(found[1], ". ")
	}
	return culprit, helps
}
