package store_test

import (
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"time"

	"muster/models"
	"muster/store"
)

func (w *world) link(a models.Actor, org string, n models.NewLink) (models.JoinLink, string) {
	w.t.Helper()
	l, err := w.s.CreateLink(w.ctx, a, org, n)
	if err != nil {
		w.t.Fatalf("create link: %v", err)
	}
	code, err := w.s.LinkCode(w.ctx, a, org, l.ID)
	if err != nil {
		w.t.Fatalf("link code: %v", err)
	}
	return l, code
}

// use joins by a link with a new key.
func (w *world) use(s *store.Store, code, email string) (models.User, models.OrgView, error) {
	k := key(email)
	r, err := s.AcceptCodeFor(w.ctx, models.Actor{Via: models.ViaSSH, Key: k.Fingerprint}, code, store.Newcomer{Name: "Name of " + email, Email: email}, k)
	return r.User, r.Org, err
}

func TestJoinLink(t *testing.T) {
	w := newWorld(t)
	ada := w.ada()
	acme := w.acme(ada)
	l, code := w.link(ada, acme.ID, models.NewLink{Label: "course", Role: models.RoleViewer, MaxUses: 3, TTL: time.Hour})
	if l.State != models.LinkActive || l.Uses != 0 || l.NoCode != "" || l.NoRevoke != "" || !l.ExpiresAt.Equal(start.Add(time.Hour)) {
		t.Fatalf("new link: %+v", l)
	}

	// A stranger is shown what it is, and gives a name and an address.
	k := key("bob@example.com")
	stranger := models.Actor{Via: models.ViaSSH, Key: k.Fingerprint}
	f, err := w.s.LookupCode(w.ctx, stranger, code)
	if err != nil || f.Kind != store.CodeLink || f.Link.OrgCode != "ACME" || f.Link.Role != models.RoleViewer || f.Link.Known != nil {
		t.Fatalf("offer: %+v, %v", f, err)
	}
	_, _, err = w.s.AcceptCode(w.ctx, stranger, code, "Bob", k)
	if e := models.AsError(err); e == nil || e.Code != models.CodeInvalid || e.Field != "email" {
		t.Fatalf("without an address: %v", err)
	}
	wantCode(t, w.s.DeclineCode(w.ctx, stranger, code), models.CodeConflict)
	u, v, err := w.use(w.s, code, "bob@example.com")
	if err != nil || v.Role != models.RoleViewer || u.EmailVerified || u.Email != "bob@example.com" {
		t.Fatalf("join: %+v %+v %v", u, v, err)
	}

	// A member uses nothing. Whose address it is makes no difference.
	if _, v, err = w.use(w.s, code, "bob@example.com"); err != nil || v.ID != acme.ID {
		t.Fatalf("again: %v", err)
	}
	x := key("somebody")
	_, err = w.s.AcceptCodeFor(w.ctx, models.Actor{Via: models.ViaSSH, Key: x.Fingerprint}, code, store.Newcomer{Name: "X", Email: "ADA@example.com"}, x)
	if err != nil {
		t.Fatal(err)
	}
	if l, _ = w.s.Link(w.ctx, ada, "", l.ID); l.Uses != 2 || l.LastUsedAt == nil {
		t.Fatalf("after two uses: %+v", l)
	}

	// Its own label keeps codes of links and of invitations apart.
	if _, _, err = w.use(w.s, code, "cy@example.com"); err != nil {
		t.Fatal(err)
	}
	_, _, err = w.use(w.s, code, "dee@example.com")
	wantCode(t, err, models.CodeGone)
	if l, _ = w.s.Link(w.ctx, ada, "", l.ID); l.State != models.LinkUsedUp || l.NoCode == "" {
		t.Fatalf("used up: %+v", l)
	}
	_, err = w.s.LinkCode(w.ctx, ada, "", l.ID)
	wantCode(t, err, models.CodeGone)

	_, late := w.link(ada, acme.ID, models.NewLink{TTL: time.Minute})
	w.clock.Advance(time.Minute)
	_, _, err = w.use(w.s, late, "dee@example.com")
	wantCode(t, err, models.CodeGone)

	gone, code := w.link(ada, acme.ID, models.NewLink{})
	if gone, err = w.s.RevokeLink(w.ctx, ada, acme.ID, gone.ID); err != nil || gone.State != models.LinkRevoked || gone.RevokedBy != "ada@example.com" {
		t.Fatalf("revoke: %+v, %v", gone, err)
	}
	_, err = w.s.RevokeLink(w.ctx, ada, acme.ID, gone.ID)
	wantCode(t, err, models.CodeGone)
	_, err = w.s.LookupCode(w.ctx, stranger, code)
	wantCode(t, err, models.CodeGone)

	// No code is in the log or in a list.
	log, _ := w.s.ListAudit(w.ctx, ada, acme.ID, models.AuditQuery{Limit: 100})
	list, _ := w.s.ListLinks(w.ctx, ada, acme.ID, models.LinkQuery{})
	for _, v := range []any{log, list} {
		b, err := json.Marshal(v)
		if err != nil || strings.Contains(string(b), code) || strings.Contains(string(b), late) {
			t.Fatalf("a code stands in %s (%v)", b, err)
		}
	}
	w.verified()
}

