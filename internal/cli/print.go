package cli

import (
	"fmt"
	"io"
	"strings"
	"time"

	"muster/internal/output"
	"muster/models"
)

// emit answers a command: v in JSON, or what text writes.
func (c *cli) emit(v any, text func() error) error {
	if c.json {
		return c.writeJSON(v)
	}
	return text()
}

// say answers with one line.
func (c *cli) say(format string, args ...any) error { return sayTo(c.out, format, args...) }

// note tells a person something beside the answer; scripts do not see it.
func (c *cli) note(format string, args ...any) {
	if !c.json {
		// A note that cannot be written takes nothing from what was done.
		_ = sayTo(c.env.Err, "muster: note: "+format, args...)
	}
}

func sayTo(w io.Writer, format string, args ...any) error {
	_, err := io.WriteString(w, output.Safe(fmt.Sprintf(format, args...))+"\n")
	return err
}

// table writes rows, or the line that says why there are none.
func (c *cli) table(headers []string, rows [][]string, next, none string) error {
	if c.lines != nil {
		return c.lines.table(c.out, headers, rows, none)
	}
	if len(rows) == 0 {
		c.note("%s", none)
		return nil
	}
	p := c.printer()
	if last := len(headers) - 1; headers[last] == "ID" && !p.Fits(headers, rows) {
		// An id in pieces cannot be copied.
		headers = headers[:last]
		c.note("the terminal is too narrow for the ids: --json=id shows them")
	}
	if err := p.Table(headers, rows); err != nil {
		return err
	}
	if next != "" {
		if c.env.ErrWidth > 0 {
			c.note("there are more: --all shows them all")
			return nil
		}
		c.note("there are more: --after %s", next)
	}
	return nil
}

// facts writes one thing as lines of name and value; pairs with an empty value
// are left out.
func (c *cli) facts(pairs ...string) error {
	width := 0
	for i := 0; i < len(pairs); i += 2 {
		width = max(width, len(pairs[i]))
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] == "" {
			continue
		}
		lines := strings.Split(models.SafeLines(pairs[i+1]), "\n")
		if c.lines != nil {
			if err := c.lines.fact(c.out, pairs[i], lines); err != nil {
				return err
			}
			continue
		}
		for j, line := range lines {
			name := pairs[i]
			if j > 0 {
				name = ""
			}
			if _, err := fmt.Fprintf(c.out, "%-*s  %s\n", width, name, line); err != nil {
				return err
			}
		}
	}
	return nil
}

// ago is a time in relation to now.
func (c *cli) ago(t time.Time) string {
	return models.Ago(c.env.Now(), t)
}

func (c *cli) agoOr(t *time.Time, none string) string {
	if t == nil {
		return none
	}
	return c.ago(*t)
}

// at is a time in both forms.
func (c *cli) at(t time.Time) string {
	return t.In(c.zone()).Format("2006-01-02 15:04 MST") + ", " + c.ago(t)
}

func (c *cli) atOr(t *time.Time, none string) string {
	if t == nil {
		return none
	}
	return c.at(*t)
}

func (c *cli) date(t time.Time) string { return t.In(c.zone()).Format(time.DateOnly) }

// zone is where the reader is: that of this machine, over SSH what the client
// says, else UTC.
func (c *cli) zone() *time.Location {
	if c.env.Remote == nil {
		return time.Local
	}
	zone, err := time.LoadLocation(c.env.Getenv("TZ")) // "" is UTC
	if err != nil {
		return time.UTC
	}
	return zone
}

// count is a number with its noun.
func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
