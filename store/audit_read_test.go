package store_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"muster/models"
	"muster/store"
)

// reads lists what the log of an organization says site admins read in it.
func (w *world) reads(org string) []string {
	w.t.Helper()
	return texts(w.t, w.raw(), "SELECT actor_email || ' ' || acting_as || ' ' || via || ' ' || address || ' ' || after FROM audit WHERE org_id = $1 AND action = 'organization.read' ORDER BY seq", org)
}

// look reads what the app and commands read, twice, as a screen that refreshes
// does, and page by page.
func (w *world) look(a models.Actor, org string) {
	w.t.Helper()
	for range 2 {
		must[models.OrgView](w.t)(w.s.Organization(w.ctx, a, org))
		must[models.Overview](w.t)(w.s.Overview(w.ctx, a, org, 0))
		must[[]store.Presence](w.t)(w.s.Here(w.ctx, a, org))
		must[[]models.Answer](w.t)(w.s.CanIAll(w.ctx, a, org))
		must[models.Page[models.AuditEntry]](w.t)(w.s.ListAudit(w.ctx, a, org, models.AuditQuery{}))
		for after := ""; ; {
			page := must[models.Page[models.Member]](w.t)(w.s.ListMembers(w.ctx, a, org, models.MemberQuery{Limit: 1, After: after}))
			if after = page.Next; after == "" {
				break
			}
		}
	}
}

// A site admin who reads in an organization that they are no member of leaves one
// entry a day and kind, whichever way they come, and each process of two knows.
func TestReadingAsSiteAdmin(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	second := s.open()
	over := s.root
	over.Via, over.Address, over.Key = models.ViaSSH, "192.0.2.9", key("ada").Fingerprint
	before := s.number("SELECT count(*) FROM activity_days WHERE org_id = $1", s.acme)
	s.look(over, s.acme)
	s.look(s.root, s.acme)
	must[models.Page[models.Member]](t)(second.ListMembers(s.ctx, s.root, s.acme, models.MemberQuery{}))
	var want []string
	for _, kind := range []string{"organization", "audit", "member"} {
		want = append(want, `ada@example.com site_admin ssh 192.0.2.9 {"read":"`+kind+`"}`)
	}
	if got := s.reads(s.acme); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Fatalf("the log has\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if n := s.number("SELECT count(*) FROM activity_days WHERE org_id = $1", s.acme); n != before {
		t.Error("it counts as activity of the organization")
	}
	page := must[models.Page[models.AuditEntry]](t)(s.s.ListAudit(s.ctx, s.admin, s.acme, models.AuditQuery{Action: "organization.read"}))
	if len(page.Items) != 3 || page.Items[0].TargetLabel != "ACME" {
		t.Errorf("an admin sees %+v", page.Items)
	}
	// The next day it is another entry, in which who reads first says how.
	s.clock.Advance(24 * time.Hour)
	must[models.Page[models.Member]](t)(second.ListMembers(s.ctx, s.root, s.acme, models.MemberQuery{}))
	must[models.Page[models.Member]](t)(s.s.ListMembers(s.ctx, s.root, s.acme, models.MemberQuery{}))
	if got := s.reads(s.acme); len(got) != 4 || got[3] != `ada@example.com site_admin local  {"read":"member"}` {
		t.Errorf("the log has\n%s", strings.Join(got, "\n"))
	}
	s.sound()
}

