package store_test

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"muster/models"
	"muster/store"
)

var clientAddr = netip.MustParseAddr("192.0.2.7")

// keyWorld is an organization whose plan has everything, with people in it.
type keyWorld struct {
	*world
	org                       string
	owner, admin, mel, viewer models.Actor
}

func newKeyWorld(t *testing.T) *keyWorld {
	t.Helper()
	w := newWorld(t)
	k := &keyWorld{world: w, owner: w.ada()}
	k.org = w.acme(k.owner).ID
	if _, err := w.s.SetPlan(w.ctx, k.owner, k.org, models.PlanVisionary); err != nil {
		t.Fatal(err)
	}
	k.admin = w.join(k.owner, k.org, "adam@example.com", models.RoleAdmin)
	k.mel = w.join(k.owner, k.org, "mel@example.com", models.RoleMember)
	k.viewer = w.join(k.owner, k.org, "vic@example.com", models.RoleViewer)
	return k
}

func (k *keyWorld) create(a models.Actor, n models.NewAPIKey) models.SecretKey {
	k.t.Helper()
	if n.Label == "" {
		n.Label = "ci"
	}
	return must[models.SecretKey](k.t)(k.s.CreateAPIKey(k.ctx, a, k.org, n))
}

func (k *keyWorld) use(secret string) (models.Actor, error) {
	a, _, err := k.s.AuthenticateAPIKey(k.ctx, secret, clientAddr)
	return a, err
}

// works tells whether a key gets somebody to the list of members.
func (k *keyWorld) works(secret string) error {
	a, err := k.use(secret)
	if err != nil {
		return err
	}
	_, err = k.s.ListMembers(k.ctx, a, k.org, models.MemberQuery{})
	return err
}

func (k *keyWorld) verify(secret string, q models.KeyQuestion) models.KeyVerdict {
	k.t.Helper()
	q.Key = secret
	return must[models.KeyVerdict](k.t)(k.s.VerifyAPIKey(k.ctx, k.admin, k.org, q))
}

func (k *keyWorld) wantBad(what, secret string, code models.KeyCode) {
	k.t.Helper()
	err := k.works(secret)
	bad := models.BadKey()
	if e := models.AsError(err); e.Message != bad.Message || e.Hint != bad.Hint || e.Code != bad.Code {
		k.t.Errorf("%s: %v", what, err)
	}
	if v := k.verify(secret, models.KeyQuestion{Address: clientAddr.String()}); v.Code != code || v.Valid || v.Key != nil || v.Subject != nil {
		k.t.Errorf("%s verifies as %+v, want %s", what, v, code)
	}
}

func TestAPIKeyLife(t *testing.T) {
	k := newKeyWorld(t)
	one := k.create(k.mel, models.NewAPIKey{})
	if err := k.works(one.Secret); err != nil {
		t.Fatal(err)
	}
	v := k.verify(one.Secret, models.KeyQuestion{Address: clientAddr.String()})
	if !v.Valid || v.Code != models.KeyValid || v.Subject.Email != "mel@example.com" || v.Subject.Role != "member" || v.Organization.Code != "ACME" {
		t.Errorf("verifies as %+v", v)
	}
	next := must[models.SecretKey](t)(k.s.RotateAPIKey(k.ctx, k.mel, k.org, one.ID, time.Hour))
	if next.Secret == one.Secret || next.ID == one.ID {
		t.Error("rotating makes no other secret")
	}
	for _, secret := range []string{one.Secret, next.Secret} {
		if err := k.works(secret); err != nil {
			t.Errorf("during the overlap: %v", err)
		}
	}
	// The role of an owner is not one that a key is stored with.
	must[models.SecretKey](t)(k.s.RotateAPIKey(k.ctx, k.owner, k.org, k.create(k.owner, models.NewAPIKey{}).ID, 0))
	if _, err := k.s.RotateAPIKey(k.ctx, k.mel, k.org, one.ID, 0); models.CodeOf(err) != models.CodeConflict {
		t.Errorf("rotated twice: %v", err)
	}
	k.clock.Advance(time.Hour)
	k.wantBad("after the overlap", one.Secret, models.KeyExpired)
	if _, err := k.s.RevokeAPIKey(k.ctx, k.admin, k.org, next.ID); err != nil {
		t.Fatal(err)
	}
	k.wantBad("revoked", next.Secret, models.KeyRevoked)
	k.wantBad("mistyped", next.Secret[:54]+"~", models.KeyNotFound)
	if _, err := k.s.RevokeAPIKey(k.ctx, k.mel, k.org, next.ID); models.CodeOf(err) != models.CodeGone {
		t.Errorf("revoked twice: %v", err)
	}
	_, unknown, err := models.MintAPIKey(models.KeyPersonal, strings.NewReader(strings.Repeat("abcdefgh", 64)))
	if err != nil {
		t.Fatal(err)
	}
	k.wantBad("unknown", unknown, models.KeyNotFound)
	k.clock.Advance(models.DefaultKeyLife)
	last := k.create(k.mel, models.NewAPIKey{TTL: time.Minute})
	k.clock.Advance(time.Minute)
	k.wantBad("expired", last.Secret, models.KeyExpired)
}

