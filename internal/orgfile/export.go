package orgfile

import (
	"bytes"
	"time"

	"muster/models"
)

// FileOf is an organization as it is. Applying it changes nothing.
func FileOf(s State) File {
	f := File{
		Organization: s.Organization.Code, Settings: map[string]string{},
		Roles: []Role{}, Workspaces: []Workspace{}, Members: []Member{}, Links: []Link{},
	}
	for _, v := range s.Settings {
		if v.ReadOnly == "" {
			f.Settings[v.Key] = v.Value
		}
	}
	for _, r := range s.Roles {
		x := Role{Name: r.Name, Description: &r.Description, Permissions: []string{}}
		if r.Scope == models.ScopeWorkspace {
			x.Scope = string(r.Scope)
		}
		for _, p := range r.Grants {
			x.Permissions = append(x.Permissions, string(p))
		}
		f.Roles = append(f.Roles, x)
	}
	names := map[string]string{}
	for _, w := range s.Workspaces {
		open := string(w.Open)
		if open == "" {
			open = models.Off
		}
		names[w.ID] = w.Name
		f.Workspaces = append(f.Workspaces, Workspace{Name: w.Name, Description: &w.Description, Open: &open})
	}
	for _, m := range s.Members {
		x := Member{Email: m.Email, Role: m.Given().Label()}
		if !m.EmailVerified {
			x.ID = m.ID // others may have the address as well
		}
		if m.Status != models.MemberActive {
			x.Status = string(m.Status)
		}
		if m.EndsAt != nil {
			until := m.EndsAt.UTC().Format(time.RFC3339Nano)
			x.Until = &until
		}
		for id, role := range s.Parts[m.ID] {
			if x.Workspaces == nil {
				x.Workspaces = map[string]string{}
			}
			x.Workspaces[names[id]] = role
		}
		f.Members = append(f.Members, x)
	}
	f.Services = servicesAsFile(s.Services)
	for _, l := range s.Links {
		f.Links = append(f.Links, Link{ID: l.ID, Label: l.Label, Role: string(l.Role), MaxUses: l.MaxUses, ExpiresAt: l.ExpiresAt.UTC().Format(time.RFC3339)})
	}
	return f
}

// documents counts the documents of a file.
func documents(text []byte) int {
	n, content := 0, false
	for line := range bytes.Lines(text) {
		trimmed := bytes.TrimRight(line, " \t\r\n")
		switch {
		case bytes.Equal(trimmed, []byte("---")) || bytes.HasPrefix(trimmed, []byte("--- ")):
			if content {
				n++
			}
			content = false
		case len(trimmed) > 0 && trimmed[0] != '#':
			content = true
		}
	}
	if content {
		n++
	}
	return n
}
