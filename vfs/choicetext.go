package vfs

import (
	"fmt"
	"strconv"
	"strings"
)

// String gives the choice as one line of text, which ParseChoice reads:
//
//	power-cut posix                      everything persisted
//	power-cut posix lost=3,5,7r          the names of operations 3 and 5 did not,
//	                                     and of the rename 7 not the removal
//	power-cut ext4 commit=9              nothing after operation 9 was committed
//	power-cut posix #4:size=600,0-7=12,8=durable,9-15=hole
//
// In the last one, file 4 has 600 bytes, its units 0 to 7 are as operation 12
// left them, unit 8 is what the medium had, and the units from 9 on are
// missing. "zero" is a unit never written, "#5.2@11" page 2 of file 5 as
// operation 11 wrote it, "law=1" the second variant of a file,
// "law=0" alone a file that shows the newest of everything.
func (c Choice) String() string {
	switch c.Kind {
	case ProcessCrash:
		return "process-crash"
	case PowerCut:
	default:
		return "none"
	}
	var b strings.Builder
	b.WriteString("power-cut " + c.Profile.String())
	if c.Commit != 0 {
		fmt.Fprintf(&b, " commit=%d", c.Commit)
	}
	for _, at := range c.Commits {
		fmt.Fprintf(&b, " commit@%s=%d", at.Device, at.Commit)
	}
	for i, l := range c.Lost {
		b.WriteString([]string{" lost=", ","}[min(i, 1)])
		b.WriteString(strconv.FormatInt(l.Seq, 10) + []string{"", "a", "r"}[l.Half%3])
	}
	for _, f := range c.Files {
		fmt.Fprintf(&b, " #%d:", f.Ino)
		var parts []string
		if f.Variant != 0 {
			parts = append(parts, fmt.Sprint("law=", f.Variant))
		}
		if f.Size >= 0 {
			parts = append(parts, fmt.Sprint("size=", f.Size))
		}
		for _, r := range f.Units {
			part := strconv.FormatInt(r.First, 10)
			if r.Last != r.First {
				part += "-" + strconv.FormatInt(r.Last, 10)
			}
			parts = append(parts, part+"="+r.Version.String())
		}
		if len(parts) == 0 {
			parts = []string{"law=0"} // it shows the newest, which needs no word, but a file does
		}
		b.WriteString(strings.Join(parts, ","))
	}
	return b.String()
}

// String gives the version as Choice.String does.
func (v UnitVersion) String() string {
	switch v.Kind {
	case Durable:
		return "durable"
	case Missing:
		return "zero"
	case Hole:
		return "hole"
	case Reused:
		return fmt.Sprintf("#%d.%d@%d", v.Ino, v.Page, v.Seq)
	}
	return strconv.FormatInt(v.Seq, 10)
}

// ParseChoice reads what String printed. It doesn't know whether any disk has
// such an image.
func ParseChoice(text string) (Choice, error) {
	c, err := parseChoice(text)
	if err != nil {
		return Choice{}, fmt.Errorf("vfs: choice %q: %w", text, err)
	}
	return c, nil
}

// parseChoice is ParseChoice with errors that don't repeat the text.
func parseChoice(text string) (c Choice, err error) {
	words := strings.Fields(text)
	switch {
	case len(words) == 1 && words[0] == "none":
		return c, nil
	case len(words) == 1 && words[0] == "process-crash":
		c.Kind = ProcessCrash
		return c, nil
	case len(words) < 2 || words[0] != "power-cut":
		return c, fmt.Errorf(`want "process-crash" or "power-cut" and a profile`)
	}
	c.Kind = PowerCut
	if c.Profile, err = ParseProfile(words[1]); err != nil {
		return c, err
	}
	for _, word := range words[2:] {
		if err := c.parseWord(word); err != nil {
			return c, err
		}
	}
	return c, nil
}

