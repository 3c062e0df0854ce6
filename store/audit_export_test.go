package store_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"muster/models"
	"muster/store"
)

// exporting is an installation whose plan team may export the log.
func exporting(o *store.Options) {
	roomy(o)
	p := o.Plans[models.PlanTeam]
	p.Features = append(slices.Clone(p.Features), models.FeatureAuditExport)
	o.Plans[models.PlanTeam] = p
}

func TestAuditFilters(t *testing.T) {
	w := newWorld(t)
	ada := w.ada()
	acme := w.acme(ada)
	bob := w.join(ada, acme.ID, "bob@example.com", models.RoleAdmin)
	cy := w.join(ada, acme.ID, "cy@example.com", models.RoleMember)
	w.clock.Advance(24 * time.Hour)
	inv, err := w.s.CreateInvitation(w.ctx, cy, acme.ID, models.NewInvitation{Email: "dee@example.com"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.s.RejectInvitation(w.ctx, bob, "", inv.ID, "no"); err != nil {
		t.Fatal(err)
	}
	forBob := ada
	forBob.OnBehalfOf = bob.UserID
	if _, err := w.s.ChangeRole(w.ctx, forBob, acme.ID, "cy@example.com", models.RoleViewer); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		who  models.Actor
		q    models.AuditQuery
		want string
	}{
		"person by address":           {ada, models.AuditQuery{Actor: "Bob@example.com"}, "member.role invitation.reject invitation.accept"},
		"person by id":                {ada, models.AuditQuery{Actor: cy.UserID}, "invitation.request invitation.accept"},
		"nobody":                      {ada, models.AuditQuery{Actor: "zoe@example.com"}, ""},
		"action":                      {ada, models.AuditQuery{Action: "invitation.accept"}, "invitation.accept invitation.accept"},
		"actions by a prefix":         {ada, models.AuditQuery{Action: "member"}, "member.role"},
		"half an action":              {ada, models.AuditQuery{Action: "invitation.acc"}, ""},
		"target by id":                {ada, models.AuditQuery{Target: inv.ID}, "invitation.reject invitation.request"},
		"target by address":           {ada, models.AuditQuery{Target: "dee@example.com"}, "invitation.reject invitation.request"},
		"from":                        {ada, models.AuditQuery{From: start.Add(time.Hour)}, "member.role invitation.reject invitation.request"},
		"until":                       {ada, models.AuditQuery{Until: start.Add(time.Hour), Action: "organization"}, "organization.create"},
		"all at once":                 {ada, models.AuditQuery{Actor: "cy@example.com", Action: "invitation", Target: inv.ID, From: start.Add(time.Hour), Until: start.Add(48 * time.Hour)}, "invitation.request"},
		"own only":                    {cy, models.AuditQuery{}, "invitation.request invitation.accept"},
		"own only, asked for another": {cy, models.AuditQuery{Actor: "bob@example.com"}, ""},
	} {
		page, err := w.s.ListAudit(w.ctx, tt.who, acme.ID, tt.q)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, e := range page.Items {
			got = append(got, e.Action)
		}
		if g := strings.Join(got, " "); g != tt.want {
			t.Errorf("%s: %q, want %q", name, g, tt.want)
		}
	}
	page, err := w.s.ListAudit(w.ctx, ada, acme.ID, models.AuditQuery{Action: "member.role"})
	if err != nil || fmt.Sprint(page.Items[0].Changes()) != "[{role member viewer}]" {
		t.Errorf("changes: %v, %v", page.Items, err)
	}
	actions, err := w.s.AuditActions(w.ctx, ada, acme.ID)
	if got := strings.Join(actions, " "); err != nil || got != "invitation.accept invitation.code invitation.create invitation.reject invitation.request member.role organization.create" {
		t.Errorf("actions: %s, %v", got, err)
	}
	if actions, err = w.s.AuditActions(w.ctx, cy, acme.ID); err != nil || strings.Join(actions, " ") != "invitation.accept invitation.request" {
		t.Errorf("own actions: %s, %v", actions, err)
	}
}

func TestInstallationLog(t *testing.T) {
	w := newWorld(t)
	ada := w.ada()
	acme := w.acme(ada)
	bob := w.join(ada, acme.ID, "bob@example.com", models.RoleOwner)
	page, err := w.s.ListAudit(w.ctx, ada, models.InstallationLog, models.AuditQuery{})
	if err != nil || len(page.Items) == 0 {
		t.Fatal(page, err)
	}
	for _, e := range page.Items {
		if e.OrgID != "" {
			t.Errorf("an entry of an organization: %+v", e)
		}
	}
	r, err := w.s.VerifyAudit(w.ctx, ada, models.InstallationLog)
	if err != nil || !r.OK || r.Entries != int64(len(page.Items)) {
		t.Errorf("%+v, %v", r, err)
	}
	if actions, err := w.s.AuditActions(w.ctx, ada, models.InstallationLog); err != nil || !slices.Contains(actions, "user.create") {
		t.Error(actions, err)
	}
	n := 0
	if err := w.s.ExportAudit(w.ctx, ada, models.InstallationLog, models.AuditQuery{}, func(models.AuditEntry) error { n++; return nil }); err != nil || n != len(page.Items)+1 {
		t.Errorf("exported %d, %v", n, err)
	}
	for _, try := range []func() error{
		func() error {
			_, err := w.s.ListAudit(w.ctx, bob, models.InstallationLog, models.AuditQuery{})
			return err
		},
		func() error { _, err := w.s.VerifyAudit(w.ctx, bob, models.InstallationLog); return err },
		func() error { _, err := w.s.AuditActions(w.ctx, bob, models.InstallationLog); return err },
		func() error { return w.s.ExportAudit(w.ctx, bob, models.InstallationLog, models.AuditQuery{}, nil) },
	} {
		wantCode(t, try(), models.CodeDenied)
	}
}

func TestExportAudit(t *testing.T) {
	alone(t)
	w := newWorld(t, exporting)
	ada := w.ada()
	acme := w.acme(ada)
	cy := w.join(ada, acme.ID, "cy@example.com", models.RoleMember)
	var list strings.Builder
	for i := range 1200 {
		fmt.Fprintf(&list, "p%d@example.com\n", i)
	}
	w.imports(ada, acme.ID, list.String(), store.ImportOptions{})
	before := w.entries(ada, acme.ID)

	var got []models.AuditEntry
	write := func(e models.AuditEntry) error {
		got = append(got, e)
		if len(got) == 700 { // what is done meanwhile is left out
			if err := w.invite(ada, acme.ID, "meanwhile@example.com"); err != nil {
				t.Fatal(err)
			}
		}
		return nil
	}
	if err := w.s.ExportAudit(w.ctx, ada, acme.ID, models.AuditQuery{}, write); err != nil {
		t.Fatal(err)
	}
	if int64(len(got)) != before+1 || got[0].Seq != 1 || got[len(got)-1].Action != "audit.export" {
		t.Fatalf("%d entries of %d, the last is %s", len(got), before+1, got[len(got)-1].Action)
	}
	for i, e := range got {
		if e.Seq != int64(i)+1 || e.Hash != e.ComputeHash() {
			t.Fatalf("entry %d is %d, or does not fit its hash", i, e.Seq)
		}
	}
	got = nil
	if err := w.s.ExportAudit(w.ctx, ada, acme.ID, models.AuditQuery{Actor: "cy@example.com"}, write); err != nil || len(got) != 1 || got[0].Action != "invitation.accept" {
		t.Errorf("filtered: %v, %v", got, err)
	}
	wantCode(t, w.s.ExportAudit(w.ctx, cy, acme.ID, models.AuditQuery{}, write), models.CodeDenied)
	full := errors.New("disk full")
	if err := w.s.ExportAudit(w.ctx, ada, acme.ID, models.AuditQuery{}, func(models.AuditEntry) error { return full }); !errors.Is(err, full) {
		t.Errorf("an error of the writer: %v", err)
	}

	// Who loses the right in the middle gets no further page.
	bob := w.join(ada, acme.ID, "bob@example.com", models.RoleAdmin)
	n := 0
	err := w.s.ExportAudit(w.ctx, bob, acme.ID, models.AuditQuery{}, func(models.AuditEntry) error {
		if n++; n == 10 {
			if _, err := w.s.ChangeRole(w.ctx, ada, acme.ID, "bob@example.com", models.RoleMember); err != nil {
				t.Fatal(err)
			}
		}
		return nil
	})
	if models.CodeOf(err) != models.CodeDenied || n != 500 {
		t.Errorf("%d entries, %v", n, err)
	}
	w.verified()
}

func TestExportAuditIsAFeatureOfThePlan(t *testing.T) {
	w := newWorld(t)
	ada := w.ada()
	acme := w.acme(ada)
	err := w.s.ExportAudit(w.ctx, ada, acme.ID, models.AuditQuery{}, nil)
	wantCode(t, err, models.CodeDenied)
	if e := models.AsError(err); e.Message != "the plan team has no export of the audit log" || !strings.Contains(e.Hint, "audit_export") {
		t.Errorf("%q, %q", e.Message, e.Hint)
	}
}
