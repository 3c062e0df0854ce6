package cli

import (
	"io"

	"muster/models"
)

// stdout is standard output of a local command. It keeps the first error, also
// where whoever writes does not look at it.
type stdout struct {
	io.Writer
	err error
}

func (o *stdout) Write(p []byte) (int, error) {
	n, err := o.Writer.Write(p)
	if err != nil {
		e := models.Errorf(models.CodeInternal, "cannot write to standard output")
		e.Err = err
		err = e
		if o.err == nil {
			o.err = err
		}
	}
	return n, err
}

// lost is the error of an answer that could not be written, or else err.
func (c *cli) lost(o *stdout, err error) error {
	if o == nil || o.err == nil {
		return err
	}
	e := *models.AsError(o.err)
	if c.attempted != "" {
		e.Hint = "the change was made; only the answer is lost"
	}
	return &e
}
