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

// Each way in and back, under each gate, after each thing that may happen to whoever
// stands behind it. What somebody is shown, what accepting does and what lists say must be one
// answer, and the gates those of making it new.

// crossing is a stage with somebody on each way in, for all of whom tess, an admin,
// stands. It is made once and copied for each combination.
type crossing struct {
	*stage
	tess, fay models.Actor
	items     []onTheWay
	request   string // of the member, that waits
	late      string // an invitation of adam's that has expired
	removed   models.Actor
	transfer  string
	accounts  map[string]models.Actor // of whom it is for, by address, where they have one
}

// onTheWay is one invitation, or join link, with its code.
type onTheWay struct {
	way, email, id, code string
	// approved means that somebody else proposed it: it goes back to the queue where
	// one that tess sent herself is revoked.
	approved bool
}

func (c *crossing) on(t *testing.T, w *world) *crossing {
	x := *c
	s := *c.stage
	s.world = w
	x.stage = &s
	return &x
}

func newCrossing(t *testing.T) *crossing {
	c := &crossing{stage: newStage(t, flatPlan)}
	c.plan(c.root, c.acme, models.PlanTeam)
	c.set(c.owner, c.acme, models.SetPayment, "Visa ending 4242", models.SetJoinRequests, "on")
	c.tess = c.join(c.owner, c.acme, "tess@example.com", models.RoleAdmin)
	home := must[models.OrgView](t)(c.s.Organization(c.ctx, c.root, "HOME")).ID
	c.fay = c.join(c.root, home, "fay@example.com", models.RoleMember)
	c.removed = c.join(c.owner, c.acme, "rex@example.com", models.RoleMember)
	must[models.Consequences](t)(c.s.RemoveMember(c.ctx, c.owner, c.acme, c.removed.UserID))
	c.exec("UPDATE users SET email_verified = 1")

	late := must[models.Invitation](t)(c.s.CreateInvitation(c.ctx, c.admin, c.acme, models.NewInvitation{Email: "late@example.com", TTL: models.MinExpiry}))
	c.late = late.ID
	c.clock.Advance(2 * models.MinExpiry)
	c.request = c.invite(c.member, "asked@example.com", models.RoleMember).ID

	add := func(way, id string, approved bool) {
		inv := must[models.Invitation](t)(c.s.Invitation(c.ctx, c.root, c.acme, id))
		c.items = append(c.items, onTheWay{way, inv.Email, id, c.code(c.root, id), approved})
	}
	add("invited", c.invite(c.tess, "invited@example.com", models.RoleMember).ID, false)
	r, err := c.s.ImportInvitations(c.ctx, c.tess, c.acme, []models.ImportRow{{Line: 1, Email: "imported@example.com"}}, store.ImportOptions{})
	if err != nil {
		t.Fatal(err)
	}
	add("imported", r.Results[0].ID, false)
	proposed := c.invite(c.member, "proposed@example.com", models.RoleMember).ID
	must[models.Invitation](t)(c.s.ApproveInvitation(c.ctx, c.tess, c.acme, proposed, ""))
	add("proposed", proposed, true)
	undone := c.invite(c.member, "undone@example.com", models.RoleMember).ID
	must[models.Invitation](t)(c.s.RejectInvitation(c.ctx, c.tess, c.acme, undone, ""))
	must[models.Invitation](t)(c.s.UndoDecision(c.ctx, c.tess, c.acme, undone))
	must[models.Invitation](t)(c.s.ApproveInvitation(c.ctx, c.tess, c.acme, undone, ""))
	add("undone", undone, true)
	if err := c.s.RequestToJoin(c.ctx, c.fay, store.JoinRequest{OrgCode: "ACME"}); err != nil {
		t.Fatal(err)
	}
	for _, inv := range must[models.Page[models.Invitation]](t)(c.s.ListInvitations(c.ctx, c.owner, c.acme, models.InvitationQuery{Search: "fay@"})).Items {
		must[models.Invitation](t)(c.s.ApproveInvitation(c.ctx, c.tess, c.acme, inv.ID, ""))
		add("asked to join", inv.ID, true)
	}
	resent := c.invite(c.tess, "resent@example.com", models.RoleMember).ID
	renewed := must[models.Invitation](t)(c.s.CreateInvitation(c.ctx, c.tess, c.acme, models.NewInvitation{Email: "renewed@example.com", TTL: models.MinExpiry})).ID
	c.clock.Advance(2 * models.ResendPause)
	must[models.Invitation](t)(c.s.ResendInvitation(c.ctx, c.tess, c.acme, resent))
	must[models.Invitation](t)(c.s.RegenerateInvitation(c.ctx, c.tess, c.acme, renewed))
	c.exec("UPDATE invitations SET expires_at = $2 WHERE id = $1", renewed, microsOf(c.clock.Now().Add(time.Hour)))
	add("resent", resent, false)
	add("regenerated", renewed, false)
	l, code := c.link(c.tess, c.acme, models.NewLink{Role: models.RoleMember})
	c.items = append(c.items, onTheWay{"link", "linked@example.com", l.ID, code, false})
	c.transfer = must[models.Transfer](t)(c.s.Nominate(c.ctx, c.owner, c.acme, c.admin.UserID)).ID
	return c
}

