package ui

import (
	"time"

	"muster/models"
	"muster/tui/theme"
)

// Tone says what a toast is about; each has a sign of its own.
type Tone uint8

// The tones.
const (
	Info Tone = iota
	Done
	Caution
	Failure
)

// Toast is what the status line says: what happened, and what to do next.
type Toast struct {
	Tone  Tone
	Text  string
	Undo  bool      // "u undo" is offered until Until
	Until time.Time // zero: until the next one
}

// toastTime is how long a toast without undo stays.
const toastTime = 8 * time.Second

// Say makes a toast that leaves by itself.
func Say(tone Tone, text string, now time.Time) Toast {
	return Toast{Tone: tone, Text: text, Until: now.Add(toastTime)}
}

// Complain makes the toast of a failure, with what to do next. It stays until
// the next one, since it may be long.
func Complain(err *models.Error) Toast {
	text := err.Message
	if err.Hint != "" {
		text += " · " + err.PlainHint()
	}
	tone := Failure
	if err.Code == models.CodeDenied || err.Code == models.CodeConflict || err.Code == models.CodeLimit || err.Code == models.CodeGone {
		tone = Caution
	}
	return Toast{Tone: tone, Text: text}
}

// Gone says that the toast has had its time.
func (t Toast) Gone(now time.Time) bool {
	return t.Text == "" || !t.Until.IsZero() && !now.Before(t.Until)
}

// Draw shows the toast over a line and gives the columns it took.
func (t Toast) Draw(r Region, undoKey string) int {
	sign, style := "·", theme.Text
	switch t.Tone {
	case Done:
		sign, style = "✓", theme.OK
	case Caution:
		sign, style = "!", theme.Warn
	case Failure:
		sign, style = "✗", theme.Danger
	}
	n := r.Text(0, 0, sign, style|theme.Bold) + 1
	room := r.W - n
	if t.Undo {
		room -= Width(undoKey) + 8
	}
	n += r.TextN(n, 0, room, t.Text, theme.Text)
	if t.Undo {
		n += r.Text(n, 0, " · ", theme.Muted)
		n += r.Text(n, 0, undoKey, theme.Key)
		n += r.Text(n, 0, " undo", theme.Text)
	}
	return n
}