// A key of another organization does not exist: for its holder here, and for who
// verifies keys here.
func TestAPIKeyOfAnotherOrganization(t *testing.T) {
	k := newKeyWorld(t)
	other := must[models.OrgView](t)(k.s.CreateOrganization(k.ctx, k.owner, store.NewOrganization{Name: "Other", Code: "OTHER"}))
	theirs := must[models.SecretKey](t)(k.s.CreateAPIKey(k.ctx, k.owner, other.ID, models.NewAPIKey{Label: "theirs"}))
	if v := k.verify(theirs.Secret, models.KeyQuestion{}); v.Code != models.KeyNotFound {
		t.Errorf("verifies as %+v", v)
	}
	a, err := k.use(theirs.Secret)
	if err != nil {
		t.Fatal(err)
	}
	for _, ref := range []string{k.org, "ACME", "org_none"} {
		_, err := k.s.ListMembers(k.ctx, a, ref, models.MemberQuery{})
		if models.CodeOf(err) != models.CodeNotFound {
			t.Errorf("%s: %v", ref, err)
		}
	}
}

// A key does what its scopes and its holder's role both allow at that moment.
func TestRightsOfAPIKeys(t *testing.T) {
	k := newKeyWorld(t)
	whole := k.create(k.admin, models.NewAPIKey{Label: "whole"})
	narrow := k.create(k.admin, models.NewAPIKey{Label: "narrow", Scopes: []string{"member.list", "invitation"}})
	all, err := k.use(whole.Secret)
	if err != nil {
		t.Fatal(err)
	}
	few, err := k.use(narrow.Secret)
	if err != nil {
		t.Fatal(err)
	}
	suspend := func(a models.Actor) error {
		_, err := k.s.SuspendMember(k.ctx, a, k.org, "vic@example.com", "")
		return err
	}
	invite := func(a models.Actor) error {
		_, err := k.s.CreateInvitation(k.ctx, a, k.org, models.NewInvitation{Email: "new@example.com"})
		return err
	}
	if err := suspend(few); models.CodeOf(err) != models.CodeDenied || !strings.Contains(err.Error(), "scope member.suspend") {
		t.Errorf("beyond its scopes: %v", err)
	}
	if err := invite(few); err != nil {
		t.Errorf("within its scopes: %v", err)
	}
	if err := suspend(all); err != nil {
		t.Errorf("with all scopes: %v", err)
	}
	if _, err := k.s.ChangeRole(k.ctx, k.owner, k.org, "adam@example.com", models.RoleMember); err != nil {
		t.Fatal(err)
	}
	if _, err := k.s.ReactivateMember(k.ctx, all, k.org, "vic@example.com"); models.CodeOf(err) != models.CodeDenied {
		t.Errorf("with a role that its owner no longer has: %v", err)
	}
	// What no key ever does.
	for name, do := range map[string]func() error{
		"makes a key":              func() error { _, err := k.s.CreateAPIKey(k.ctx, all, k.org, models.NewAPIKey{Label: "x"}); return err },
		"rotates":                  func() error { _, err := k.s.RotateAPIKey(k.ctx, all, k.org, whole.ID, 0); return err },
		"adds an SSH key":          func() error { _, err := k.s.AddKey(k.ctx, all, key("stolen"), ""); return err },
		"changes the account":      func() error { _, err := k.s.UpdateMe(k.ctx, all, "Mallory"); return err },
		"lists organizations":      func() error { _, err := k.s.ListOrganizations(k.ctx, all); return err },
		"leaves":                   func() error { return k.s.Leave(k.ctx, all, k.org) },
		"sees sessions":            func() error { _, err := k.s.Sessions(k.ctx, all); return err },
		"pairs":                    func() error { _, _, err := k.s.CreatePairing(k.ctx, all, ""); return err },
		"deletes the organization": func() error { _, err := k.s.DeleteOrganization(k.ctx, all, k.org, "ACME"); return err },
	} {
		if err := do(); models.CodeOf(err) != models.CodeDenied {
			t.Errorf("an API key %s: %v", name, err)
		}
	}
	owner := k.create(k.owner, models.NewAPIKey{Label: "root"})
	root, err := k.use(owner.Secret)
	if err != nil {
		t.Fatal(err)
	}
	for _, set := range []string{models.SetTwoFactor, models.SetIPAllowlist, models.SetAPILife} {
		_, err := k.s.UpdateSettings(k.ctx, root, k.org, []models.SettingChange{{Key: set, Value: "required"}}, true)
		if models.CodeOf(err) != models.CodeDenied {
			t.Errorf("an API key sets %s: %v", set, err)
		}
	}
	if _, err := k.s.UpdateSettings(k.ctx, root, k.org, []models.SettingChange{{Key: models.SetDescription, Value: "made by a program"}}, false); err != nil {
		t.Errorf("an owner's key: %v", err)
	}
	// A site admin's key has no more than the membership.
	if _, err := k.s.AllOrganizations(k.ctx, root, models.OrgQuery{}); models.CodeOf(err) != models.CodeDenied {
		t.Errorf("a site admin's key sees all organizations: %v", err)
	}
}

