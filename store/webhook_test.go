package store_test

import (
	"encoding/base64"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"muster/models"
	"muster/store"
)

func (w *world) webhook(a models.Actor, org, url string, events ...string) models.SecretWebhook {
	w.t.Helper()
	return must[models.SecretWebhook](w.t)(w.s.CreateWebhook(w.ctx, a, org, models.NewWebhook{URL: url, Events: events}))
}

// job claims what is due for a webhook.
func (w *world) job(id string) store.WebhookJob {
	w.t.Helper()
	job, ok, err := w.s.ClaimWebhook(w.ctx, id, time.Minute)
	if err != nil || !ok {
		w.t.Fatalf("nothing to send: %v", err)
	}
	return job
}

// TestWebhookRules holds what a webhook may be, and how many there are.
func TestWebhookRules(t *testing.T) {
	w := newWorld(t)
	ada := w.ada()
	acme := w.acme(ada)
	for url, want := range map[string]string{
		"": "missing", "x": "like https", "http://example.com": "https://", "ftp://example.com": "https://", "https://": "like https", "https:x": "like https",
		"https://ada:pw@example.com": "password", "https://example.com/#x": "#", "https://10.0.0.1/": "private", "https://127.0.0.1:8443/": "private", "https://[::1]/": "private",
		"https://[::ffff:10.0.0.1]/": "private", "https://localhost/": "private", "https://169.254.169.254/": "private", "https://example.com/" + strings.Repeat("x", models.MaxWebhookURL): "like https",
		"https://example.com/\x1b[31m": "like https",
	} {
		_, err := w.s.CreateWebhook(w.ctx, ada, acme.ID, models.NewWebhook{URL: url})
		if models.CodeOf(err) != models.CodeInvalid || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", url, err)
		}
	}
	for _, e := range []string{"*member", "member*", ".*", "Member Role!", "member.role;"} {
		if _, err := w.s.CreateWebhook(w.ctx, ada, acme.ID, models.NewWebhook{URL: "https://example.com", Events: []string{e}}); models.CodeOf(err) != models.CodeInvalid {
			t.Errorf("event %q: %v", e, err)
		}
	}
	hook := w.webhook(ada, acme.ID, " https://Example.com:8443/in?token=x ", "member.*, INVITATION.accept", "member.*")
	if hook.URL != "https://example.com:8443/in?token=x" || strings.Join(hook.Events, " ") != "invitation.accept member.*" || hook.Status != models.WebhookActive {
		t.Errorf("made %+v", hook.Webhook)
	}
	for action, want := range map[string]bool{"member.role": true, "member.remove": true, "members.x": false, "invitation.accept": true, "invitation.create": false} {
		if hook.Wants(action) != want {
			t.Errorf("%s: %t", action, !want)
		}
	}
	if n := w.number("SELECT count(*) FROM audit WHERE after LIKE '%token=%' OR before LIKE '%token=%'"); n != 0 {
		t.Errorf("%d entries have the query of the URL", n)
	}
	for range models.MaxWebhooks - 1 {
		w.webhook(ada, acme.ID, "https://example.com")
	}
	if _, err := w.s.CreateWebhook(w.ctx, ada, acme.ID, models.NewWebhook{URL: "https://example.com"}); models.CodeOf(err) != models.CodeLimit {
		t.Errorf("one more: %v", err)
	}
	// The rights are two.
	w.plan(ada, acme.ID, models.PlanEnterprise)
	for i, c := range []struct {
		permissions []string
		want        models.Code
	}{
		{[]string{"organization.view", "settings.change"}, models.CodeDenied},
		{[]string{"organization.view", "audit.read"}, models.CodeDenied},
		{[]string{"organization.view", "audit.read", "settings.change"}, ""},
	} {
		role := w.role(ada, acme.ID, fmt.Sprintf("half-%d", i), c.permissions...)
		sam := w.join(ada, acme.ID, fmt.Sprintf("sam-%d@example.com", i), models.Role(role.ID))
		if _, err := w.s.ListWebhooks(w.ctx, sam, acme.ID, models.WebhookQuery{}); models.CodeOf(err) != c.want {
			t.Errorf("with %v: %v", c.permissions, err)
		}
	}
	p := must[models.Page[models.Webhook]](t)(w.s.ListWebhooks(w.ctx, ada, acme.ID, models.WebhookQuery{Search: "8443"}))
	if len(p.Items) != 1 || p.Items[0].ID != hook.ID {
		t.Errorf("found %+v", p.Items)
	}
	seen := 0
	for q := (models.WebhookQuery{Limit: 7}); ; q.After = p.Next {
		p = must[models.Page[models.Webhook]](t)(w.s.ListWebhooks(w.ctx, ada, acme.ID, q))
		if seen += len(p.Items); p.Next == "" {
			break
		}
	}
	if seen != models.MaxWebhooks {
		t.Errorf("the pages have %d webhooks", seen)
	}
}

