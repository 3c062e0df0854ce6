package cli

import (
	"io"

	"github.com/charmbracelet/colorprofile"

	"muster/internal/output"
)

// printer writes answers: for the terminal there is, else as the bytes that
// scripts read.
func (c *cli) printer() *output.Printer {
	if c.out == c.env.Err {
		return c.printerFor(c.env.Err, c.env.ErrWidth)
	}
	return c.printerFor(c.out, c.env.Width)
}

// errPrinter writes errors.
func (c *cli) errPrinter() *output.Printer { return c.printerFor(c.env.Err, c.env.ErrWidth) }

// printerFor makes a Printer for a terminal of so many columns, or for what is
// none.
func (c *cli) printerFor(w io.Writer, width int) *output.Printer {
	if width <= 0 {
		return output.Plain(w)
	}
	var environ []string
	for _, name := range []string{"TERM", "COLORTERM"} {
		if v := c.env.Getenv(name); v != "" {
			environ = append(environ, name+"="+v)
		}
	}
	if c.env.Getenv("NO_COLOR") != "" {
		environ = append(environ, "NO_COLOR=1")
	}
	return output.NewPrinter(w, width, colorprofile.Env(environ))
}
