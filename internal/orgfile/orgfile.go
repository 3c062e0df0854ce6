// Package orgfile is an organization as a file in YAML: read, written, and compared
// with what there is, which gives a plan of changes.
package orgfile

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"

	"muster/models"
)

// MaxFile is how long a file may be, in bytes.
const MaxFile = 4 << 20

// File is an organization, or the parts of it that are named. A section that is
// there is a whole list: what is not in it is to go. A section that is left out, and
// a value that is left out of an item, stay as they are.
type File struct {
	Organization string            `yaml:"organization,omitempty"` // its code or id
	Settings     map[string]string `yaml:"settings,omitempty"`
	Roles        []Role            `yaml:"roles"`
	Workspaces   []Workspace       `yaml:"workspaces"`
	Members      []Member          `yaml:"members"`
	Links        []Link            `yaml:"links"`
	Services     []Service         `yaml:"services,omitempty"`
}

// Role is a custom role, by its name.
type Role struct {
	Name        string   `yaml:"name"`
	Scope       string   `yaml:"scope,omitempty"` // organization, unless it says workspace
	Description *string  `yaml:"description,omitempty"`
	Permissions []string `yaml:"permissions"`
	line        int
}

// Workspace is a workspace, by its name.
type Workspace struct {
	Name        string  `yaml:"name"`
	Description *string `yaml:"description,omitempty"`
	Open        *string `yaml:"open,omitempty"` // off, viewer or editor
	line        int
}

// Member is somebody in the organization, by id or address. Who is not in it is
// invited.
type Member struct {
	ID         string            `yaml:"id,omitempty"`
	Email      string            `yaml:"email,omitempty"`
	Role       string            `yaml:"role,omitempty"`
	Status     string            `yaml:"status,omitempty"`
	Until      *string           `yaml:"until,omitempty"`      // when the membership ends; never for no end
	Workspaces map[string]string `yaml:"workspaces,omitempty"` // what they were added to, with the role there
	line       int
}

// Link is a join link that lets people in, by its label. It is made and revoked,
// and does not change.
type Link struct {
	ID      string `yaml:"id,omitempty"`
	Label   string `yaml:"label"`
	Role    string `yaml:"role,omitempty"`
	MaxUses int    `yaml:"max_uses,omitempty"`
	// ExpiresIn is for one that is new, and ExpiresAt says when one that there is does.
	ExpiresIn string `yaml:"expires_in,omitempty"`
	ExpiresAt string `yaml:"expires_at,omitempty"`
	line      int
}

// Never is what stands for no end of a membership.
const Never = "never"

// strictly decodes an item and keeps the line that it begins in.
func strictly(node ast.Node, into any) (line int, err error) {
	line = node.GetToken().Position.Line
	if m, ok := node.(*ast.MappingNode); ok && len(m.Values) > 0 {
		line = m.Values[0].Key.GetToken().Position.Line
	}
	if m, ok := node.(*ast.MappingValueNode); ok {
		line = m.Key.GetToken().Position.Line
	}
	return line, yaml.NodeToValue(node, into, yaml.Strict())
}

// UnmarshalYAML reads a role.
func (r *Role) UnmarshalYAML(node ast.Node) (err error) {
	type plain Role
	r.line, err = strictly(node, (*plain)(r))
	return err
}

// UnmarshalYAML reads a workspace.
func (w *Workspace) UnmarshalYAML(node ast.Node) (err error) {
	type plain Workspace
	w.line, err = strictly(node, (*plain)(w))
	return err
}

// UnmarshalYAML reads a member.
func (m *Member) UnmarshalYAML(node ast.Node) (err error) {
	type plain Member
	m.line, err = strictly(node, (*plain)(m))
	return err
}

// UnmarshalYAML reads a link.
func (l *Link) UnmarshalYAML(node ast.Node) (err error) {
	type plain Link
	l.line, err = strictly(node, (*plain)(l))
	return err
}

