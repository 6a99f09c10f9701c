package recording

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

	"powercut/vfs"
)

// linkMark ends the path of a symbolic link, and stands before the name of an extended
// attribute, as in a vfs.Tree.
const linkMark = "//"

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
			if !strings.HasSuffix(dir, "/") || !isPath(dir[:len(dir)-1]) {
				return nil, fmt.Errorf("recording: %q is neither a file nor a directory", dir)
			}
			t["/"+dir], s = nil, rest
			continue
		}
		name := s[:end]
		size, body, ok := strings.Cut(s[end+1:], "]={")
		body, rest, ok2 := strings.Cut(body, "}")
		want, err := strconv.Atoi(size)
		of, _, _ := strings.Cut(name, linkMark) // of a symbolic link, or of an extended attribute
		if !ok || !ok2 || err != nil || !isPath(of) {
			return nil, fmt.Errorf("recording: bad file %q", s)
		}
		data, err := parseRuns(body, want)
		if err != nil {
			return nil, fmt.Errorf("recording: %s: %w", name, err)
		}
		t["/"+name], s = data, rest
	}
	return t, nil
}

// isPath says whether a tree may have something there: names between slashes.
func isPath(p string) bool { return p != "" && path.Clean("/"+p) == "/"+p }

// mostFileBytes bounds a file of a tree.
const mostFileBytes = 64 << 20

func parseRuns(body string, want int) ([]byte, error) {
	if want < 0 || want > mostFileBytes {
		return nil, fmt.Errorf("size %d", want)
	}
	var data []byte
	for _, run := range strings.Fields(body) {
		fill, count, err := parseFill(run)
		if err != nil {
			return nil, fmt.Errorf("bad run %q", run)
		}
		n, err := strconv.Atoi(count)
		if err != nil || n < 1 || n > want-len(data) {
			return nil, fmt.Errorf("bad run %q", run)
		}
		data = append(data, slices.Repeat([]byte{fill}, n)...)
	}
	if len(data) != want {
		return nil, fmt.Errorf("%d bytes, want %d", len(data), want)
	}
	return data, nil
}

// A run's byte is a letter for itself, 0 for zero, and any other, which no
// workload writes, in hexadecimal: \x7f.
func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

func parseFill(run string) (fill byte, count string, err error) {
	if hex, ok := strings.CutPrefix(run, `\x`); ok && len(hex) > 2 {
		n, err := strconv.ParseUint(hex[:2], 16, 8)
		return byte(n), hex[2:], err
	}
	switch c := run[0]; {
	case c == '0':
		return 0, run[1:], nil
	case isLetter(c):
		return c, run[1:], nil
	}
	return 0, "", strconv.ErrSyntax
}

func formatFill(fill byte) string {
	switch {
	case fill == 0:
		return "0"
	case isLetter(fill):
		return string(rune(fill))
	}
	return fmt.Sprintf(`\x%02x`, fill)
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
		if strings.HasSuffix(p, "/") && !strings.HasSuffix(p, linkMark) {
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
			fmt.Fprintf(&b, "%s%d", formatFill(data[at]), end-at)
			at = end
		}
		b.WriteByte('}')
	}
	return b.String()
}
