package e2e

import (
	"context"
	"database/sql"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
	_ "modernc.org/sqlite" // to plant what muster would never store
)

func TestEverySize(t *testing.T) {
	h := founded(t)
	h.join("cy", "Cy Twombly", "member")
	h.propose("cy", "dee@acme.dev")
	ada := h.ssh("ada", "acme", seat{})
	ada.See("Member", "1 of 2")
	for _, s := range []struct {
		w, h int
		see  string
	}{
		{1, 1, "T"}, {2, 2, "Te"}, {10, 3, "Terminal"}, {39, 9, "Terminal too small: 39×9, needs 40×10"}, {40, 9, "Terminal too small"}, {39, 10, "Terminal too small"},
		{40, 10, "ada@acme"}, {500, 200, "cy@acme.dev"}, {500, 1, "Terminal too small"}, {1, 200, "T"}, {80, 24, "1 of 2"},
	} {
		ada.Resize(s.w, s.h).See(s.see)
	}
	// A window that is dragged sends a size for every step.
	for i := range 300 {
		ada.Resize(30+i%120, 5+i%60)
	}
	ada.Press("3").Resize(80, 24).See("●1", "╰──────────────────────────────────────────────────────────────────────────────╯", "? help")
	whole(t, ada)

	// Dialogs, too, at sizes that have no room for them.
	ada.Press("n").See("Expires after")
	for _, s := range [][2]int{{1, 1}, {40, 10}, {41, 11}, {500, 200}, {39, 9}} {
		ada.Resize(s[0], s[1])
	}
	ada.Resize(80, 24).See("Expires after").Press("esc").SeeNot("Expires after").SeeLine("dee@acme.dev", "● waiting")
	ada.Press("?").See("Help").Resize(40, 10).See("Help").Resize(140, 40).See("Help").Press("esc").See("cy@acme.dev")
	ada.Press("q")
	ada.leaves(0)
	ada.restored()

	// A session may also begin at any size.
	for _, s := range []seat{{w: 1, h: 1}, {w: 39, h: 9}, {w: 500, h: 200}} {
		p := h.ssh("ada", "acme", s)
		p.See("T").Resize(80, 24).See("1 of 2").Press("q")
		p.leaves(0)
	}
}

// whole wants the frame's edges to be where they belong: no text has moved
// anything.
func whole(t *testing.T, p *person) {
	t.Helper()
	p.See("╰" + strings.Repeat("─", 78) + "╯")
	lines := strings.Split(p.Screen(), "\n")
	for y, line := range lines[2 : len(lines)-2] {
		if first, last := []rune(line)[0], []rune(line)[len([]rune(line))-1]; ansi.StringWidth(line) != 80 || !strings.ContainsRune("╭│╰", first) || !strings.ContainsRune("╮│╯", last) {
			t.Errorf("line %d is not whole: %q", y+2, line)
		}
	}
}

// hostile does to a terminal what a name should not: it clears the screen,
// moves, colours, retitles, links, copies, turns lines round and joins up.
const hostile = "Eve\x1b[2J\x1b[1;1HPWNED\x1b[41m\x1b]0;PWNED\x07\x1b]8;;http://evil\x07\x1b]52;c;UFdORUQ=\x07" +
	"\u202egnorw\u2066\u200b\u200d\u00ad\r\nroot\x00\x7f\u009b31m\U000e0041\ufeff\u0301\u0301\u0301"

