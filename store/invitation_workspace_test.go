package store_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"muster/models"
	"muster/store"
)

func into(grants ...string) []models.WorkspaceGrant {
	var list []models.WorkspaceGrant
	for _, g := range grants {
		list = append(list, models.WorkspaceGrant{Workspace: g})
	}
	return list
}

// TestWhoInvitesIntoWorkspaces holds that nobody hands out a workspace role
// they could not grant, at once or in a proposal.
func TestWhoInvitesIntoWorkspaces(t *testing.T) {
	alone(t)
	for _, policy := range []models.InvitePolicy{models.PolicyMembers, models.PolicyApproval} {
		f := newOffice(t)
		w := f.workspace("Research")
		for _, who := range []string{"workspace admin", "editor", "viewer"} {
			f.add(w.ID, mailOf(who), added[who])
		}
		f.set(f.actors["owner"], f.org, models.SetInvite, string(policy))
		proposed := policy == models.PolicyApproval
		for i, c := range []struct {
			who    string
			role   models.WorkspaceRole
			want   models.Code
			prop   models.Code // in a proposal
			member models.Role
		}{
			{"owner", models.WorkspaceAdmin, "", "", ""},
			{"admin", models.WorkspaceAdmin, "", "", ""},
			{"site admin", models.WorkspaceAdmin, "", "", ""},
			{"owner", models.WorkspaceAdmin, "", "", models.RoleViewer},
			{"owner", models.WorkspaceViewer, models.CodeInvalid, models.CodeInvalid, models.RoleAdmin},
			{"workspace admin", models.WorkspaceAdmin, "", "", ""},
			{"editor", models.WorkspaceViewer, models.CodeDenied, "", ""},
			{"editor", models.WorkspaceEditor, models.CodeDenied, "", ""},
			{"editor", models.WorkspaceAdmin, models.CodeDenied, models.CodeDenied, ""},
			{"viewer", models.WorkspaceViewer, models.CodeDenied, "", ""},
			{"viewer", models.WorkspaceEditor, models.CodeDenied, models.CodeDenied, ""},
			{"elsewhere", models.WorkspaceViewer, models.CodeNotFound, models.CodeNotFound, ""},
			{"outsider", models.WorkspaceViewer, models.CodeNotFound, models.CodeNotFound, ""},
		} {
			want := c.want
			if proposed {
				want = c.prop
			}
			inv, err := f.s.CreateInvitation(f.ctx, f.actors[c.who], f.org, models.NewInvitation{
				Email: fmt.Sprintf("new%d@example.com", i), Role: c.member, Workspaces: []models.WorkspaceGrant{{Workspace: w.ID, Role: c.role}},
			})
			if models.CodeOf(err) != want {
				t.Errorf("%s, %s into Research as %s: %v, want %q", policy, c.who, c.role, err, want)
			}
			if err == nil && fmt.Sprint(placeNames(inv.Workspaces)) != fmt.Sprintf("[Research %s]", c.role) {
				t.Errorf("%s, %s: %+v", policy, c.who, inv.Workspaces)
			}
			// A row of an import is held to the same rules, and says the same.
			for _, dry := range []bool{true, false} {
				said := err
				r, err := f.s.ImportInvitations(f.ctx, f.actors[c.who], f.org, []models.ImportRow{{
					Line: 1, Email: fmt.Sprintf("row%d@example.com", i), Role: c.member, Workspaces: []models.WorkspaceGrant{{Workspace: w.ID, Role: c.role}},
				}}, store.ImportOptions{DryRun: dry})
				if err == nil {
					err = r.Results[0].Err
				}
				if models.CodeOf(err) != want || said != nil && err.Error() != said.Error() {
					t.Errorf("%s, %s imports into Research as %s: %v, want %v", policy, c.who, c.role, err, said)
				}
				if err == nil && fmt.Sprint(placeNames(r.Results[0].Workspaces)) != fmt.Sprintf("[Research %s]", c.role) {
					t.Errorf("%s, %s imports: %+v", policy, c.who, r.Results[0])
				}
				if err == nil && !dry {
					row, err := f.s.Invitation(f.ctx, f.actors[c.who], "", r.Results[0].ID)
					if err != nil || fmt.Sprint(placeNames(row.Workspaces)) != fmt.Sprintf("[Research %s]", c.role) {
						t.Errorf("%s, %s imported: %+v, %v", policy, c.who, row.Workspaces, err)
					}
				}
			}
		}
	}
}

