package recording

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"powercut/vfs"
)

// empty is how an empty root is written.
const empty = "(empty)"

// ParseTree reads a tree as the recordings write it.
func ParseTree(s string) (vfs.Tree, error) {
	t := vfs.Tree{}
	if s == empty {
		return t, nil
	}
	for s = strings.TrimSpace(s); s != ""; s = strings.TrimLeft(s, " ") {
		end := strings.IndexAny(s, " [")
		if end < 0 || s[end] == ' ' {
			dir, rest, _ := strings.Cut(s, " ")
			if !strings.HasSuffix(dir, "/") {
				return nil, fmt.Errorf("recording: %q is neither a file nor a directory", dir)
			}
			t["/"+dir], s = nil, rest
			continue
		}
		path := s[:end]
		size, body, ok := strings.Cut(s[end+1:], "]={")
		body, rest, ok2 := strings.Cut(body, "}")
		want, err := strconv.Atoi(size)
		if !ok || !ok2 || err != nil {
			return nil, fmt.Errorf("recording: bad file %q", s)
		}
		data, err := parseRuns(body, want)
		if err != nil {
			return nil, fmt.Errorf("recording: %s: %w", path, err)
		}
		t["/"+path], s = data, rest
	}
	return t, nil
}

// mostFileBytes bounds a file of a tree.
const mostFileBytes = 64 << 20

func parseRuns(body string, want int) ([]byte, error) {
	if want < 0 || want > mostFileBytes {
		return nil, fmt.Errorf("size %d", want)
	}
	var data []byte
	for _, run := range strings.Fields(body) {
		n, err := strconv.Atoi(run[1:])
		if err != nil || n < 1 || n > want-len(data) {
			return nil, fmt.Errorf("bad run %q", run)
		}
		fill := run[0]
		if fill == '0' {
			fill = 0
		}
		data = append(data, slices.Repeat([]byte{fill}, n)...)
	}
	if len(data) != want {
		return nil, fmt.Errorf("%d bytes, want %d", len(data), want)
	}
	return data, nil
}

// FormatTree writes a tree as the recordings do.
func FormatTree(t vfs.Tree) string {
	if len(t) == 0 {
		return empty
	}
	var b strings.Builder
	for i, p := range slices.Sorted(maps.Keys(t)) {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(p[1:])
		if strings.HasSuffix(p, "/") {
			continue
		}
		data := t[p]
		fmt.Fprintf(&b, "[%d]={", len(data))
		for at := 0; at < len(data); {
			end := at + 1
			for end < len(data) && data[end] == data[at] {
				end++
			}
			if at > 0 {
				b.WriteByte(' ')
			}
			fill := data[at]
			if fill == 0 {
				fill = '0'
			}
			fmt.Fprintf(&b, "%c%d", fill, end-at)
			at = end
		}
		b.WriteByte('}')
	}
	return b.String()
}
