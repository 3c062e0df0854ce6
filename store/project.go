package store

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"

	"muster/models"
	"muster/store/internal/db"
)

// projectTable are the columns of projects p in workspaces w.
var projectTable = db.Columns[models.Project]{
	text("id", func(p *models.Project) *string { return &p.ID }),
	text("org_id", func(p *models.Project) *string { return &p.OrgID }),
	text("workspace_id", func(p *models.Project) *string { return &p.WorkspaceID }),
	joinedText("w.name", func(p *models.Project) *string { return &p.WorkspaceName }),
	text("name", func(p *models.Project) *string { return &p.Name }),
	written("name_norm", func(p *models.Project) any { return models.NormName(p.Name) }),
	text("description", func(p *models.Project) *string { return &p.Description }),
	text("environment", func(p *models.Project) *string { return &p.Environment }),
	written("text", func(p *models.Project) any { return searchText(p.Name, p.Environment, p.Description) }),
	text("created_by", func(p *models.Project) *string { return &p.CreatedBy }),
	at("created_at", func(p *models.Project) *time.Time { return &p.CreatedAt }),
	at("updated_at", func(p *models.Project) *time.Time { return &p.UpdatedAt }),
}

var projectColumns = projectTable.Read("p")

const projectTables = `projects p JOIN workspaces w ON w.id = p.workspace_id`

func scanProject() scanFunc[models.Project] { return scanTable(projectTable) }

func noProject() error {
	return models.Errorf(models.CodeNotFound, "there is no such project").
		WithHint("list those of a workspace with: {project.list}")
}

// project finds a project and its workspace, in which the actor has a
// part. ref is an id or a name; with an id the workspace may be left out.
func (t *tx) project(ctx context.Context, orgID, workspaceRef, ref string) (*workspace, models.Project, error) {
	var p models.Project
	o, err := t.org(ctx, orgID)
	if err != nil {
		return nil, p, err
	}
	if workspaceRef == "" && strings.HasPrefix(ref, models.ProjectIDPrefix) {
		err := t.row(ctx, "SELECT workspace_id FROM projects WHERE org_id = $1 AND id = $2", o.ID, ref).Scan(&workspaceRef)
		if errors.Is(err, sql.ErrNoRows) {
			return nil, p, o.unseen(noProject())
		}
		if err != nil {
			return nil, p, err
		}
		w, err := t.workspace(ctx, o, workspaceRef)
		if isNotFound(err) {
			err = insteadOf(err, noProject()) // not a word about the workspace it is in
		}
		if err != nil {
			return nil, p, err
		}
		return t.projectIn(ctx, w, ref)
	}
	w, err := t.workspace(ctx, o, workspaceRef)
	if err != nil {
		return nil, p, err
	}
	return t.projectIn(ctx, w, ref)
}

func (t *tx) projectIn(ctx context.Context, w *workspace, ref string) (*workspace, models.Project, error) {
	p, err := scanProject()(t.row(ctx, "SELECT "+projectColumns+" FROM "+projectTables+
		" WHERE p.org_id = $1 AND p.workspace_id = $2 AND (p.id = $3 OR p.name_norm = $4)",
		w.OrgID, w.ID, ref, models.NormName(ref)))
	if errors.Is(err, sql.ErrNoRows) || err == nil && !t.inKeyProject(p.ID) {
		err = noProject()
	}
	return w, p, err
}

// ListProjects gives a page of a workspace's projects, by name, for everybody in
// the workspace. Without a workspace it is the current one.
func (s *Store) ListProjects(ctx context.Context, a models.Actor, orgID, workspaceRef string, q models.ProjectQuery) (p models.Page[models.Project], err error) {
	limit, err := checkPage(q.Limit, q.Search)
	if err != nil {
		return p, err
	}
	err = s.view(ctx, a, event{"project.list", "workspace", workspaceRef, ""}, func(t *tx) error {
		o, err := t.org(ctx, orgID)
		if err != nil {
			return err
		}
		in, err := t.workspace(ctx, o, workspaceRef)
		if err != nil {
			return err
		}
		p.Total, p.Matches = in.projects, in.projects
		w := &db.Where{}
		w.Add("p.org_id = ?", o.ID)
		w.Add("p.workspace_id = ?", in.ID)
		if t.key != nil && t.key.ProjectID != "" {
			w.Add("p.id = ?", t.key.ProjectID)
			p.Total, p.Matches = 1, 1
		}
		if t.holdText(w, "p.text", q.Search, q.Terms) {
			p.Matches = -1
		}
		l := nameList{sort: "projects", table: "p", from: projectTables, columns: projectColumns, limit: limit, after: q.After, before: q.Before}
		scan := scanProject()
		return listByName(ctx, t, w, l, func(r scanner) (keyed[models.Project], error) {
			x, err := scan(r)
			return keyed[models.Project]{x, []any{models.NormName(x.Name), x.ID}}, err
		}, &p)
	})
	return p, err
}

