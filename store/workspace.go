package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"muster/models"
	"muster/store/internal/db"
)

// workspace is a workspace as a transaction needs it, with the actor's rights.
type workspace struct {
	models.Workspace
	org               *org
	members, projects int
	access            models.WorkspaceAccess
}

// workspaceTable are the columns of workspaces; a query of them joins the role of
// somebody there.
var workspaceTable = db.Columns[workspace]{
	text("id", func(w *workspace) *string { return &w.ID }),
	text("org_id", func(w *workspace) *string { return &w.OrgID }),
	text("name", func(w *workspace) *string { return &w.Name }),
	written("name_norm", func(w *workspace) any { return models.NormName(w.Name) }),
	text("description", func(w *workspace) *string { return &w.Description }),
	written("text", func(w *workspace) any { return searchText(w.Name, w.Description) }),
	text("open_role", func(w *workspace) *models.WorkspaceRole { return &w.Open }),
	number("members", func(w *workspace) *int { return &w.members }),
	number("projects", func(w *workspace) *int { return &w.projects }),
	at("created_at", func(w *workspace) *time.Time { return &w.CreatedAt }),
	at("updated_at", func(w *workspace) *time.Time { return &w.UpdatedAt }),
}

var workspaceColumns = workspaceTable.Read("w") + ", " + workspaceRoleColumns

func scanWorkspace() scanFunc[workspace] {
	var w workspace
	var role workspaceRoleRow
	return scanInto(workspaceTable.Dest(&w, role.dest()...), func() workspace {
		w.access.Given, w.access.Custom = role.given()
		w.access.Open = w.Open
		return w
	})
}

// noWorkspace is what somebody is told who has no part of a workspace, and the
// same as for one that never existed.
func noWorkspace() error {
	return models.Errorf(models.CodeNotFound, "there is no such workspace").
		WithHint("list yours with: {workspace.list}")
}

// everywhere tells whether the actor has a part in every workspace.
func (o *org) everywhere() bool {
	return models.WorkspaceAccess{Org: o.access}.Can(models.PermWorkspaceView)
}

// unseen is a "not found" of something in a workspace, which hides nothing from
// whoever has a part in all of them.
func (o *org) unseen(err error) error {
	if o.everywhere() {
		return err
	}
	return conceal(err)
}

// workspace finds a workspace of an organization by id or name, without
// one the actor's current one, and reads the actor's rights in it. Whoever has
// no part of it gets CodeNotFound.
func (t *tx) workspace(ctx context.Context, o *org, ref string) (*workspace, error) {
	if ref == "" {
		current, err := t.currentWorkspace(ctx, o)
		if err != nil {
			return nil, err
		}
		if ref = current; ref == "" {
			return nil, models.Errorf(models.CodeNotFound, "you are in no workspace of %s", o.Name).
				WithHint("ask an owner or admin to add you to one")
		}
	}
	w, err := scanWorkspace()(t.row(ctx, "SELECT "+workspaceColumns+` FROM workspaces w
		LEFT JOIN `+t.workspaceParts()+` x ON x.org_id = w.org_id AND x.workspace_id = w.id AND x.user_id = $2`+workspaceRoleJoins+`
		WHERE w.org_id = $1 AND (w.id = $3 OR w.name_norm = $4)`,
		o.ID, t.user.ID, ref, models.NormName(ref)))
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return nil, err
	}
	w.org, w.access.Org = o, o.access
	if err != nil || !w.access.Can(models.PermWorkspaceView) || !t.inKeyWorkspace(w.ID) {
		return nil, o.unseen(noWorkspace())
	}
	return &w, nil
}

// currentWorkspace is the id of the workspace the actor chose last in an
// organization, else of the oldest one they were added to, else of the oldest
// that is open to all members; empty if there is none.
func (t *tx) currentWorkspace(ctx context.Context, o *org) (id string, err error) {
	if t.key != nil && t.key.WorkspaceID != "" {
		return t.key.WorkspaceID, nil
	}
	if o.access.Personal && !o.access.Member {
		return "", nil
	}
	err = t.row(ctx, "SELECT coalesce("+t.currentOf(o)+", '')", o.ID, t.user.ID).Scan(&id)
	return id, err
}

