package store

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"muster/models"
)

// This file holds the workspaces that an invitation leads into.

// checkWorkspaceGrants checks which workspaces were asked for. At once means that the
// inviter hands the roles out; in a proposal they only name what they have
// themselves, and whoever approves hands it out.
func (t *tx) checkWorkspaceGrants(ctx context.Context, o *org, grants []models.WorkspaceGrant, inv models.Invitation) ([]models.WorkspaceMembership, error) {
	workspaces := []models.WorkspaceMembership{}
	if len(grants) > models.MaxWorkspaceGrants {
		return nil, models.Invalid("workspaces", "an invitation can add somebody to at most %d workspaces", models.MaxWorkspaceGrants)
	}
	if len(grants) > 0 && managesAllWorkspaces(inv) {
		return nil, models.Invalid("workspaces", "%s is an admin of every workspace already", inv.Given().Article()).
			WithHint("leave the workspaces out, or choose a lower role")
	}
	for _, g := range grants {
		w, role, err := t.checkGrant(ctx, o, g)
		if err != nil {
			return nil, err
		}
		rule := models.WorkspaceAccess.CheckGive
		if inv.State == models.StateRequested {
			rule = models.WorkspaceAccess.CheckPropose
		}
		if err := t.allowIn(w, func(a models.WorkspaceAccess) error { return rule(a, role) }); err != nil {
			return nil, err
		}
		p := models.WorkspaceMembership{ID: w.ID, Name: w.Name}
		p.Role, _ = role.(models.WorkspaceRole)
		if c, ok := role.(*models.CustomRole); ok {
			p.Role, p.Custom = c.CountsInWorkspace(), c
		}
		if slices.ContainsFunc(workspaces, func(x models.WorkspaceMembership) bool { return x.ID == p.ID }) {
			return nil, models.Invalid("workspaces", "the workspace %s is named twice", w.Name)
		}
		workspaces = append(workspaces, p)
	}
	return workspaces, nil
}

// managesAllWorkspaces tells whether the role of an invitation is one with which
// somebody is an admin of every workspace.
func managesAllWorkspaces(inv models.Invitation) bool {
	return slices.Contains(inv.Given().Permissions(), models.PermWorkspaces)
}

// checkGrant finds the workspace and the role of one grant. Without a role, the
// workspace may be given as NAME:ROLE.
func (t *tx) checkGrant(ctx context.Context, o *org, g models.WorkspaceGrant) (*workspace, models.AnyWorkspaceRole, error) {
	if g.Workspace == "" {
		return nil, nil, models.Invalid("workspaces", "workspaces: a name is missing")
	}
	w, err := t.workspace(ctx, o, g.Workspace)
	if split, ok := models.SplitWorkspaceGrant(g.Workspace); isNotFound(err) && g.Role == "" && ok {
		g = split
		w, err = t.workspace(ctx, o, g.Workspace)
	}
	if isNotFound(err) {
		return nil, nil, insteadOf(err, models.Errorf(models.CodeNotFound, "there is no workspace %s", models.Clip(g.Workspace)).
			WithHint("list yours with: {workspace.list}"))
	}
	if err != nil {
		return nil, nil, err
	}
	if g.Role == "" {
		g.Role = models.WorkspaceViewer
	}
	role, err := t.anyWorkspaceRole(ctx, o, "workspaces", g.Role)
	return w, role, err
}

// insertInvitationWorkspaces writes down where an invitation leads.
func (t *tx) insertInvitationWorkspaces(ctx context.Context, inv models.Invitation) error {
	for _, p := range inv.Workspaces {
		order, custom := splitWorkspaceRole(p.Given())
		if _, err := t.exec(ctx, "INSERT INTO invitation_workspaces (org_id, invitation_id, workspace_id, role_order, custom_role) VALUES ($1, $2, $3, $4, $5)",
			inv.OrgID, inv.ID, p.ID, order, custom); err != nil {
			return err
		}
	}
	return nil
}