// A personal key ends with the membership, and an organization's lives on, marked.
func TestAPIKeysOfWhoGoes(t *testing.T) {
	for name, goes := range map[string]func(k *keyWorld) error{
		"removed": func(k *keyWorld) error { _, err := k.s.RemoveMember(k.ctx, k.owner, k.org, k.admin.UserID); return err },
		"left":    func(k *keyWorld) error { return k.s.Leave(k.ctx, k.admin, k.org) },
		"deleted": func(k *keyWorld) error {
			_, err := k.s.DeleteUser(k.ctx, k.owner, "", k.admin.UserID, "adam@example.com")
			return err
		},
		"ended": func(k *keyWorld) error {
			at := k.clock.Now().Add(time.Hour)
			_, err := k.s.SetMemberEnd(k.ctx, k.owner, k.org, k.admin.UserID, &at)
			k.clock.Advance(time.Hour)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			k := newKeyWorld(t)
			own := k.create(k.admin, models.NewAPIKey{Label: "own"})
			shared := k.create(k.admin, models.NewAPIKey{Label: "shared", Kind: models.KeyOrganization})
			c := must[models.Consequences](t)(k.s.RemovalConsequences(k.ctx, k.owner, k.org, k.admin.UserID))
			if c.PersonalKeys != 1 || len(c.OrganizationKeys) != 1 || c.OrganizationKeys[0].Label != "shared" {
				t.Errorf("the consequences name %d and %v", c.PersonalKeys, c.OrganizationKeys)
			}
			if err := k.works(own.Secret); err != nil {
				t.Fatal(err)
			}
			if err := goes(k); err != nil {
				t.Fatal(err)
			}
			k.admin = k.owner // who verifies
			if name == "ended" {
				k.wantBad(name, own.Secret, models.KeyDisabled)
				if err := k.s.Sweep(k.ctx); err != nil {
					t.Fatal(err)
				}
			}
			k.wantBad(name, own.Secret, models.KeyRevoked)
			if err := k.works(shared.Secret); err != nil {
				t.Errorf("the organization's key: %v", err)
			}
			v := must[models.APIKey](t)(k.s.APIKey(k.ctx, k.owner, k.org, shared.ID))
			if !v.CreatorLeft || v.NoUse != "" || v.NoRevoke != "" {
				t.Errorf("the organization's key is %+v", v)
			}
		})
	}
}

