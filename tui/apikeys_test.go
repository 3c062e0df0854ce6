package tui

import (
	"net/netip"
	"regexp"
	"strings"
	"testing"
	"time"

	"muster/models"
	"muster/tui/tuitest"
)

func TestAPIKeysFromFirstToLast(t *testing.T) {
	h, ada, _, _ := peopled(t)
	h.must(second(h.st.SetPlan(h.ctx, ada, h.acme.ID, models.PlanVisionary)))
	app := h.as(ada)
	app.Press("K").See("▸ Keys", "No API keys yet", "Press n to create one")
	app.Press("n").See("New API key", "Acts for").Type("ci").Press("ctrl+enter").See("API key ci", "never shown again", "I have saved it")
	secret := regexp.MustCompile(`mup_[0-9A-Za-z]{51}`).FindString(strings.ReplaceAll(app.Screen(), "\n", ""))
	if secret == "" {
		t.Fatalf("no secret is shown:\n%s", app.Screen())
	}
	app.Press("esc").See("never shown again").Press("k").SeeNot("never shown again").SeeLine("● ci", "ada@acme.dev", "all", "never")
	if _, _, err := h.st.AuthenticateAPIKey(h.ctx, secret, netip.MustParseAddr("192.0.2.7")); err != nil {
		t.Error(err)
	}
	app.Press("e").See("Edit ci").Press("end").Type("-2").Press("ctrl+enter").See("the key ci-2 is changed").SeeLine("● ci-2")
	app.Press("r").See("Rotate ci-2", "Old one works for").Press("ctrl+enter").See("The old one goes on for", "never shown again").Press("k").SeeLine("↻ ci-2").SeeLine("● ci-2").See("of 2")
	app.Press("d").See("Revoke ci-2?", "cannot be undone").Wait(tuitest.Finger).Press("y").See("ci-2 is revoked").SeeLine("✗ ci-2", "revoked")
	app.Press("f").See("Show only").Type("active").Press("enter").See("/status:active").SeeNot("✗ ci-2").Press("esc").SeeLine("✗ ci-2")
}

func TestServiceAccounts(t *testing.T) {
	h, ada, _, cy := peopled(t)
	h.must(second(h.st.SetPlan(h.ctx, ada, h.acme.ID, models.PlanVisionary)))
	app := h.as(ada)
	app.Press("K").Press("S").See("▸ Service accounts", "No service accounts yet")
	app.Press("n").See("New service account").Type("deploy").Press("ctrl+enter").See("the service account deploy is created").SeeLine("deploy", "viewer", "active", "0")
	app.Press("a").See("New key of deploy").Type("ci").Press("ctrl+enter").See("never shown again").Press("k").SeeLine("deploy", "viewer", "active", "1")
	app.Press("x").See("deploy is disabled", "u undo").SeeLine("deploy", "disabled").Press("u").See("undone").SeeLine("deploy", "active")
	app.Press("S").SeeLine("● ci", "deploy").Press("S")
	app.Press("d").See("Remove the service account deploy?", "1 working key stops").Wait(tuitest.Finger).Press("y").See("the service account deploy is removed")
	// A member has keys of their own, and no service accounts.
	member := h.as(cy)
	member.Press("K").See("· your own").SeeNot("Service accounts")
}

// TestWebhooksFromFirstToLast makes a webhook, tries it, sends an event once more,
// and deletes it.
func TestWebhooksFromFirstToLast(t *testing.T) {
	h, ada, _, cy := peopled(t)
	app := h.as(ada)
	app.Press("K").Press("w").See("▸ Webhooks", "No webhooks yet", "Press n to create one")
	app.Press("n").See("New webhook", "URL").Type("https://hooks.example.com/in").Press("tab").See("actions or groups").Press("backspace").Type("member.*").Press("ctrl+enter").See("whsec_", "never shown again", "I have saved it")
	app.Press("esc").See("whsec_").Press("k").SeeNot("whsec_").SeeLine("● hooks.example.com/in", "member.*", "active", "never")
	app.Press("t").See("sent webhook.test to hooks.example.com").SeeLine("hooks.example.com/in", "1")
	list, err := h.st.ListWebhooks(h.ctx, ada, h.acme.ID, models.WebhookQuery{})
	h.must(err)
	id := list.Items[0].ID
	job, _, err := h.st.ClaimWebhook(h.ctx, id, time.Minute)
	h.must(err)
	h.must(h.st.WebhookSent(h.ctx, job, models.WebhookOutcome{Status: 503, Error: "it answered 503 Service Unavailable", Took: 3 * time.Millisecond}))
	app.SeeLine("! hooks.example.com/in", "it answered 503")
	app.Press("D").See("▸ hooks.example.com").SeeLine("webhook.test", "queued", "it answered 503").Press("r").See("the delivery is waiting to leave already")
	h.clock.Advance(10 * time.Second)
	job, _, err = h.st.ClaimWebhook(h.ctx, id, time.Minute)
	h.must(err)
	h.must(h.st.WebhookSent(h.ctx, job, models.WebhookOutcome{Status: 204, Took: 3 * time.Millisecond}))
	app.SeeLine("webhook.test", "delivered", "204 in 3 ms").Press("r").See("once more").SeeLine("webhook.test", "queued")
	app.Press("esc").See("▸ Webhooks").Press("x").See("Disable the webhook to hooks.example.com?", "never sent").Wait(tuitest.Finger).Press("y").See("is disabled").SeeLine("– hooks.example.com/in", "disabled")
	app.Press("t").See("x enables it").Press("x").SeeLine("● hooks.example.com/in", "active")
	app.Press("e").See("Edit hooks.example.com").Press("ctrl+enter").See("is changed")
	app.Press("r").See("Rotate the secret of hooks.example.com").Press("ctrl+enter").See("whsec_", "The old one signs as well until").Press("k").SeeNot("whsec_")
	app.Press("d").See("Delete the webhook to hooks.example.com?", "cannot be undone").Wait(tuitest.Finger).Press("y").See("is deleted").See("No webhooks yet")
	member := h.as(cy)
	member.Press("K").See("· your own").SeeNot("Webhooks")
}

