package store

import (
	"context"
	"slices"

	"muster/models"
)

// CanI answers whether the actor may do something in an organization as things
// stand, and if not, which rule refuses it and who can help: an action is a
// permission or another name of models.Actions. Asking leaves no entry in the
// log.
func (s *Store) CanI(ctx context.Context, a models.Actor, orgID, action string) (r models.Answer, err error) {
	act, err := models.FindAction(action)
	if err != nil {
		return r, err
	}
	list, err := s.answers(ctx, a, orgID, []models.Action{act})
	if err != nil {
		return r, err
	}
	return list[0], nil
}

// CanIAll is CanI for every action.
func (s *Store) CanIAll(ctx context.Context, a models.Actor, orgID string) ([]models.Answer, error) {
	return s.answers(ctx, a, orgID, models.Actions())
}

func (s *Store) answers(ctx context.Context, a models.Actor, orgID string, actions []models.Action) (list []models.Answer, err error) {
	err = s.view(ctx, a, event{"can_i", "organization", orgID, ""}, func(t *tx) error {
		o, err := t.org(ctx, orgID)
		if err != nil {
			return err
		}
		v, err := t.orgView(ctx, o.ID)
		if err != nil {
			return err
		}
		for _, act := range actions {
			r := o.access.Ask(act, models.Facts{Settings: v.Settings, Plan: o.plan, Seats: v.Seats, SelfService: s.opt.SelfServicePlans})
			r.Helpers = []models.Helper{}
			if !r.Allowed && r.Helps != "" {
				if r.Helpers, err = t.helpers(ctx, o, r.Helps); err != nil {
					return err
				}
			}
			list = append(list, r)
		}
		return nil
	})
	return list, err
}

// CanIInWorkspace is CanI for something done in one workspace, by id or name,
// "" for the actor's current one: an action is one of models.WorkspaceActions.
// Whoever has no part of the workspace gets CodeNotFound.
func (s *Store) CanIInWorkspace(ctx context.Context, a models.Actor, orgID, workspace, action string) (r models.Answer, err error) {
	act, err := models.FindWorkspaceAction(action)
	if err != nil {
		return r, err
	}
	list, err := s.answersIn(ctx, a, orgID, workspace, []models.Action{act})
	if err != nil {
		return r, err
	}
	return list[0], nil
}

// CanIAllInWorkspace is CanIInWorkspace for every action.
func (s *Store) CanIAllInWorkspace(ctx context.Context, a models.Actor, orgID, workspace string) ([]models.Answer, error) {
	return s.answersIn(ctx, a, orgID, workspace, models.WorkspaceActions())
}

func (s *Store) answersIn(ctx context.Context, a models.Actor, orgID, ref string, actions []models.Action) (list []models.Answer, err error) {
	err = s.view(ctx, a, event{"can_i", "workspace", ref, ""}, func(t *tx) error {
		o, err := t.org(ctx, orgID)
		if err != nil {
			return err
		}
		w, err := t.workspace(ctx, o, ref)
		if err != nil {
			return err
		}
		for _, act := range actions {
			r := w.access.Ask(act)
			r.Workspace, r.Helpers = w.Name, []models.Helper{}
			if !r.Allowed && r.Helps == models.PermWorkspaceMembers {
				r.Helpers, err = t.workspaceHelpers(ctx, o, w)
			} else if !r.Allowed {
				r.Helpers, err = t.helpers(ctx, o, r.Helps)
			}
			if err != nil {
				return err
			}
			list = append(list, r)
		}
		return nil
	})
	return list, err
}

// Helpers are at most a few, found among the owners, then the admins.
const (
	maxHelpers = 3
	helperPool = 50
)

// helpers names some who have a permission: active members, owners first.
func (t *tx) helpers(ctx context.Context, o *org, p models.Permission) ([]models.Helper, error) {
	pool, err := collect(ctx, t, scanMember(), "SELECT "+memberColumns+" FROM memberships m"+memberJoins+`
		WHERE m.org_id = $1 AND m.role_order <= `+orderAdmin+` AND m.status = 'active' AND m.account = 'active' AND m.user_id <> $2
		ORDER BY m.role_order, m.email_norm LIMIT $3`, o.ID, t.user.ID, helperPool)
	if err != nil {
		return nil, err
	}
	list := []models.Helper{}
	for _, m := range pool {
		if slices.Contains(m.Given().Permissions(), p) && len(list) < maxHelpers {
			list = append(list, models.Helper{ID: m.ID, Name: m.Name, Email: m.Email, Role: m.Role})
		}
	}
	return list, nil
}

// workspaceHelpers names some who manage the members of a workspace: those who
// were added to it, then those who manage all workspaces.
func (t *tx) workspaceHelpers(ctx context.Context, o *org, w *workspace) ([]models.Helper, error) {
	pool, err := collect(ctx, t, scanWorkspaceMember(o, w.ID), "SELECT "+workspaceMemberColumns+" FROM workspace_members x JOIN memberships m ON m.org_id = x.org_id AND m.user_id = x.user_id"+memberJoins+workspaceRoleJoins+`
		WHERE x.org_id = $1 AND x.workspace_id = $2 AND m.status = 'active' AND m.account = 'active' AND m.user_id <> $3
		ORDER BY x.role_order, x.email_norm LIMIT $4`, o.ID, w.ID, t.user.ID, helperPool)
	if err != nil {
		return nil, err
	}
	list := []models.Helper{}
	for _, v := range pool {
		m := v.item
		if o.standingIn(m).Access.Can(models.PermWorkspaceMembers) && len(list) < maxHelpers {
			list = append(list, models.Helper{ID: m.ID, Name: m.Name, Email: m.Email, Role: m.OrgRole, InWorkspace: m.Role})
		}
	}
	all, err := t.helpers(ctx, o, models.PermWorkspaces)
	for _, h := range all {
		if len(list) < maxHelpers && !slices.ContainsFunc(list, func(x models.Helper) bool { return x.ID == h.ID }) {
			list = append(list, h)
		}
	}
	return list, err
}
