package tui

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"muster/models"
	"muster/tui/keys"
	"muster/tui/ui"
)

// This file holds the list of who is in the open workspace.

func placeBindings() []keys.Binding[*App] {
	chosen := func(check func(a *App, m models.WorkspaceMember) error) func(a *App) string {
		return func(a *App) string {
			m, ok := a.workspaces.people.table.Current()
			if !ok {
				return "nobody is selected"
			}
			if a.workspaces.people.table.Marked() > 0 {
				return "" // each row tells for itself
			}
			return reason(check(a, m))
		}
	}
	return []keys.Binding[*App]{
		{ID: "workspace.member_add", Keys: []string{"n"}, Title: "add", Scope: scopePlaces, Foot: 90,
			Help: "Adds a member of the organization to the workspace, in a role of your choice.", Enabled: whyAddHere,
			Run: func(a *App) tea.Cmd { return a.workspaces.addMember(a) }},
		{ID: "workspace.member_role", Keys: []string{"e"}, Title: "role", Scope: scopePlaces, Foot: 80, Changes: true,
			Help: "Gives the person, or all marked ones, another role in the workspace. Can be undone.",
			Enabled: chosen(func(a *App, m models.WorkspaceMember) error {
				if m.ID == a.actor.Subject() && m.Given != "" {
					return nil // lowering oneself is always possible
				}
				return checkPlace(a, m)
			}),
			Run: func(a *App) tea.Cmd { return a.workspaces.changeRole(a) }},
		{ID: "workspace.member_remove", Keys: []string{"d"}, Title: "take out", Scope: scopePlaces, Foot: 70, Changes: true,
			Help:    "Takes the person, or all marked ones, out of the workspace. They stay in the organization.",
			Enabled: chosen(checkPlace),
			Run:     func(a *App) tea.Cmd { return a.workspaces.takeOut(a) }},
		{ID: "workspace.turn", Keys: []string{"t"}, Title: "projects", Scope: scopePlaces, Foot: 88,
			Help: "Shows the projects of the workspace.", Run: func(a *App) tea.Cmd { return a.workspaces.turn(a) }},
		{ID: "workspace.member_copy", Keys: []string{"y"}, Title: "copy email", Scope: scopePlaces,
			Help:    "Copies the address to your own clipboard.",
			Enabled: chosen(func(*App, models.WorkspaceMember) error { return nil }),
			Run: func(a *App) tea.Cmd {
				m, _ := a.workspaces.people.table.Current()
				return a.copy(m.Email, m.Email)
			}},
	}
}

// turn shows the other list of the open workspace.
func (p *workspacesPane) turn(a *App) tea.Cmd {
	p.onWork = !p.onWork
	return p.load(a)
}

func whyAddHere(a *App) string { return whyHere(a, models.PermWorkspaceMembers) }

// standingIn is a person of the open workspace as the rules want them.
func standingIn(m models.WorkspaceMember) models.WorkspaceStanding {
	return models.WorkspaceStanding{UserID: m.ID, Label: m.Email, Access: models.WorkspaceAccess{
		Org:   models.Access{UserID: m.ID, Role: m.OrgRole, Custom: m.OrgCustom, Member: m.Status == models.MemberActive},
		Given: m.Given, Custom: m.Custom}}
}

// checkPlace is the rule for changing somebody's part in the open workspace, in
// words that fit the status line for those who are in every one.
func checkPlace(a *App, m models.WorkspaceMember) error {
	who := standingIn(m)
	err := a.here().CheckTakeOut(who)
	if err != nil && who.Access.Org.Can(models.PermWorkspaces) && a.here().Can(models.PermWorkspaceMembers) {
		return models.Errorf(models.CodeConflict, "%s is an admin of every workspace", m.Email).WithHint("change their role in the organization")
	}
	return err
}

