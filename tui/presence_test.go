package tui

import "testing"

// Who else is here stands in the lower edge, and by name behind a key.
func TestWhoElseIsHere(t *testing.T) {
	for _, s := range []struct {
		name string
		w, h int
	}{{"80x24", 80, 24}, {"140x40", 140, 40}} {
		t.Run(s.name, func(t *testing.T) {
			h, ada, grace, cy := peopled(t)
			app := h.as(ada, s.w, s.h)
			app.Press("@").See("Here now", "Nobody else").Press("esc").SeeNot("Here now")
			hers := h.as(grace)
			h.as(cy)
			app.See("● 2 others here")
			app.Press("@").See("Here now", "Cy Twombly <cy@acme.dev>", "Grace Hopper <grace@acme.dev>", "admin · since")
			app.Golden(s.name + "/presence").Press("esc").SeeNot("Here now")
			hers.See("● 2 others here").Press("o").See("Personal").Press("g", "enter").See("muster   1 Personal").SeeNot("here ─")
			app.See("● 1 other here").Click("1 other").See("Here now", "Cy Twombly").SeeNot("admin · since")
		})
	}
}
