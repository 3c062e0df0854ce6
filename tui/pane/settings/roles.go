package settings

import (
	"context"
	"slices"

	tea "charm.land/bubbletea/v2"

	"muster/models"
	"muster/tui/host"
	"muster/tui/kit"
	"muster/tui/theme"
	"muster/tui/ui"
)

// showRoles lists the roles of the organization and of its workspaces. Choosing
// one shows what it allows; custom ones are made and changed from there.
func showRoles(h host.Host) tea.Cmd {
	pick := &ui.Picker{Title: "Roles of " + h.Org.Name, Empty: "there are no roles", Choose: func(it ui.Item) tea.Cmd {
		if v, ok := it.Data.(models.RoleView); ok {
			return showRole(h, v)
		}
		return roleForm(h, models.RoleView{CustomRole: models.CustomRole{Scope: models.Scope(it.ID)}})
	}}
	st, actor, org := h.Store, h.Actor, h.Org.ID
	return kit.PickFrom(h, pick, func(ctx context.Context, _ string) ([]ui.Item, error) {
		roles, err := st.Roles(ctx, actor, org)
		if err != nil {
			return nil, err
		}
		may, err := st.CanI(ctx, actor, org, "roles.manage")
		if err != nil {
			return nil, err
		}
		why := may.Rule
		if may.Hint != "" {
			why += " · " + may.Hint
		}
		var items []ui.Item
		for _, scope := range []models.Scope{models.ScopeOrganization, models.ScopeWorkspace} {
			group := "For members"
			if scope == models.ScopeWorkspace {
				group = "For people in a workspace"
			}
			for _, r := range roles {
				if r.Scope != scope {
					continue
				}
				it := ui.Item{ID: r.ID, Title: r.Name, Note: models.SafeText(r.Description), Group: group, Data: r}
				if scope == models.ScopeOrganization || !r.BuiltIn {
					it.Right = kit.Count(r.Members, "person", "people")
				}
				items = append(items, it)
			}
			items = append(items, ui.Item{ID: string(scope), Title: "new role …", Note: "a set of permissions with a name", Group: group, Why: why})
		}
		return items, nil
	})
}

// showRole tells what a role allows, and who may change it.
func showRole(h host.Host, v models.RoleView) tea.Cmd {
	lines := []ui.Line{}
	if v.Description != "" {
		lines = append(lines, ui.Line{Text: models.SafeLines(v.Description)}, ui.Line{})
	}
	for _, d := range models.Permissions(v.Scope) {
		if slices.Contains(v.Grants, d.Name) {
			text := "✓ " + d.Does
			switch v.Extent(d.Name) {
			case models.ExtentNotOwners:
				text += ", except owners"
			case models.ExtentPolicy:
				text += ", if settings allow"
			}
			lines = append(lines, ui.Line{Text: text})
		} else {
			lines = append(lines, ui.Line{Text: "– " + d.Does, Style: theme.Muted})
		}
	}
	lines = append(lines, ui.Line{})
	if v.Scope == models.ScopeOrganization || !v.BuiltIn {
		text := kit.Count(v.Members, "person has it", "people have it")
		if v.Invitations > 0 {
			text += ", and " + kit.Count(v.Invitations, "open invitation gives it", "open invitations give it")
		}
		lines = append(lines, ui.Line{Text: text})
	}
	n := &ui.Notice{Title: "Role " + v.Name, Lines: lines}
	if v.ReadOnly != "" {
		n.Lines = append(n.Lines, ui.Line{Text: v.ReadOnly, Style: theme.Muted})
	} else {
		n.Keys = []ui.NoticeKey{
			{Hint: ui.Hint{Key: "e", Title: "edit"}, Do: func() tea.Cmd { return roleForm(h, v) }},
			{Hint: ui.Hint{Key: "d", Title: "delete"}, Do: func() tea.Cmd { return deleteRole(h, v) }},
		}
	}
	h.Show(n)
	return nil
}