// parseWord reads a word behind the profile.
func (c *Choice) parseWord(word string) (err error) {
	if word[0] == '#' {
		f, err := parseFileChoice(word[1:])
		if err != nil {
			return fmt.Errorf("%s: %w", word, err)
		}
		c.Files = append(c.Files, f)
		return nil
	}
	key, value, _ := strings.Cut(word, "=")
	switch key {
	case "commit":
		c.Commit, err = strconv.ParseInt(value, 10, 64)
		return err
	case "lost":
		for part := range strings.SplitSeq(value, ",") {
			lost, err := parseLostName(part)
			if err != nil {
				return err
			}
			c.Lost = append(c.Lost, lost)
		}
		return nil
	}
	if device, ok := strings.CutPrefix(key, "commit@"); ok && device != "" {
		at := DeviceCommit{Device: device}
		at.Commit, err = strconv.ParseInt(value, 10, 64)
		c.Commits = append(c.Commits, at)
		return err
	}
	return fmt.Errorf("%q: want commit=, lost= or a file", word)
}

// parseLostName reads an operation, and which half of it if that is not all: "7r".
func parseLostName(text string) (l LostName, err error) {
	if digits, ok := strings.CutSuffix(text, "a"); ok {
		l.Half, text = Addition, digits
	} else if digits, ok := strings.CutSuffix(text, "r"); ok {
		l.Half, text = Removal, digits
	}
	l.Seq, err = strconv.ParseInt(text, 10, 64)
	return l, err
}

// parseFileChoice reads what follows a "#": "4:size=600,0-7=12".
func parseFileChoice(text string) (f FileChoice, err error) {
	ino, rest, ok := strings.Cut(text, ":")
	if !ok {
		return f, fmt.Errorf("want a colon after the file's number")
	}
	f.Size = -1
	if f.Ino, err = strconv.ParseUint(ino, 10, 64); err != nil {
		return f, err
	}
	for part := range strings.SplitSeq(rest, ",") {
		key, value, _ := strings.Cut(part, "=")
		switch key {
		case "law":
			f.Variant, err = strconv.Atoi(value)
		case "size":
			if f.Size, err = strconv.ParseInt(value, 10, 64); err == nil && f.Size < 0 {
				err = fmt.Errorf("size %d: want 0 or more", f.Size)
			}
		default:
			var run UnitRun
			if run, err = parseUnitRun(key, value); err == nil {
				f.Units = append(f.Units, run)
			}
		}
		if err != nil {
			return f, err
		}
	}
	return f, nil
}

// parseUnitRun reads a number or a run of them, and what stands behind its "=".
func parseUnitRun(units, version string) (r UnitRun, err error) {
	first, last, isRun := strings.Cut(units, "-")
	if r.First, err = strconv.ParseInt(first, 10, 64); err != nil {
		return r, err
	}
	r.Last = r.First
	if isRun {
		if r.Last, err = strconv.ParseInt(last, 10, 64); err != nil {
			return r, err
		}
	}
	if r.First < 0 || r.Last < r.First {
		return r, fmt.Errorf("units %s: want a run that goes up from 0", units)
	}
	r.Version, err = parseUnitVersion(version)
	return r, err
}

// parseUnitVersion reads what UnitVersion.String returns.
func parseUnitVersion(text string) (v UnitVersion, err error) {
	switch {
	case text == "durable":
		v.Kind = Durable
	case text == "zero":
		v.Kind = Missing
	case text == "hole":
		v.Kind = Hole
	case strings.HasPrefix(text, "#"):
		v.Kind = Reused
		ino, rest, ok1 := strings.Cut(text[1:], ".")
		page, seq, ok2 := strings.Cut(rest, "@")
		if !ok1 || !ok2 {
			return v, fmt.Errorf("version %q: want #FILE.PAGE@SEQ", text)
		}
		if v.Ino, err = strconv.ParseUint(ino, 10, 64); err == nil {
			if v.Page, err = strconv.ParseUint(page, 10, 64); err == nil {
				v.Seq, err = strconv.ParseInt(seq, 10, 64)
			}
		}
	default:
		v.Kind = Written
		v.Seq, err = strconv.ParseInt(text, 10, 64)
	}
	return v, err
}
