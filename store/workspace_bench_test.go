package store_test

import (
	"database/sql"
	"path/filepath"
	"sync"
	"testing"

	"muster/models"
	"muster/store"
)

// fillWorkspaces adds everybody of the large organization to its first
// workspace, and ten thousand workspaces and projects.
var fillWorkspaces = sync.OnceValue(func() error {
	g, err := makeBig()
	if err != nil {
		return err
	}
	db, err := sql.Open("sqlite", filepath.Join(g.dir, store.DatabaseFile)+"?_pragma=busy_timeout(10000)&_pragma=synchronous(0)")
	if err != nil {
		return err
	}
	defer db.Close()
	var there int
	if err := db.QueryRow("SELECT members FROM workspaces WHERE org_id = ? AND name_norm = 'general'", g.org).Scan(&there); err != nil || there > 0 {
		return err
	}
	const numbers = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000) "
	for _, query := range []string{
		`INSERT INTO workspace_members SELECT m.org_id, w.id, m.user_id, m.email_norm, 2, NULL, 0, '' FROM memberships m
			JOIN workspaces w ON w.org_id = m.org_id AND w.name_norm = 'general' WHERE m.org_id = $1`,
		"UPDATE workspaces SET members = (SELECT count(*) FROM workspace_members x WHERE x.workspace_id = workspaces.id), projects = 10000 WHERE org_id = $1",
		"INSERT INTO projects " + numbers + `SELECT 'prj_' || i, w.org_id, w.id, 'Project ' || i, 'project ' || i, '', '', 'project ' || i, '', 0, 0
			FROM n, workspaces w WHERE w.org_id = $1 AND w.name_norm = 'general'`,
		"INSERT INTO workspaces " + numbers + "SELECT 'wsp_' || i, $1, 'Space ' || i, 'space ' || i, '', 'space ' || i, 0, 0, 0, 0 FROM n",
		"UPDATE workspace_counts SET n = 10001 WHERE org_id = $1",
	} {
		if _, err := db.Exec(query, g.org); err != nil {
			return err
		}
	}
	return nil
})

// BenchmarkWorkspaces reads pages of 50 with a large organization behind them.
func BenchmarkWorkspaces(b *testing.B) {
	if err := fillWorkspaces(); err != nil {
		b.Fatal(err)
	}
	g, _ := makeBig()
	ctx := b.Context()
	s, err := store.Open(ctx, store.Options{Dir: g.dir})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	first, err := s.ListWorkspaceMembers(ctx, g.owner, g.org, "General", models.WorkspaceMemberQuery{})
	if err != nil {
		b.Fatal(err)
	}
	for name, page := range map[string]func() error{
		"members": func() error {
			_, err := s.ListWorkspaceMembers(ctx, g.owner, g.org, "General", models.WorkspaceMemberQuery{After: first.Next})
			return err
		},
		"members/common": func() error {
			_, err := s.ListWorkspaceMembers(ctx, g.owner, g.org, "General", models.WorkspaceMemberQuery{Search: "a"})
			return err
		},
		"members/rare": func() error {
			_, err := s.ListWorkspaceMembers(ctx, g.owner, g.org, "General", models.WorkspaceMemberQuery{Search: "lovelace99"})
			return err
		},
		"workspaces": func() error {
			_, err := s.ListWorkspaces(ctx, g.owner, g.org, models.WorkspaceQuery{})
			return err
		},
		"workspaces/search": func() error {
			_, err := s.ListWorkspaces(ctx, g.owner, g.org, models.WorkspaceQuery{Search: "9999"})
			return err
		},
		"projects": func() error {
			_, err := s.ListProjects(ctx, g.owner, g.org, "General", models.ProjectQuery{})
			return err
		},
		"projects/search": func() error {
			_, err := s.ListProjects(ctx, g.owner, g.org, "General", models.ProjectQuery{Search: "9999"})
			return err
		},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if err := page(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