// currentOf is the id of somebody's current workspace as an expression: $1 is the
// organization, $2 is who.
func (t *tx) currentOf(o *org) string {
	parts := t.workspaceParts()
	added := "(EXISTS (SELECT 1 FROM workspaces w WHERE w.id = c.workspace_id AND w.open_role <> '') OR EXISTS (SELECT 1 FROM " + parts + " x WHERE x.org_id = c.org_id AND x.workspace_id = c.workspace_id AND x.user_id = c.user_id))"
	chosen := "SELECT c.workspace_id FROM current_workspaces c WHERE c.org_id = $1 AND c.user_id = $2"
	oldest := "SELECT min(id) FROM workspaces WHERE org_id = $1"
	if !o.everywhere() {
		chosen += " AND " + added
		oldest = `SELECT coalesce((SELECT min(workspace_id) FROM ` + parts + ` x WHERE org_id = $1 AND user_id = $2),
			(SELECT min(id) FROM workspaces WHERE org_id = $1 AND open_role <> ''))`
	}
	return "coalesce((" + chosen + "), (" + oldest + "))"
}

// currentWorkspaceName is the name of a member's current workspace in a shared
// organization; empty if there is none.
func (t *tx) currentWorkspaceName(ctx context.Context, o *org) (name string, err error) {
	if t.key != nil || !o.access.Member || o.Kind == models.KindPersonal { // no key has a screen
		return "", nil
	}
	err = t.row(ctx, "SELECT coalesce((SELECT name FROM workspaces WHERE org_id = $1 AND id = "+t.currentOf(o)+"), '')", o.ID, t.user.ID).Scan(&name)
	return name, err
}

// inSome selects the ids of the workspaces of an organization that somebody has a
// part in who does not manage all: those they were added to, and those open to
// all members. The numbers are those of the placeholders.
func (t *tx) inSome(org, user int) string {
	return fmt.Sprintf(`SELECT workspace_id AS id FROM %s x WHERE org_id = $%d AND user_id = $%d
		UNION SELECT id FROM workspaces WHERE org_id = $%d AND open_role <> ''`, t.workspaceParts(), org, user, org)
}

// allowIn asks a rule of a workspace. Where the actor passes only because of
// being site admin, the log will say so.
func (t *tx) allowIn(w *workspace, rule func(models.WorkspaceAccess) error) error {
	plain := w.access
	plain.Org.SiteAdmin = false
	err := rule(plain)
	if err != nil && w.access.Org.SiteAdmin {
		if err = rule(w.access); err == nil {
			w.org.as = models.AsSiteAdmin
		}
	}
	return err
}

func (t *tx) requireIn(w *workspace, p models.Permission) error {
	return t.allowIn(w, func(a models.WorkspaceAccess) error { return a.Require(p) })
}

func (w workspace) view(current string) models.WorkspaceView {
	v := models.WorkspaceView{
		Workspace: w.Workspace, Given: w.access.Given, Custom: w.access.Custom, Current: w.ID == current, Members: w.members, Projects: w.projects,
		May: w.access.Permissions(),
	}
	v.Role, v.Source = w.access.Effective()
	return v
}

// viewWorkspace reads a workspace once more, as it is after a change.
func (t *tx) viewWorkspace(ctx context.Context, o *org, ref string) (v models.WorkspaceView, err error) {
	w, err := t.workspace(ctx, o, ref)
	if err != nil {
		return v, err
	}
	current, err := t.currentWorkspace(ctx, o)
	return w.view(current), err
}