func TestInvitationWords(t *testing.T) {
	f := newOffice(t)
	f.workspace("Research")
	f.workspace("Team: Blue")
	f.workspace("Research:editor")
	n := 0
	for _, c := range []struct {
		grants []models.WorkspaceGrant
		want   string
	}{
		{into(), "[]"},
		{into("research"), "[Research viewer]"},
		{into("General:ADMIN", "Team: Blue"), "[General admin Team: Blue viewer]"},
		{into("Team: Blue:editor"), "[Team: Blue editor]"},
		{into("Research:editor"), "[Research:editor viewer]"}, // the whole name first
		{into("Research", "RESEARCH"), "invalid"},
		{into("Research:king"), "invalid"},
		{into("Nonsense"), "not_found"},
		{into(""), "invalid"},
		{make([]models.WorkspaceGrant, models.MaxWorkspaceGrants+1), "invalid"},
	} {
		n++
		inv, err := f.s.CreateInvitation(f.ctx, f.actors["owner"], f.org, models.NewInvitation{Email: fmt.Sprintf("n%d@example.com", n), Workspaces: c.grants})
		got := fmt.Sprint(placeNames(inv.Workspaces))
		if err != nil {
			got = string(models.CodeOf(err))
		}
		if got != c.want {
			t.Errorf("%+v: %s (%v), want %s", c.grants, got, err, c.want)
		}
	}
}

// TestJoiningIntoWorkspaces follows invitations to their end: what the invitee
// is shown, what they get, and what no longer holds by then.
func TestJoiningIntoWorkspaces(t *testing.T) {
	f := newOffice(t)
	f.closeGeneral()
	owner, boss := f.actors["owner"], f.actors["workspace admin"]
	f.set(owner, f.org, models.SetInvite, string(models.PolicyMembers))
	a, b := f.workspace("Alpha"), f.workspace("Beta")
	for _, w := range []models.WorkspaceView{a, b} {
		f.add(w.ID, mailOf("workspace admin"), models.WorkspaceAdmin)
	}
	for i, c := range []struct {
		name   string
		by     models.Actor
		change func(inv models.Invitation)
		want   string
	}{
		{"as invited", boss, func(models.Invitation) {}, "[Alpha editor Beta viewer]"},
		{"the workspace is gone", owner, func(models.Invitation) {
			if _, err := f.s.DeleteWorkspace(f.ctx, owner, f.org, b.ID, "Beta"); err != nil {
				t.Fatal(err)
			}
		}, "[Alpha editor]"},
		{"the inviter left one workspace", boss, func(models.Invitation) {
			if _, err := f.s.RemoveWorkspaceMember(f.ctx, boss, f.org, b.ID, mailOf("workspace admin")); err != nil {
				t.Fatal(err)
			}
		}, "[Alpha editor]"},
		{"the inviter is no admin of it any more", boss, func(models.Invitation) {
			if _, err := f.s.ChangeWorkspaceRole(f.ctx, boss, f.org, b.ID, mailOf("workspace admin"), models.WorkspaceEditor); err != nil {
				t.Fatal(err)
			}
		}, "[Alpha editor]"},
		{"an owner renewed it", boss, func(inv models.Invitation) {
			f.clock.Advance(models.MaxExpiry)
			if _, err := f.s.ResendInvitation(f.ctx, owner, f.org, inv.ID); err != nil {
				t.Fatal(err)
			}
		}, "[Alpha editor Beta viewer]"},
	} {
		email := fmt.Sprintf("new%d@example.com", i)
		inv, err := f.s.CreateInvitation(f.ctx, c.by, f.org, models.NewInvitation{Email: email, Workspaces: into("Alpha:editor", "Beta")})
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		code, err := f.s.JoinCode(f.ctx, c.by, f.org, inv.ID)
		if err != nil {
			t.Fatal(err)
		}
		c.change(inv)
		k := key(email)
		offer, err := f.s.LookupCode(f.ctx, models.Actor{Via: models.ViaSSH, Key: k.Fingerprint}, code)
		if err != nil || fmt.Sprint(placeNames(offer.Offer.Invitation.Workspaces)) != c.want {
			t.Errorf("%s: offered %+v, %v, want %s", c.name, offer.Offer.Invitation.Workspaces, err, c.want)
		}
		u, _, err := f.s.AcceptCode(f.ctx, models.Actor{Via: models.ViaSSH, Key: k.Fingerprint}, code, "New", k)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		page, err := f.s.ListWorkspaces(f.ctx, models.Actor{UserID: u.ID, Via: models.ViaTUI}, f.org, models.WorkspaceQuery{})
		var got []string
		for _, w := range page.Items {
			got = append(got, w.Name+" "+w.Label())
		}
		if err != nil || fmt.Sprint(got) != c.want {
			t.Errorf("%s: in %v, %v, want %s", c.name, got, err, c.want)
		}
		// As it was, for the next one.
		if b, err = f.s.Workspace(f.ctx, owner, f.org, "Beta"); err != nil {
			b = f.workspace("Beta")
		}
		_, _ = f.s.RemoveWorkspaceMember(f.ctx, owner, f.org, b.ID, mailOf("workspace admin"))
		f.add(b.ID, mailOf("workspace admin"), models.WorkspaceAdmin)
		f.counted()
	}
	e := f.audit(owner, models.AuditQuery{Action: "invitation.accept"})[0]
	if e.After == "" || !slices.Contains([]models.Outcome{models.OutcomeDone}, e.Outcome) {
		t.Errorf("%+v", e)
	}
	f.verified()
}