func TestJoinLinkRules(t *testing.T) {
	w := newWorld(t)
	ada := w.ada()
	acme := w.acme(ada)
	w.set(ada, acme.ID, models.SetInvite, "members")
	bob := w.join(ada, acme.ID, "bob@example.com", models.RoleAdmin)
	cy := w.join(ada, acme.ID, "cy@example.com", models.RoleMember)
	vi := w.join(ada, acme.ID, "vi@example.com", models.RoleViewer)

	for _, tt := range []struct {
		who  models.Actor
		role models.Role
		code models.Code
	}{
		{ada, models.RoleOwner, models.CodeDenied},
		{bob, models.RoleOwner, models.CodeDenied},
		{bob, models.RoleAdmin, ""},
		{cy, models.RoleAdmin, models.CodeDenied},
		{cy, models.RoleMember, ""},
		{vi, models.RoleViewer, models.CodeDenied},
		{ada, "king", models.CodeInvalid},
	} {
		if _, err := w.s.CreateLink(w.ctx, tt.who, acme.ID, models.NewLink{Role: tt.role}); models.CodeOf(err) != tt.code {
			t.Errorf("%s makes %s: %v", tt.who.UserID, tt.role, err)
		}
	}
	for _, n := range []models.NewLink{{MaxUses: -1}, {MaxUses: models.MaxLinkUses + 1}, {TTL: time.Second}, {TTL: 31 * 24 * time.Hour}, {Label: "x\x1b"}} {
		_, err := w.s.CreateLink(w.ctx, ada, acme.ID, n)
		wantCode(t, err, models.CodeInvalid)
	}

	// Others than deciders see their own ones only.
	page, err := w.s.ListLinks(w.ctx, cy, acme.ID, models.LinkQuery{})
	if err != nil || len(page.Items) != 1 || page.Items[0].Role != models.RoleMember {
		t.Fatalf("cy sees %+v, %v", page.Items, err)
	}
	own := page.Items[0]
	all, _ := w.s.ListLinks(w.ctx, ada, acme.ID, models.LinkQuery{Limit: 1})
	rest, err := w.s.ListLinks(w.ctx, ada, acme.ID, models.LinkQuery{Limit: 1, After: all.Next})
	if err != nil || len(rest.Items) != 1 || rest.Next != "" || all.Items[0].ID != own.ID {
		t.Fatalf("pages: %+v, %+v, %v", all, rest, err)
	}
	back, err := w.s.ListLinks(w.ctx, ada, acme.ID, models.LinkQuery{Limit: 1, Before: rest.Prev})
	if err != nil || len(back.Items) != 1 || back.Items[0].ID != own.ID || back.Prev != "" || all.Prev != "" {
		t.Fatalf("the page before: %+v, %v", back, err)
	}
	for search, want := range map[string]int{"CY@": 1, own.CreatorName: 1, "%": 0, "nobody": 0} {
		if p, err := w.s.ListLinks(w.ctx, ada, acme.ID, models.LinkQuery{Search: search}); err != nil || len(p.Items) != want {
			t.Errorf("search for %q: %d links, %v", search, len(p.Items), err)
		}
	}
	admins := rest.Items[0]
	for _, try := range []func() error{
		func() error { _, err := w.s.Link(w.ctx, cy, "", admins.ID); return err },
		func() error { _, err := w.s.LinkCode(w.ctx, cy, "", admins.ID); return err },
		func() error { _, err := w.s.RevokeLink(w.ctx, vi, acme.ID, own.ID); return err },
	} {
		wantCode(t, try(), models.CodeNotFound)
	}

	// What its maker may no longer do, the link does no more.
	code, err := w.s.LinkCode(w.ctx, ada, "", own.ID)
	if err != nil {
		t.Fatal(err)
	}
	w.set(ada, acme.ID, models.SetInvite, "admins")
	_, _, err = w.use(w.s, code, "dee@example.com")
	wantCode(t, err, models.CodeGone)
	if _, err = w.s.LinkCode(w.ctx, cy, "", own.ID); models.CodeOf(err) != models.CodeDenied {
		t.Fatalf("cy's own link under another policy: %v", err)
	}
	w.set(ada, acme.ID, models.SetInvite, "members", models.SetDomains, "acme.dev")
	_, _, err = w.use(w.s, code, "dee@example.com")
	wantCode(t, err, models.CodeInvalid)
	if _, _, err = w.use(w.s, code, "dee@acme.dev"); err != nil {
		t.Fatal(err)
	}

	// Removing its maker ends it, and is told before.
	cons, err := w.s.RemovalConsequences(w.ctx, ada, acme.ID, cy.UserID)
	if err != nil || cons.LinksRevoked != 1 {
		t.Fatalf("consequences: %+v, %v", cons, err)
	}
	if _, err = w.s.RemoveMember(w.ctx, ada, acme.ID, cy.UserID); err != nil {
		t.Fatal(err)
	}
	if own, err = w.s.Link(w.ctx, ada, "", own.ID); err != nil || own.State != models.LinkRevoked {
		t.Fatalf("after the removal: %+v, %v", own, err)
	}
	w.verified()
}