// keyed has keys of each kind.
func keyed(t *testing.T) (*house, models.Actor) {
	t.Helper()
	h, ada, grace, _ := peopled(t)
	h.must(second(h.st.SetPlan(h.ctx, ada, h.acme.ID, models.PlanVisionary)))
	h.must(second(h.st.CreateService(h.ctx, ada, h.acme.ID, models.NewService{Name: "catalogue", Role: models.RoleMember, Description: "keeps the shop up to date"})))
	for _, k := range []struct {
		who models.Actor
		new models.NewAPIKey
	}{
		{ada, models.NewAPIKey{Label: "laptop"}},
		{grace, models.NewAPIKey{Label: "build server", Kind: models.KeyOrganization, Scopes: []string{"project", "workspace.list"}, TTL: 10 * 24 * time.Hour}},
		{ada, models.NewAPIKey{Label: "shop", Service: "catalogue", Addresses: []string{"192.0.2.0/24"}}},
	} {
		made, err := h.st.CreateAPIKey(h.ctx, k.who, h.acme.ID, k.new)
		h.must(err)
		_, _, err = h.st.AuthenticateAPIKey(h.ctx, made.Secret, netip.MustParseAddr("192.0.2.7"))
		h.must(err)
		h.clock.Advance(time.Minute)
	}
	h.must(second(h.st.RemoveMember(h.ctx, ada, h.acme.ID, grace.UserID)))
	for written := false; !written; time.Sleep(10 * time.Millisecond) { // behind
		u, err := h.st.APIKeyUsage(h.ctx, ada, h.acme.ID, "", 1)
		h.must(err)
		written = u.Days[0].Uses == 3
	}
	return h, ada
}

func TestFramesOfAPIKeys(t *testing.T) {
	for _, size := range []struct {
		name string
		w, h int
	}{{"80x24", 80, 24}, {"140x40", 140, 40}} {
		t.Run(size.name, func(t *testing.T) {
			h, ada := keyed(t)
			app := h.as(ada, size.w, size.h)
			app.Press("K").See("1 of 3", "build server", "left").Golden(size.name + "/api-keys")
			app.Press("j").SeeCursorOn("build server").Press("enter").See("organization", "(left)").Golden(size.name + "/api-key")
			app.Press("esc").Press("S").See("catalogue", "1 of 1").Golden(size.name + "/service-accounts")
			app.Press("S", "n").See("Acts for").Golden(size.name + "/api-key-new")
			app.Press("esc")
			for _, w := range []models.NewWebhook{{URL: "https://chat.example.com/hooks/acme?token=x", Events: []string{"member.*", "invitation.accept"}}, {URL: "https://siem.acme.dev/in", Description: "all of it"}} {
				hook, err := h.st.CreateWebhook(h.ctx, ada, h.acme.ID, w)
				h.must(err)
				h.must(second(h.st.TestWebhook(h.ctx, ada, h.acme.ID, hook.ID)))
				job, _, err := h.st.ClaimWebhook(h.ctx, hook.ID, time.Minute)
				h.must(err)
				o := models.WebhookOutcome{Status: 204, Took: 12 * time.Millisecond}
				if w.Description != "" {
					o = models.WebhookOutcome{Error: "no answer within 15s", Took: 15 * time.Second}
				}
				h.must(h.st.WebhookSent(h.ctx, job, o))
				h.clock.Advance(time.Minute)
			}
			app.Press("w").See("siem.acme.dev", "1 of 2").SeeLine("chat.example.com", "2m").Golden(size.name + "/webhooks")
			app.Press("D").See("▸ siem.acme.dev", "1 of 2").Golden(size.name + "/webhook-deliveries")
		})
	}
}
