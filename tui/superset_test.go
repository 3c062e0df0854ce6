package tui

import (
	"slices"
	"strings"
	"testing"

	"muster/tui/tuitest"
)

// A larger terminal never shows less: each list has, at every width, the columns
// that it has at the one before, and what once stands beside it stays.
func TestALargerTerminalNeverShowsLess(t *testing.T) {
	h, ada, _, _ := peopled(t)
	// A word of the title line, from which its columns are read, and one of the
	// detail of the row.
	panes := []struct {
		name         string
		keys         []string
		title, fact  string
		least, wider []string // columns at 80, and those that 250 has at the least
	}{
		{"members", []string{"2"}, "EMAIL", "Invited by", []string{"EMAIL↑", "NAME", "ROLE", "STATUS", "JOINED"}, []string{"SEEN", "SEEN AT"}},
		{"invitations", []string{"3"}, "EMAIL", "Since", []string{"EMAIL", "ROLE", "FROM", "WHEN"}, []string{"WHY", "SENT"}},
		{"join links", []string{"3", "L"}, "FOR", "", []string{"FOR", "ROLE", "USED", "EXPIRES"}, []string{"CREATED BY"}},
		{"settings", []string{"4"}, "SETTING", "", []string{"SECTION", "SETTING", "VALUE"}, nil},
		{"workspaces", []string{"5"}, "NAME", "", []string{"NAME", "YOUR ROLE", "MEMBERS", "PROJECTS"}, []string{"FROM", "DESCRIPTION"}},
		{"audit", []string{"7"}, "WHEN", "", []string{"WHEN", "WHO", "ACTION", "ON"}, nil},
		{"users", []string{"8"}, "EMAIL", "Handle", []string{"EMAIL↑", "STATUS"}, []string{"NAME", "ORG", "ROLE", "SITE", "SEEN", "SEEN AT", "CREATED"}},
		{"you", []string{"9"}, "SINCE", "", []string{"SINCE", "USED"}, nil},
		{"all organizations", []string{"0"}, "CODE", "Primary owner", []string{"CODE↑", "NAME", "PLAN", "MEMBERS"}, []string{"CREATED", "OWNER", "DESCRIPTION"}},
	}
	shown := make([][]string, len(panes))
	beside := make([]string, len(panes))
	for _, w := range []int{80, 90, 100, 110, 120, 130, 135, 140, 145, 150, 155, 160, 170, 180, 199, 200, 220, 250} {
		app := h.as(ada, w, 40)
		app.See("● live")
		for i, p := range panes {
			app.Press(p.keys...)
			app.See(p.title)
			if p.name == "join links" {
				app.See("one code for several people")
			}
			now := titles(app, p.title)
			for _, title := range shown[i] {
				if !slices.Contains(now, title) {
					t.Errorf("%s at %d columns has lost %s: %q\n%s", p.name, w, title, now, app.Screen())
				}
			}
			if w == 80 && !subset(p.least, now) || w == 250 && !subset(p.wider, now) {
				t.Errorf("%s at %d columns has only %q", p.name, w, now)
			}
			shown[i] = now
			frames := strings.Repeat("╭", strings.Count(app.Screen(), "╭")) // one of each box
			if len(frames) < len(beside[i]) {
				t.Errorf("%s at %d columns has lost what stood beside it\n%s", p.name, w, app.Screen())
			}
			beside[i] = frames
			if w == 140 && p.fact != "" && p.name != "users" {
				app.See(p.fact) // in the detail
			}
			if p.name == "join links" {
				app.Press("esc")
			}
		}
		app.Press("q").Ends()
	}
	for i, p := range panes {
		if n := strings.Count(beside[i], "╭"); n != 3 {
			t.Errorf("%s at 250 columns has %d boxes, want organizations, list and detail", p.name, n)
		}
	}
}

// titles are the columns of the list: what stands in the line that holds one of
// them, between the edges of its box, apart by two blanks or more.
func titles(app *tuitest.Terminal, one string) []string {
	for line := range strings.SplitSeq(app.Rest().Screen(), "\n") {
		for box := range strings.SplitSeq(line, "│") {
			if fields := split(box); slices.ContainsFunc(fields, func(f string) bool { return strings.TrimRight(f, "↑↓") == one }) {
				return fields
			}
		}
	}
	return nil
}

func split(line string) (fields []string) {
	for f := range strings.SplitSeq(line, "  ") {
		if f = strings.TrimSpace(f); f != "" {
			fields = append(fields, f)
		}
	}
	return fields
}

func subset(some, all []string) bool {
	return !slices.ContainsFunc(some, func(s string) bool { return !slices.Contains(all, s) })
}