func TestJoinLinkForKnownUsers(t *testing.T) {
	w := newWorld(t)
	ada := w.ada()
	acme := w.acme(ada)
	other, err := w.s.CreateOrganization(w.ctx, ada, store.NewOrganization{Name: "Other", Code: "OTHER"})
	if err != nil {
		t.Fatal(err)
	}
	bob := w.join(ada, other.ID, "bob@example.com", models.RoleMember)
	inv, err := w.s.CreateInvitation(w.ctx, ada, acme.ID, models.NewInvitation{Email: "bob@example.com", Role: models.RoleAdmin})
	if err != nil {
		t.Fatal(err)
	}
	_, code := w.link(ada, acme.ID, models.NewLink{Role: models.RoleViewer})
	f, err := w.s.LookupCode(w.ctx, bob, code)
	if err != nil || f.Link.Known == nil || f.Link.AlreadyMember {
		t.Fatalf("offer: %+v, %v", f, err)
	}
	// The open invitation of the same person holds no second seat.
	_, v, err := w.s.AcceptCode(w.ctx, bob, code, "", key("bob@example.com"))
	if err != nil || v.Role != models.RoleViewer || v.Seats.Used != 2 {
		t.Fatalf("join: %+v, %v", v, err)
	}
	if inv, err = w.s.Invitation(w.ctx, ada, "", inv.ID); err != nil || inv.State != models.StateAccepted {
		t.Fatalf("invitation: %+v, %v", inv, err)
	}
	w.verified()
}

