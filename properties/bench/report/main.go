package main

import (
	"bytes"
	_ "embed"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"text/template"
)

//go:embed bench.md.tmpl
var templateText string

var templates = template.Must(template.New("").Funcs(template.FuncMap{"slot": slot}).Parse(templateText))

func main() {
	out := flag.String("o", "bench.md", "the `file` to write")
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "usage: report [-o file] section=results ...")
		flag.PrintDefaults()
	}
	flag.Parse()
	if flag.NArg() == 0 {
		flag.Usage()
		os.Exit(2)
	}
	if err := run(*out, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run brings the output up to date with the sections that were measured.
func run(out string, args []string) error {
	text, err := os.ReadFile(out)
	if errors.Is(err, fs.ErrNotExist) {
		text, err = render("document", sections)
	}
	if err != nil {
		return err
	}
	for _, arg := range args {
		name, path, ok := strings.Cut(arg, "=")
		i := slices.IndexFunc(sections, func(s section) bool { return s.Name == name })
		if !ok || i < 0 {
			return fmt.Errorf("report: got %q, want section=file with a known section", arg)
		}
		c, err := chapterFrom(sections[i], path)
		if err != nil {
			return err
		}
		if text, err = c.put(text); err != nil {
			return fmt.Errorf("%w in %s", err, out)
		}
	}
	return os.WriteFile(out, text, 0o644)
}

// chapterFrom makes a chapter of what benchmarks printed, or of Markdown that is
// ready to be taken over.
func chapterFrom(s section, path string) (chapter, error) {
	if strings.HasSuffix(path, ".md") {
		text, err := os.ReadFile(path)
		return chapter{section: s, Ready: string(text)}, err
	}
	file, err := os.Open(path)
	if err != nil {
		return chapter{}, err
	}
	defer file.Close()
	m, err := read(file, path)
	if err != nil {
		return chapter{}, err
	}
	if len(m.settings) == 0 {
		return chapter{}, fmt.Errorf("report: no result in %s", path)
	}
	return chapterOf(s, m), nil
}

// put fills the slots that a chapter has something for.
func (c chapter) put(text []byte) ([]byte, error) {
	body, err := render("section", c)
	if err != nil {
		return nil, err
	}
	if text, err = fill(text, c.Name, body); err != nil || len(c.Judged) == 0 {
		return text, err
	}
	if body, err = render("goals", []chapter{c}); err != nil {
		return nil, err
	}
	return fill(text, c.Name+" goals", body)
}

func render(name string, data any) ([]byte, error) {
	var b bytes.Buffer
	err := templates.ExecuteTemplate(&b, name, data)
	return b.Bytes(), err
}

// slot is an empty place for a section.
func slot(name string) string { return begin(name) + "\n" + end(name) }

func begin(name string) string { return "<!-- begin " + name + " -->" }
func end(name string) string   { return "<!-- end " + name + " -->" }

// fill replaces what stands between the markers of a slot.
func fill(text []byte, name string, body []byte) ([]byte, error) {
	from := bytes.Index(text, []byte(begin(name)))
	to := bytes.Index(text, []byte(end(name)))
	if from < 0 || to < from {
		return nil, fmt.Errorf("report: no slot %q", begin(name))
	}
	from += len(begin(name))
	return slices.Concat(text[:from], []byte("\n"), bytes.TrimSpace(body), []byte("\n"), text[to:]), nil
}
