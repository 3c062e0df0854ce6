package store_test

import (
	"testing"

	"muster/models"
)

// TestVerifyingReadsNoDatabase holds that a key which was used before is judged from
// memory alone, and so is the key of the service that asks.
func TestVerifyingReadsNoDatabase(t *testing.T) {
	k := newKeyWorld(t)
	key := k.create(k.mel, models.NewAPIKey{})
	service := k.create(k.owner, models.NewAPIKey{Kind: models.KeyOrganization, Scopes: []string{"api_key.verify"}})
	ask := func() (v, own models.KeyVerdict) {
		a, err := k.use(service.Secret)
		if err != nil {
			t.Fatal(err)
		}
		q := models.KeyQuestion{Key: key.Secret, Scopes: []string{"member.list"}}
		return must[models.KeyVerdict](t)(k.s.VerifyAPIKey(k.ctx, a, k.org, q)), must[models.KeyVerdict](t)(k.s.AdmitAPIKey(k.ctx, "acme", q))
	}
	ask()
	if err := k.s.FlushUsage(k.ctx); err != nil {
		t.Fatal(err)
	}
	if err := k.s.Close(); err != nil {
		t.Fatal(err)
	}
	if v, own := ask(); !v.Valid || !own.Valid {
		t.Errorf("%+v %+v", v, own)
	}
}

// TestAdmittedByTheirOrganization holds that a key opens what is guarded for its own
// organization alone, unless all may come.
func TestAdmittedByTheirOrganization(t *testing.T) {
	k := newKeyWorld(t)
	key := k.create(k.mel, models.NewAPIKey{})
	for org, want := range map[string]models.KeyCode{k.org: models.KeyValid, "acme": models.KeyValid, "": models.KeyValid, "OTHER": models.KeyNotFound, "org_0": models.KeyNotFound} {
		if v := must[models.KeyVerdict](t)(k.s.AdmitAPIKey(k.ctx, org, models.KeyQuestion{Key: key.Secret})); v.Code != want {
			t.Errorf("for %q: %s, want %s", org, v.Code, want)
		}
	}
}

// TestWhomATokenAdmits holds that members come in by a token with what they may, and
// nobody else does: not a site admin who is no member, nor anybody who is suspended.
func TestWhomATokenAdmits(t *testing.T) {
	k := newKeyWorld(t)
	elsewhere := k.world.org(k.mel, "OTHER").ID
	admit := func(a models.Actor, org string, needs ...models.Permission) models.KeyCode {
		t.Helper()
		a.Via, a.Door, a.Address = models.ViaAPI, models.DoorHTTP, clientAddr.String()
		return must[models.KeyVerdict](t)(k.s.AdmitPerson(k.ctx, a, org, models.KeyQuestion{Needs: needs})).Code
	}
	for name, x := range map[string]struct {
		a           models.Actor
		org         string
		may, manage models.KeyCode
	}{
		"owner":      {k.owner, "ACME", models.KeyValid, models.KeyValid},
		"admin":      {k.admin, k.org, models.KeyValid, models.KeyValid},
		"member":     {k.mel, "acme", models.KeyValid, models.KeyScope},
		"viewer":     {k.viewer, "ACME", models.KeyValid, models.KeyScope},
		"site admin": {k.owner, elsewhere, models.KeyNotFound, models.KeyNotFound},
		"elsewhere":  {k.admin, elsewhere, models.KeyNotFound, models.KeyNotFound},
		"nowhere":    {k.mel, "org_0", models.KeyNotFound, models.KeyNotFound},
	} {
		if got := admit(x.a, x.org); got != x.may {
			t.Errorf("%s: %s, want %s", name, got, x.may)
		}
		if got := admit(x.a, x.org, models.PermMembers); got != x.manage {
			t.Errorf("%s who manages members: %s, want %s", name, got, x.manage)
		}
	}
	if _, err := k.s.SuspendMember(k.ctx, k.owner, k.org, k.viewer.UserID, ""); err != nil {
		t.Fatal(err)
	}
	if got := admit(k.viewer, "ACME"); got != models.KeyDisabled {
		t.Errorf("who is suspended: %s", got)
	}
	if _, err := k.s.RemoveMember(k.ctx, k.owner, k.org, k.mel.UserID); err != nil {
		t.Fatal(err)
	}
	if got := admit(k.mel, "ACME"); got != models.KeyNotFound {
		t.Errorf("who was removed: %s", got)
	}
}
