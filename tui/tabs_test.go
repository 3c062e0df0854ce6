package tui

import (
	"strings"
	"testing"
)

// In 80 columns every tab has its key and its whole name, and the numbers stand
// there, also for site admins, who have the most.
func TestTabsAt80(t *testing.T) {
	h, ada, grace, _ := peopled(t)
	line := func(app interface{ Screen() string }) string {
		return strings.TrimSpace(strings.Split(app.Screen(), "\n")[1])
	}
	app := h.as(ada)
	if got, want := line(app), "2Members 4 3Invites ●3 4Setup 5Spaces Keys 6Stats 7Log 8Users 9You 0All"; got != want {
		t.Errorf("a site admin has %q\nwant %q", got, want)
	}
	// The keys are told from the names without any colour, and lead where they say.
	app.Click("8Users").See("EMAIL").Click("0All").See("CODE").Click("Keys 6").See("2Members")
	member := h.as(grace)
	for _, name := range []string{"2 Members 4", "3 Invites", "5 Spaces", "9 You"} {
		member.See(name)
	}
}