// TestDecidingOverWorkspaces holds that approving, sending again and passing on
// hand the roles out anew, and that a name shows to nobody who may not know it.
func TestDecidingOverWorkspaces(t *testing.T) {
	f := newOffice(t)
	owner := f.actors["owner"]
	w := f.workspace("Research")
	f.add(w.ID, mailOf("editor"), models.WorkspaceEditor)
	inv, err := f.s.CreateInvitation(f.ctx, f.actors["editor"], f.org, models.NewInvitation{Email: "new@example.com", Workspaces: into("Research:editor")})
	if err != nil || inv.State != models.StateRequested {
		t.Fatalf("%+v, %v", inv, err)
	}
	shown := func(who string) string {
		t.Helper()
		one, err := f.s.Invitation(f.ctx, f.actors[who], f.org, inv.ID)
		if err != nil {
			t.Fatal(err)
		}
		page, err := f.s.ListInvitations(f.ctx, f.actors[who], f.org, models.InvitationQuery{Search: "new@"})
		if err != nil || len(page.Items) != 1 || fmt.Sprint(page.Items[0].Workspaces) != fmt.Sprint(one.Workspaces) {
			t.Fatalf("the list differs: %+v, %v", page.Items, err)
		}
		return fmt.Sprint(placeNames(one.Workspaces))
	}
	if got := shown("editor") + shown("owner"); got != "[Research editor][Research editor]" {
		t.Errorf("shown: %s", got)
	}
	if _, err := f.s.RemoveWorkspaceMember(f.ctx, owner, f.org, w.ID, mailOf("editor")); err != nil {
		t.Fatal(err)
	}
	if got := shown("editor") + shown("owner"); got != "[][Research editor]" {
		t.Errorf("shown after the proposer left the workspace: %s", got)
	}

	// Somebody who decides invitations and has no part of the workspace.
	f.role(models.ScopeOrganization, "Gatekeeper", "invitations.decide", "invitations.create")
	if _, err := f.s.ChangeRole(f.ctx, owner, f.org, mailOf("elsewhere"), "Gatekeeper"); err != nil {
		t.Fatal(err)
	}
	gate := f.actors["elsewhere"]
	refused := func(what string, err error) {
		t.Helper()
		if models.CodeOf(err) != models.CodeDenied {
			t.Errorf("%s: %v", what, err)
		}
	}
	_, err = f.s.ApproveInvitation(f.ctx, gate, f.org, inv.ID, "")
	refused("approving", err)
	if _, err = f.s.ApproveInvitation(f.ctx, owner, f.org, inv.ID, ""); err != nil {
		t.Fatal(err)
	}
	_, err = f.s.ResendInvitation(f.ctx, gate, f.org, inv.ID)
	refused("resending", err)
	_, err = f.s.RegenerateInvitation(f.ctx, gate, f.org, inv.ID)
	refused("regenerating", err)
	_, err = f.s.JoinCode(f.ctx, gate, f.org, inv.ID)
	refused("the code", err)

	f.clock.Advance(models.UndoTime)
	jobs, err := f.s.ClaimMail(f.ctx, 50, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(jobs, func(j store.MailJob) bool { return j.ID == inv.ID })
	if i < 0 || fmt.Sprint(placeNames(jobs[i].Invitation.Workspaces)) != "[Research editor]" {
		t.Errorf("the mail does not name the workspace: %+v", jobs)
	}
	// What was approved holds, though whoever proposed it could not grant it.
	newcomer := f.accept(owner, inv)
	if v, err := f.s.Workspace(f.ctx, newcomer, f.org, w.ID); err != nil || v.Role != models.WorkspaceEditor {
		t.Errorf("%+v, %v", v, err)
	}
	f.counted()
}

// TestAcceptingAsMember holds that an invitation of who is a member already
// changes nothing but itself.
func TestAcceptingAsMember(t *testing.T) {
	f := newOffice(t)
	f.closeGeneral()
	owner := f.actors["owner"]
	f.workspace("Research")
	inv, err := f.s.CreateInvitation(f.ctx, owner, f.org, models.NewInvitation{Email: "outsider@example.com", Workspaces: into("Research:admin")})
	if err != nil {
		t.Fatal(err)
	}
	offers, err := f.s.OwnInvitations(f.ctx, f.actors["outsider"])
	if err != nil || len(offers) != 1 || fmt.Sprint(placeNames(offers[0].Invitation.Workspaces)) != "[Research admin]" {
		t.Fatalf("%+v, %v", offers, err)
	}
	f.exec(`INSERT INTO memberships (num, org_id, user_id, role_order, status, joined_at, last_seen_at, invited_by, email_norm, name_norm, text, email, name, handle)
		SELECT 99999999999, $1, user_id, 4, status, joined_at, last_seen_at, '', email_norm, name_norm, text, email, name, handle
		FROM memberships WHERE user_id = $2 LIMIT 1`, f.org, f.actors["outsider"].UserID)
	if _, err := f.s.AcceptInvitation(f.ctx, f.actors["outsider"], inv.ID); err != nil {
		t.Fatal(err)
	}
	page, err := f.s.ListWorkspaces(f.ctx, f.actors["outsider"], f.org, models.WorkspaceQuery{})
	if err != nil || len(page.Items) != 0 {
		t.Errorf("a member got %+v, %v", page.Items, err)
	}
}
