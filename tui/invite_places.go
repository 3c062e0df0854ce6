package tui

import (
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"muster/models"
	"muster/tui/ui"
)

// This file holds the workspaces that an invitation leads into.

// placeWords says where an invitation leads: "General as editor".
func placeWords(places []models.WorkspacePlace) string {
	words := make([]string, len(places))
	for i, p := range places {
		words[i] = p.Name + " as " + p.Given().Label()
	}
	return strings.Join(words, ", ")
}

// placePicks are the workspaces that are being put into an invitation.
type placePicks struct {
	grants []models.WorkspaceGrant
	words  []string
}

// set takes a workspace up with a role, or out with an empty one.
func (p *placePicks) set(id, name, role, label string) {
	i := slices.IndexFunc(p.grants, func(g models.WorkspaceGrant) bool { return g.Workspace == id })
	if i < 0 {
		if role == "" {
			return
		}
		i = len(p.grants)
		p.grants, p.words = append(p.grants, models.WorkspaceGrant{Workspace: id}), append(p.words, "")
	}
	if role == "" {
		p.grants, p.words = slices.Delete(p.grants, i, i+1), slices.Delete(p.words, i, i+1)
		return
	}
	p.grants[i].Role, p.words[i] = models.WorkspaceRole(role), name+" as "+label
}

func (p *placePicks) role(id string) string {
	for _, g := range p.grants {
		if g.Workspace == id {
			return string(g.Role)
		}
	}
	return ""
}

// placesField is the field of an invitation's form for its workspaces. In a
// proposal one may name them up to one's own role there; else one hands them
// out.
func (a *App) placesField(form *ui.Form, picks *placePicks, proposal bool) ui.FormField {
	return ui.FormField{Name: "workspaces", Label: "Workspaces", Kind: ui.PickField,
		Help: "enter adds one, with a role in it; owners and admins are in all of them",
		Pick: func() tea.Cmd { return a.pickPlace(form, picks, proposal) }}.With("")
}

func (a *App) pickPlace(form *ui.Form, picks *placePicks, proposal bool) tea.Cmd {
	chosen := map[string]string{}
	for i, g := range picks.grants {
		chosen[g.Workspace] = picks.words[i]
	}
	access, may := a.access, models.WorkspaceAccess.CheckGive
	if proposal {
		may = models.WorkspaceAccess.CheckPropose
	}
	pick := &ui.Picker{Title: "Into which workspace", Find: true, Prompt: "a workspace", Empty: "no workspace fits"}
	pick.Choose = func(it ui.Item) tea.Cmd {
		v, _ := it.Data.(models.WorkspaceView)
		in := v.Access(access)
		return a.pickPlaceRole(v, picks.role(v.ID), func(r models.AnyWorkspaceRole) error { return may(in, r) }, func(role, label string) tea.Cmd {
			picks.set(v.ID, v.Name, role, label)
			form.Set("workspaces", strings.Join(picks.words, ", "))
			return nil
		})
	}
	return a.pickFrom(pick, a.findWorkspaces(func(v models.WorkspaceView) ui.Item {
		words, on := chosen[v.ID]
		return ui.Item{ID: v.ID, Title: v.Name, Note: strings.TrimPrefix(words, v.Name+" "), Mark: on, Data: v,
			Why: reason(may(v.Access(access), models.WorkspaceViewer))}
	}))
}

// pickPlaceRole asks for the role in a workspace of an invitation; one that is
// in it already can be taken out.
func (a *App) pickPlaceRole(v models.WorkspaceView, now string, may func(models.AnyWorkspaceRole) error, choose func(role, label string) tea.Cmd) tea.Cmd {
	cmd := a.pickWorkspaceRole("Role in "+v.Name, now, may, choose)
	if p, ok := a.dialogs.Top().(*ui.Picker); ok && now != "" {
		p.Items = append(p.Items, ui.Item{ID: "", Title: "none", Note: "the invitation does not lead into it"})
		p.Start(now)
	}
	return cmd
}
