package output

import (
	"encoding/csv"
	"io"
	"strings"

	"muster/models"
)

// CSV writes rows as RFC 4180 wants them, with cells that no spreadsheet takes
// for a formula and no terminal acts on. Call Flush at the end.
type CSV struct{ w *csv.Writer }

// NewCSV makes a CSV that writes to w.
func NewCSV(w io.Writer) *CSV {
	c := csv.NewWriter(w)
	c.UseCRLF = true
	return &CSV{c}
}

// Write writes one row.
func (c *CSV) Write(cells ...string) error {
	safe := make([]string, len(cells))
	for i, s := range cells {
		safe[i] = cell(s)
	}
	return c.w.Write(safe)
}

// Flush writes what is still held back.
func (c *CSV) Flush() error {
	c.w.Flush()
	return c.w.Error()
}

// cell puts an apostrophe before what begins like a formula (OWASP, "CSV
// Injection": = + - @, tab, carriage return), also behind blanks and in the wide
// forms that some programs take for the same.
func cell(s string) string {
	begins := strings.TrimLeft(s, " \u00a0\u3000")
	s = models.SafeLines(s)
	if begins != "" && strings.ContainsRune("=+-@\t\r\n＝＋－＠", []rune(begins)[0]) {
		return "'" + s
	}
	return s
}
