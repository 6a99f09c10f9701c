package core

import (
	"fmt"
	"strings"
)

// Build says what a program is made of that is run as it is. Its schedule depends on
// every instruction: the same seed may come to another one in another build. The zero
// value is that of a program whose schedule a case keeps.
type Build struct {
	Go      string   // its version
	Changes string   // digest of what was changed in that Go
	Modules []string // of which it is made, "go.etcd.io/bbolt v1.4.3", by name; none if nobody says
	Binary  string   // digest of the file
}

// Builder is a Workload of such a program.
type Builder interface {
	Workload
	// Build is what runs it here.
	Build() Build
}

// buildOf is what runs a workload here.
func buildOf(w Workload) Build {
	if b, ok := w.(Builder); ok {
		return b.Build()
	}
	return Build{}
}

// Differs says how what runs the case here differs from what it was made with, ""
// if it does not, or if that doesn't matter.
func (c *Case) Differs() string {
	here := buildOf(c.Workload)
	if c.Build.Binary == "" || here.Binary == c.Build.Binary {
		return ""
	}
	var all []string
	add := func(what, there, here string) {
		switch {
		case there == here:
		case there == "":
			all = append(all, fmt.Sprintf("%s is %s here, and was not there then", what, here))
		case here == "":
			all = append(all, fmt.Sprintf("%s was %s then, and is not there", what, there))
		default:
			all = append(all, fmt.Sprintf("%s was %s then, and is %s here", what, there, here))
		}
	}
	add("Go", c.Build.Go, here.Go)
	known := len(c.Build.Modules) > 0 && len(here.Modules) > 0
	if known {
		then, now := versions(c.Build.Modules), versions(here.Modules)
		for _, m := range merged(c.Build.Modules, here.Modules) {
			add(m, then[m], now[m])
		}
	}
	if c.Build.Go == here.Go && c.Build.Changes != here.Changes {
		all = append(all, "simrun changes Go in another way")
	}
	switch {
	case len(all) > 0:
	case known:
		all = append(all, "all versions are the same; the code of a module without one, or the flags of the build, are not")
	default:
		all = append(all, "the versions of its modules are not known")
	}
	return "the case was made with another binary (" + strings.Join(all, "; ") + ")"
}

// MadeHere has the case be of what runs it here.
func (c *Case) MadeHere() { c.Build = buildOf(c.Workload) }

// versions are those of modules, by their names.
func versions(modules []string) map[string]string {
	all := make(map[string]string)
	for _, m := range modules {
		name, version, _ := strings.Cut(m, " ")
		all[name] = version
	}
	return all
}

// merged are the names of modules of two lists, each once.
func merged(lists ...[]string) []string {
	var names []string
	seen := make(map[string]bool)
	for _, list := range lists {
		for _, m := range list {
			name, _, _ := strings.Cut(m, " ")
			if !seen[name] {
				seen[name] = true
				names = append(names, name)
			}
		}
	}
	return names
}

// write writes what a case says of it.
func (b *Build) write(to *strings.Builder) {
	if b.Binary == "" {
		return
	}
	fmt.Fprintf(to, "go %s\nchanges %s\n", b.Go, b.Changes)
	for _, m := range b.Modules {
		fmt.Fprintf(to, "module %s\n", m)
	}
	fmt.Fprintf(to, "binary %s\n", b.Binary)
}

// buildField reads a line of it, which set takes.
func buildField(word string, set func(b *Build, rest string)) func(p *caseParser, rest string) error {
	return func(p *caseParser, rest string) error {
		if rest == "" {
			return fmt.Errorf("%q: nothing stands behind it", word)
		}
		set(&p.c.Build, rest)
		return p.of(3, word)
	}
}

// moduleField reads a module.
func (p *caseParser) moduleField(rest string) error {
	if name, version, ok := strings.Cut(rest, " "); !ok || name == "" || version == "" {
		return fmt.Errorf("module %q: want its path and its version", rest)
	}
	p.c.Build.Modules = append(p.c.Build.Modules, rest)
	return p.of(3, "module")
}
