package cli

import (
	"bytes"
	"io"
)

// ctrlD ends what is typed at a terminal.
const ctrlD = 4

// typed is what somebody types at a terminal at the other end of an SSH
// connection. The client's terminal is raw and there is none here that would
// make ctrl+d the end of the input.
type typed struct {
	io.Reader
	ended bool
}

func (t *typed) Read(p []byte) (n int, err error) {
	if t.ended {
		return 0, io.EOF
	}
	n, err = t.Reader.Read(p)
	if i := bytes.IndexByte(p[:n], ctrlD); i >= 0 {
		t.ended = true
		return i, io.EOF
	}
	return n, err
}