// TestWebhooksInAllowedNetworks holds that an installation can let webhooks into
// private networks.
func TestWebhooksInAllowedNetworks(t *testing.T) {
	allow := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	for url, want := range map[string]bool{
		"http://10.1.2.3:8080/x": true, "https://10.1.2.3": true, "http://hooks.internal": true, "http://192.168.0.1": false, "http://127.0.0.1": false, "https://example.com": true,
	} {
		if _, err := models.CheckWebhookURL(url, allow); (err == nil) != want {
			t.Errorf("%s: %v", url, err)
		}
	}
}

// TestWebhookSecretsAtRest holds that a secret is in no table as it is, that a
// delivery is signed with both while one takes the place of the other, and with the
// new one alone from then on.
func TestWebhookSecretsAtRest(t *testing.T) {
	w := newWorld(t)
	ada := w.ada()
	acme := w.acme(ada)
	hook := w.webhook(ada, acme.ID, "https://example.com/in")
	next := must[models.SecretWebhook](t)(w.s.RotateWebhook(w.ctx, ada, acme.ID, hook.ID, time.Hour))
	if next.Secret == hook.Secret || !strings.HasPrefix(next.Secret, "whsec_") || next.OldUntil == nil {
		t.Errorf("the next secret is %+v", next)
	}
	wrong := []models.SettingChange{{Key: models.SetMOTD, Value: "typed in the wrong place: " + hook.Secret}}
	if _, err := w.s.UpdateSettings(w.ctx, ada, acme.ID, wrong, false); models.CodeOf(err) != models.CodeInvalid || strings.Contains(err.Error(), hook.Secret) {
		t.Errorf("a secret in the wrong place: %v", err)
	}
	key := func(s string) string {
		b, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(s, "whsec_"))
		if err != nil || len(b) < 24 {
			t.Fatalf("%s: %v", s, err)
		}
		return string(b)
	}
	job := w.job(hook.ID)
	if len(job.Keys) != 2 || string(job.Keys[0]) != key(next.Secret) || string(job.Keys[1]) != key(hook.Secret) {
		t.Error("the delivery is not signed with both")
	}
	if err := w.s.WebhookSent(w.ctx, job, models.WebhookOutcome{Status: 200}); err != nil {
		t.Fatal(err)
	}
	w.clock.Advance(time.Hour)
	must[models.WebhookDelivery](t)(w.s.TestWebhook(w.ctx, ada, acme.ID, hook.ID))
	if job = w.job(hook.ID); len(job.Keys) != 1 || string(job.Keys[0]) != key(next.Secret) {
		t.Error("the old secret signs after its time")
	}
	if v := must[models.Webhook](t)(w.s.Webhook(w.ctx, ada, acme.ID, hook.ID)); v.OldUntil != nil {
		t.Errorf("it shows %+v", v)
	}
	for _, secret := range []string{hook.Secret, next.Secret} {
		if n := w.number("SELECT count(*) FROM audit WHERE after LIKE $1 OR before LIKE $1 OR reason LIKE $1", "%"+secret[6:20]+"%"); n != 0 {
			t.Errorf("%d entries have a secret", n)
		}
		if n := w.number("SELECT count(*) FROM webhooks WHERE secret LIKE $1 OR old_secret LIKE $1", "%"+secret[6:20]+"%"); n != 0 {
			t.Error("the table has a secret")
		}
	}
}