func crossingOptions(o *store.Options) {
	o.BillingRequired = true
	o.Limits = &models.InviteLimits{InviterDay: 20, RecipientDay: 1000, OrgDay: 1000}
}

// crossingGates are what may close in front of those on the way. invited says what
// becomes of an invitation, linked of the join link (kept out, taken out: they stand, and
// whoever comes with them is told why that is not enough), and ways what adam, an admin whom nothing
// happens to, meets on each way of crossingWays: + done, p proposed, d denied, l
// limit, i invalid, c conflict.
var crossingGates = []struct {
	name            string
	close           func(c *crossing)
	invited, linked string
	ways            string
}{
	{"no gate", func(*crossing) {}, "+", "+", "+++++++++"},
	{"another domain", func(c *crossing) { c.set(c.owner, c.acme, models.SetDomains, "other.org") }, "back", "i", "ii+iiiii+"},
	{"only admins invite", func(c *crossing) { c.set(c.owner, c.acme, models.SetInvite, "admins") }, "+", "+", "+++++++++"},
	{"only owners invite", func(c *crossing) { c.set(c.owner, c.acme, models.SetInvite, "owners") }, "back", "g", "dddddddd+"},
	{"a second person", func(c *crossing) { c.set(c.owner, c.acme, models.SetSelfApproval, "off") }, "+", "+", "ppd+ddpd+"},
	{"flat roles", func(c *crossing) { c.plan(c.root, c.acme, "flat") }, "back", "g", "ddddddd++"},
	{"no seat", func(c *crossing) {
		used := must[models.OrgView](c.t)(c.s.Organization(c.ctx, c.root, c.acme)).Seats.Used
		c.set(c.owner, c.acme, models.SetSeatLimit, fmt.Sprint(used))
	}, "+", "l", "ll+lllll+"},
	{"no payment method", func(c *crossing) { c.set(c.owner, c.acme, models.SetPayment, "") }, "+", "c", "dddddddd+"},
	{"the limit of a day", func(c *crossing) {
		c.exec("UPDATE invitation_quotas SET n = 20 WHERE scope = 'inviter'")
		c.exec("INSERT INTO invitation_quotas (day, scope, key, n) SELECT max(day), 'inviter', $1, 20 FROM invitation_quotas WHERE true ON CONFLICT (day, scope, key) DO NOTHING", c.acme+"/"+c.admin.UserID)
	}, "+", "+", "lll+llll+"},
	{"only hardware keys", func(c *crossing) {
		for _, a := range []*models.Actor{&c.root, &c.owner, &c.tess} { // at the machine, for what they change later
			a.Via, a.Key, a.Address = models.ViaLocal, "", ""
		}
		c.set(c.owner, c.acme, models.SetHardwareKeyRequired, models.On)
	}, "kept out", "kept out", "ddddddddd"},
	{"taken out before", func(c *crossing) {
		home := must[models.OrgView](c.t)(c.s.Organization(c.ctx, c.root, "HOME")).ID
		c.set(c.root, home, models.SetPayment, "Visa ending 4242")
		c.accounts = map[string]models.Actor{"fay@example.com": c.fay}
		for _, item := range c.items {
			if _, ok := c.accounts[item.email]; !ok {
				c.accounts[item.email] = c.join(c.root, home, item.email, models.RoleMember)
			}
			c.exec("INSERT INTO former_members (org_id, user_id, role_order, joined_at, invited_by, removed_at, removed_by) VALUES ($1, $2, 3, 1, '', $3, $4)",
				c.acme, c.accounts[item.email].UserID, microsOf(c.clock.Now().Add(time.Second)), c.owner.UserID)
		}
	}, "taken out", "taken out", "+++++++++"},
}

