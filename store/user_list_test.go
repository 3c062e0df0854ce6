package store_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"muster/models"
	"muster/store"
)

func TestTheListOfUsers(t *testing.T) {
	alone(t)
	x := newTeam(t)
	if _, err := x.s.CreateOrganization(x.ctx, x.cy, store.NewOrganization{Name: "Beta", Code: "BETA"}); err != nil {
		t.Fatal(err)
	}
	x.clock.Advance(time.Hour)
	root, _, err := x.s.CreateUser(x.ctx, x.ada, models.NewAccount{Email: "root@example.com", Name: "Äda Root", SiteAdmin: true})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := x.s.SuspendUser(x.ctx, x.ada, "", x.vera.UserID, ""); err != nil {
		t.Fatal(err)
	}
	names := func(by models.Actor, q models.AccountQuery) string {
		t.Helper()
		var out, back []string
		var last models.Page[models.Account]
		for {
			p, err := x.s.Users(x.ctx, by, q)
			if err != nil {
				t.Fatal(err)
			}
			for _, u := range p.Items {
				name, _, _ := strings.Cut(u.Email, "@")
				out = append(out, name)
			}
			last = p
			if p.Next == "" {
				break
			}
			q.After = p.Next
		}
		// Walking back gives the same rows.
		q.After = ""
		for p := last; p.Prev != ""; {
			q.Before = p.Prev
			if p, err = x.s.Users(x.ctx, by, q); err != nil {
				t.Fatal(err)
			}
			for _, u := range slices.Backward(p.Items) {
				name, _, _ := strings.Cut(u.Email, "@")
				back = append([]string{name}, back...)
			}
		}
		if n := len(out) - len(last.Items); !slices.Equal(back, out[:n]) {
			t.Errorf("%+v backward: %v, forward %v", q, back, out)
		}
		return strings.Join(out, " ")
	}
	for _, c := range []struct {
		q    models.AccountQuery
		want string
	}{
		{models.AccountQuery{}, "ada bob cy olga root vera"},
		{models.AccountQuery{Reverse: true}, "vera root olga cy bob ada"},
		{models.AccountQuery{Sort: models.AccountByName}, "ada bob cy olga vera root"},
		{models.AccountQuery{Sort: models.AccountByCreated}, "root vera cy bob olga ada"},
		{models.AccountQuery{SiteAdmins: true}, "ada root"},
		{models.AccountQuery{Status: models.UserSuspended}, "vera"},
		{models.AccountQuery{Status: models.UserActive, SiteAdmins: true, Reverse: true}, "root ada"},
		{models.AccountQuery{Role: models.RoleOwner}, "ada cy olga"},
		{models.AccountQuery{Role: models.RoleViewer}, "vera"},
		{models.AccountQuery{Org: "acme"}, "ada bob cy olga vera"},
		{models.AccountQuery{Org: "acme", Sort: models.AccountByCreated}, "vera cy bob olga ada"},
		{models.AccountQuery{Org: "acme", Sort: models.AccountByName, Reverse: true}, "vera olga cy bob ada"},
		{models.AccountQuery{Org: "acme", Role: models.RoleOwner}, "ada olga"},
		{models.AccountQuery{Org: "BETA", Role: models.RoleOwner}, "cy"},
		{models.AccountQuery{Org: "acme", Status: models.UserSuspended}, "vera"},
		{models.AccountQuery{Search: "EXAMPLE.com"}, "ada bob cy olga root vera"},
		{models.AccountQuery{Search: "äda"}, "root"},
		{models.AccountQuery{Search: "o"}, "ada bob cy olga root vera"},
		{models.AccountQuery{Search: "olga@", Org: "acme"}, "olga"},
		{models.AccountQuery{Search: "ve", Org: "acme"}, "ada vera"},
		{models.AccountQuery{Search: "root@", Org: "acme"}, ""},
	} {
		for _, limit := range []int{0, 1, 2} {
			c.q.Limit = limit
			if got := names(x.ada, c.q); got != c.want {
				t.Errorf("%+v: %s, want %s", c.q, got, c.want)
			}
		}
	}
	if got := names(x.bob, models.AccountQuery{Org: "acme"}); got != "ada bob cy olga vera" {
		t.Errorf("an admin's own: %s", got)
	}
	p, err := x.s.Users(x.ctx, x.bob, models.AccountQuery{Org: "acme", Search: "cy@"})
	if err != nil || p.Matches != 1 || len(p.Items[0].Organizations) != 1 || p.Items[0].Organizations[0].Code != "ACME" {
		t.Errorf("an admin sees other organizations of a member: %+v, %v", p, err)
	}
	if p, err = x.s.Users(x.ctx, x.ada, models.AccountQuery{Search: "cy@"}); err != nil || len(p.Items[0].Organizations) != 2 || p.Total != 6 {
		t.Errorf("a site admin sees all: %+v, %v", p, err)
	}
	for _, c := range []struct {
		by   models.Actor
		q    models.AccountQuery
		want models.Code
	}{
		{x.bob, models.AccountQuery{}, models.CodeDenied},
		{x.cy, models.AccountQuery{Org: "acme"}, models.CodeDenied},
		{x.bob, models.AccountQuery{Org: "beta"}, models.CodeNotFound},
		{x.bob, models.AccountQuery{Org: "nosuch"}, models.CodeNotFound},
		{x.ada, models.AccountQuery{Limit: 501}, models.CodeInvalid},
		{x.ada, models.AccountQuery{After: "nonsense"}, models.CodeInvalid},
	} {
		_, err := x.s.Users(x.ctx, c.by, c.q)
		wantCode(t, err, c.want)
	}
	_, err = x.s.User(x.ctx, x.bob, x.acme, root.ID)
	wantCode(t, err, models.CodeNotFound)
	_, err = x.s.User(x.ctx, x.bob, "beta", x.cy.UserID)
	wantCode(t, err, models.CodeNotFound)
}