// roleForm makes a custom role, or changes one that has an id. A permission
// that the person does not hold cannot be given, and says why.
func roleForm(h host.Host, v models.RoleView) tea.Cmd {
	title, send := "New role for members", "Create"
	switch {
	case v.ID != "":
		title, send = "Role "+v.Name, "Save"
	case v.Scope == models.ScopeWorkspace:
		title = "New role for people in a workspace"
	}
	form := &ui.Form{Title: title, Send: send, Fields: []ui.FormField{
		ui.FormField{Name: "name", Label: "Name", Help: "unique in the organization", Check: func(s string) error {
			_, err := models.RoleDraft{Name: &s}.Apply(models.CustomRole{Scope: v.Scope})
			return err
		}}.With(v.Name),
		ui.FormField{Name: "description", Label: "Description", Help: "optional", Check: kit.Long("description")}.With(v.Description),
	}}
	if v.Members > 0 {
		form.Intro = []ui.Line{{Text: kit.Count(v.Members, "person has", "people have") + " this role; changes apply to them at once.", Style: theme.Warn}}
	}
	defs := models.Permissions(v.Scope)
	for _, d := range defs {
		f := ui.FormField{Name: string(d.Name), Label: d.Does, Kind: ui.SwitchField, Help: "in commands: " + string(d.Name)}
		value := models.Off
		if slices.Contains(v.Grants, d.Name) {
			value = models.On
		}
		switch {
		case d.Name == models.PermView || d.Name == models.PermWorkspaceView:
			value, f.ReadOnly = models.On, "every role may "+d.Does
		case d.OwnersOnly:
			f.ReadOnly = "only owners may " + d.Does
		default:
			f.ReadOnly = kit.Reason(h.Access.CheckDefine(nil, models.CustomRole{Scope: v.Scope, Grants: []models.Permission{d.Name}}))
		}
		form.Fields = append(form.Fields, f.With(value))
	}
	st, org := h.Store, h.Org.ID
	form.Submit = func(get func(string) string) tea.Cmd {
		role := func(value func(string) string) models.CustomRole {
			r := models.CustomRole{Name: value("name"), Description: value("description")}
			for _, d := range defs {
				if value(string(d.Name)) == models.On {
					r.Grants = append(r.Grants, d.Name)
				}
			}
			return r
		}
		from := role(form.Base)
		to, err := roleDraft(role(get), nil).Apply(models.CustomRole{Scope: v.Scope})
		change := func(from, to models.CustomRole) func(context.Context, models.Actor) error {
			return func(ctx context.Context, actor models.Actor) error {
				_, err := st.UpdateRole(ctx, actor, org, v.ID, roleDraft(to, &from))
				return err
			}
		}
		return h.ActTop(func(ctx context.Context, actor models.Actor) host.Outcome {
			if err != nil {
				return host.Outcome{Err: err}
			}
			if v.ID == "" {
				r, err := st.CreateRole(ctx, actor, org, v.Scope, roleDraft(to, nil))
				return host.Outcome{Err: err, Text: "the role " + r.Name + " is created"}
			}
			return host.Reversible(ctx, actor, "the role "+to.Name+" is saved", change(from, to), change(to, from))
		})
	}
	h.Show(form.Prepare())
	return nil
}

// roleDraft asks for a role as it is, in place of another.
func roleDraft(r models.CustomRole, base *models.CustomRole) models.RoleDraft {
	d := models.RoleDraft{Name: &r.Name, Description: &r.Description, Permissions: []string{}, Base: base}
	for _, p := range r.Grants {
		d.Permissions = append(d.Permissions, string(p))
	}
	return d
}

// deleteRole asks before a custom role goes. The store refuses while somebody
// has it, and names them.
func deleteRole(h host.Host, v models.RoleView) tea.Cmd {
	st, org := h.Store, h.Org.ID
	h.Show(&ui.Confirm{Title: "Delete the role " + v.Name + "?", Danger: true, Yes: "delete", Lines: []ui.Line{
		{Text: "A role can only be deleted when nobody has it and no open invitation gives it."},
	}, Do: func() tea.Cmd {
		return h.ActTop(func(ctx context.Context, actor models.Actor) host.Outcome {
			_, err := st.DeleteRole(ctx, actor, org, v.ID)
			return host.Outcome{Err: err, Text: "the role " + v.Name + " is deleted"}
		})
	}})
	return nil
}
