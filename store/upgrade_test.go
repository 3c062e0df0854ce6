package store

import (
	"context"
	"crypto/rand"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"muster/internal/id"
	"muster/models"
	"muster/store/internal/db"
	"muster/store/internal/db/sqlite"
)

// TestDatabaseOfTheFirstSchema opens a database that was made with the first
// migration alone and has people in it.
func TestDatabaseOfTheFirstSchema(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	path := filepath.Join(dir, DatabaseFile)
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	first, err := db.Migration("0001_start.sql")
	if err != nil {
		t.Fatal(err)
	}
	d := sqlite.OpenToWrite(path)
	if err := d.Change(ctx, func(tx *db.Tx) error { return d.Before(ctx, tx) }); err != nil {
		t.Fatal(err)
	}
	ids := id.NewGenerator(time.Now, rand.Reader)
	adaID, bobID := ids.New("usr"), ids.New("usr")
	for _, q := range []string{
		first, "CREATE TABLE schema_version (version BIGINT NOT NULL)", "INSERT INTO schema_version VALUES (1)",
		`INSERT INTO users VALUES ('usr_1', 'Ada@example.com', 'ada@example.com', 1, 'Ada', 'ada', 1, 'active', '', 1, 0), ('usr_2', 'bob@example.com', 'bob@example.com', 1, 'Bob', 'bob', 0, 'active', '', 2, 0)`,
		`INSERT INTO organizations VALUES ('org_1', 1, 3, 'ACME', 'ACME', 'Äcme', 'Things', '', '', '', 'team', 'shared', 1, 1, 0), ('org_2', 2, 2, '~ada', '~ADA', 'Ada', '', '', '', '', 'explore', 'personal', 1, 1, 0)`,
		`INSERT INTO memberships VALUES (4294967297, 'org_1', 'usr_1', 1, 'active', 5, 0, '', 'Ada@example.com', 'ada@example.com', 'Ada', 'ada', 'ada', 'ada@example.com'),
			(4294967298, 'org_1', 'usr_2', 1, 'active', 3, 0, '', 'bob@example.com', 'bob@example.com', 'Bob Σοφός', 'bob σοφός', 'bob', 'bob@example.com bob σοφός'),
			(8589934593, 'org_2', 'usr_1', 1, 'active', 1, 0, '', 'Ada@example.com', 'ada@example.com', 'Ada', 'ada', 'ada', 'ada@example.com')`,
		`INSERT INTO member_counts VALUES ('org_1', 1, 'active', 2), ('org_2', 1, 'active', 1)`,
	} {
		if _, err := d.Writer.ExecContext(ctx, strings.NewReplacer("usr_1", adaID, "usr_2", bobID).Replace(q)); err != nil {
			t.Fatalf("%s: %v", q, err)
		}
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}

	s, err := Open(ctx, Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ada := models.Actor{UserID: adaID, Via: models.ViaLocal}
	orgs, err := s.AllOrganizations(ctx, ada, models.OrgQuery{Search: "ÄCME", Sort: models.OrgByName})
	if err != nil || orgs.Total != 1 || len(orgs.Items) != 1 || orgs.Items[0].Members != 2 || orgs.Items[0].PrimaryOwner != "bob@example.com" {
		t.Errorf("organizations: %+v, %v", orgs, err)
	}
	owners, err := s.Users(ctx, ada, models.AccountQuery{Role: models.RoleOwner})
	if err != nil || len(owners.Items) != 2 {
		t.Errorf("owners: %+v, %v", owners, err)
	}
	users, err := s.Users(ctx, ada, models.AccountQuery{Search: "ob", Sort: models.AccountByName})
	if err != nil || users.Total != 2 || len(users.Items) != 1 || users.Items[0].ID != bobID {
		t.Errorf("users: %+v, %v", users, err)
	}
	folded, err := s.ListMembers(ctx, ada, "ACME", models.MemberQuery{Search: "ΣΟΦΌΣ"})
	if err != nil || len(folded.Items) != 1 || folded.Items[0].ID != bobID {
		t.Errorf("a name whose letters were folded otherwise: %+v, %v", folded, err)
	}
	if _, err := s.ChangeRole(ctx, ada, "ACME", "bob@example.com", models.RoleMember); err != nil {
		t.Error(err)
	}
	if v, err := s.Organization(ctx, ada, "ACME"); err != nil || v.PrimaryOwner != adaID {
		t.Errorf("the primary owner: %+v, %v", v, err)
	}
}
