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
