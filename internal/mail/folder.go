package mail

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	netmail "net/mail"
	"os"
	"path/filepath"
	"time"
)

// Folder writes each mail to a file ID.eml in a folder, for machines without a
// mail server and for trying things out.
type Folder struct {
	dir  string
	from netmail.Address
	now  func() time.Time
}

// NewFolder makes a Sender that writes to dir, which is made with mode 0700
// when the first mail comes. The sender is as ParseFrom takes it; the error is
// CodeInvalid.
func NewFolder(dir, from string, now func() time.Time) (*Folder, error) {
	a, err := ParseFrom(from)
	if err != nil {
		return nil, err
	}
	return &Folder{dir: dir, from: a, now: now}, nil
}

// Kind is "folder".
func (f *Folder) Kind() string { return "folder" }

// Send writes the mail with mode 0600. The file appears complete or not at
// all; sending the same ID again replaces it.
func (f *Folder) Send(ctx context.Context, m Message) error {
	if err := ctx.Err(); err != nil {
		return &Error{Temporary: true, Message: "sending was interrupted", Err: err}
	}
	msg, err := build(m, f.from, f.now(), toFile)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if _, err := msg.WriteTo(&b); err != nil {
		return permanent("the mail cannot be put into a file")
	}
	// Line feeds alone, as files have them here, so that a command copied out
	// of one carries no carriage return along.
	content := bytes.ReplaceAll(b.Bytes(), []byte("\r\n"), []byte("\n"))
	return f.write(content, func(temp string) error {
		return os.Rename(temp, filepath.Join(f.dir, m.ID+".eml"))
	})
}

// Check makes the folder and a file in it, and takes the file away again.
func (f *Folder) Check(context.Context) error {
	return f.write(nil, func(string) error { return nil })
}

// write puts content on disk in a temporary file, mode 0600, and hands it to
// keep. If keep does not rename it, it is gone afterwards.
func (f *Folder) write(content []byte, keep func(temp string) error) error {
	if err := os.MkdirAll(f.dir, 0o700); err != nil {
		return f.failed(err)
	}
	temp, err := os.CreateTemp(f.dir, ".new-*")
	if err != nil {
		return f.failed(err)
	}
	defer os.Remove(temp.Name())
	_, err = temp.Write(content)
	if err == nil {
		err = temp.Sync()
	}
	if err = errors.Join(err, temp.Close()); err == nil {
		err = keep(temp.Name())
	}
	if err != nil {
		return f.failed(err)
	}
	return nil
}

// failed is temporary: a disk that is full or a folder that is not ours is put
// right by somebody.
func (f *Folder) failed(err error) error {
	cause := err
	var pathErr *fs.PathError
	var linkErr *os.LinkError
	switch {
	case errors.As(err, &pathErr):
		cause = pathErr.Err
	case errors.As(err, &linkErr):
		cause = linkErr.Err
	}
	return temporary("cannot write to the mail folder %s: %v", f.dir, cause)
}
