package ui

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"muster/tui/theme"
)

// Notice shows text to read, longer than the screen if it must be.
type Notice struct {
	Title string
	Lines []Line
	// Keys are actions besides closing, by key.
	Keys []NoticeKey
	// Fixed notices close by one of their keys only.
	Fixed bool
	// armed holds off keys after it opened by itself.
	armed time.Time
	text  pager // keeps Lines broken, since a list may be long
	said  bool  // Lines are new
}

// Say replaces the text.
func (n *Notice) Say(title string, lines []Line) {
	n.Title, n.Lines, n.said = title, lines, true
}

// NoticeKey is an action of a notice. Do may be nil; the notice closes after it
// unless Stay is set.
type NoticeKey struct {
	Hint
	Stay bool
	Do   func() tea.Cmd
}

// ByItself says that no key opened the notice.
func (n *Notice) ByItself(now time.Time) *Notice { n.armed = now.Add(Guard); return n }

// Armed implements Guarded.
func (n *Notice) Armed() time.Time { return n.armed }

// Key implements Dialog.
func (n *Notice) Key(p Press) (tea.Cmd, bool) {
	if p.Now.Before(n.armed) {
		n.armed = p.Now.Add(Guard)
		return nil, false
	}
	for _, k := range n.Keys {
		if k.Key == p.String() && !p.Repeat {
			if k.Do == nil {
				return nil, !k.Stay
			}
			return k.Do(), !k.Stay
		}
	}
	switch p.String() {
	case "esc", "enter", "q":
		return nil, !p.Repeat && !n.Fixed
	case "down", "j":
		n.text.scroll(1)
	case "up", "k":
		n.text.scroll(-1)
	case "pgdown", "ctrl+d", "space":
		n.text.page(1, 1)
	case "pgup", "ctrl+u":
		n.text.page(-1, 1)
	case "home", "g":
		n.text.start()
	case "end", "G":
		n.text.end()
	}
	return nil, false
}

// Paste implements Dialog.
func (n *Notice) Paste(string) {}

// Click implements Dialog: a click on a key's button presses it.
func (n *Notice) Click(id any, _, _ int, now time.Time) (tea.Cmd, bool) {
	z, ok := id.(noticeZone)
	if !ok || now.Before(n.armed) {
		return nil, false
	}
	if int(z) >= len(n.Keys) {
		return nil, true
	}
	if k := n.Keys[z]; k.Do != nil {
		return k.Do(), !k.Stay
	}
	return nil, !n.Keys[z].Stay
}

type noticeZone int

// Draw implements Dialog.
func (n *Notice) Draw(r Region, now time.Time) {
	width := min(76, r.W-6)
	if n.said || n.text.view == nil || n.text.width != width {
		n.text.set(n.Lines, width)
		n.said = false
	}
	in := panel(r, n.Title, width, min(len(n.text.lines)+2, r.H-2), false)
	body := in.Sub(0, 0, in.W, in.H-2)
	n.text.resize(body.H)
	n.text.draw(body)
	x := 0
	enabled := !now.Before(n.armed)
	for i, k := range n.Keys {
		x += button(in, x, in.H-1, k.Key+" "+k.Title, false, enabled, noticeZone(i)) + 1
	}
	if !n.Fixed {
		button(in, x, in.H-1, "Close", enabled, enabled, noticeZone(len(n.Keys)))
	}
	if above, below := n.text.more(); above || below {
		way := "↑↓ more"
		switch {
		case !above:
			way = "↓ more"
		case !below:
			way = "↑ more"
		}
		in.Right(in.W, in.H-2, way, theme.Muted)
	}
}

// Hints implements Dialog.
func (n *Notice) Hints() []Hint {
	hints := make([]Hint, 0, len(n.Keys)+1)
	for _, k := range n.Keys {
		hints = append(hints, k.Hint)
	}
	if n.Fixed {
		return hints
	}
	return append(hints, Hint{"esc", "close"})
}
