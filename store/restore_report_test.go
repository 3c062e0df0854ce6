package store_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"muster/models"
	"muster/store"
)

// Whatever gives somebody more than they have now is named: accounts, the power
// of site admins, one-time codes, links, and rules that keep sessions out.
func TestRestoreNamesAllPower(t *testing.T) {
	alone(t)
	t.Parallel()
	w := newWorld(t)
	ada := w.ada()
	acme := w.acme(ada)
	w.exec("UPDATE organizations SET plan = 'enterprise' WHERE id = $1", acme.ID)
	bob := w.join(ada, acme.ID, "bob@example.com", models.RoleMember)
	gus := w.join(ada, acme.ID, "gus@example.com", models.RoleMember)
	w.exec("UPDATE users SET site_admin = 1 WHERE id = $1", bob.UserID)
	link := func(label string) models.JoinLink {
		return must[models.JoinLink](t)(w.s.CreateLink(w.ctx, ada, acme.ID, models.NewLink{Label: label, MaxUses: 5, TTL: time.Hour}))
	}
	revoked, used := link("fair"), link("class")
	hook, kept := w.webhook(ada, acme.ID, "https://example.com/in"), w.webhook(ada, acme.ID, "https://example.com/kept")
	file := filepath.Join(t.TempDir(), "backup")
	if err := w.s.Backup(w.ctx, file); err != nil {
		t.Fatal(err)
	}
	w.exec("UPDATE users SET site_admin = 0 WHERE id = $1", bob.UserID)
	w.exec("DELETE FROM users WHERE id = $1", gus.UserID)
	w.exec("UPDATE join_links SET revoked_at = 1 WHERE id = $1", revoked.ID)
	w.exec("UPDATE join_links SET uses = 2 WHERE id = $1", used.ID)
	must[models.Webhook](t)(w.s.DeleteWebhook(w.ctx, ada, acme.ID, hook.ID))
	must[models.Webhook](t)(w.s.UpdateWebhook(w.ctx, ada, acme.ID, kept.ID, models.WebhookChange{Description: ptr("kept")}))
	w.exec("INSERT INTO settings (org_id, key, value) VALUES ($1, 'security.ip_allowlist', '192.0.2.0/24')", acme.ID)
	w.exec("INSERT INTO settings (org_id, key, value) VALUES ($1, 'security.two_factor', 'required')", acme.ID)

	r := must[store.RestoreReport](t)(store.InspectBackup(w.ctx, w.dir, file))
	for name, lists := range map[string][2][]string{
		"site admins": {r.SiteAdmins, {"bob@example.com"}},
		"users":       {r.Users, {"gus@example.com (deleted since)"}},
		"members":     {r.Members, {"ACME gus@example.com member (not a member now)"}},
		"links":       {r.Links, {"ACME fair " + revoked.ID + " with 5 of 5 uses"}},
		"webhooks":    {r.Webhooks, {"ACME " + hook.ID + " to https://example.com/in"}},
		"security":    {r.Security, {"ACME security.two_factor: required becomes off", "ACME security.ip_allowlist: 192.0.2.0/24 becomes empty"}},
		"nothing":     {slices.Concat(r.Organizations, r.Invitations, r.Transfers, r.Roles, r.SecondFactors), nil},
	} {
		if name == "links" {
			lists[1] = []string{"ACME class " + used.ID + " with 5 of 5 uses (now with 3)", lists[1][0]}
		}
		if !slices.Equal(lists[0], lists[1]) {
			t.Errorf("%s: %q, want %q", name, lists[0], lists[1])
		}
	}
}

// A backup with anything in it that muster did not make is refused, and so is one
// that lacks what muster made.
func TestRestoreRefusesForeignObjects(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.acme(w.ada())
	for name, c := range map[string]struct{ change, says string }{
		"trigger": {"CREATE TRIGGER promote AFTER INSERT ON users BEGIN UPDATE users SET site_admin = 1 WHERE id = new.id; END", `trigger "promote"`},
		"view":    {"CREATE VIEW everybody AS SELECT * FROM users", `view "everybody"`},
		"table":   {"CREATE TABLE more (x)", `table "more"`},
		"column":  {"ALTER TABLE users ADD COLUMN more TEXT", `table "users"`},
		"index":   {"CREATE INDEX more ON users (name)", `index "more"`},
		"lacking": {"DROP INDEX user_keys_user", `lacks the index "user_keys_user"`},
	} {
		dir := t.TempDir()
		file := filepath.Join(dir, store.DatabaseFile)
		if err := w.s.Backup(w.ctx, file); err != nil {
			t.Fatal(err)
		}
		db := raw(t, dir)
		if _, err := db.Exec(c.change); err != nil {
			t.Fatal(err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		_, err := store.InspectBackup(w.ctx, w.dir, file)
		wantCode(t, err, models.CodeInvalid)
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
		wantCode(t, store.Restore(w.ctx, w.dir, file), models.CodeInvalid)
	}
	if h := w.s.Health(w.ctx); slices.ContainsFunc(h, func(c store.Check) bool { return !c.OK }) {
		t.Errorf("%+v", h)
	}
}