// crossingWays are the ways on which adam lets somebody in, or back.
var crossingWays = []struct {
	name string
	try  func(c *crossing) (models.InvitationState, error)
}{
	{"invite", func(c *crossing) (models.InvitationState, error) {
		inv, err := c.s.CreateInvitation(c.ctx, c.admin, c.acme, models.NewInvitation{Email: "new1@example.com", Role: models.RoleMember})
		return inv.State, err
	}},
	{"import", func(c *crossing) (models.InvitationState, error) {
		r, err := c.s.ImportInvitations(c.ctx, c.admin, c.acme, []models.ImportRow{{Line: 1, Email: "new2@example.com", Role: models.RoleMember}}, store.ImportOptions{})
		if err == nil {
			return r.Results[0].State, r.Results[0].Err
		}
		return "", err
	}},
	{"make a link", func(c *crossing) (models.InvitationState, error) {
		return "", second(c.s.CreateLink(c.ctx, c.admin, c.acme, models.NewLink{Role: models.RoleMember}))
	}},
	{"approve", func(c *crossing) (models.InvitationState, error) {
		return "", second(c.s.ApproveInvitation(c.ctx, c.admin, c.acme, c.request, ""))
	}},
	{"resend", func(c *crossing) (models.InvitationState, error) {
		return "", second(c.s.ResendInvitation(c.ctx, c.admin, c.acme, c.late))
	}},
	{"regenerate", func(c *crossing) (models.InvitationState, error) {
		return "", second(c.s.RegenerateInvitation(c.ctx, c.admin, c.acme, c.late))
	}},
	{"make a user", func(c *crossing) (models.InvitationState, error) {
		d, _, err := c.s.CreateUser(c.ctx, c.admin, models.NewAccount{Email: "new3@example.com", Name: "New", Org: c.acme, Role: models.RoleMember})
		if d.Request != nil {
			return d.Request.State, err
		}
		return "", err
	}},
	{"restore", func(c *crossing) (models.InvitationState, error) {
		return "", second(c.s.RestoreMember(c.ctx, c.admin, c.acme, c.removed.UserID))
	}},
	{"take over", func(c *crossing) (models.InvitationState, error) {
		return "", second(c.s.AcceptTransfer(c.ctx, c.admin, c.transfer))
	}},
}

// sponsorChanges are what may happen to tess: what becomes of what she sent, what she
// approved, and her link.
var sponsorChanges = []struct {
	name                   string
	change                 func(c *crossing)
	sent, approved, linked string
}{
	{"nothing", func(*crossing) {}, "+", "+", "+"},
	{"a higher role", func(c *crossing) {
		must[models.Member](c.t)(c.s.ChangeRole(c.ctx, c.owner, c.acme, c.tess.UserID, models.RoleOwner))
	}, "+", "+", "+"},
	{"a lower role", func(c *crossing) {
		if _, err := c.s.ChangeRole(c.ctx, c.owner, c.acme, c.tess.UserID, models.RoleViewer); err != nil {
			c.exec("UPDATE memberships SET role_order = 4 WHERE user_id = $1 AND org_id = $2", c.tess.UserID, c.acme)
			c.t.Skip("with flat roles there is no lower one")
		}
	}, "back", "back", "g"},
	{"suspended", func(c *crossing) {
		must[models.Member](c.t)(c.s.SuspendMember(c.ctx, c.owner, c.acme, c.tess.UserID, ""))
	}, "back", "back", "g"},
	{"account suspended", func(c *crossing) {
		must[models.AccountDetail](c.t)(c.s.SuspendUser(c.ctx, c.root, "", c.tess.UserID, ""))
	}, "back", "back", "g"},
	{"removed", func(c *crossing) {
		must[models.Consequences](c.t)(c.s.RemoveMember(c.ctx, c.owner, c.acme, c.tess.UserID))
	}, "revoked", "back", "g"},
	{"left", func(c *crossing) {
		if err := c.s.Leave(c.ctx, c.tess, c.acme); err != nil {
			c.t.Fatal(err)
		}
	}, "revoked", "back", "g"},
}

var letters = map[models.Code]string{"": "+", models.CodeDenied: "d", models.CodeLimit: "l", models.CodeInvalid: "i", models.CodeConflict: "c", models.CodeGone: "g"}

func TestEveryWayUnderEveryGate(t *testing.T) {
	made := newCrossing(t)
	template := made.world.freeze()
	for _, gate := range crossingGates {
		for _, change := range sponsorChanges {
			t.Run(gate.name+", "+change.name, func(t *testing.T) {
				t.Parallel()
				c := made.on(t, template.thaw(t, flatPlan, crossingOptions))
				gate.close(c)
				change.change(c)
				defer c.sound()
				for _, item := range c.items {
					want := gate.invited
					happened := change.sent
					switch {
					case item.way == "link":
						want, happened = gate.linked, change.linked
					case item.approved:
						happened = change.approved
					}
					// What the gate has sent back waits there, whatever happens then to who stood behind
					// it; what she sent herself is withdrawn with her.
					switch {
					case item.way == "link" && gate.name == "only owners invite" && change.name == "a higher role":
						want = "+"
					case want == "back" && happened == "revoked":
						want = "withdrawn"
					case item.way == "link" && want == "kept out" && happened != "+":
						want = "kept out, closed" // and do not hear of it
					case happened == "+" || want == "c" && change.sent != "revoked":
					default:
						want = happened
					}
					c.agree(item, want)
				}
				if gate.name == "no seat" && change.sent != "+" {
					return // what went back, or was revoked, has given its seat
				}
				c.ways(gate.ways)
			})
		}
	}
}

