package main

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"path"
	"path/filepath"
	"strings"

	"github.com/spf13/afero"
)

// One report of several targets: a line to each, and the defects of all.

//go:embed report_index.html
var indexText string

var indexTemplate = template.Must(template.New("index").Funcs(reportParts).Parse(indexText))

// indexPage is what the template shows.
type indexPage struct {
	Held                     bool
	Verdict, About           string
	Targets                  []indexRow
	Defects                  []indexDefect
	Laws                     []lawRow
	Unreached                []indexPoint
	Runs, Images, Operations string // of all together
}

type indexRow struct {
	Name, Link, Verdict string
	Held                bool
	Seeds, Images       uint64
	Defects, Deaths     int
}

type indexDefect struct {
	Target string
	Folder string // of its target, as a link has it
	defectRow
}

type indexPoint struct {
	Target string
	pointRow
}

// keepIndex writes one page about several reports into the directory that theirs are
// in, and says where.
func keepIndex(fsys afero.Fs, log io.Writer, dir string, reports []*campaignReport) error {
	if dir == "" || len(reports) < 2 {
		return nil
	}
	var out bytes.Buffer
	page, err := indexOf(dir, reports)
	if err == nil {
		err = indexTemplate.Execute(&out, page)
	}
	if err == nil {
		err = makeDir(fsys, dir)
	}
	name := filepath.Join(dir, pageFile)
	if err == nil {
		err = writeWhole(fsys, name, out.Bytes())
	}
	if err != nil {
		return harnessFailed(fmt.Errorf("--out: %w", err))
	}
	fmt.Fprintf(log, "simrun: one report of all %d: %s\n", len(reports), name)
	return nil
}

func indexOf(dir string, reports []*campaignReport) (*indexPage, error) {
	p := &indexPage{Held: true}
	var runs, images, operations uint64
	bad := 0
	for _, r := range reports {
		below, err := filepath.Rel(dir, r.dir)
		if err != nil {
			return nil, err
		}
		folder := filepath.ToSlash(below)
		s := r.summary
		row := indexRow{Name: r.config.Target, Link: path.Join(folder, pageFile), Verdict: r.verdict(), Held: r.held(),
			Seeds: r.done(), Images: s.Images, Defects: len(s.Defects), Deaths: len(s.Deaths)}
		p.Targets = append(p.Targets, row)
		if p.Held = p.Held && row.Held; !row.Held {
			bad++
		}
		runs, images, operations = runs+s.Runs, images+s.Images, operations+s.Operations
		one := r.page()
		for _, d := range one.Defects {
			p.Defects = append(p.Defects, indexDefect{r.config.Target, folder, d})
		}
		for _, point := range one.Points {
			if point.Todo != "" {
				p.Unreached = append(p.Unreached, indexPoint{r.config.Target, point})
			}
		}
		p.addLaws(one.Laws)
	}
	p.Runs, p.Images, p.Operations = grouped(runs), grouped(images), grouped(operations)
	p.Verdict = fmt.Sprintf("Every law held in all %d", len(reports))
	if !p.Held {
		p.Verdict = fmt.Sprintf("%d of %d do not hold: %s", bad, len(reports), count(len(p.Defects), "defect"))
	}
	p.About = strings.Replace(reports[len(reports)-1].about(), ", target "+reports[len(reports)-1].config.Target, "s", 1)
	return p, nil
}

// addLaws adds the laws that were violated, each once.
func (p *indexPage) addLaws(laws []lawRow) {
	for _, law := range laws {
		known := false
		for i := range p.Laws {
			if p.Laws[i].Law == law.Law {
				p.Laws[i].Defects += law.Defects
				known = true
			}
		}
		if !known && law.Defects > 0 {
			p.Laws = append(p.Laws, law)
		}
	}
}