// loadInvitationWorkspaces reads where invitations of one organization lead, by name. What was
// deleted meanwhile, workspace or role, is left out.
func (t *tx) loadInvitationWorkspaces(ctx context.Context, invs ...*models.Invitation) error {
	if len(invs) == 0 {
		return nil
	}
	byID := map[string]*models.Invitation{}
	args, marks := []any{invs[0].OrgID}, []string{}
	for _, inv := range invs {
		inv.Workspaces = []models.WorkspaceMembership{}
		byID[inv.ID] = inv
		args = append(args, inv.ID)
		marks = append(marks, fmt.Sprintf("$%d", len(args)))
	}
	type row struct {
		id    string
		place models.WorkspaceMembership
	}
	var id string
	workspace := scanWorkspacePlace(&id)
	rows, err := collect(ctx, t, func(r scanner) (row, error) {
		place, err := workspace(r)
		return row{id, place}, err
	}, "SELECT x.invitation_id, w.id, w.name, "+workspaceRoleColumns+` FROM invitation_workspaces x JOIN workspaces w ON w.id = x.workspace_id`+workspaceRoleJoins+`
		WHERE x.org_id = $1 AND (x.custom_role = '' OR wr.id IS NOT NULL) AND x.invitation_id IN (`+strings.Join(marks, ", ")+`) ORDER BY w.name_norm`, args...)
	for _, r := range rows {
		inv := byID[r.id]
		inv.Workspaces = append(inv.Workspaces, r.place)
	}
	return err
}

// showInvitationWorkspaces reads where the invitations of a page lead, organization
// and workspaces, and leaves out the workspaces that the actor may not know of.
func (t *tx) showInvitationWorkspaces(ctx context.Context, o *org, invs []models.Invitation) error {
	list := make([]*models.Invitation, len(invs))
	for i := range invs {
		invs[i].OrgCode, invs[i].OrgName = o.Code, o.Name
		list[i] = &invs[i]
	}
	if err := t.loadInvitationWorkspaces(ctx, list...); err != nil {
		return err
	}
	sees, err := t.seesWorkspaces(ctx, o)
	if err != nil || sees == nil {
		return err
	}
	for _, inv := range list {
		seen := []models.WorkspaceMembership{}
		for _, p := range inv.Workspaces {
			if sees[p.ID] {
				seen = append(seen, p)
			}
		}
		inv.Workspaces = seen
	}
	return nil
}

// asShown is an invitation as the actor, who may see it, gets it.
func (t *tx) asShown(ctx context.Context, o *org, v invitation) (models.Invitation, error) {
	one := []models.Invitation{v.asSeen(t.now)}
	err := t.showInvitationWorkspaces(ctx, o, one)
	return one[0], err
}

// mayGrantWorkspaces checks that the actor may hand out every workspace role of an
// invitation, before approving it, sending it again or passing on its code.
func (t *tx) mayGrantWorkspaces(ctx context.Context, o *org, inv models.Invitation) error {
	for _, p := range inv.Workspaces {
		w, err := t.workspace(ctx, o, p.ID)
		if isNotFound(err) {
			return models.Errorf(models.CodeDenied, "this invitation adds somebody to a workspace that you are not in").
				WithHint("ask an owner or admin")
		}
		if err != nil {
			return err
		}
		if err := t.allowIn(w, func(a models.WorkspaceAccess) error { return a.CheckGive(p.Given()) }); err != nil {
			return err
		}
	}
	return nil
}

// grantableWorkspaces are the workspaces that joining now leads into. One whose role the
// sponsor may no longer hand out is left out.
func (t *tx) grantableWorkspaces(ctx context.Context, o *org, v invitation) ([]models.WorkspaceMembership, error) {
	open := []models.WorkspaceMembership{}
	if managesAllWorkspaces(v.Invitation) {
		return open, nil // the role was raised since, and manages all of them
	}
	if len(v.Workspaces) == 0 {
		return open, nil
	}
	org, err := t.accessOf(ctx, o, v.sponsorID)
	if err != nil {
		return nil, err
	}
	given, err := t.workspacesOf(ctx, o.ID, v.sponsorID)
	if err != nil {
		return nil, err
	}
	for _, p := range v.Workspaces {
		acc := models.WorkspaceAccess{Org: org}
		for _, g := range given {
			if g.ID == p.ID {
				acc.Given, acc.Custom = g.Role, g.Custom
			}
		}
		if acc.CheckGive(p.Given()) == nil {
			open = append(open, p)
		}
	}
	return open, nil
}

// joinWorkspaces adds the transaction's user, who has just joined, to the
// workspaces that are still open.
func (t *tx) joinWorkspaces(ctx context.Context, o *org, v invitation) ([]models.WorkspaceMembership, error) {
	workspaces, err := t.grantableWorkspaces(ctx, o, v)
	if err != nil {
		return nil, err
	}
	for _, p := range workspaces {
		if err := t.addToWorkspace(ctx, o.ID, p.ID, t.user.ID, p.Given(), v.InviterEmail); err != nil {
			return nil, err
		}
	}
	return workspaces, nil
}