// A suspension pauses personal keys, and reactivating brings them back.
func TestAPIKeysOfWhoIsSuspended(t *testing.T) {
	k := newKeyWorld(t)
	own := k.create(k.mel, models.NewAPIKey{})
	must[models.Member](t)(k.s.SuspendMember(k.ctx, k.admin, k.org, k.mel.UserID, ""))
	k.wantBad("suspended in the organization", own.Secret, models.KeyDisabled)
	must[models.Member](t)(k.s.ReactivateMember(k.ctx, k.admin, k.org, k.mel.UserID))
	if err := k.works(own.Secret); err != nil {
		t.Errorf("reactivated: %v", err)
	}
	if _, err := k.s.SuspendUser(k.ctx, k.owner, "", k.mel.UserID, ""); err != nil {
		t.Fatal(err)
	}
	k.wantBad("suspended account", own.Secret, models.KeyDisabled)
}

// Every setting of the API section is obeyed.
func TestAPISettings(t *testing.T) {
	k := newKeyWorld(t)
	set := func(key, value string) {
		t.Helper()
		if _, err := k.s.UpdateSettings(k.ctx, k.owner, k.org, []models.SettingChange{{Key: key, Value: value}}, false); err != nil {
			t.Fatal(err)
		}
	}
	own := k.create(k.mel, models.NewAPIKey{TTL: 60 * 24 * time.Hour})
	make := func(a models.Actor, n models.NewAPIKey) error {
		n.Label = "x"
		_, err := k.s.CreateAPIKey(k.ctx, a, k.org, n)
		return err
	}
	set(models.SetAPIWho, models.KeysByAdmins)
	if err := make(k.mel, models.NewAPIKey{}); models.CodeOf(err) != models.CodeDenied {
		t.Errorf("a member makes a key where admins do: %v", err)
	}
	if err := make(k.admin, models.NewAPIKey{}); err != nil {
		t.Error(err)
	}
	set(models.SetAPIWho, models.KeysByMembers)
	set(models.SetAPIPersonal, models.Off)
	k.wantBad("personal keys off", own.Secret, models.KeyDisabled)
	if err := make(k.mel, models.NewAPIKey{}); models.CodeOf(err) != models.CodeDenied {
		t.Errorf("a personal key where there are none: %v", err)
	}
	set(models.SetAPIPersonal, models.On)
	set(models.SetAPILife, "30d")
	k.wantBad("longer than keys live", own.Secret, models.KeyDisabled)
	for _, n := range []models.NewAPIKey{{TTL: 31 * 24 * time.Hour}, {Forever: true}, {Kind: models.KeyOrganization, TTL: 31 * 24 * time.Hour}} {
		if err := make(k.admin, n); models.CodeOf(err) != models.CodeInvalid {
			t.Errorf("%+v: %v", n, err)
		}
	}
	set(models.SetAPILife, "none")
	if v := k.create(k.mel, models.NewAPIKey{Forever: true}); v.ExpiresAt != nil {
		t.Errorf("expires at %v", v.ExpiresAt)
	}
	set(models.SetAPIAddresses, "198.51.100.0/24")
	k.wantBad("from elsewhere", own.Secret, models.KeyAddress)
	set(models.SetAPIAddresses, "")
	set(models.SetAPIRate, "3")
	last := error(nil)
	for range 5 {
		_, last = k.use(own.Secret)
	}
	if models.CodeOf(last) != models.CodeLimit {
		t.Errorf("the fifth request within a minute of three: %v", last)
	}
	if v := k.verify(own.Secret, models.KeyQuestion{Address: clientAddr.String()}); v.Code != models.KeyRateLimited {
		t.Errorf("verifies as %+v", v)
	}
	k.clock.Advance(20 * time.Second)
	if _, err := k.use(own.Secret); err != nil {
		t.Errorf("after a third of a minute: %v", err)
	}
	if _, err := k.s.UpdateSettings(k.ctx, k.owner, k.org, []models.SettingChange{{Key: models.SetAPIRate, Value: "100000"}}, false); models.CodeOf(err) != models.CodeInvalid {
		t.Errorf("more than the plan's: %v", err)
	}
	// Security settings hold for keys as well.
	set(models.SetAPIRate, "")
	k.clock.Advance(time.Minute)
	if _, err := k.s.UpdateSettings(k.ctx, k.owner, k.org, []models.SettingChange{{Key: models.SetTwoFactor, Value: models.TwoFactorRequired}}, true); err != nil {
		t.Fatal(err)
	}
	if err := k.works(own.Secret); models.CodeOf(err) != models.CodeDenied {
		t.Errorf("whose owner has no second factor: %v", err)
	}
	k.admin = k.owner
	if _, err := k.s.UpdateSettings(k.ctx, k.owner, k.org, []models.SettingChange{{Key: models.SetTwoFactor, Value: models.Off}, {Key: models.SetIPAllowlist, Value: "198.51.100.0/24"}}, true); err != nil {
		t.Fatal(err)
	}
	if err := k.works(own.Secret); models.CodeOf(err) != models.CodeDenied {
		t.Errorf("from an address that is not allowed: %v", err)
	}
	if _, _, err := k.s.AuthenticateAPIKey(k.ctx, own.Secret, netip.Addr{}); models.CodeOf(err) != models.CodeDenied {
		t.Errorf("without an address: %v", err)
	}
}

