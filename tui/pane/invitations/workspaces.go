package invitations

import (
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"muster/models"
	"muster/tui/host"
	"muster/tui/kit"
	"muster/tui/ui"
)

// workspacePicks are the workspaces that are being put into an invitation.
type workspacePicks struct {
	grants []models.WorkspaceGrant
	words  []string
}

// set takes a workspace up with a role, or out with an empty one.
func (p *workspacePicks) set(id, name, role, label string) {
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

func (p *workspacePicks) role(id string) string {
	for _, g := range p.grants {
		if g.Workspace == id {
			return string(g.Role)
		}
	}
	return ""
}

// workspacesField is the field of an invitation's form for its workspaces. In a
// proposal one may name them up to one's own role there; else one hands them
// out.
func workspacesField(h host.Host, form *ui.Form, picks *workspacePicks, proposal bool) ui.FormField {
	return ui.FormField{Name: "workspaces", Label: "Workspaces", Kind: ui.PickField,
		Help: "enter adds one, with a role; owners and admins are in all of them",
		Pick: func() tea.Cmd { return pickWorkspace(h, form, picks, proposal) }}.With("")
}

func pickWorkspace(h host.Host, form *ui.Form, picks *workspacePicks, proposal bool) tea.Cmd {
	chosen := map[string]string{}
	for i, g := range picks.grants {
		chosen[g.Workspace] = picks.words[i]
	}
	access, may := h.Access, models.WorkspaceAccess.CheckGive
	if proposal {
		may = models.WorkspaceAccess.CheckPropose
	}
	pick := &ui.Picker{Title: "Add to workspace", Find: true, Prompt: "a workspace", Empty: "No matches", Top: true}
	pick.Choose = func(it ui.Item) tea.Cmd {
		v, _ := it.Data.(models.WorkspaceView)
		in := v.Access(access)
		return pickRoleIn(h, v, picks.role(v.ID), func(r models.AnyWorkspaceRole) error { return may(in, r) }, func(role, label string) tea.Cmd {
			picks.set(v.ID, v.Name, role, label)
			form.Set("workspaces", strings.Join(picks.words, ", "))
			return nil
		})
	}
	return kit.PickFrom(h, pick, kit.FindWorkspaces(h, func(v models.WorkspaceView) ui.Item {
		words, on := chosen[v.ID]
		return ui.Item{ID: v.ID, Title: v.Name, Note: strings.TrimPrefix(words, v.Name+" "), Mark: on, Data: v,
			Why: kit.Reason(may(v.Access(access), models.WorkspaceViewer))}
	}))
}

// pickRoleIn asks for the role in a workspace of an invitation; one that is
// in it already can be taken out.
func pickRoleIn(h host.Host, v models.WorkspaceView, now string, may func(models.AnyWorkspaceRole) error, choose func(role, label string) tea.Cmd) tea.Cmd {
	cmd := kit.PickWorkspaceRole(h, "Role in "+v.Name, now, may, choose)
	if p, ok := h.Top().(*ui.Picker); ok && now != "" {
		p.Items = append(p.Items, ui.Item{ID: "", Title: "none", Note: "not added to it"})
		p.Start(now)
	}
	return cmd
}