// Project is one project, by id or name, for everybody in its workspace. With
// an id the workspace may be empty.
func (s *Store) Project(ctx context.Context, a models.Actor, orgID, workspaceRef, ref string) (p models.Project, err error) {
	err = s.view(ctx, a, event{"project.show", "project", ref, ""}, func(t *tx) error {
		_, p, err = t.project(ctx, orgID, workspaceRef, ref)
		return err
	})
	return p, err
}

// CreateProject makes a project in a workspace, for its admins. Without a
// workspace it is the current one. A taken name is CodeConflict.
func (s *Store) CreateProject(ctx context.Context, a models.Actor, orgID, workspaceRef string, n models.NewProject) (p models.Project, err error) {
	err = s.change(ctx, a, event{"project.create", "project", "", n.Name}, func(t *tx) error {
		o, err := t.org(ctx, orgID)
		if err != nil {
			return err
		}
		w, err := t.workspace(ctx, o, workspaceRef)
		if err != nil {
			return err
		}
		if err := t.requireIn(w, models.PermProjectManage); err != nil {
			return err
		}
		p = models.Project{
			ID: t.s.ids.New("prj"), OrgID: o.ID, WorkspaceID: w.ID, WorkspaceName: w.Name,
			CreatedBy: t.user.Email, CreatedAt: t.now, UpdatedAt: t.now,
		}
		if p, err = (models.ProjectChange{Name: &n.Name, Description: &n.Description, Environment: &n.Environment}).Apply(p); err != nil {
			return err
		}
		did := t.found("project", p.ID, p.Name)
		if err := t.projectNameFree(ctx, p); err != nil {
			return err
		}
		if _, err := t.exec(ctx, projectTable.Insert(t.db, "projects"), projectTable.Values(&p)...); err != nil {
			return err
		}
		if err := t.countInWorkspace(ctx, "projects", w.ID, +1); err != nil {
			return err
		}
		return t.log(ctx, w.org.entry(did, nil, projectFields(p)))
	})
	return p, err
}

func projectFields(p models.Project) fields {
	return fields{"workspace": p.WorkspaceName, "name": p.Name, "description": p.Description, "environment": p.Environment}
}

func (t *tx) projectNameFree(ctx context.Context, p models.Project) error {
	var other string
	err := t.row(ctx, "SELECT name FROM projects WHERE org_id = $1 AND workspace_id = $2 AND name_norm = $3 AND id <> $4",
		p.OrgID, p.WorkspaceID, models.NormName(p.Name), p.ID).Scan(&other)
	return nameTaken(err, "project", other)
}

// UpdateProject changes a project, for the editors and admins of its workspace.
// What is left out stays as it is.
func (s *Store) UpdateProject(ctx context.Context, a models.Actor, orgID, workspaceRef, ref string, c models.ProjectChange) (p models.Project, err error) {
	err = s.change(ctx, a, event{"project.update", "project", ref, ""}, func(t *tx) error {
		w, from, err := t.project(ctx, orgID, workspaceRef, ref)
		if err != nil {
			return err
		}
		did := t.found("project", from.ID, from.Name)
		if err := t.requireIn(w, models.PermProjectChange); err != nil {
			return err
		}
		c, stale := c.Onto(from)
		if len(stale) > 0 {
			return t.conflict(ctx, did, w.org.ID, stale)
		}
		if p, err = c.Apply(from); err != nil || p == from {
			return err
		}
		if err := t.projectNameFree(ctx, p); err != nil {
			return err
		}
		p.UpdatedAt = t.now
		if _, err := t.exec(ctx, `UPDATE projects SET name = $1, name_norm = $2, description = $3, environment = $4, text = $5, updated_at = $6 WHERE id = $7`,
			p.Name, models.NormName(p.Name), p.Description, p.Environment, searchText(p.Name, p.Environment, p.Description), micros(t.now), p.ID); err != nil {
			return err
		}
		return t.log(ctx, w.org.entry(did, projectFields(from), projectFields(p)))
	})
	return p, err
}

// DeleteProject deletes a project, for the admins of its workspace. It gives
// what was deleted.
func (s *Store) DeleteProject(ctx context.Context, a models.Actor, orgID, workspaceRef, ref string) (p models.Project, err error) {
	err = s.change(ctx, a, event{"project.delete", "project", ref, ""}, func(t *tx) error {
		w, found, err := t.project(ctx, orgID, workspaceRef, ref)
		if err != nil {
			return err
		}
		p = found
		did := t.found("project", p.ID, p.Name)
		if err := t.requireIn(w, models.PermProjectManage); err != nil {
			return err
		}
		if _, err := t.exec(ctx, "DELETE FROM projects WHERE id = $1", p.ID); err != nil {
			return err
		}
		if err := t.countInWorkspace(ctx, "projects", w.ID, -1); err != nil {
			return err
		}
		return t.log(ctx, w.org.entry(did, projectFields(p), nil))
	})
	return p, err
}
