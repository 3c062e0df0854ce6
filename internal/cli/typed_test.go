package cli

import (
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// TestTypingEndsAtCtrlD holds that a list typed over SSH ends where ctrl+d was
// pressed, also when the line stays open.
func TestTypingEndsAtCtrlD(t *testing.T) {
	for _, split := range []func(io.Reader) io.Reader{func(r io.Reader) io.Reader { return r }, iotest.OneByteReader} {
		open := io.MultiReader(strings.NewReader("q1@x.example\rq2@x.example\r\x04"), iotest.ErrReader(io.ErrNoProgress))
		got, err := io.ReadAll(&typed{Reader: split(open)})
		if err != nil || string(got) != "q1@x.example\rq2@x.example\r" {
			t.Errorf("%q, %v", got, err)
		}
	}
	got, err := io.ReadAll(&typed{Reader: strings.NewReader("q1@x.example\n")})
	if err != nil || string(got) != "q1@x.example\n" {
		t.Errorf("%q, %v", got, err)
	}
}
