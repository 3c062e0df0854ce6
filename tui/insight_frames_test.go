package tui

import "testing"

// TestInsightFrames keeps the frames of the panes that only look.
func TestInsightFrames(t *testing.T) {
	for _, size := range []struct {
		name string
		w, h int
	}{{"80x24", 80, 24}, {"140x40", 140, 40}} {
		t.Run(size.name, func(t *testing.T) {
			h, ada, _, _ := peopled(t)
			app := h.as(ada, size.w, size.h)
			frame := func(name string) { t.Helper(); app.Golden(size.name + "/" + name) }
			app.Press("6").See("● waiting", "joined")
			frame("overview")
			app.Press("t").See("[90]", "CHANGES IN 2 DAYS")
			frame("overview-90")
			app.Press("7").See("invitation.request", "entry 16")
			frame("audit")
			app.Press("enter").See("BEFORE", "AFTER")
			frame("audit-entry")
			app.Press("esc").SeeNot("BEFORE").Press("f").See("Show only")
			frame("audit-actions")
			app.Press("esc").SeeNot("Show only").Press("/").See("actor: action:")
			frame("audit-filter")
		})
	}
}
