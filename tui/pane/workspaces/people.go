package workspaces

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"muster/models"
	"muster/tui/host"
	"muster/tui/keys"
	"muster/tui/kit"
	"muster/tui/list"
	"muster/tui/ui"
)

const scopeMembers keys.Scope = "workspace members"

// This file holds the list of who is in the open workspace.

func memberBindings() []keys.Binding[host.Host] {
	chosen := func(check func(h host.Host, m models.WorkspaceMember) error) func(h host.Host) string {
		return func(h host.Host) string {
			m, ok := of(h).people.Table.Current()
			if !ok {
				return "nobody is selected"
			}
			if of(h).people.Table.Marked() > 0 {
				return "" // each row tells for itself
			}
			return kit.Reason(check(h, m))
		}
	}
	return []keys.Binding[host.Host]{
		{ID: "workspace.member_add", Keys: []string{"n"}, Title: "add", Scope: scopeMembers, Foot: 90,
			Help: "Adds a member of the organization to the workspace, in a role of your choice.", Enabled: whyAddHere,
			Run: func(h host.Host) tea.Cmd { return of(h).addMember(h) }},
		{ID: "workspace.member_role", Keys: []string{"e"}, Title: "role", Scope: scopeMembers, Foot: 80, Changes: true, Many: true,
			Help: "Gives the person, or all marked ones, another role in the workspace. Can be undone.",
			Enabled: chosen(func(h host.Host, m models.WorkspaceMember) error {
				if m.ID == h.Actor.Subject() && m.Given != "" {
					return nil // lowering oneself is always possible
				}
				return checkPart(h, m)
			}),
			Run: func(h host.Host) tea.Cmd { return of(h).changeRole(h) }},
		{ID: "workspace.member_remove", Keys: []string{"d"}, Title: "remove", Scope: scopeMembers, Foot: 70, Changes: true, Many: true,
			Help:    "Removes the person, or all marked ones, from the workspace. They stay in the organization.",
			Enabled: chosen(checkPart),
			Run:     func(h host.Host) tea.Cmd { return of(h).takeOut(h) }},
		{ID: "workspace.turn", Keys: []string{"t"}, Title: "projects", Scope: scopeMembers, Foot: 88,
			Help: "Shows the projects of the workspace.", Run: func(h host.Host) tea.Cmd { return of(h).turn(h) }},
		{ID: "workspace.member_copy", Keys: []string{"y"}, Title: "copy email", Scope: scopeMembers,
			Help:    "Copies the address to your own clipboard.",
			Enabled: chosen(func(host.Host, models.WorkspaceMember) error { return nil }),
			Run: func(h host.Host) tea.Cmd {
				m, _ := of(h).people.Table.Current()
				return h.Copy(m.Email, m.Email)
			}},
	}
}

// turn shows the other list of the open workspace.
func (p *Pane) turn(h host.Host) tea.Cmd {
	p.onWork = !p.onWork
	return p.Load(h)
}

func whyAddHere(h host.Host) string { return whyHere(h, models.PermWorkspaceMembers) }

// standingIn is a person of the open workspace as the rules want them.
func standingIn(m models.WorkspaceMember) models.WorkspaceStanding {
	return models.WorkspaceStanding{UserID: m.ID, Label: m.Email, Access: models.WorkspaceAccess{
		Org:   models.Access{UserID: m.ID, Role: m.OrgRole, Custom: m.OrgCustom, Member: m.Status == models.MemberActive},
		Given: m.Given, Custom: m.Custom}}
}

// checkPart is the rule for changing somebody's part in the open workspace.
func checkPart(h host.Host, m models.WorkspaceMember) error {
	return here(h).CheckTakeOut(standingIn(m))
}

// addMember finds somebody of the organization, then asks for the role.
func (p *Pane) addMember(h host.Host) tea.Cmd {
	in, here := p.open.ID, here(h)
	name := p.open.Name
	there := map[string]bool{}
	for _, m := range p.people.Table.Rows() {
		there[m.ID] = m.Given != ""
	}
	pick := &ui.Picker{Title: "Add to " + name, Find: true, Prompt: "a member of the organization", Empty: "No matches"}
	pick.Choose = func(it ui.Item) tea.Cmd { return p.addAs(h, in, name, it) }
	st, actor, org := h.Store, h.Actor, h.Org.ID
	return kit.PickFrom(h, pick, func(ctx context.Context, text string) ([]ui.Item, error) {
		page, err := st.ListMembers(ctx, actor, org, models.MemberQuery{Search: text, Limit: kit.PickedWorkspaces})
		items := make([]ui.Item, len(page.Items))
		for i, m := range page.Items {
			items[i] = ui.Item{ID: m.ID, Title: m.Email, Note: m.Name, Right: m.Given().Label()}
			stand := models.WorkspaceStanding{UserID: m.ID, Label: m.Email, Access: models.WorkspaceAccess{Org: models.Access{UserID: m.ID, Role: m.Role, Custom: m.CustomRole, Member: true}}}
			err := here.CheckAdd(stand, models.WorkspaceViewer)
			switch {
			case there[m.ID]:
				items[i].Why = m.Email + " is in it already"
			case models.CodeOf(err) == models.CodeConflict:
				items[i].Why = models.AsError(err).Message // what to do instead is another pane's
			default:
				items[i].Why = kit.Reason(err)
			}
		}
		return items, err
	})
}