// addMember finds somebody of the organization, then asks for the role.
func (p *workspacesPane) addMember(a *App) tea.Cmd {
	in, here := p.open.ID, a.here()
	name := p.open.Name
	there := map[string]bool{}
	for _, m := range p.people.table.Rows() {
		there[m.ID] = m.Given != ""
	}
	pick := &ui.Picker{Title: "Add to " + name, Find: true, Prompt: "a member of the organization", Empty: "nobody fits"}
	pick.Choose = func(it ui.Item) tea.Cmd { return p.addAs(a, in, name, it) }
	st, actor, org := a.sh.Store, a.actor, a.org.ID
	return a.pickFrom(pick, func(ctx context.Context, text string) ([]ui.Item, error) {
		page, err := st.ListMembers(ctx, actor, org, models.MemberQuery{Search: text, Limit: pickedWorkspaces})
		items := make([]ui.Item, len(page.Items))
		for i, m := range page.Items {
			items[i] = ui.Item{ID: m.ID, Title: m.Email, Note: m.Name, Right: m.Given().Label()}
			stand := models.WorkspaceStanding{UserID: m.ID, Label: m.Email, Access: models.WorkspaceAccess{Org: models.Access{UserID: m.ID, Role: m.Role, Custom: m.CustomRole, Member: true}}}
			switch {
			case there[m.ID]:
				items[i].Why = m.Email + " is in it already"
			case stand.Access.Org.Can(models.PermWorkspaces):
				items[i].Why = m.Email + " is an admin of every workspace"
			default:
				items[i].Why = reason(here.CheckAdd(stand, models.WorkspaceViewer))
			}
		}
		return items, err
	})
}

func (p *workspacesPane) addAs(a *App, in, name string, who ui.Item) tea.Cmd {
	st, actor, org := a.sh.Store, a.actor, a.org.ID
	return a.pickWorkspaceRole("Role of "+who.Title+" in "+name, "", a.here().CheckGive, func(role, label string) tea.Cmd {
		do := func(ctx context.Context) error {
			_, err := st.AddWorkspaceMember(ctx, actor, org, in, who.ID, models.WorkspaceRole(role))
			return err
		}
		text := who.Title + " is in " + name + " as " + label
		return a.act(0, func(ctx context.Context) outcome {
			if err := do(ctx); err != nil {
				return outcome{err: err}
			}
			return outcome{text: text, undo: &step{text: text, again: do, back: func(ctx context.Context) error {
				_, err := st.RemoveWorkspaceMember(ctx, actor, org, in, who.ID)
				return err
			}}}
		})
	})
}

// pickWorkspaceRole asks for a role in a workspace, custom ones included, which
// come from the store a moment later. may says why one cannot be given.
func (a *App) pickWorkspaceRole(title, now string, may func(models.AnyWorkspaceRole) error, choose func(role, label string) tea.Cmd) tea.Cmd {
	pick := &ui.Picker{Title: title, Choose: func(it ui.Item) tea.Cmd { return choose(it.ID, it.Title) }}
	for _, r := range models.WorkspaceRoles() {
		pick.Items = append(pick.Items, ui.Item{ID: string(r), Title: string(r), Note: models.BuiltInWorkspaceRole(r).Description,
			Mark: string(r) == now, Why: reason(may(r))})
	}
	start := now
	if start == "" {
		start = string(models.WorkspaceViewer)
	}
	id := a.show(pick.Start(start))
	return a.bringRoles(id, models.ScopeWorkspace, func(roles []models.RoleView) {
		items := make([]ui.Item, len(roles))
		for i, r := range roles {
			items[i] = ui.Item{ID: r.ID, Title: r.Name, Note: models.SafeText(r.Description), Mark: r.ID == now, Why: reason(may(&r.CustomRole))}
		}
		pick.Found("", items)
	})
}

// bringRoles asks for the custom roles of a scope for an open dialog. Without
// them it still offers the built-in ones.
func (a *App) bringRoles(dialog int, scope models.Scope, take func([]models.RoleView)) tea.Cmd {
	st, actor, org := a.sh.Store, a.actor, a.org.ID
	return a.bring(dialog, func(ctx context.Context) func(*App) tea.Cmd {
		all, err := st.Roles(ctx, actor, org)
		var custom []models.RoleView
		for _, r := range all {
			if r.Scope == scope && !r.BuiltIn {
				custom = append(custom, r)
			}
		}
		return func(a *App) tea.Cmd {
			if err != nil {
				return a.complain(err)
			}
			take(custom)
			return nil
		}
	})
}

