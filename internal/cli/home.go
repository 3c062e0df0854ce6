package cli

import (
	"io"
	"strings"

	"muster/internal/op"
)

// homeOf is the organization that an answer to a change is about, the zero value
// where it is about none.
func (c *cli) homeOf(r *op.Row, out any) op.Organization {
	if !r.Changes || !r.InOrganization() {
		return op.Organization{}
	}
	if o := op.OrganizationOf(out); o.ID != "" {
		return o
	}
	return op.Organization{ID: c.here.ID, Code: c.here.Code, Name: c.here.Name}
}

// named is an answer for JSON, that of a change with its organization.
func (c *cli) named(r *op.Row, out any) any {
	if o := c.homeOf(r, out); o.ID != "" {
		return op.Named(out, o)
	}
	return out
}

// shown gives an answer to a person, that of a change with its organization:
// people work in several, and the name is what tells that it was the right one.
// A sentence ends with it; beside anything else it is a note.
func (c *cli) shown(r *op.Row, out any) error {
	w, o := wordsFor(r.Name), c.homeOf(r, out)
	if o.ID == "" {
		return w.show(c, out)
	}
	label := inFull(o.Name, o.Code)
	if w.line != nil {
		text := w.line(c, out)
		if !strings.Contains(text, label) {
			text += " in " + label
		}
		return c.say("%s", text)
	}
	var said strings.Builder
	to := c.out
	c.out = io.MultiWriter(to, &said)
	err := w.show(c, out)
	c.out = to
	if err == nil && !strings.Contains(said.String(), label) {
		c.note("in %s", label)
	}
	return err
}

// inFull is how an organization is called where it must not be mistaken.
func inFull(name, code string) string {
	if code == "" { // a personal workspace
		return name
	}
	return name + " (" + code + ")"
}

// hereInFull is the organization that the operation is in.
func (c *cli) hereInFull() string { return inFull(c.here.Name, c.here.Code) }