// agree checks that the list, the code and accepting say the same of an item.
func (c *crossing) agree(item onTheWay, want string) {
	c.t.Helper()
	k := key("of " + item.email)
	bearer := models.Actor{Via: models.ViaSSH, Key: k.Fingerprint}
	if item.way == "asked to join" {
		k = key("fay@example.com")
		bearer = c.fay
		bearer.Via, bearer.Key = models.ViaSSH, k.Fingerprint
		offers := must[[]models.JoinOffer](c.t)(c.s.OwnInvitations(c.ctx, bearer))
		if (len(offers) == 1) != (want == "+" || want == "kept out") {
			c.t.Errorf("%s: %d wait for them, want %s", item.way, len(offers), want)
		}
	}
	if a, ok := c.accounts[item.email]; ok {
		k = key(item.email)
		bearer = a
		bearer.Via, bearer.Key = models.ViaSSH, k.Fingerprint
	}
	listed := c.listed(item)
	_, shown := c.s.LookupCode(c.ctx, bearer, item.code)
	_, accepted := c.s.AcceptCodeFor(c.ctx, bearer, item.code, store.Newcomer{Name: "N", Email: item.email}, k)
	if strings.HasPrefix(want, "kept out") || want == "taken out" {
		right := models.RequirementOf(shown) == models.NeedHardwareKey
		if want == "taken out" {
			right = models.CodeOf(shown) == models.CodeDenied && strings.Contains(said(shown), "you were removed from")
		}
		if !right || said(shown) != said(accepted) {
			c.t.Errorf("%s: shown %v, accepted %v", item.way, shown, accepted)
		}
		if (listed == "+") != (want != "kept out, closed") {
			c.t.Errorf("%s: listed as %s, want %s", item.way, listed, want)
		}
		return
	}
	if item.way == "link" {
		if got := letters[models.CodeOf(accepted)]; got != want {
			c.t.Errorf("link: used with %s (%v), want %s", got, accepted, want)
		}
		if want == "i" { // a stranger has named no address yet
			accepted = nil
		}
		if said(shown) != said(accepted) {
			c.t.Errorf("link: shown %v, used %v", shown, accepted)
		}
		if closed := slices.Contains([]string{"g", "c"}, want); closed != (listed != "+") {
			c.t.Errorf("link: listed as %s, want %s", listed, want)
		}
		return
	}
	if listed != want {
		c.t.Errorf("%s: listed as %s, want %s", item.way, listed, want)
	}
	if said(shown) != said(accepted) || (shown == nil) != (want == "+") || shown != nil && models.CodeOf(shown) != models.CodeGone {
		c.t.Errorf("%s: shown %v, accepted %v, want %s", item.way, shown, accepted, want)
	}
	if waits := strings.Contains(said(shown), "waits for a new decision"); waits != (want == "back") {
		c.t.Errorf("%s: %v, want %s", item.way, shown, want)
	}
}

func said(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// listed is what the organization's lists say of an item.
func (c *crossing) listed(item onTheWay) string {
	if item.way == "link" {
		l := must[models.JoinLink](c.t)(c.s.Link(c.ctx, c.root, c.acme, item.id))
		if l.State == models.LinkActive && l.NoUse == "" {
			return "+"
		}
		return string(l.State) + " " + l.NoUse
	}
	page := must[models.Page[models.Invitation]](c.t)(c.s.ListInvitations(c.ctx, c.root, c.acme, models.InvitationQuery{Search: item.email}))
	if len(page.Items) != 1 {
		c.t.Fatalf("%s: %d in the list", item.way, len(page.Items))
	}
	switch inv := page.Items[0]; {
	case inv.State == models.StatePending:
		return "+"
	case inv.State == models.StateRequested && inv.ReturnedAt != nil && strings.HasPrefix(inv.Why(), "back for a new decision: tess@example.com can no longer "):
		return "back"
	default:
		return string(inv.State)
	}
}

// ways tries each way of adam's.
func (c *crossing) ways(want string) {
	c.t.Helper()
	got, says := "", []string{}
	for _, way := range crossingWays {
		state, err := way.try(c)
		letter := letters[models.CodeOf(err)]
		if state == models.StateRequested {
			letter = "p"
		}
		got += letter
		if err != nil {
			says = append(says, way.name+": "+err.Error())
		}
	}
	if got != want {
		c.t.Errorf("adam meets %s, want %s: %q", got, want, says)
	}
}