func (p *Pane) addAs(h host.Host, in, name string, who ui.Item) tea.Cmd {
	st, org := h.Store, h.Org.ID
	return kit.PickWorkspaceRole(h, "Role of "+who.Title+" in "+name, "", here(h).CheckGive, func(role, label string) tea.Cmd {
		do := func(ctx context.Context, actor models.Actor) error {
			_, err := st.AddWorkspaceMember(ctx, actor, org, in, who.ID, models.WorkspaceRole(role))
			return err
		}
		text := who.Title + " is in " + name + " as " + label
		return h.Act(0, func(ctx context.Context, actor models.Actor) host.Outcome {
			if err := do(ctx, actor); err != nil {
				return host.Outcome{Err: err}
			}
			return host.Outcome{Text: text, Undo: &host.Step{Text: text, Redo: do, Undo: func(ctx context.Context, actor models.Actor) error {
				_, err := st.RemoveWorkspaceMember(ctx, actor, org, in, who.ID)
				return err
			}}}
		})
	})
}

// roleHere names the role somebody was added with, for the store.
func roleHere(m models.WorkspaceMember) models.WorkspaceRole {
	if m.Custom != nil {
		return models.WorkspaceRole(m.Custom.ID)
	}
	return m.Given
}

func (p *Pane) changeRole(h host.Host) tea.Cmd {
	chosen := p.people.Table.Chosen()
	who, now := chosen[0].Email, string(roleHere(chosen[0]))
	if len(chosen) > 1 {
		who, now = kit.Count(len(chosen), "person", "people"), ""
	}
	here, in := here(h), p.open.ID
	may := here.CheckGive
	if len(chosen) == 1 {
		may = func(r models.AnyWorkspaceRole) error { return here.CheckChange(standingIn(chosen[0]), r) }
	}
	st, org := h.Store, h.Org.ID
	return kit.PickWorkspaceRole(h, "Role of "+who+" in "+p.open.Name, now, may, func(role, label string) tea.Cmd {
		text := who + " is now " + label + " here"
		return p.eachPart(h, chosen, "changed", text, func(ctx context.Context, actor models.Actor, m models.WorkspaceMember) error {
			_, err := st.ChangeWorkspaceRole(ctx, actor, org, in, m.ID, models.WorkspaceRole(role))
			return err
		}, func(ctx context.Context, actor models.Actor, m models.WorkspaceMember) error {
			_, err := st.ChangeWorkspaceRole(ctx, actor, org, in, m.ID, roleHere(m))
			return err
		})
	})
}

func (p *Pane) takeOut(h host.Host) tea.Cmd {
	chosen := p.people.Table.Chosen()
	who := chosen[0].Email
	if len(chosen) > 1 {
		who = kit.Count(len(chosen), "person", "people")
	}
	in, name := p.open.ID, p.open.Name
	st, org := h.Store, h.Org.ID
	h.Show(&ui.Confirm{Title: "Remove " + who + " from " + name + "?", Danger: true, Yes: "remove", Lines: []ui.Line{
		{Text: "They lose access to the workspace and its projects at once. They stay in the organization."},
	}, Do: func() tea.Cmd {
		return p.eachPart(h, chosen, "removed", who+" removed from "+name, func(ctx context.Context, actor models.Actor, m models.WorkspaceMember) error {
			_, err := st.RemoveWorkspaceMember(ctx, actor, org, in, m.ID)
			return err
		}, func(ctx context.Context, actor models.Actor, m models.WorkspaceMember) error {
			_, err := st.AddWorkspaceMember(ctx, actor, org, in, m.ID, roleHere(m))
			return err
		})
	}})
	return nil
}

// eachPart changes the part that people have in the open workspace; undo takes it
// back for those for whom it was done.
func (p *Pane) eachPart(h host.Host, chosen []models.WorkspaceMember, verb, text string, do, undo func(context.Context, models.Actor, models.WorkspaceMember) error) tea.Cmd {
	return list.Each(h, &p.people, h.TopID(), chosen, list.Bulk[models.WorkspaceMember]{Label: func(m models.WorkspaceMember) string { return m.Email }, Verb: verb,
		Say: func([]models.WorkspaceMember) string { return text }, Do: do, Undo: undo})
}