// Parse reads a file. Words that are not known, repeats and values of another kind
// are refused with the line that they stand in.
func Parse(text []byte) (f File, err error) {
	if len(text) > MaxFile {
		return f, models.Invalid("file", "the file has more than %d bytes", MaxFile)
	}
	if len(bytes.TrimSpace(text)) == 0 {
		return f, models.Invalid("file", "the file is empty").WithHint("begin with: {organization.export}")
	}
	if documents(text) > 1 {
		return f, models.Invalid("file", "the file has more than one document").WithHint("an organization a file")
	}
	if err := shallow(text); err != nil {
		return f, err
	}
	if err := yaml.UnmarshalWithOptions(text, &f, yaml.Strict()); err != nil {
		return File{}, syntax(err)
	}
	return f, f.check()
}

// syntax is what the library says of a mistake, in one line.
func syntax(err error) error {
	var e yaml.Error
	if errors.As(err, &e) && e.GetToken() != nil {
		return at(e.GetToken().Position.Line, "%s", models.SafeText(e.GetMessage()))
	}
	first, _, _ := strings.Cut(err.Error(), "\n")
	return models.Invalid("file", "%s", models.SafeText(first))
}

func at(line int, format string, args ...any) *models.Error {
	return models.Invalid("file", "line %d: %s", line, fmt.Sprintf(format, args...))
}

// names tells what is named twice in a file.
type names map[string]int

func (seen names) once(line int, what, key string) error {
	if key == "" {
		return at(line, "the %s has no name", what)
	}
	if first := seen[what+" "+key]; first > 0 {
		return at(line, "the %s %s is a duplicate of line %d", what, models.SafeText(key), first)
	}
	seen[what+" "+key] = line
	return nil
}

// check looks for what can be told from the file alone.
func (f File) check() error {
	seen := names{}
	for _, r := range f.Roles {
		if err := seen.once(r.line, "role", models.NormName(r.Name)); err != nil {
			return err
		}
		if r.Scope != "" && r.Scope != string(models.ScopeOrganization) && r.Scope != string(models.ScopeWorkspace) {
			return at(r.line, "the scope %q is neither organization nor workspace", models.SafeText(r.Scope))
		}
	}
	for _, w := range f.Workspaces {
		if err := seen.once(w.line, "workspace", models.NormName(w.Name)); err != nil {
			return err
		}
	}
	for _, m := range f.Members {
		if err := m.check(seen); err != nil {
			return err
		}
	}
	for _, s := range f.Services {
		if err := s.check(seen); err != nil {
			return err
		}
	}
	for _, l := range f.Links {
		if err := l.check(seen); err != nil {
			return err
		}
	}
	return nil
}

func (m Member) check(seen names) error {
	// An address that is not verified may be that of several, whom their ids tell apart.
	key := cmp.Or(m.ID, models.NormEmail(m.Email))
	if key == "" {
		return at(m.line, "a member has an email or an id")
	}
	if err := seen.once(m.line, "member", key); err != nil {
		return err
	}
	if s := models.MemberStatus(m.Status); m.Status != "" && s != models.MemberActive && s != models.MemberSuspended {
		return at(m.line, "the status %q is neither active nor suspended", models.SafeText(m.Status))
	}
	_, err := m.until()
	return err
}

func (l Link) check(seen names) error {
	if l.ID != "" { // links may have the same label, or none
		if err := seen.once(l.line, "link", l.ID); err != nil {
			return err
		}
	} else if err := seen.once(l.line, "link", l.Label); err != nil {
		return err
	}
	if l.ExpiresIn == "" {
		return nil
	}
	if _, err := models.ParseExpiry("expires_in", l.ExpiresIn); err != nil {
		return at(l.line, "%s", models.AsError(err).Message)
	}
	return nil
}

// until is the end of a membership: nil for none.
func (m Member) until() (*time.Time, error) {
	if m.Until == nil || *m.Until == Never {
		return nil, nil
	}
	for _, layout := range []string{time.RFC3339Nano, time.DateOnly} {
		if t, err := time.Parse(layout, *m.Until); err == nil {
			return &t, nil
		}
	}
	return nil, at(m.line, "until %q is not a time: 2026-08-01, 2026-08-01T14:00:00Z or never", models.SafeText(*m.Until))
}

// Encode writes a file.
func Encode(f File) ([]byte, error) {
	return yaml.MarshalWithOptions(f, yaml.IndentSequence(true))
}