func TestHostileNamesAreHarmless(t *testing.T) {
	h := founded(t)
	h.join("cy", "Cy Twombly", "member")
	h.propose("cy", "dee@acme.dev", "--message", "hello")
	db, err := sql.Open("sqlite", filepath.Join(h.dir, "data", "muster.db"))
	must(t, err)
	for _, change := range []string{
		"UPDATE users SET name = $1 || name WHERE email_norm = 'cy@acme.dev'",
		"UPDATE users SET handle = $1 || handle",
		"UPDATE organizations SET name = $1 || name, description = $1, motd = $1, badge = $1 WHERE code_norm = 'acme'",
		"UPDATE invitations SET message = $1",
		"UPDATE user_keys SET label = $1",
	} {
		_, err := db.ExecContext(context.Background(), change, hostile)
		must(t, err)
	}
	must(t, db.Close())

	ada := h.ssh("ada", "acme", seat{})
	for range 2 {
		ada.See("Member", "cy@acme.dev").Press("G").SeeCursorOn("cy@acme.dev")
		whole(t, ada)
		ada.Press("e").See("Role of").Press("esc").SeeNot("Role of").Press("d").See("takes effect", "▸ Cancel ◂").Press("esc").SeeNot("takes effect")
		ada.Press("3").SeeLine("dee@acme.dev", "● waiting")
		whole(t, ada)
		ada.Press("4").See("Who may invite")
		whole(t, ada)
		ada.Press("9").See("Key · here")
		whole(t, ada)
		ada.Press("o").See("Organizations").Press("esc").Press("2")
		ada.Resize(140, 40).See("Invited by").Press("3").See("Message", "root").Press("2").Resize(80, 24).SeeNot("Invited by")
	}
	raw := ada.raw.String()
	for _, bad := range []string{"PWNED\x1b[41", "\x1b[41m", "\x1b]0;PWNED", "\x1b]8;", "\x1b]52;", "\u202e", "\u2066", "\u200b", "\u009b", "\U000e0041", "\ufeff", "\x00", "\x7f"} {
		if strings.Contains(raw, bad) {
			t.Errorf("%q reached the terminal", bad)
		}
	}
	for title := range titles(raw) {
		if strings.ContainsFunc(title, func(r rune) bool { return r < ' ' || r == '\u202e' }) {
			t.Errorf("the window's title is %q", title)
		}
	}
	ada.Press("q")
	ada.leaves(0)
	ada.restored()
}

var titled = regexp.MustCompile("\x1b\\][02];([^\x07\x1b]*)")

func titles(raw string) map[string]bool {
	all := map[string]bool{}
	for _, m := range titled.FindAllStringSubmatch(raw, -1) {
		all[m[1]] = true
	}
	return all
}

// coloured is a foreground or background that is not the terminal's own.
var coloured = regexp.MustCompile(`\x1b\[(?:\d+;)*(?:3[0-8]|4[0-8]|9[0-7]|10[0-7])[;m]`)

func TestWithoutColours(t *testing.T) {
	h := founded(t)
	h.join("cy", "Cy Twombly", "member")
	h.propose("cy", "dee@acme.dev")
	for kind, s := range map[string]seat{
		"NO_COLOR":   {env: []string{"NO_COLOR=1"}},
		"vt100":      {term: "vt100"},
		"mono theme": {env: []string{"MUSTER_THEME=mono"}},
	} {
		t.Run(kind, func(t *testing.T) {
			at := h.ssh
			if strings.HasSuffix(kind, "theme") { // an option of the installation
				at = func(_, _ string, s seat) *person { return h.local(s, "--theme", "mono") }
			}
			p := at("ada", "acme", s)
			p.See("Member", "1 of 2").Press("j", "space").See("1 marked").Press("3").SeeCursorOn("dee@acme.dev").SeeLine("dee@acme.dev", "● waiting")
			p.Press("a").See("dee@acme.dev approved").Press("u").See("undone").Press("q")
			p.leaves(0)
			p.restored()
			if m := coloured.FindString(p.raw.String()); m != "" {
				t.Errorf("a colour reached the terminal: %q", m)
			}
		})
	}
	// The check can fail: the others have colours.
	p := h.ssh("ada", "acme", seat{})
	p.See("Member").Press("q").Ends()
	if !coloured.MatchString(p.raw.String()) {
		t.Error("xterm-256color shows no colours")
	}
}
