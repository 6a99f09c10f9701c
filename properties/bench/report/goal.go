package main

import (
	"fmt"
	"math"
	"strings"
)

// goal compares a row with the best of others, for every setting of a
// benchmark in which both are.
type goal struct {
	Text            string
	Benchmark       string
	Where           string // in the settings whose keys contain it; "" for all
	Of, Unit        string
	Versus          []string // none: the value itself is to be at least Least or, if that is 0, 0
	Least           float64
	AtMost, AtLeast float64 // the ratio; 0 for no bound
}

// verdict is what became of a goal.
type verdict struct {
	Text     string
	Reached  bool
	Known    bool // something was measured
	Held, Of int
	Cases    []verdictCase
}

// verdictCase is one setting.
type verdictCase struct {
	Keys, Versus string
	Value        string
	Reached      bool
}

// judge looks at medians alone: the tables tell how sure they are.
func (g goal) judge(m *measured) verdict {
	v := verdict{Text: g.Text, Reached: true}
	for _, s := range m.settings {
		if s.benchmark != g.Benchmark || !strings.Contains(s.keys, g.Where) {
			continue
		}
		got, ok := m.summary(s, g.Of, g.Unit)
		if !ok {
			continue
		}
		c := verdictCase{Keys: s.keys, Reached: got.Center == 0, Value: fmt.Sprintf("%.3g", got.Center)}
		if g.Least > 0 {
			c.Reached, c.Value = got.Center >= g.Least, fmt.Sprintf("%.0f", got.Center)
		}
		if len(g.Versus) > 0 {
			name, other, ok := m.best(s, g.Versus, g.Unit)
			if !ok {
				continue
			}
			ratio := got.Center / other
			c.Versus, c.Value, c.Reached = name, times(ratio), g.allows(ratio)
		}
		v.Cases = append(v.Cases, c)
		v.Known = true
		v.Of++
		if c.Reached {
			v.Held++
		} else {
			v.Reached = false
		}
	}
	return v
}

func (g goal) allows(ratio float64) bool {
	return (g.AtMost == 0 || ratio <= g.AtMost) && (g.AtLeast == 0 || ratio >= g.AtLeast)
}

// times shows a ratio with two digits where they matter.
func times(ratio float64) string {
	switch {
	case math.IsNaN(ratio) || math.IsInf(ratio, 0):
		return "–"
	case ratio < 10:
		return fmt.Sprintf("%.2f×", ratio)
	}
	return fmt.Sprintf("%.0f×", ratio)
}
