package ui

import (
	"errors"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"pgregory.net/rapid"

	"muster/models"
	"muster/tui/theme"
)

// hand presses keys one second apart, so that none counts as held.
type hand struct {
	presses Presses
	now     time.Time
}

func (h *hand) press(d Dialog, keys ...string) (cmd tea.Cmd, closed bool) {
	for _, k := range keys {
		h.now = h.now.Add(time.Second)
		cmd, closed = d.Key(h.presses.Next(press(k), h.now))
	}
	return cmd, closed
}

func newHand() *hand { return &hand{now: noon} }

type doneMsg struct{}

func did(cmd tea.Cmd) bool {
	if cmd == nil {
		return false
	}
	_, ok := cmd().(doneMsg)
	return ok
}

func TestConfirmStartsOnCancel(t *testing.T) {
	fresh := func() *Confirm {
		return &Confirm{Title: "Remove Grace?", Yes: "remove", Danger: true, Do: func() tea.Cmd { return func() tea.Msg { return doneMsg{} } }}
	}
	for _, c := range []struct {
		keys         []string
		does, closes bool
	}{
		{[]string{"enter"}, false, true},
		{[]string{"esc"}, false, true},
		{[]string{"n"}, false, true},
		{[]string{"d"}, false, false},
		{[]string{"y"}, true, false},
		{[]string{"tab", "enter"}, true, false},
		{[]string{"tab", "tab", "enter"}, false, true},
		{[]string{"space"}, false, false},
	} {
		cmd, closed := newHand().press(fresh(), c.keys...)
		if did(cmd) != c.does || closed != c.closes {
			t.Errorf("%v: does %v, closes %v; want %v, %v", c.keys, did(cmd), closed, c.does, c.closes)
		}
	}
}

func TestConfirmTakesNoKeyMeantForSomethingElse(t *testing.T) {
	do := func() tea.Cmd { return func() tea.Msg { return doneMsg{} } }
	c := (&Confirm{Yes: "do it", Do: do}).ByItself(noon)
	for _, key := range []string{"y", "enter", "esc"} {
		if cmd, closed := c.Key(Press{press(key), noon.Add(200 * time.Millisecond), false}); cmd != nil || closed {
			t.Errorf("%s 200 ms after it opened by itself counts", key)
		}
	}
	if cmd, _ := c.Key(Press{press("y"), noon.Add(400 * time.Millisecond), false}); cmd != nil {
		t.Error("y counts while somebody is still typing for what was there before")
	}
	if cmd, _ := c.Key(Press{press("y"), noon.Add(800 * time.Millisecond), false}); !did(cmd) {
		t.Error("y after a rest of 400 ms does not count")
	}

	c = &Confirm{Yes: "do it", Do: do}
	held := press("y")
	held.IsRepeat = true
	var presses Presses
	if cmd, _ := c.Key(presses.Next(held, noon)); cmd != nil {
		t.Error("a repeat told by the terminal counts")
	}
	presses.Next(press("y"), noon) // held since before the dialog opened
	for i := 1; i < 20; i++ {
		if cmd, _ := c.Key(presses.Next(press("y"), noon.Add(time.Duration(i)*33*time.Millisecond))); cmd != nil {
			t.Fatal("a repeat that comes faster than fingers counts")
		}
	}

	c = (&Confirm{Yes: "remove", Do: do}).Await()
	if cmd, _ := c.Key(Press{press("y"), noon, false}); cmd != nil {
		t.Error("y counts before the consequences are shown")
	}
	c.Tell([]Line{{Text: "2 sessions close"}}, noon)
	if cmd, _ := c.Key(Press{press("y"), noon.Add(100 * time.Millisecond), false}); cmd != nil {
		t.Error("y counts right when the consequences appear")
	}
	if cmd, _ := c.Key(Press{press("y"), noon.Add(time.Second), false}); !did(cmd) {
		t.Error("y does not count after the consequences were shown")
	}
	if cmd, _ := c.Key(Press{press("y"), noon.Add(2 * time.Second), false}); cmd != nil {
		t.Error("y counts twice")
	}
}

