package ui

import (
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"muster/models"
)

// tall is a form with several fields, each with help.
func tall(fields int) *Form {
	f := &Form{Title: "Settings", Send: "Save", Submit: func(func(string) string) tea.Cmd { return nil }}
	for i := range fields {
		label := string(rune('A' + i))
		f.Fields = append(f.Fields, FormField{Name: label, Label: "Field " + label, Help: "what " + label + " is for, in a sentence that is somewhat longer than one line of the box",
			Check: func(v string) error {
				if v == "bad" {
					return models.Invalid(label, "bad is not allowed for %s", label)
				}
				return nil
			}}.With("x"))
	}
	return f.Prepare()
}

// at is where each field and button of a form stands.
func at(lines []string) map[string]int {
	where := map[string]int{}
	for y, line := range lines {
		for _, text := range []string{"╭", "╰", "Field A", "Field B", "Field C", "Field D", "Field E", "Field F", "Cancel"} {
			if strings.Contains(line, text) {
				where[text] = y
			}
		}
	}
	return where
}

// Nothing in a form moves as one goes through it, types, and is told what is
// wrong, wherever all of it fits.
func TestNothingJumpsInAForm(t *testing.T) {
	for _, c := range []struct{ fields, w, h int }{{1, 80, 21}, {3, 80, 21}, {6, 80, 21}, {3, 40, 14}, {6, 140, 37}, {6, 250, 57}} {
		f, h := tall(c.fields), newHand()
		see := func() map[string]int {
			return at(draw(t, c.w, c.h, func(r Region) { f.Draw(r, noon) }))
		}
		first := see()
		for range c.fields {
			for _, key := range []string{"ctrl+u", "b", "a", "d", "tab"} {
				h.press(f, key)
				if now := see(); !same(first, now) {
					t.Fatalf("%v: after %s it is at %v, was at %v", c, key, now, first)
				}
			}
		}
	}
}

func same(a, b map[string]int) bool {
	for k, v := range a {
		if b[k] != v {
			return false
		}
	}
	return len(a) == len(b)
}

// Fields have room between them where there is some, and what is wrong is always
// to be seen.
func TestRoomBetweenFields(t *testing.T) {
	lines := func(f *Form, h int) []string { return draw(t, 80, h, func(r Region) { f.Draw(r, noon) }) }
	for h, gap := range map[int]int{40: 3, 17: 2, 13: 1} {
		where := at(lines(tall(5), h))
		if got := where["Field B"] - where["Field A"]; got != gap {
			t.Errorf("at %d lines the fields are %d apart, want %d:\n%s", h, got, gap, strings.Join(lines(tall(5), h), "\n"))
		}
	}
	for _, h := range []int{40, 17, 13, 7} {
		f, hand := tall(5), newHand()
		hand.press(f, "ctrl+u", "b", "a", "d")
		if s := strings.Join(lines(f, h), "\n"); !strings.Contains(s, "✗ bad is not allowed for A") || !strings.Contains(s, "Cancel") {
			t.Errorf("at %d lines:\n%s", h, s)
		}
	}
}

// A conflict takes what others made of a field as the new base: the person's own
// stays as typed, what they had not changed follows, and leaving still asks.
func TestFormShowsYoursAndTheirs(t *testing.T) {
	f, h := tall(3), newHand()
	h.press(f, "!")
	f.submit()
	err := models.Conflict([]models.Stale{{Field: "A", Theirs: "y", By: "grace@acme.dev", At: noon.Add(-2 * time.Hour)}, {Field: "B", Theirs: "z", By: "grace@acme.dev", At: noon}})
	if f.Finish(err) {
		t.Fatal("it closes")
	}
	s := formLines(t, f, 80, 24)
	for _, text := range []string{"x!", "! theirs: y · grace@acme.dev, 2h ago", "! changed · grace@acme.dev, just now", "nothing was saved"} {
		if !strings.Contains(s, text) {
			t.Errorf("no %q in\n%s", text, s)
		}
	}
	if f.Base("A") != "y" || f.Get("A") != "x!" || f.Base("B") != "z" || f.Get("B") != "z" || f.Get("C") != "x" {
		t.Errorf("A is %q on %q, B %q on %q", f.Get("A"), f.Base("A"), f.Get("B"), f.Base("B"))
	}
	if _, closed := h.press(f, "esc"); closed {
		t.Error("one esc forgets what was typed")
	}
}

// What is typed or pasted takes the place of a proposal; who moves in it first changes
// a part of it.
func TestTypingReplacesAProposal(t *testing.T) {
	made := func() *Form {
		f := &Form{Title: "New", Send: "Create", Submit: func(func(string) string) tea.Cmd { return nil }, Fields: []FormField{
			FormField{Name: "name"}.With(""),
			FormField{Name: "code", Follow: func(get func(string) string) string { return strings.ToUpper(get("name")) }}.With(""),
		}}
		return f.Prepare()
	}
	press := func(f *Form, keys ...tea.KeyPressMsg) {
		for _, k := range keys {
			f.Key(Press{KeyPressMsg: k, Now: time.Unix(0, 0)})
		}
	}
	letter := func(r rune) tea.KeyPressMsg { return tea.KeyPressMsg{Code: r, Text: string(r)} }
	tab, left := tea.KeyPressMsg{Code: tea.KeyTab}, tea.KeyPressMsg{Code: tea.KeyLeft}

	f := made()
	press(f, letter('n'), letter('o'))
	if got := f.Get("code"); got != "NO" {
		t.Fatalf("the proposal is %q", got)
	}
	press(f, tab, letter('X'), letter('Y'))
	if got := f.Get("code"); got != "XY" {
		t.Errorf("typed over the proposal: %q, want XY", got)
	}
	f = made()
	press(f, letter('n'), letter('o'), tab)
	f.Paste("ACME")
	if got := f.Get("code"); got != "ACME" {
		t.Errorf("pasted over the proposal: %q, want ACME", got)
	}
	f = made()
	press(f, letter('n'), letter('o'), tab, left, letter('X'))
	if got := f.Get("code"); got != "NXO" {
		t.Errorf("typed inside of the proposal: %q, want NXO", got)
	}
}
