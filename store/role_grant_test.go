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

// TestNothingIsGrantedAboveOneself tries every role on every path that hands
// one out, as everybody. What each may do is read back from the store as the
// person who got the role.
func TestNothingIsGrantedAboveOneself(t *testing.T) {
	alone(t)
	c := newCompany(t)
	owner := c.people["owner"]
	other := c.join(owner, c.org, "other@example.com", models.RoleOwner)
	c.set(owner, c.org, models.SetInvite, "approval", models.SetSelfApproval, "off")
	n := 0
	address := func() string { n++; return fmt.Sprintf("p%d@example.com", n) }
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	// With self-approval off, what an owner invites waits for a decision; so a
	// request can be for any role.
	request := func(role string) models.Invitation {
		inv, err := c.s.CreateInvitation(c.ctx, other, c.org, models.NewInvitation{Email: address(), Role: models.Role(role)})
		must(err)
		if inv.State != models.StateRequested {
			t.Fatalf("not a request: %+v", inv)
		}
		return inv
	}
	pending := func(role string) models.Invitation {
		inv, err := c.s.ApproveInvitation(c.ctx, c.site, c.org, request(role).ID, "")
		must(err)
		c.clock.Advance(models.ResendPause + time.Second)
		return inv
	}
	vessel := c.role(owner, c.org, "vessel")
	sailor := func() models.Actor {
		inv := request("vessel")
		inv, err := c.s.ApproveInvitation(c.ctx, c.site, c.org, inv.ID, "")
		must(err)
		return c.accept(c.site, inv)
	}()
	// Prepared things are used up only by what succeeds.
	spare := map[string]models.Invitation{}
	prepared := func(kind, role string, make func(string) models.Invitation) models.Invitation {
		k := kind + role
		if _, ok := spare[k]; !ok {
			spare[k] = make(role)
		}
		return spare[k]
	}
	// Somebody who had the role and was taken out, and an account that has it and
	// no key yet: whoever gets a code for that becomes who has it.
	removed := func(role string) models.Invitation {
		inv := pending(role)
		_, err := c.s.RemoveMember(c.ctx, c.site, c.org, c.accept(c.site, inv).UserID)
		must(err)
		return inv
	}
	// A join link, an account made directly and somebody restored need nobody's
	// approval.
	atOnce := func(f func()) {
		c.set(owner, c.org, models.SetInvite, "members")
		f()
		c.set(owner, c.org, models.SetInvite, "approval")
	}
	keyless := func(role string) (inv models.Invitation) {
		atOnce(func() {
			a, _, err := c.s.CreateUser(c.ctx, c.site, models.NewAccount{Email: address(), Name: "New", Org: c.org, Role: models.Role(role)})
			must(err)
			inv.Email = a.Email
		})
		return inv
	}
	as := func(email string) models.Actor {
		u, err := c.s.UserByRef(c.ctx, email)
		must(err)
		return confirmed(models.Actor{UserID: u.ID, Via: models.ViaLocal})
	}
	const atOnceNeeds = "members.manage invitations.create"
	// A member who has nothing, to be given a role.
	var idle *models.Actor
	someone := func() models.Actor {
		if idle == nil {
			a := c.accept(c.site, pending("viewer"))
			idle = &a
		}
		return *idle
	}

	joinBy := func(l models.JoinLink) (who models.Actor) {
		atOnce(func() {
			code, err := c.s.LinkCode(c.ctx, other, c.org, l.ID)
			must(err)
			email := address()
			_, _, err = c.use(c.s, code, email)
			must(err)
			who = as(email)
		})
		return who
	}
	links := map[string]models.JoinLink{}

	paths := []struct {
		name  string
		needs string
		// try hands the role out, and gives who got it.
		try func(by models.Actor, role string) (models.Actor, error)
	}{
		{"direct", "members.manage", func(by models.Actor, role string) (models.Actor, error) {
			who := someone()
			_, err := c.s.ChangeRole(c.ctx, by, c.org, who.UserID, models.Role(role))
			if err == nil {
				idle = nil
			}
			return who, err
		}},
		{"invitation", "invitations.create", func(by models.Actor, role string) (models.Actor, error) {
			inv, err := c.s.CreateInvitation(c.ctx, by, c.org, models.NewInvitation{Email: address(), Role: models.Role(role)})
			if err != nil {
				return by, err
			}
			if inv.State == models.StateRequested {
				inv, err = c.s.ApproveInvitation(c.ctx, other, c.org, inv.ID, "")
				must(err)
			}
			return c.accept(other, inv), nil
		}},
		{"import", "invitations.create", func(by models.Actor, role string) (models.Actor, error) {
			r, err := c.s.ImportInvitations(c.ctx, by, c.org, []models.ImportRow{{Line: 1, Email: address(), Role: models.Role(role)}}, store.ImportOptions{})
			if err == nil {
				err = r.Results[0].Err
			}
			if err != nil {
				return by, err
			}
			inv, err := c.s.Invitation(c.ctx, other, "", r.Results[0].ID)
			must(err)
			if inv.State == models.StateRequested {
				inv, err = c.s.ApproveInvitation(c.ctx, other, c.org, inv.ID, "")
				must(err)
			}
			return c.accept(other, inv), nil
		}},
		{"a join link", "invitations.create", func(by models.Actor, role string) (models.Actor, error) {
			var l models.JoinLink
			var err error
			atOnce(func() { l, err = c.s.CreateLink(c.ctx, by, c.org, models.NewLink{Role: models.Role(role)}) })
			if err != nil {
				return by, err
			}
			who := joinBy(l)
			_, err = c.s.RevokeLink(c.ctx, other, c.org, l.ID)
			must(err)
			return who, nil
		}},
		{"the code of a join link", "invitations.decide", func(by models.Actor, role string) (models.Actor, error) {
			l, ok := links[role]
			if !ok {
				atOnce(func() {
					var err error
					l, err = c.s.CreateLink(c.ctx, other, c.org, models.NewLink{Role: models.Role(role), MaxUses: 100})
					must(err)
				})
				links[role] = l
			}
			if _, err := c.s.LinkCode(c.ctx, by, c.org, l.ID); err != nil {
				return by, err
			}
			return joinBy(l), nil
		}},
		{"a nomination", "organization.transfer", func(by models.Actor, role string) (models.Actor, error) {
			who := someone()
			x, err := c.s.Nominate(c.ctx, by, c.org, who.UserID)
			if err != nil {
				return by, err
			}
			idle = nil
			_, err = c.s.AcceptTransfer(c.ctx, who, x.ID)
			must(err)
			// Who handed over is an admin now; the cast stays as it was.
			_, err = c.s.ChangeRole(c.ctx, c.site, c.org, x.FromID, models.RoleOwner)
			must(err)
			return who, nil
		}},
		{"resend", "invitations.decide", func(by models.Actor, role string) (models.Actor, error) {
			inv := prepared("pending", role, pending)
			_, err := c.s.ResendInvitation(c.ctx, by, c.org, inv.ID)
			if err != nil {
				return by, err
			}
			delete(spare, "pending"+role)
			return c.accept(c.site, inv), nil
		}},
		{"regenerate", "invitations.decide", func(by models.Actor, role string) (models.Actor, error) {
			inv := prepared("pending", role, pending)
			_, err := c.s.RegenerateInvitation(c.ctx, by, c.org, inv.ID)
			if err != nil {
				return by, err
			}
			delete(spare, "pending"+role)
			return c.accept(c.site, inv), nil
		}},
		{"join code", "invitations.decide", func(by models.Actor, role string) (models.Actor, error) {
			inv := prepared("pending", role, pending)
			if _, err := c.s.JoinCode(c.ctx, by, c.org, inv.ID); err != nil {
				return by, err
			}
			delete(spare, "pending"+role)
			return c.accept(c.site, inv), nil
		}},
		{"approval", "invitations.decide", func(by models.Actor, role string) (models.Actor, error) {
			inv, err := c.s.ApproveInvitation(c.ctx, by, c.org, prepared("request", role, request).ID, "")
			if err != nil {
				return by, err
			}
			delete(spare, "request"+role)
			return c.accept(c.site, inv), nil
		}},
		{"approval with another role", "invitations.decide", func(by models.Actor, role string) (models.Actor, error) {
			inv, err := c.s.ApproveInvitation(c.ctx, by, c.org, prepared("request", "viewer", request).ID, models.Role(role))
			if err != nil {
				return by, err
			}
			delete(spare, "requestviewer")
			return c.accept(c.site, inv), nil
		}},
		{"a direct account", atOnceNeeds, func(by models.Actor, role string) (models.Actor, error) {
			email := address()
			k := key(email)
			var err error
			atOnce(func() {
				_, _, err = c.s.CreateUser(c.ctx, by, models.NewAccount{Email: email, Name: "New", Org: c.org, Role: models.Role(role), Key: &k})
			})
			if err != nil {
				return by, err
			}
			return as(email), nil
		}},
		{"restoring", atOnceNeeds, func(by models.Actor, role string) (models.Actor, error) {
			inv := prepared("removed", role, removed)
			var err error
			atOnce(func() { _, err = c.s.RestoreMember(c.ctx, by, c.org, inv.Email) })
			if err != nil {
				return by, err
			}
			delete(spare, "removed"+role)
			return as(inv.Email), nil
		}},
		{"a code to enrol a key", "members.manage", func(by models.Actor, role string) (models.Actor, error) {
			inv := prepared("keyless", role, keyless)
			_, _, err := c.s.EnrolUser(c.ctx, by, c.org, inv.Email)
			return as(inv.Email), err
		}},
		{"edit of a custom role", "members.manage", func(by models.Actor, role string) (models.Actor, error) {
			_, err := c.s.UpdateRole(c.ctx, by, c.org, vessel.ID, models.RoleDraft{Permissions: perms(role)})
			return sailor, err
		}},
		{"a new custom role", "members.manage", func(by models.Actor, role string) (models.Actor, error) {
			v, err := c.s.CreateRole(c.ctx, by, c.org, models.ScopeOrganization, models.RoleDraft{Name: ptr("new"), Permissions: perms(role)})
			if err != nil {
				return by, err
			}
			who := someone()
			idle = nil
			_, err = c.s.ChangeRole(c.ctx, by, c.org, who.UserID, models.Role(v.ID))
			must(err) // who could make it can give it
			_, err = c.s.ChangeRole(c.ctx, c.site, c.org, who.UserID, models.RoleViewer)
			must(err)
			must(second(c.s.DeleteRole(c.ctx, by, c.org, v.ID)))
			return who, nil
		}},
	}
	givers := map[string]models.Actor{"site admin": c.site}
	for role, a := range c.people {
		givers[role] = a
	}
	for giver, by := range givers {
		own := perms(giver)
		if giver == "site admin" {
			own = perms("owner")
		}
		for role := range grants {
			for _, p := range paths {
				byRole := strings.Contains(p.name, "custom role")
				if byRole && role == "owner" {
					continue // no custom role can have what owners have
				}
				if link := strings.HasSuffix(p.name, "join link"); link && slices.Contains(append(customRoles, "owner"), role) ||
					p.name == "a nomination" && role != "owner" {
					continue // not by this path, for anybody: TestJoinLinkRules
				}
				// Restoring gives at most what the actor may give.
				want := !slices.ContainsFunc(strings.Fields(p.needs), func(n string) bool { return !slices.Contains(own, n) }) && (within(role, own) || p.name == "restoring")
				who, err := p.try(by, role)
				if (err == nil) != want {
					t.Fatalf("%s gives %s by %s: %v, want %v", giver, role, p.name, err, want)
				}
				if err != nil {
					if code := models.CodeOf(err); code != models.CodeDenied && code != models.CodeNotFound {
						t.Fatalf("%s gives %s by %s: %s %v", giver, role, p.name, code, err)
					}
					continue
				}
				for _, got := range c.may(who) {
					if !slices.Contains(own, got) {
						t.Fatalf("%s, who may not %s, gave it away by %s", giver, got, p.name)
					}
				}
				if p.name == "edit of a custom role" {
					_, err := c.s.UpdateRole(c.ctx, c.site, c.org, vessel.ID, models.RoleDraft{Permissions: []string{}})
					must(err)
				}
			}
		}
	}
	c.verified()
}

func TestNobodyRaisesThemselves(t *testing.T) {
	alone(t)
	c := newCompany(t)
	for from := range grants {
		for to := range grants {
			who := c.people[from]
			before := c.may(who)
			_, err := c.s.ChangeRole(c.ctx, who, c.org, who.UserID, models.Role(to))
			if want := within(to, perms(from)) && (from != "owner" || to == "owner"); (err == nil) != want {
				t.Errorf("%s makes themselves %s: %v", from, to, err)
			}
			for _, p := range c.may(who) {
				if !slices.Contains(before, p) {
					t.Fatalf("%s gained %s by becoming %s", from, p, to)
				}
			}
			if _, err := c.s.ChangeRole(c.ctx, c.site, c.org, who.UserID, models.Role(from)); err != nil {
				t.Fatal(err)
			}
		}
	}
	// Nor by the role they have.
	deputy := c.people["deputy"]
	_, err := c.s.UpdateRole(c.ctx, deputy, c.org, "deputy", models.RoleDraft{Permissions: append(perms("deputy"), "settings.change")})
	wantCode(t, err, models.CodeDenied)
	c.verified()
}
