// Package output writes what commands answer: JSON for scripts, aligned text
// for people, errors for both. No text made by people can act on the terminal
// it lands on.
package output

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"

	"muster/models"
)

// Safe makes text of any origin fit for one line of a terminal.
func Safe(s string) string { return models.SafeText(s) }

// JSON writes v as one JSON value and a line feed. Characters that could act on
// a terminal or hide on it are escaped as \uXXXX, so the value stays the same
// and the text is harmless to look at.
func JSON(w io.Writer, v any) error {
	var b bytes.Buffer
	if err := encode(&b, v); err != nil {
		return err
	}
	_, err := w.Write(escapeUnsafe(b.Bytes()))
	return err
}

// IndentedJSON is JSON in several lines, for people to read.
func IndentedJSON(w io.Writer, v any) error {
	b, err := Marshal(v)
	if err != nil {
		return err
	}
	var lines bytes.Buffer
	if err := json.Indent(&lines, b, "", "  "); err != nil {
		return fmt.Errorf("indent JSON: %w", err)
	}
	lines.WriteByte('\n')
	_, err = w.Write(escapeUnsafe(lines.Bytes()))
	return err
}

// Marshal is json.Marshal without what is for HTML only and makes addresses
// unreadable.
func Marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	if err := encode(&b, v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// encode writes a value and a line feed.
func encode(b *bytes.Buffer, v any) error {
	enc := json.NewEncoder(b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return fmt.Errorf("encode JSON: %w", err)
	}
	return nil
}

// escapeUnsafe escapes within valid JSON, where anything but ASCII, and DEL,
// can only stand inside a string.
func escapeUnsafe(b []byte) []byte {
	var out []byte // nil until something differs
	done := 0      // up to here b is in out
	for i := 0; i < len(b); {
		if b[i] < 0x7f {
			i++
			continue
		}
		r, size := utf8.DecodeRune(b[i:])
		if s := string(b[i : i+size]); models.SafeText(s) != s {
			out = append(out, b[done:i]...)
			if r > 0xffff {
				hi, lo := utf16.EncodeRune(r)
				out = fmt.Appendf(out, `\u%04x\u%04x`, hi, lo)
			} else {
				out = fmt.Appendf(out, `\u%04x`, r)
			}
			done = i + size
		}
		i += size
	}
	if out == nil {
		return b
	}
	return append(out, b[done:]...)
}

// gap stands between the columns of a Table.
const gap = "  "

// Table writes rows under headers in straight columns, whatever the width of
// their characters, one line a row. Missing cells are empty, cells beyond the
// headers are left out, and no line ends in blanks.
func Table(w io.Writer, headers []string, rows [][]string) error {
	widths := make([]int, len(headers))
	lines := make([][]string, 0, len(rows)+1)
	for _, row := range append([][]string{headers}, rows...) {
		line := make([]string, len(headers))
		for i := range line {
			if i < len(row) {
				line[i] = Safe(row[i])
			}
			widths[i] = max(widths[i], ansi.StringWidth(line[i]))
		}
		lines = append(lines, line)
	}
	var b strings.Builder
	for _, line := range lines {
		var text strings.Builder
		for i, cell := range line {
			if i > 0 {
				text.WriteString(gap)
			}
			text.WriteString(cell)
			text.WriteString(strings.Repeat(" ", widths[i]-ansi.StringWidth(cell)))
		}
		b.WriteString(strings.TrimRight(text.String(), " "))
		b.WriteByte('\n')
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// Error writes why a command failed: as one JSON value, or as a line
// "muster: error: …" and, when there is a hint, a line "muster: hint: …". Which
// field is wrong appears only in JSON, since the message names it.
func Error(w io.Writer, e *models.Error, asJSON bool) error {
	hint := e.PlainHint() // a door that has words of its own has put them in
	if asJSON {
		type body struct {
			Code    models.Code `json:"code"`
			Message string      `json:"message"`
			Hint    string      `json:"hint"`
			Field   string      `json:"field,omitempty"`
		}
		return JSON(w, map[string]body{"error": {e.Code, e.Message, hint, e.Field}})
	}
	text := "muster: error: " + Safe(e.Message) + "\n"
	if hint != "" {
		text += "muster: hint: " + Safe(hint) + "\n"
	}
	_, err := io.WriteString(w, text)
	return err
}