func TestConfirmWantsTheWord(t *testing.T) {
	c := &Confirm{Yes: "delete", Word: "ACME", Do: func() tea.Cmd { return func() tea.Msg { return doneMsg{} } }}
	h := newHand()
	if cmd, closed := h.press(c, "y", "enter"); did(cmd) || closed {
		t.Error("y and enter confirm what wants a word")
	}
	h.press(c, "backspace")
	c.Paste("ACME")
	if cmd, _ := h.press(c, "enter"); did(cmd) {
		t.Error("a pasted word confirms")
	}
	if cmd, _ := h.press(c, "A", "C", "M", "E", "enter"); !did(cmd) {
		t.Error("the typed word does not confirm")
	}
}

func inviteForm() (*Form, *[]string) {
	sent := &[]string{}
	f := &Form{
		Title: "Invite", Send: "Invite",
		Fields: []FormField{
			FormField{Name: "email", Label: "Email", Check: func(v string) error { _, err := models.CheckEmail("email", v); return err }}.With(""),
			FormField{Name: "role", Label: "Role", Kind: ChoiceField, Choices: []Choice{{Value: "admin", Title: "admin"}, {Value: "member", Title: "member"}}}.With("member"),
			FormField{Name: "message", Label: "Message", Kind: LinesField}.With(""),
		},
		Submit: func(get func(string) string) tea.Cmd {
			*sent = append(*sent, get("email")+" "+get("role")+" "+get("message"))
			return func() tea.Msg { return doneMsg{} }
		},
	}
	return f.Prepare(), sent
}

func formLines(t *testing.T, f *Form, w, h int) string {
	return strings.Join(draw(t, w, h, func(r Region) { f.Draw(r, noon) }), "\n")
}

func TestFormChecksAsOneTypes(t *testing.T) {
	f, sent := inviteForm()
	h := newHand()
	if s := formLines(t, f, 80, 24); strings.Contains(s, "✗") {
		t.Errorf("an untouched form complains:\n%s", s)
	}
	h.press(f, "d", "e", "e")
	if s := formLines(t, f, 80, 24); !strings.Contains(s, "✗ email is not an email address") {
		t.Errorf("no word on the wrong address:\n%s", s)
	}
	if cmd, _ := h.press(f, "ctrl+enter"); cmd != nil || len(*sent) != 0 {
		t.Error("a wrong form is sent")
	}
	for _, k := range strings.Split("@acme.dev", "") {
		h.press(f, k)
	}
	if s := formLines(t, f, 80, 24); strings.Contains(s, "✗") {
		t.Errorf("still complains:\n%s", s)
	}
	h.press(f, "tab", "left", "tab", "h", "i", "enter", "x")
	if cmd, _ := h.press(f, "ctrl+enter"); !did(cmd) || (*sent)[0] != "dee@acme.dev admin hi\nx" {
		t.Errorf("sent %q", *sent)
	}
	if cmd, closed := h.press(f, "esc", "enter", "x"); cmd != nil || closed {
		t.Error("takes keys while it sends")
	}
	if f.Finish(&models.Error{Code: models.CodeConflict, Message: "dee@acme.dev is already invited", Field: "email"}) {
		t.Error("closes although sending failed")
	}
	s := formLines(t, f, 80, 24)
	if !strings.Contains(s, "already invited") || !strings.Contains(s, "dee@acme.dev") || !strings.Contains(s, "hi") {
		t.Errorf("after a failure:\n%s", s)
	}
	if f.Finish(&models.Error{Code: models.CodeLimit, Message: "all seats are taken", Hint: "remove somebody"}); !strings.Contains(formLines(t, f, 80, 24), "all seats are taken") {
		t.Error("a failure of no field is not shown")
	}
	if !f.Finish(nil) {
		t.Error("does not close when sent")
	}
}

func TestFormIsNotLeftByAccident(t *testing.T) {
	f, _ := inviteForm()
	h := newHand()
	if _, closed := h.press(f, "esc"); !closed {
		t.Error("esc does not leave an untouched form")
	}
	h.press(f, "d")
	if _, closed := h.press(f, "esc"); closed {
		t.Error("one esc forgets what was typed")
	}
	if s := formLines(t, f, 80, 24); !strings.Contains(s, "esc again") {
		t.Errorf("no word about it:\n%s", s)
	}
	h.press(f, "e")
	if _, closed := h.press(f, "esc"); closed {
		t.Error("typing on does not take the first esc back")
	}
	if _, closed := h.press(f, "esc"); !closed {
		t.Error("a second esc does not leave")
	}
}