// roleHere names the role somebody was added with, for the store.
func roleHere(m models.WorkspaceMember) models.WorkspaceRole {
	if m.Custom != nil {
		return models.WorkspaceRole(m.Custom.ID)
	}
	return m.Given
}

func (p *workspacesPane) changeRole(a *App) tea.Cmd {
	chosen := p.people.table.Chosen()
	who, now := chosen[0].Email, string(roleHere(chosen[0]))
	if len(chosen) > 1 {
		who, now = count(len(chosen), "person", "people"), ""
	}
	here, in := a.here(), p.open.ID
	may := here.CheckGive
	if len(chosen) == 1 {
		may = func(r models.AnyWorkspaceRole) error { return here.CheckChange(standingIn(chosen[0]), r) }
	}
	st, actor, org := a.sh.Store, a.actor, a.org.ID
	return a.pickWorkspaceRole("Role of "+who+" in "+p.open.Name, now, may, func(role, label string) tea.Cmd {
		p.people.table.ClearMarks()
		text := who + " is now " + label + " here"
		return a.eachPlace(chosen, "changed", text, func(ctx context.Context, m models.WorkspaceMember) error {
			_, err := st.ChangeWorkspaceRole(ctx, actor, org, in, m.ID, models.WorkspaceRole(role))
			return err
		}, func(ctx context.Context, m models.WorkspaceMember) error {
			_, err := st.ChangeWorkspaceRole(ctx, actor, org, in, m.ID, roleHere(m))
			return err
		})
	})
}

func (p *workspacesPane) takeOut(a *App) tea.Cmd {
	chosen := p.people.table.Chosen()
	who := chosen[0].Email
	if len(chosen) > 1 {
		who = count(len(chosen), "person", "people")
	}
	in, name := p.open.ID, p.open.Name
	st, actor, org := a.sh.Store, a.actor, a.org.ID
	a.show(&ui.Confirm{Title: "Take " + who + " out of " + name + "?", Danger: true, Yes: "take out", Lines: []ui.Line{
		{Text: "The workspace and its projects are closed to them at once. They stay in the organization."},
	}, Do: func() tea.Cmd {
		p.people.table.ClearMarks()
		p.people.own = true
		return a.eachPlace(chosen, "taken out", who+" taken out of "+name, func(ctx context.Context, m models.WorkspaceMember) error {
			_, err := st.RemoveWorkspaceMember(ctx, actor, org, in, m.ID)
			return err
		}, func(ctx context.Context, m models.WorkspaceMember) error {
			_, err := st.AddWorkspaceMember(ctx, actor, org, in, m.ID, roleHere(m))
			return err
		})
	}})
	return nil
}

// eachPlace changes the part that people have in the open workspace, with a
// result for each; back undoes it for those for whom it was done.
func (a *App) eachPlace(chosen []models.WorkspaceMember, verb, text string, do, back func(context.Context, models.WorkspaceMember) error) tea.Cmd {
	return a.actTop(func(ctx context.Context) outcome {
		o := outcome{verb: verb}
		var done []models.WorkspaceMember
		for _, m := range chosen {
			err := do(ctx, m)
			o.results = append(o.results, models.Result{ID: m.ID, Label: m.Email, Err: err})
			if err == nil {
				done = append(done, m)
			}
		}
		if len(done) == 0 {
			if len(chosen) == 1 {
				return outcome{err: o.results[0].Err}
			}
			return o
		}
		all := func(one func(context.Context, models.WorkspaceMember) error) func(context.Context) error {
			return func(ctx context.Context) error {
				for _, m := range done {
					if err := one(ctx, m); err != nil {
						return err
					}
				}
				return nil
			}
		}
		o.text = text
		o.undo = &step{text: text, back: all(back), again: all(do)}
		return o
	})
}
