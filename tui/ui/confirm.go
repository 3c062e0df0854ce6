package ui

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"muster/models"
	"muster/tui/theme"
)

// Guard is how long a dialog that opened by itself, or whose text has just
// arrived, takes no key: one pressed for what was there before must not decide.
// Each key that comes too early starts it anew.
const Guard = 300 * time.Millisecond

// Confirm asks before something is done. It starts on Cancel, wants y or the
// button, or Word typed where the thing cannot be undone, and no held key
// confirms it.
type Confirm struct {
	Title  string
	Lines  []Line
	Danger bool
	Word   string // to be typed, "" for none
	Yes    string // the button's title
	No     string // "" is "Cancel"
	Do     func() tea.Cmd

	armed   time.Time // takes no key before
	waiting bool      // for its text
	text    pager
	busy    bool
	failure *models.Error
	onYes   bool
	word    Editor
}

// Await makes the dialog wait for its text: it shows that it does, and cannot
// be confirmed until Tell.
func (c *Confirm) Await() *Confirm { c.waiting = true; return c }

// Tell gives the text that was awaited; the dialog takes no key for a moment.
func (c *Confirm) Tell(lines []Line, now time.Time) {
	c.Lines, c.waiting, c.armed = lines, false, now.Add(Guard)
}

// ByItself says that no key opened the dialog.
func (c *Confirm) ByItself(now time.Time) *Confirm { c.armed = now.Add(Guard); return c }

// Armed implements Guarded.
func (c *Confirm) Armed() time.Time { return c.armed }

// Fail shows why the text cannot come: the thing is refused.
func (c *Confirm) Fail(err *models.Error) { c.waiting, c.failure = false, err }

func (c *Confirm) ready() bool {
	return !c.waiting && !c.busy && c.failure == nil && (c.Word == "" || c.word.Text() == c.Word)
}

// Key implements Dialog.
func (c *Confirm) Key(p Press) (tea.Cmd, bool) {
	if p.Now.Before(c.armed) {
		c.armed = p.Now.Add(Guard) // somebody is still typing for what was there before
		return nil, false
	}
	if c.busy {
		return nil, false
	}
	switch p.String() {
	case "esc":
		return nil, true
	case "down":
		c.text.scroll(1)
		return nil, false
	case "up":
		c.text.scroll(-1)
		return nil, false
	case "pgdown":
		c.text.page(1, 0)
		return nil, false
	case "pgup":
		c.text.page(-1, 0)
		return nil, false
	case "tab", "shift+tab", "left", "right":
		c.onYes = !c.onYes
		return nil, false
	case "enter":
		switch {
		case p.Repeat:
			return nil, false
		case c.Word != "" && c.ready():
			return c.confirm()
		case !c.onYes && c.Word == "":
			return nil, true
		case c.onYes:
			return c.confirm()
		}
		return nil, false
	}
	if c.Word != "" {
		c.word.Key(p.KeyPressMsg)
		return nil, false
	}
	switch p.String() {
	case "y", "Y":
		if p.Repeat {
			return nil, false
		}
		return c.confirm()
	case "n", "N", "q":
		return nil, true
	case "h", "l":
		c.onYes = !c.onYes
	case "j":
		c.text.scroll(1)
	case "k":
		c.text.scroll(-1)
	}
	return nil, false
}

func (c *Confirm) confirm() (tea.Cmd, bool) {
	if !c.ready() {
		return nil, false
	}
	c.busy = true
	return c.Do(), false
}

// Paste implements Dialog. A pasted name does not confirm: typing it is the
// point.
func (c *Confirm) Paste(string) {}

// Click implements Dialog.
func (c *Confirm) Click(id any, _, _ int, now time.Time) (tea.Cmd, bool) {
	if now.Before(c.armed) || c.busy {
		return nil, false
	}
	switch id {
	case confirmYes:
		return c.confirm()
	case confirmNo:
		return nil, true
	}
	return nil, false
}

// Waits implements Waiting.
func (c *Confirm) Waits() bool { return c.waiting || c.busy }

// Finish implements Finisher.
func (c *Confirm) Finish(err *models.Error) bool {
	c.busy, c.failure = false, err
	return err == nil
}

type confirmZone bool

const (
	confirmYes confirmZone = true
	confirmNo  confirmZone = false
)

// Draw implements Dialog.
func (c *Confirm) Draw(r Region, now time.Time) {
	width := min(64, r.W-6)
	lines := c.Lines
	switch {
	case c.waiting:
		lines = []Line{{Text: "checking what this would change …", Style: theme.Muted}}
	case c.failure != nil:
		lines = append(append([]Line(nil), lines...), Line{}, Line{Text: "✗ " + c.failure.Message, Style: theme.Danger})
		if c.failure.Hint != "" {
			lines = append(lines, Line{Text: c.failure.PlainHint(), Style: theme.Muted})
		}
	}
	c.text.set(lines, width)
	h := len(c.text.lines) + 2
	if c.Word != "" {
		h += 2
	}
	in := panel(r, c.Title, width, min(h, r.H-2), c.Danger)
	foot := 2
	if c.Word != "" {
		foot = 4
	}
	c.text.resize(max(in.H-foot, 1))
	c.text.draw(in.Sub(0, 0, in.W, in.H-foot))
	if above, below := c.text.more(); below {
		in.Right(in.W, in.H-foot, "↓ more", theme.Warn)
	} else if above {
		in.Right(in.W, in.H-foot, "↑ more", theme.Muted)
	}
	if c.Word != "" {
		n := in.Text(0, in.H-3, "type "+c.Word+" to confirm: ", theme.Text)
		c.word.Draw(in.Sub(n, in.H-3, in.W-n, 1), true)
	}
	no := c.No
	if no == "" {
		no = "Cancel"
	}
	yes := c.Yes
	if c.Word == "" {
		yes = "y " + yes
	}
	if c.busy {
		yes = "working …"
	}
	armed := !now.Before(c.armed)
	x := button(in, 0, in.H-1, no, !c.onYes && armed, armed && !c.busy, confirmNo)
	button(in, x+2, in.H-1, yes, c.onYes && armed, armed && c.ready(), confirmYes)
}

// Hints implements Dialog.
func (c *Confirm) Hints() []Hint {
	if c.Word != "" {
		return []Hint{{"enter", "confirm once typed"}, {"esc", "cancel"}}
	}
	return []Hint{{"y", c.Yes}, {"tab", "move"}, {"enter", "press"}, {"esc", "cancel"}}
}
