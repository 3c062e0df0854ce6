package tui

import (
	"testing"
	"time"

	"muster/models"
)

// TestARuleSendsTheSessionAway switches a rule on while somebody looks: nothing
// of the organization stays on their screen.
func TestARuleSendsTheSessionAway(t *testing.T) {
	h, ada, grace, _ := peopled(t)
	idle := make(chan time.Duration, 100)
	app := h.open(Options{Actor: grace, Term: "xterm-256color", Idle: func(d time.Duration) { idle <- d }})
	app.See("Acme Corporation", "cy@acme.dev")
	set := func(key, value string) {
		t.Helper()
		_, err := h.st.UpdateSettings(h.ctx, ada, h.acme.ID, []models.SettingChange{{Key: key, Value: value}}, true)
		h.must(err)
	}
	await := func(want time.Duration) {
		t.Helper()
		for end := time.After(10 * time.Second); ; {
			select {
			case d := <-idle:
				if d == want {
					return
				}
			case <-end:
				t.Fatalf("the session is never told %s", want)
			}
		}
	}
	await(0)
	set(models.SetSessionIdle, "5")
	await(5 * time.Minute)
	set(models.SetIPAllowlist, "198.51.100.0/24")
	app.See("ACME allows only certain networks", "192.0.2.7").SeeNot("cy@acme.dev", "Acme Corporation ")
	await(0) // the personal workspace has no rule
	app.Press("q").Ends()

	// A session that begins there says why as well, and opens nothing of it.
	app = h.open(Options{Actor: grace, Term: "xterm-256color", Org: "ACME"})
	app.See("ACME allows only certain networks").SeeNot("cy@acme.dev")
	app.Press("q").Ends()
}
