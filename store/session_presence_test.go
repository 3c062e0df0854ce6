package store_test

import (
	"strings"
	"testing"
	"time"

	"muster/models"
	"muster/store"
)

// here is who has the app open on an organization, as somebody sees it.
func (w *world) here(s *store.Store, a models.Actor, org string) string {
	w.t.Helper()
	var who []string
	for _, p := range must[[]store.Presence](w.t)(s.Here(w.ctx, a, org)) {
		word, _, _ := strings.Cut(p.Email, "@")
		if word += ":" + p.RoleName; p.SiteAdmin {
			word += "site admin"
		}
		if p.You {
			word = "*" + word
		}
		who = append(who, word)
	}
	return strings.Join(who, " ")
}

// TestWhoIsHere lets people come, move and go in two processes.
func TestWhoIsHere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.ada()
	acme := w.acme(ada)
	bob := w.join(ada, acme.ID, "bob@example.com", models.RoleMember)
	cy := w.join(ada, acme.ID, "cy@example.com", models.RoleViewer)
	second := w.open()
	defer second.Close()
	beta := must[models.OrgView](t)(w.s.CreateOrganization(w.ctx, bob, store.NewOrganization{Name: "Beta", Code: "BETA"}))

	sub := second.Subscribe(store.TopicHere(acme.ID))
	defer sub.Close()
	tidings := w.s.Subscribe(acme.ID) // of changes, which this is none of
	defer tidings.Close()
	here := w.s.OpenSession(bob)
	here.Show(acme.ID)
	here.Show(acme.ID)
	soon(t, sub, 10*time.Second)
	if got := w.here(second, cy, acme.ID); got != "bob:member" {
		t.Errorf("here: %s", got)
	}
	if v := must[models.OrgView](t)(second.Organization(w.ctx, cy, acme.ID)); v.Others != 1 {
		t.Errorf("%d others", v.Others)
	}
	if v := must[models.OrgView](t)(second.Organization(w.ctx, bob, acme.ID)); v.Others != 0 {
		t.Errorf("%d others of the only one", v.Others)
	}

	// A second session is the same person; a site admin who is no member is
	// here as such.
	again, site := second.OpenSession(bob), second.OpenSession(ada)
	again.Show(acme.ID)
	site.Show(beta.ID)
	soon(t, sub, 10*time.Second)
	if list := must[[]store.Presence](t)(w.s.Here(w.ctx, bob, acme.ID)); len(list) != 1 || list[0].Sessions != 2 || !list[0].You {
		t.Errorf("here: %+v", list)
	}
	if got := w.here(w.s, bob, beta.ID); got != "ada:site admin" {
		t.Errorf("in Beta: %s", got)
	}

	// Whoever goes over to another organization is there and not here.
	again.End()
	here.Show(beta.ID)
	for w.here(w.s, cy, acme.ID) != "" {
		soon(t, sub, 10*time.Second)
	}
	if got := w.here(w.s, bob, beta.ID); got != "ada:site admin *bob:owner" {
		t.Errorf("in Beta: %s", got)
	}
	select {
	case <-tidings.C:
		t.Error("coming and going counts as a change of the organization")
	default:
	}

	// Nobody else learns who is in Beta, not even that it exists.
	_, err := w.s.Here(w.ctx, cy, beta.ID)
	wantCode(t, err, models.CodeNotFound)
	// A process that died without a word is forgotten.
	w.clock.Advance(time.Hour)
	if got := w.here(w.s, bob, beta.ID); got != "" {
		t.Errorf("in Beta an hour later: %s", got)
	}
	// What is shown after the end counts for nothing.
	here.End()
	here.Show(acme.ID)
	here.End()
}