// ListWorkspaces gives a page of an organization's workspaces, by name: all of
// them for who manages workspaces, for others those they were added to and those
// open to all members.
func (s *Store) ListWorkspaces(ctx context.Context, a models.Actor, orgID string, q models.WorkspaceQuery) (p models.Page[models.WorkspaceView], err error) {
	limit, err := checkPage(q.Limit, q.Search)
	if err != nil {
		return p, err
	}
	err = s.view(ctx, a, event{"workspace.list", "organization", orgID, ""}, func(t *tx) error {
		o, err := t.org(ctx, orgID)
		if err != nil {
			return err
		}
		if err := t.notPrivate(o); err != nil {
			return err
		}
		current, err := t.currentWorkspace(ctx, o)
		if err != nil {
			return err
		}
		all := o.everywhere()
		total := "SELECT n FROM workspace_counts WHERE org_id = $2 AND $1 <> ''"
		if !all {
			// Nobody is added to many workspaces, and few are open, so these may be
			// counted.
			total = "SELECT count(*) FROM (" + t.inSome(2, 1) + ") i"
		}
		if err = t.row(ctx, total, t.user.ID, o.ID).Scan(&p.Total); err != nil {
			return err
		}
		w := &db.Where{Args: []any{t.user.ID}}
		from := "workspaces w LEFT JOIN " + t.workspaceParts() + " x ON x.org_id = w.org_id AND x.workspace_id = w.id AND x.user_id = $1" + workspaceRoleJoins
		w.Add("w.org_id = ?", o.ID)
		if !all {
			w.Add("w.id IN (SELECT workspace_id FROM "+t.workspaceParts()+" x WHERE org_id = ? AND user_id = ? UNION ALL SELECT id FROM workspaces WHERE org_id = ? AND open_role <> '')",
				o.ID, t.user.ID, o.ID)
		}
		if t.key != nil && t.key.WorkspaceID != "" {
			w.Add("w.id = ?", t.key.WorkspaceID)
			p.Total = 1
		}
		p.Matches = p.Total
		if t.holdText(w, "w.text", q.Search, q.Terms) {
			p.Matches = -1
		}
		l := nameList{sort: "workspaces", table: "w", from: from, columns: workspaceColumns, limit: limit, after: q.After, before: q.Before}
		scan := scanWorkspace()
		return listByName(ctx, t, w, l, func(r scanner) (v keyed[models.WorkspaceView], err error) {
			x, err := scan(r)
			x.access.Org = o.access
			return keyed[models.WorkspaceView]{x.view(current), []any{models.NormName(x.Name), x.ID}}, err
		}, &p)
	})
	return p, err
}

// Workspace is one workspace as the actor sees it, by id or name, without one
// the current one.
func (s *Store) Workspace(ctx context.Context, a models.Actor, orgID, ref string) (v models.WorkspaceView, err error) {
	err = s.view(ctx, a, event{"workspace.show", "workspace", ref, ""}, func(t *tx) error {
		o, err := t.org(ctx, orgID)
		if err != nil {
			return err
		}
		v, err = t.viewWorkspace(ctx, o, ref)
		return err
	})
	return v, err
}

// SwitchWorkspace is Workspace, and remembers the choice for this user and
// organization.
func (s *Store) SwitchWorkspace(ctx context.Context, a models.Actor, orgID, ref string) (v models.WorkspaceView, err error) {
	err = s.change(ctx, a, event{"workspace.switch", "workspace", ref, ""}, func(t *tx) error {
		o, err := t.org(ctx, orgID)
		if err != nil {
			return err
		}
		w, err := t.workspace(ctx, o, ref)
		if err != nil {
			return err
		}
		t.unlogged("what somebody looks at is their own business")
		if _, err = t.exec(ctx, `INSERT INTO current_workspaces (org_id, user_id, workspace_id) VALUES ($1, $2, $3)
			ON CONFLICT (org_id, user_id) DO UPDATE SET workspace_id = excluded.workspace_id`, o.ID, t.user.ID, w.ID); err != nil {
			return err
		}
		v = w.view(w.ID)
		return nil
	})
	return v, err
}

// CreateWorkspace makes a workspace, for owners and admins, as many as the plan
// allows; more are CodeLimit. A taken name is CodeConflict.
func (s *Store) CreateWorkspace(ctx context.Context, a models.Actor, orgID string, n models.NewWorkspace) (v models.WorkspaceView, err error) {
	err = s.change(ctx, a, event{"workspace.create", "workspace", "", n.Name}, func(t *tx) error {
		o, err := t.org(ctx, orgID)
		if err != nil {
			return err
		}
		if err := t.notPrivate(o); err != nil {
			return err
		}
		use, err := t.workspaceUse(ctx, o)
		if err != nil {
			return err
		}
		if err := t.allow(o, func(a models.Access) error { return a.CheckNewWorkspace(use) }); err != nil {
			return err
		}
		w, err := models.WorkspaceChange{Name: &n.Name, Description: &n.Description}.Apply(models.Workspace{})
		if err != nil {
			return err
		}
		if w, err = t.insertWorkspace(ctx, o.ID, w); err != nil {
			return err
		}
		if err := t.log(ctx, o.entry(event{"workspace.create", "workspace", w.ID, w.Name}, nil, workspaceFields(w))); err != nil {
			return err
		}
		v, err = t.viewWorkspace(ctx, o, w.ID)
		return err
	})
	return v, err
}

