package oracle

import (
	"fmt"
	"hash/crc32"
	"reflect"
	"strings"
)

// maxShown is how many bytes of a value a message shows.
const maxShown = 48

// show prints a key, a value or an entry for a message, on one line. What is too
// long is cut, and told apart from others that begin alike by a checksum.
func show(v any) string {
	text, format := "", "%s"
	switch rv := reflect.ValueOf(v); {
	case rv.Kind() == reflect.String && !implementsStringer(v):
		text, format = rv.String(), "%q"
	case rv.Kind() == reflect.Slice && rv.Type().Elem().Kind() == reflect.Uint8 && !implementsStringer(v):
		text, format = string(rv.Bytes()), "%q"
	default:
		text = strings.Join(strings.Fields(fmt.Sprint(v)), " ")
	}
	if len(text) <= maxShown {
		return fmt.Sprintf(format, text)
	}
	return fmt.Sprintf(format+"… (%d bytes, CRC-32 %08x)", text[:maxShown], len(text), crc32.ChecksumIEEE([]byte(text)))
}

func implementsStringer(v any) bool {
	_, ok := v.(fmt.Stringer)
	return ok
}

// name is how messages and notes of the trace call it: "put 12".
func (c *call[E]) name() string {
	if c.number == 0 {
		return c.verb
	}
	return fmt.Sprintf("%s %d", c.verb, c.number)
}

// when says after which operation of the disk something happened, as seen from
// the present epoch.
func (h *history[E]) when(at uint64, epoch int) string {
	text := fmt.Sprintf("after operation %d", at)
	if now := h.run.Epoch(); now > 0 {
		text += fmt.Sprintf(" of epoch %d", epoch)
	}
	return text
}

// told names a call and says what is known of it: "put 12, promised after
// operation 31".
func (h *history[E]) told(c *call[E]) string { return c.name() + ", " + h.status(c) }

// status says what is known of a call.
func (h *history[E]) status(c *call[E]) string {
	known, begun := h.when(c.knownAt, c.epoch), h.when(c.beganAt, c.epoch)
	switch c.fate {
	case promised:
		switch {
		case c.number == 0:
			return "adopted " + known
		case c.syncedBy > 0:
			return fmt.Sprintf("promised by sync %d %s", c.syncedBy, known)
		}
		return "promised " + known
	case accepted:
		return "accepted " + known + " and not synced"
	case refused:
		return fmt.Sprintf("refused %s (%v)", known, c.err)
	case indeterminate:
		return fmt.Sprintf("failed %s (%v)", known, c.err)
	}
	return "in flight since " + strings.TrimPrefix(begun, "after ")
}