// TestOutsidersHearNothing calls everything with the ids of an organization
// that the actor has no part of.
func TestOutsidersHearNothing(t *testing.T) {
	x := newTeam(t)
	tr := x.nominate(x.ada, x.cy)
	if _, err := x.s.RemoveMember(x.ctx, x.ada, x.acme, x.vera.UserID); err != nil {
		t.Fatal(err)
	}
	beta, err := x.s.CreateOrganization(x.ctx, x.vera, store.NewOrganization{Name: "Beta", Code: "BETA"})
	if err != nil {
		t.Fatal(err)
	}
	out, end := x.vera, start.Add(time.Hour)
	for name, call := range map[string]func(org string) error{
		"suspend": func(org string) error {
			_, err := x.s.SuspendMember(x.ctx, out, org, x.cy.UserID, "")
			return err
		},
		"reactivate": func(org string) error { _, err := x.s.ReactivateMember(x.ctx, out, org, x.cy.UserID); return err },
		"end":        func(org string) error { _, err := x.s.SetMemberEnd(x.ctx, out, org, x.cy.UserID, &end); return err },
		"restore":    func(org string) error { _, err := x.s.RestoreMember(x.ctx, out, org, x.cy.UserID); return err },
		"former": func(org string) error {
			_, err := x.s.RemovedMembers(x.ctx, out, org, models.RemovedQuery{})
			return err
		},
		"nominate": func(org string) error { _, err := x.s.Nominate(x.ctx, out, org, x.cy.UserID); return err },
		"accept":   func(org string) error { _, err := x.s.AcceptTransfer(x.ctx, out, org); return err },
		"accept by id": func(org string) error {
			_, err := x.s.AcceptTransfer(x.ctx, out, pick(org == x.acme, tr.ID, "tra_none"))
			return err
		},
		"decline": func(org string) error {
			_, err := x.s.DeclineTransfer(x.ctx, out, pick(org == x.acme, tr.ID, "tra_none"))
			return err
		},
		"cancel": func(org string) error {
			_, err := x.s.CancelTransfer(x.ctx, out, pick(org == x.acme, tr.ID, "tra_none"))
			return err
		},
		"delete":          func(org string) error { _, err := x.s.DeleteOrganization(x.ctx, out, org, "ACME"); return err },
		"consequences":    func(org string) error { _, err := x.s.DeletionConsequences(x.ctx, out, org); return err },
		"restore the org": func(org string) error { _, err := x.s.RestoreOrganization(x.ctx, out, org); return err },
		"row":             func(org string) error { _, err := x.s.OrganizationRow(x.ctx, out, org); return err },
		"users": func(org string) error {
			_, err := x.s.Users(x.ctx, out, models.AccountQuery{Org: org})
			return err
		},
		"user": func(org string) error { _, err := x.s.User(x.ctx, out, org, x.cy.UserID); return err },
		"create user": func(org string) error {
			_, _, err := x.s.CreateUser(x.ctx, out, models.NewAccount{Email: "z@example.com", Name: "Z", Org: org})
			return err
		},
		"edit user": func(org string) error {
			_, err := x.s.EditUser(x.ctx, out, org, x.cy.UserID, models.AccountChange{Name: ptr("Z")})
			return err
		},
		"suspend user":    func(org string) error { _, err := x.s.SuspendUser(x.ctx, out, org, x.cy.UserID, ""); return err },
		"reactivate user": func(org string) error { _, err := x.s.ReactivateUser(x.ctx, out, org, x.cy.UserID); return err },
		"delete user": func(org string) error {
			_, err := x.s.DeleteUser(x.ctx, out, org, x.cy.UserID, "cy@example.com")
			return err
		},
		"enrol user": func(org string) error { _, _, err := x.s.EnrolUser(x.ctx, out, org, x.cy.UserID); return err },
	} {
		there, none := call(x.acme), call("org_none")
		wantCode(t, there, models.CodeNotFound)
		if fmt.Sprint(there) != fmt.Sprint(none) || models.AsError(there).Hint != models.AsError(none).Hint {
			t.Errorf("%s: %q for one that exists, %q for one that does not", name, there, none)
		}
	}
	// Members of other organizations are not found through one's own.
	_, err = x.s.SuspendUser(x.ctx, out, beta.ID, x.cy.UserID, "")
	wantCode(t, err, models.CodeNotFound)
}

func pick[T any](c bool, a, b T) T {
	if c {
		return a
	}
	return b
}