// manageWorkspaces is the right to create and delete workspaces.
func (t *tx) manageWorkspaces(o *org) error {
	if err := t.notPrivate(o); err != nil {
		return err
	}
	return t.require(o, models.PermWorkspaces)
}

// notPrivate keeps everybody else out of what is in a personal workspace, site
// admins as well.
func (t *tx) notPrivate(o *org) error {
	if o.access.Personal && !o.access.Member {
		return conceal(noOrganization())
	}
	return nil
}

func workspaceFields(w models.Workspace) fields {
	open := string(w.Open)
	if open == "" {
		open = models.ClosedWord
	}
	return fields{"name": w.Name, "description": w.Description, "open": open}
}

// workspaceUse says how many workspaces there are and how many the plan allows.
func (t *tx) workspaceUse(ctx context.Context, o *org) (u models.WorkspaceUse, err error) {
	u.Max, u.Plan = o.plan.WorkspaceLimit(), o.Plan
	err = t.row(ctx, "SELECT n FROM workspace_counts WHERE org_id = $1", o.ID).Scan(&u.Used)
	return u, err
}

// insertWorkspace makes a workspace whose name and description were checked.
// It writes no audit entry: whoever calls it records why.
func (t *tx) insertWorkspace(ctx context.Context, orgID string, w models.Workspace) (models.Workspace, error) {
	w.ID, w.OrgID, w.CreatedAt, w.UpdatedAt = t.s.ids.New("wsp"), orgID, t.now, t.now
	if err := t.workspaceNameFree(ctx, w); err != nil {
		return w, err
	}
	if _, err := t.exec(ctx, workspaceTable.Insert(t.db, "workspaces"), workspaceTable.Values(&workspace{Workspace: w})...); err != nil {
		return w, err
	}
	return w, t.count(ctx, "workspace_counts", "org_id", +1, orgID)
}

// searchText is what a search looks through.
func searchText(parts ...string) string { return models.NormText(strings.Join(parts, "\n")) }

func (t *tx) workspaceNameFree(ctx context.Context, w models.Workspace) error {
	var other string
	err := t.row(ctx, "SELECT name FROM workspaces WHERE org_id = $1 AND name_norm = $2 AND id <> $3", w.OrgID, models.NormName(w.Name), w.ID).Scan(&other)
	return nameTaken(err, "workspace", other)
}

// nameTaken is the answer to having looked for another thing of a name.
func nameTaken(err error, noun, other string) error {
	switch {
	case err == nil:
		return &models.Error{Code: models.CodeConflict, Field: "name", Message: "there is a " + noun + " called " + other + " already",
			Hint: "choose another name; names are compared regardless of case"}
	case errors.Is(err, sql.ErrNoRows):
		return nil
	}
	return err
}

// UpdateWorkspace renames or describes a workspace, for its admins. What is
// left out stays as it is.
func (s *Store) UpdateWorkspace(ctx context.Context, a models.Actor, orgID, ref string, c models.WorkspaceChange) (v models.WorkspaceView, err error) {
	err = s.change(ctx, a, event{"workspace.update", "workspace", ref, ""}, func(t *tx) error {
		o, err := t.org(ctx, orgID)
		if err != nil {
			return err
		}
		w, err := t.workspace(ctx, o, ref)
		if err != nil {
			return err
		}
		t.found("workspace", w.ID, w.Name)
		if err := t.requireIn(w, models.PermWorkspaceChange); err != nil {
			return err
		}
		c, stale := c.Onto(w.Workspace)
		if len(stale) > 0 {
			return t.conflict(ctx, event{"workspace.update", "workspace", w.ID, w.Name}, o.ID, stale)
		}
		to, err := c.Apply(w.Workspace)
		if err != nil {
			return err
		}
		if to != w.Workspace {
			if err := t.saveWorkspace(ctx, o, w.Workspace, to); err != nil {
				return err
			}
		}
		v, err = t.viewWorkspace(ctx, o, w.ID)
		return err
	})
	return v, err
}