func TestFormByButtons(t *testing.T) {
	f, sent := inviteForm()
	f.Paste("dee@acme.dev")
	if cmd, _ := newHand().press(f, "enter", "enter", "tab", "enter"); !did(cmd) || len(*sent) != 1 {
		t.Errorf("sent %v", *sent)
	}
	f, _ = inviteForm()
	if cmd, closed := newHand().press(f, "shift+tab", "enter"); cmd != nil || !closed {
		t.Error("the cancel button does not close")
	}
}

func TestFormFollows(t *testing.T) {
	f := (&Form{Send: "Create", Submit: func(func(string) string) tea.Cmd { return nil }, Fields: []FormField{
		FormField{Name: "name", Label: "Name"}.With(""),
		FormField{Name: "code", Label: "Code", Follow: func(get func(string) string) string { return models.CodeFrom(get("name")) }}.With(""),
	}}).Prepare()
	h := newHand()
	h.press(f, "A", "c", "m", "e")
	if f.Get("code") != "ACME" {
		t.Errorf("code %q follows Acme", f.Get("code"))
	}
	h.press(f, "tab", "end", "2", "shift+tab", "x")
	if f.Get("code") != "ACME2" {
		t.Errorf("code %q after it was changed", f.Get("code"))
	}
}

func TestPicker(t *testing.T) {
	var chosen string
	p := &Picker{Title: "Commands", Find: true, Prompt: "type to search", Empty: "No matches",
		Items: []Item{
			{ID: "a", Title: "Approve invitation", Right: "a", Group: "Invitations"},
			{ID: "x", Title: "Reject invitation", Right: "x", Group: "Invitations"},
			{ID: "d", Title: "Remove member", Right: "d", Group: "Members", Why: "a viewer may not remove members"},
		},
		Choose: func(i Item) tea.Cmd { chosen = i.ID; return func() tea.Msg { return doneMsg{} } },
	}
	see := func() string {
		return strings.Join(draw(t, 80, 20, func(r Region) { p.Draw(r, noon) }), "\n")
	}
	if s := see(); !strings.Contains(s, "Members") || !strings.Contains(s, "type to search") {
		t.Errorf("unfiltered:\n%s", s)
	}
	h := newHand()
	h.press(p, "r", "e", "j")
	if it, _ := p.Current(); it.ID != "x" {
		t.Errorf("rej finds %q", it.ID)
	}
	if s := see(); strings.Contains(s, "Remove") {
		t.Errorf("filtered:\n%s", s)
	}
	if cmd, closed := h.press(p, "enter"); !did(cmd) || !closed || chosen != "x" {
		t.Errorf("chose %q", chosen)
	}
	p.find.Set("")
	p.typed()
	if cmd, closed := h.press(p, "r", "e", "m", "enter"); cmd != nil || closed {
		t.Error("a disabled item is chosen")
	}
	if s := see(); !strings.Contains(s, "a viewer may not remove members") {
		t.Errorf("no reason:\n%s", s)
	}
	h.press(p, "q", "q")
	if s := see(); !strings.Contains(s, "No matches") {
		t.Errorf("without a match:\n%s", s)
	}
	if _, closed := h.press(p, "esc"); closed {
		t.Error("the first esc closes instead of clearing")
	}
	if _, closed := h.press(p, "esc"); !closed {
		t.Error("the second esc does not close")
	}
}

func TestPickerTakesFoundItemsForItsTextOnly(t *testing.T) {
	var asked []string
	p := &Picker{Find: true, Items: []Item{{ID: "a", Title: "Approve"}},
		Query:  func(s string) tea.Cmd { asked = append(asked, s); return nil },
		Choose: func(Item) tea.Cmd { return nil }}
	newHand().press(p, "g", "r")
	p.Found("g", []Item{{ID: "old", Title: "Gus"}})
	if _, ok := p.Current(); ok {
		t.Error("takes an answer to an earlier text")
	}
	p.Found("gr", []Item{{ID: "u1", Title: "Grace"}})
	if it, _ := p.Current(); it.ID != "u1" || strings.Join(asked, ",") != "g,gr" {
		t.Errorf("current %q after asking %v", it.ID, asked)
	}
}