// Members' reading leaves nothing, that of site admins among them as far as
// everybody with their role could read it; nor does a shell say more of somebody
// it acts for than that.
func TestReadingAsMember(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.look(s.owner, s.acme)
	s.look(s.admin, s.acme)
	must[models.Page[models.Member]](t)(s.s.ListMembers(s.ctx, s.member, s.acme, models.MemberQuery{}))
	home := must[models.OrgView](t)(s.s.Organization(s.ctx, s.root, "HOME")).ID
	s.look(s.root, home)
	must[[]models.SettingValue](t)(s.s.Settings(s.ctx, s.root, home))
	must[[]models.PlanView](t)(s.s.Plans(s.ctx, s.root, home))
	must[models.PlanChange](t)(s.s.PlanPreview(s.ctx, s.root, home, models.PlanVisionary))
	must[[]models.RoleView](t)(s.s.Roles(s.ctx, s.root, home))
	for _, org := range []string{s.acme, home} {
		if got := s.reads(org); len(got) != 0 {
			t.Errorf("the log has %q", got)
		}
	}
	// What one could do as site admin, and has not done, is not reading as one.
	adam := s.admin
	s.exec("UPDATE users SET site_admin = 1 WHERE id = $1", adam.UserID)
	must[[]models.RoleView](t)(s.s.Roles(s.ctx, adam, s.acme))
	must[[]models.PlanView](t)(s.s.Plans(s.ctx, adam, s.acme))
	if got := s.reads(s.acme); len(got) != 0 {
		t.Errorf("the log has %q", got)
	}
	// As a viewer, a site admin reads the whole log only as site admin.
	viewer := s.join(s.owner, s.acme, "vi@example.com", models.RoleViewer)
	s.exec("UPDATE users SET site_admin = 1 WHERE id = $1", viewer.UserID)
	must[models.Page[models.Member]](t)(s.s.ListMembers(s.ctx, viewer, s.acme, models.MemberQuery{}))
	must[models.Page[models.AuditEntry]](t)(s.s.ListAudit(s.ctx, viewer, s.acme, models.AuditQuery{}))
	if got := s.reads(s.acme); len(got) != 1 || !strings.Contains(got[0], `{"read":"audit"}`) {
		t.Errorf("the log has %q", got)
	}
	// Whoever acts for a site admin is named, beside them.
	must[models.Page[models.Member]](t)(s.s.ListMembers(s.ctx, models.Actor{UserID: s.owner.UserID, OnBehalfOf: s.root.UserID, Via: models.ViaLocal}, s.acme, models.MemberQuery{}))
	if got := texts(t, s.raw(), "SELECT actor_email || ' for ' || on_behalf_of FROM audit WHERE action = 'organization.read' ORDER BY seq DESC LIMIT 1"); got[0] != "olga@example.com for ada@example.com" {
		t.Errorf("the log has %q", got)
	}
	s.sound()
}

// Where nothing can be written, reading goes on, and the process says in its own
// log what the audit log lacks; once it can be, the next reading is in it.
func TestReadingWhereNothingCanBeWritten(t *testing.T) {
	t.Parallel()
	if postgresDSN != "" {
		t.Skip("the trigger is SQLite's")
	}
	var log bytes.Buffer
	s := newStage(t, func(o *store.Options) { o.Log = slog.New(slog.NewTextHandler(&lockedWriter{w: &log}, nil)) })
	s.exec("CREATE TRIGGER full_disk BEFORE INSERT ON audit BEGIN SELECT RAISE(FAIL, 'database or disk is full'); END")
	for range 3 {
		must[models.Page[models.Member]](t)(s.s.ListMembers(s.ctx, s.root, s.acme, models.MemberQuery{}))
	}
	if n := strings.Count(log.String(), "the audit log cannot say that a site admin has read an organization"); n != 1 {
		t.Errorf("it is said %d times, want once: %s", n, log.String())
	}
	s.exec("DROP TRIGGER full_disk")
	must[models.Page[models.Member]](t)(s.s.ListMembers(s.ctx, s.root, s.acme, models.MemberQuery{}))
	if got := s.reads(s.acme); len(got) != 1 {
		t.Errorf("the log has %q", got)
	}
	s.sound()
}

// lockedWriter is for a log that several goroutines write.
type lockedWriter struct {
	mu sync.Mutex
	w  *bytes.Buffer
}

func (l *lockedWriter) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(b)
}