func (t *tx) saveWorkspace(ctx context.Context, o *org, from, to models.Workspace) error {
	if err := t.workspaceNameFree(ctx, to); err != nil {
		return err
	}
	if _, err := t.exec(ctx, "UPDATE workspaces SET name = $1, name_norm = $2, description = $3, text = $4, updated_at = $5, open_role = $7 WHERE id = $6",
		to.Name, models.NormName(to.Name), to.Description, searchText(to.Name, to.Description), micros(t.now), to.ID, string(to.Open)); err != nil {
		return err
	}
	return t.log(ctx, o.entry(event{"workspace.update", "workspace", from.ID, from.Name}, workspaceFields(from), workspaceFields(to)))
}

// WorkspaceConsequences says what deleting a workspace would bring about. It is
// refused as DeleteWorkspace would be, but for the confirmation.
func (s *Store) WorkspaceConsequences(ctx context.Context, a models.Actor, orgID, ref string) (c models.WorkspaceConsequences, err error) {
	err = s.view(ctx, a, event{"workspace.delete.preview", "workspace", ref, ""}, func(t *tx) error {
		_, c, err = t.workspaceConsequences(ctx, orgID, ref)
		return err
	})
	return c, err
}

func (t *tx) workspaceConsequences(ctx context.Context, orgID, ref string) (o *org, c models.WorkspaceConsequences, err error) {
	if ref == "" {
		return o, c, models.Invalid("workspace", "workspace is missing: name the one to delete")
	}
	o, err = t.org(ctx, orgID)
	if err != nil {
		return o, c, err
	}
	w, err := t.workspace(ctx, o, ref)
	if err != nil {
		return o, c, err
	}
	t.found("workspace", w.ID, w.Name)
	if err := t.manageWorkspaces(o); err != nil {
		return o, c, err
	}
	use, err := t.workspaceUse(ctx, o)
	if err != nil {
		return o, c, err
	}
	if err := models.CheckLastWorkspace(use.Used); err != nil {
		return o, c, err
	}
	c = models.WorkspaceConsequences{Workspace: w.Workspace, Projects: w.projects, Members: w.members}
	err = t.row(ctx, `SELECT count(*) FROM invitation_workspaces x JOIN invitations i ON i.id = x.invitation_id
		WHERE x.org_id = $1 AND x.workspace_id = $2 AND `+openInvitation(3), o.ID, w.ID, micros(t.now)).Scan(&c.Invitations)
	return o, c, err
}

// DeleteWorkspace deletes a workspace with its projects and memberships, for
// owners and admins. confirm is its name, as typed. The last one of an
// organization is CodeConflict.
func (s *Store) DeleteWorkspace(ctx context.Context, a models.Actor, orgID, ref, confirm string) (c models.WorkspaceConsequences, err error) {
	err = s.change(ctx, a, event{"workspace.delete", "workspace", ref, ""}, func(t *tx) error {
		var o *org
		if o, c, err = t.workspaceConsequences(ctx, orgID, ref); err != nil {
			return err
		}
		if err := c.CheckConfirm(confirm); err != nil {
			return err
		}
		w := c.Workspace
		if err := t.uncountWorkspaceRoles(ctx, w.OrgID, "workspace_id", w.ID); err != nil {
			return err
		}
		if _, err := t.exec(ctx, "DELETE FROM workspaces WHERE org_id = $1 AND id = $2", w.OrgID, w.ID); err != nil {
			return err
		}
		if err := t.count(ctx, "workspace_counts", "org_id", -1, w.OrgID); err != nil {
			return err
		}
		before := workspaceFields(w)
		before["projects"], before["members"] = c.Projects, c.Members
		return t.log(ctx, o.entry(event{"workspace.delete", "workspace", w.ID, w.Name}, before, nil))
	})
	return c, err
}
