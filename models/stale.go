package models

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Stale is a field of a change that somebody else has changed since the values
// were read that the change was made from.
type Stale struct {
	Field  string // a setting by its key, a permission of a role by its name
	Theirs string // what it is now
	By     string // the address of who made it that
	At     time.Time
}

// Conflict refuses a change of stale fields, and names what they are now.
func Conflict(stale []Stale) *Error {
	var now []string
	for _, s := range stale {
		now = append(now, fmt.Sprintf("%s is now %q", s.Field, clip(s.Theirs, 64)))
	}
	who := "someone else"
	if first := stale[0].By; first != "" && !slices.ContainsFunc(stale, func(s Stale) bool { return s.By != first }) {
		who = first
	}
	e := Errorf(CodeConflict, "%s changed this: %s", who, strings.Join(now, "; ")).
		WithHint("look at the new values, then save again")
	e.Stale = stale
	return e
}

// merge brings a text that somebody wants together with the stored one, given
// the one that the change was made from. nil leaves the stored one, as does a
// text that is the base. It is stale where both differ from the base.
func (s *staleFields) merge(field string, want **string, base, now string) {
	switch {
	case *want == nil:
	case **want == base:
		*want = nil
	case now != base && now != **want:
		s.fields = append(s.fields, Stale{Field: field, Theirs: now})
	}
}

type staleFields struct{ fields []Stale }

// Onto gives the change without what it leaves as it was when it was made, and
// what of the rest somebody else has changed since. Without a Base it is the
// change itself.
func (c WorkspaceChange) Onto(now Workspace) (WorkspaceChange, []Stale) {
	var s staleFields
	if b := c.Base; b != nil {
		s.merge("name", &c.Name, b.Name, now.Name)
		s.merge("description", &c.Description, b.Description, now.Description)
	}
	return c, s.fields
}

// Onto gives the change without what it leaves as it was when it was made, and
// what of the rest somebody else has changed since. Without a Base it is the
// change itself.
func (c ProjectChange) Onto(now Project) (ProjectChange, []Stale) {
	var s staleFields
	if b := c.Base; b != nil {
		s.merge("name", &c.Name, b.Name, now.Name)
		s.merge("description", &c.Description, b.Description, now.Description)
		s.merge("environment", &c.Environment, b.Environment, now.Environment)
	}
	return c, s.fields
}

// Onto gives the draft without the texts that it leaves as they were when it was
// made, and what of the rest somebody else has changed since. A role's
// permissions go together: whoever saves them has seen them all. Without a Base
// it is the draft itself.
func (d RoleDraft) Onto(now CustomRole) (RoleDraft, []Stale) {
	b := d.Base
	if b == nil {
		return d, nil
	}
	var s staleFields
	s.merge("name", &d.Name, b.Name, now.Name)
	s.merge("description", &d.Description, b.Description, now.Description)
	if d.Permissions == nil {
		return d, s.fields
	}
	differ := func(p Permission) bool {
		return slices.Contains(now.Grants, p) != slices.Contains(d.Permissions, string(p))
	}
	if !slices.ContainsFunc(permissionNames(now.Scope), differ) {
		return d, s.fields
	}
	for _, p := range permissionNames(now.Scope) {
		if has := slices.Contains(now.Grants, p); has != slices.Contains(b.Grants, p) {
			s.fields = append(s.fields, Stale{Field: string(p), Theirs: onOff(has)})
		}
	}
	return d, s.fields
}

func permissionNames(scope Scope) (names []Permission) {
	for _, d := range Permissions(scope) {
		names = append(names, d.Name)
	}
	return names
}

func onOff(on bool) string {
	if on {
		return On
	}
	return Off
}