// Use is counted and written behind, costs come out of the month's credits, and
// refused use has one entry an hour.
func TestUseOfAPIKeys(t *testing.T) {
	k := newKeyWorld(t)
	own := k.create(k.mel, models.NewAPIKey{})
	set := func(value string) {
		t.Helper()
		if _, err := k.s.UpdateSettings(k.ctx, k.owner, k.org, []models.SettingChange{{Key: models.SetCreditLimit, Value: value}}, false); err != nil {
			t.Fatal(err)
		}
	}
	set("10")
	if _, err := k.s.UpdateSettings(k.ctx, k.owner, k.org, []models.SettingChange{{Key: models.SetCreditLimit, Value: "60000"}}, false); models.CodeOf(err) != models.CodeInvalid {
		t.Errorf("more credits than the plan's: %v", err)
	}
	q := models.KeyQuestion{Cost: 4, Address: "192.0.2.9"}
	for _, want := range []int{6, 2} {
		if v := k.verify(own.Secret, q); !v.Valid || v.Credits == nil || v.Credits.Remaining != want || v.Credits.Limit != 10 {
			t.Errorf("%+v, want %d left", v.Credits, want)
		}
	}
	if v := k.verify(own.Secret, q); v.Code != models.KeyNoCredits {
		t.Errorf("without credits: %+v", v)
	}
	for range 2 {
		if err := k.s.FlushUsage(k.ctx); err != nil {
			t.Fatal(err)
		}
		if v := k.verify(own.Secret, q); v.Code != models.KeyNoCredits {
			t.Errorf("without credits: %+v", v)
		}
	}
	if err := k.s.FlushUsage(k.ctx); err != nil {
		t.Fatal(err)
	}
	u := must[models.KeyUsage](t)(k.s.APIKeyUsage(k.ctx, k.mel, k.org, own.ID, 7))
	today := u.Days[6]
	if today.Uses != 2 || today.Denied != 3 || today.Cost != 8 || u.Credits.Used != 8 || u.Credits.Limit != 10 {
		t.Errorf("usage: %+v, %+v", today, u.Credits)
	}
	v := must[models.APIKey](t)(k.s.APIKey(k.ctx, k.mel, k.org, own.ID))
	if v.LastUsedAt == nil || v.LastAddress != "192.0.2.9" {
		t.Errorf("last used %v from %q", v.LastUsedAt, v.LastAddress)
	}
	var entries int
	k.raw().QueryRow("SELECT count(*) FROM audit WHERE action = 'api_key.use' AND org_id = '" + k.org + "'").Scan(&entries)
	if entries != 1 {
		t.Errorf("%d entries of refused use within an hour", entries)
	}
	k.clock.Advance(31 * 24 * time.Hour)
	if v := k.verify(own.Secret, q); !v.Valid || v.Credits.Remaining != 6 {
		t.Errorf("in the next month: %+v", v)
	}
	if r := must[models.ChainReport](t)(k.s.VerifyAudit(k.ctx, k.owner, k.org)); !r.OK {
		t.Errorf("the chain: %+v", r)
	}
}

// A warm verification reads nothing, and is wrong for no moment: what another
// process changes counts as soon as the feed says so.
func TestRevokedByAnotherProcess(t *testing.T) {
	k := newKeyWorld(t)
	own := k.create(k.mel, models.NewAPIKey{})
	if v := k.verify(own.Secret, models.KeyQuestion{}); !v.Valid {
		t.Fatalf("%+v", v)
	}
	other := k.open()
	if _, err := other.RevokeAPIKey(k.ctx, k.mel, k.org, own.ID); err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(5 * time.Second)
	for k.verify(own.Secret, models.KeyQuestion{}).Valid {
		if time.Now().After(deadline) {
			t.Fatal("still valid")
		}
		time.Sleep(5 * time.Millisecond)
	}
}