func TestMenuByFirstLetter(t *testing.T) {
	var chosen string
	p := (&Picker{Title: "Role", Items: []Item{{ID: "owner", Title: "owner"}, {ID: "admin", Title: "admin"}, {ID: "member", Title: "member", Mark: true}},
		Choose: func(i Item) tea.Cmd { chosen = i.ID; return nil }}).Start("member")
	if it, _ := p.Current(); it.ID != "member" {
		t.Errorf("starts on %q", it.ID)
	}
	newHand().press(p, "a", "enter")
	if chosen != "admin" {
		t.Errorf("chose %q", chosen)
	}
}

func TestToast(t *testing.T) {
	got := draw(t, 60, 1, func(r Region) {
		Toast{Tone: Done, Text: "grace@acme.dev is now admin", Undo: true}.Draw(r, "u", noon)
	})[0]
	if got != "✓ grace@acme.dev is now admin · u undo" {
		t.Errorf("toast %q", got)
	}
	got = draw(t, 24, 1, func(r Region) {
		Toast{Tone: Done, Text: "grace@acme.dev is now admin", Undo: true}.Draw(r, "u", noon)
	})[0]
	if !strings.HasSuffix(got, "… · u undo") {
		t.Errorf("a long toast hides the undo: %q", got)
	}
	if !Say(Info, "x", noon).Gone(noon.Add(time.Minute)) || Complain(models.AsError(errors.New("x"))).Gone(noon.Add(time.Hour)) {
		t.Error("an info stays or a failure goes")
	}
}

func TestStack(t *testing.T) {
	var s Stack
	f, _ := inviteForm()
	id := s.Push(f)
	s.Push(&Notice{Title: "over it"})
	h := newHand()
	if s.Key(h.presses.Next(press("esc"), h.now)); s.TopID() != id {
		t.Fatal("esc does not close the top dialog only")
	}
	if !s.Finish(id, models.Invalid("email", "no")) || s.Top() == nil {
		t.Error("a failed form does not stay")
	}
	if s.Finish(id, nil) || s.Top() != nil {
		t.Error("a sent form stays")
	}
	if s.Finish(99, nil) {
		t.Error("an outcome for no dialog is shown")
	}
}

func TestDialogsFitAnySize(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		f, _ := inviteForm()
		f.Intro = []Line{{Text: "Somebody at the door", Style: theme.Text}}
		f.focus = rapid.IntRange(0, 4).Draw(rt, "focus")
		if rapid.Bool().Draw(rt, "failed") {
			f.submit()
			f.Finish(&models.Error{Message: strings.Repeat("long words ", 30), Hint: "hint"})
		}
		lines := []Line{{Text: strings.Repeat("日本 consequences ", 20), Style: theme.Text}, {}, {Text: "x", Style: theme.Danger}}
		for _, d := range []Dialog{f,
			&Confirm{Title: strings.Repeat("title ", 20), Lines: lines, Yes: "remove", Word: rapid.SampledFrom([]string{"", "ACME"}).Draw(rt, "word")},
			&Picker{Title: "pick", Find: rapid.Bool().Draw(rt, "find"), Items: []Item{{Title: strings.Repeat("日", 50), Note: "n", Right: "ctrl+p", Group: "g"}}},
			&Notice{Title: "n", Lines: lines, Keys: []NoticeKey{{Hint: Hint{"Y", "copy"}}}},
		} {
			var pool Pool
			w, h := rapid.IntRange(1, 200).Draw(rt, "w"), rapid.IntRange(1, 60).Draw(rt, "h")
			pool.Draw(monoTheme, w, h, func(r Region) { d.Draw(r, noon) })
			for _, key := range []string{"down", "tab", "x", "pgdown", "G"} {
				d.Key(Press{press(key), noon, false})
			}
			pool.Draw(monoTheme, w, h, func(r Region) { d.Draw(r, noon) })
		}
	})
}