func TestJoinLinkOutsiders(t *testing.T) {
	w := newWorld(t)
	ada := w.ada()
	acme := w.acme(ada)
	other, err := w.s.CreateOrganization(w.ctx, ada, store.NewOrganization{Name: "Other", Code: "OTHER"})
	if err != nil {
		t.Fatal(err)
	}
	eve := w.join(ada, other.ID, "eve@example.com", models.RoleOwner)
	l, _ := w.link(ada, acme.ID, models.NewLink{})
	for name, try := range map[string]func() error{
		"list":        func() error { _, err := w.s.ListLinks(w.ctx, eve, acme.ID, models.LinkQuery{}); return err },
		"show":        func() error { _, err := w.s.Link(w.ctx, eve, "", l.ID); return err },
		"show in org": func() error { _, err := w.s.Link(w.ctx, eve, other.ID, l.ID); return err },
		"code":        func() error { _, err := w.s.LinkCode(w.ctx, eve, "", l.ID); return err },
		"revoke":      func() error { _, err := w.s.RevokeLink(w.ctx, eve, "", l.ID); return err },
		"create":      func() error { _, err := w.s.CreateLink(w.ctx, eve, acme.ID, models.NewLink{}); return err },
		"import": func() error {
			_, err := w.s.ImportInvitations(w.ctx, eve, acme.ID, rowsFrom(t, "a@b.c"), store.ImportOptions{})
			return err
		},
		"dry run": func() error {
			_, err := w.s.ImportInvitations(w.ctx, eve, acme.ID, rowsFrom(t, "a@b.c"), store.ImportOptions{DryRun: true})
			return err
		},
		"stats":        func() error { _, err := w.s.InvitationStats(w.ctx, eve, acme.ID, models.StatsQuery{}); return err },
		"overview":     func() error { _, err := w.s.Overview(w.ctx, eve, acme.ID, 0); return err },
		"export":       func() error { return w.s.ExportAudit(w.ctx, eve, acme.ID, models.AuditQuery{}, nil) },
		"actions":      func() error { _, err := w.s.AuditActions(w.ctx, eve, acme.ID); return err },
		"unknown link": func() error { _, err := w.s.Link(w.ctx, ada, "", "lnk_nosuch"); return err },
	} {
		if err := try(); models.CodeOf(err) != models.CodeNotFound {
			t.Errorf("%s: %v", name, err)
		}
	}
	// In a personal workspace there is nobody to let in.
	me, err := w.s.Me(w.ctx, eve)
	if err != nil {
		t.Fatal(err)
	}
	orgs, _ := w.s.ListOrganizations(w.ctx, eve)
	for _, o := range orgs {
		if o.Relation == models.RelPersonal {
			_, err := w.s.CreateLink(w.ctx, eve, o.ID, models.NewLink{})
			wantCode(t, err, models.CodeDenied)
			_, err = w.s.ImportInvitations(w.ctx, eve, o.ID, rowsFrom(t, "a@b.c"), store.ImportOptions{})
			wantCode(t, err, models.CodeDenied)
			if v, err := w.s.Overview(w.ctx, eve, o.ID, 7); err != nil || v.Invitations != nil || v.Members.Active != 1 {
				t.Errorf("personal overview of %s: %+v, %v", me.Email, v, err)
			}
		}
	}
}

// TestJoinLinkUsesAreNeverExceeded lets many people join at once by one link,
// through several processes, with fewer seats than uses and then fewer uses
// than seats.
func TestJoinLinkUsesAreNeverExceeded(t *testing.T) {
	for name, tt := range map[string]struct{ seats, uses, want int }{
		"uses": {0, 7, 7}, "seats": {6, 20, 5},
	} {
		t.Run(name, func(t *testing.T) {
			plans := models.DefaultPlans()
			p := plans[models.PlanTeam]
			p.Seats = tt.seats
			plans[models.PlanTeam] = p
			limited := func(o *store.Options) { o.Plans = plans }
			w := newWorld(t, limited)
			ada := w.ada()
			acme := w.acme(ada)
			l, code := w.link(ada, acme.ID, models.NewLink{MaxUses: tt.uses})
			stores := []*store.Store{w.s, w.open(limited), w.open(limited)}
			var wg sync.WaitGroup
			var mu sync.Mutex
			joined := 0
			for i := range 30 {
				wg.Go(func() {
					_, _, err := w.use(stores[i%3], code, strings.Repeat("x", i+1)+"@example.com")
					mu.Lock()
					defer mu.Unlock()
					switch models.CodeOf(err) {
					case "":
						joined++
					case models.CodeGone, models.CodeLimit:
					default:
						t.Errorf("unexpected: %v", err)
					}
				})
			}
			wg.Wait()
			l, err := w.s.Link(w.ctx, ada, "", l.ID)
			v, err2 := w.s.Organization(w.ctx, ada, acme.ID)
			if err != nil || err2 != nil || joined != tt.want || l.Uses != tt.want || v.Members.Active != tt.want+1 {
				t.Errorf("%d joined, %d uses, %d members, want %d (%v, %v)", joined, l.Uses, v.Members.Active, tt.want, err, err2)
			}
			w.verified()
		})
	}
}

func TestActiveLinksAreBounded(t *testing.T) {
	w := newWorld(t)
	ada := w.ada()
	acme := w.acme(ada)
	for range models.MaxActiveLinks {
		if _, err := w.s.CreateLink(w.ctx, ada, acme.ID, models.NewLink{TTL: time.Hour}); err != nil {
			t.Fatal(err)
		}
	}
	_, err := w.s.CreateLink(w.ctx, ada, acme.ID, models.NewLink{})
	wantCode(t, err, models.CodeLimit)
	w.clock.Advance(time.Hour)
	if _, err := w.s.CreateLink(w.ctx, ada, acme.ID, models.NewLink{}); err != nil {
		t.Fatal(err)
	}
	page, err := w.s.ListLinks(w.ctx, ada, acme.ID, models.LinkQuery{Active: true})
	if err != nil || len(page.Items) != 1 {
		t.Fatalf("active: %d, %v", len(page.Items), err)
	}
}