// TestWebhookTestWaitsForItsTurn holds that the event of a test overtakes none before it,
// and that it comes once where the webhook lists it.
func TestWebhookTestWaitsForItsTurn(t *testing.T) {
	w := newWorld(t)
	ada := w.ada()
	acme := w.acme(ada)
	hook := w.webhook(ada, acme.ID, "https://example.com/in")
	w.set(ada, acme.ID, models.SetMOTD, "one")
	must[models.WebhookDelivery](t)(w.s.TestWebhook(w.ctx, ada, acme.ID, hook.ID))
	w.set(ada, acme.ID, models.SetMOTD, "two")
	var came []string
	for {
		job, ok, err := w.s.ClaimWebhook(w.ctx, hook.ID, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			break
		}
		came = append(came, job.Event.Action)
		if err := w.s.WebhookSent(w.ctx, job, models.WebhookOutcome{Status: 200}); err != nil {
			t.Fatal(err)
		}
	}
	if got := strings.Join(came, " "); got != "webhook.create settings.update webhook.test settings.update" {
		t.Errorf("there came %s", got)
	}
}

// TestWebhooksGoWithTheirOrganization holds that a webhook outlives who made it,
// hears nothing of a deleted organization, and is purged with it.
func TestWebhooksGoWithTheirOrganization(t *testing.T) {
	w := newWorld(t)
	ada := w.ada()
	acme := w.acme(ada)
	eve := w.join(ada, acme.ID, "eve@example.com", models.RoleAdmin)
	hook := w.webhook(eve, acme.ID, "https://example.com/in", "member.remove")
	if _, err := w.s.RemoveMember(w.ctx, ada, acme.ID, "eve@example.com"); err != nil {
		t.Fatal(err)
	}
	if job := w.job(hook.ID); job.Event.Action != "member.remove" {
		t.Errorf("it is sent %s", job.Event.Action)
	}
	if _, err := w.s.DeleteOrganization(w.ctx, ada, acme.ID, acme.Code); err != nil {
		t.Fatal(err)
	}
	w.clock.Advance(time.Hour)
	if _, ok, err := w.s.ClaimWebhook(w.ctx, hook.ID, time.Minute); ok || err != nil {
		t.Errorf("a deleted organization sends: %v", err)
	}
	if list := must[[]store.WebhookDue](t)(w.s.Webhooks(w.ctx)); len(list) != 0 {
		t.Errorf("there is %+v", list)
	}
	w.clock.Advance(models.RestoreTime)
	if _, err := w.s.Purge(w.ctx); err != nil {
		t.Fatal(err)
	}
	if n := w.number("SELECT (SELECT count(*) FROM webhooks) + (SELECT count(*) FROM webhook_deliveries)"); n != 0 {
		t.Errorf("%d rows are left", n)
	}
}

// TestOldDeliveriesAreDropped holds that the list of deliveries does not grow for
// ever, and that what waits stays in it.
func TestOldDeliveriesAreDropped(t *testing.T) {
	w := newWorld(t)
	ada := w.ada()
	acme := w.acme(ada)
	hook := w.webhook(ada, acme.ID, "https://example.com/in", "webhook.test")
	for range 2 {
		must[models.WebhookDelivery](t)(w.s.TestWebhook(w.ctx, ada, acme.ID, hook.ID))
	}
	if err := w.s.WebhookSent(w.ctx, w.job(hook.ID), models.WebhookOutcome{Status: 200, Took: 3 * time.Millisecond}); err != nil {
		t.Fatal(err)
	}
	w.clock.Advance(models.WebhookKeep - time.Minute)
	count := func() int {
		return len(must[models.Page[models.WebhookDelivery]](t)(w.s.ListDeliveries(w.ctx, ada, acme.ID, hook.ID, models.DeliveryQuery{})).Items)
	}
	if err := w.s.DropDeliveries(w.ctx); err != nil || count() != 2 {
		t.Fatalf("%d deliveries, %v", count(), err)
	}
	w.clock.Advance(time.Minute)
	if err := w.s.DropDeliveries(w.ctx); err != nil || count() != 1 {
		t.Fatalf("%d deliveries, %v", count(), err)
	}
	if waiting, late, err := w.s.WebhookBacklog(w.ctx); err != nil || waiting != 1 || late < models.WebhookKeep {
		t.Errorf("the backlog is %d, %s, %v", waiting, late, err)
	}
}
