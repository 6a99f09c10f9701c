package explain

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"strings"
	"sync"

	"powercut/vfs"
)

//go:embed player.html
var playerText string

//go:embed player.css
var playerStyle string

//go:embed player.js
var playerScript string

//go:embed player-worker.js
var playerWorker string

// playerTemplate is parsed when it is needed, as pageTemplate is.
var playerTemplate = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("player").Funcs(template.FuncMap{
		"style":  func() template.CSS { return template.CSS(pageStyle + playerStyle) },
		"script": func() template.JS { return template.JS(playerScript) },
	}).Parse(playerText))
})

// Engine is a worker of package worker that was compiled to WebAssembly.
type Engine struct {
	Wasm []byte
	Exec string // wasm_exec.js of the Go that compiled it
	Args []string
	Env  map[string]string
}

// player is what the template shows.
type player struct {
	Title, Target, Law, Name string
	Profiles                 []vfs.Profile
	Data                     playerData
	Worker, Wasm             template.HTML
}

// playerData is for the page's script.
type playerData struct {
	Name  string            `json:"name"`
	Text  string            `json:"text"`
	First *Play             `json:"first"`
	Args  []string          `json:"args"`
	Env   map[string]string `json:"env"`
}

// PlayerPage writes a page in which the engine plays a case: one file, which needs no
// other and no network. First is how the case is played natively; the page says so if
// its engine does anything else. Name is that of the case's file.
func PlayerPage(w io.Writer, e Engine, name, target, text string, first *Play) error {
	if strings.Contains(e.Exec, "</script") {
		return fmt.Errorf("sim: wasm_exec.js can't be put into a page")
	}
	var packed bytes.Buffer
	z, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err == nil {
		_, err = z.Write(e.Wasm)
	}
	if err == nil {
		err = z.Close()
	}
	if err != nil {
		return err
	}
	v := first.Verdict
	p := player{Title: fmt.Sprintf("%s holds", v.Law), Target: target, Law: string(v.Law), Name: name, Profiles: vfs.Profiles(),
		Data:   playerData{Name: name, Text: text, First: first, Args: e.Args, Env: e.Env},
		Worker: template.HTML(e.Exec + "\n" + playerWorker), Wasm: template.HTML(base64.StdEncoding.EncodeToString(packed.Bytes()))}
	if v.Violated {
		p.Title = fmt.Sprintf("%s: %s", v.Law, v.What)
	}
	return playerTemplate().Execute(w, p)
}
