package ui

import (
	"strconv"
	"strings"
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
	// Counts says that the undo ends at Until: the toast tells the seconds.
	Counts bool
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

// offer is the undo that the toast ends with, in its two parts.
func (t Toast) offer(undoKey string, now time.Time) (key, rest string) {
	switch {
	case !t.Undo:
		return "", ""
	case t.Counts:
		return undoKey, " undo · " + strconv.Itoa(t.seconds(now)) + " s"
	}
	return undoKey, " undo"
}

// seconds is how many are left, the one that has begun included.
func (t Toast) seconds(now time.Time) int {
	return int((t.Until.Sub(now) + time.Second - 1) / time.Second)
}

// Next is when the toast will show another number of seconds, zero where it
// counts none.
func (t Toast) Next(now time.Time) time.Time {
	if !t.Undo || !t.Counts || t.Gone(now) {
		return time.Time{}
	}
	return t.Until.Add(-time.Duration(t.seconds(now)-1) * time.Second)
}

// Draw shows the toast over a line and gives the columns it took. Where it is
// too long, addresses in it are shortened first.
func (t Toast) Draw(r Region, undoKey string, now time.Time) int {
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
	key, rest := t.offer(undoKey, now)
	room := r.W - n
	if t.Undo {
		room -= Width(key) + Width(rest) + 3
	}
	n += r.TextN(n, 0, room, shortenAddresses(t.Text, room), theme.Text)
	if t.Undo {
		n += r.Text(n, 0, " · ", theme.Muted)
		n += r.Text(n, 0, key, theme.Key)
		n += r.Text(n, 0, rest, theme.Text)
	}
	return n
}

// shortenAddresses takes the domains off the addresses in a text, the longest
// first, until it fits n columns: what stands before them tells people apart.
func shortenAddresses(text string, n int) string {
	for Width(text) > n {
		longest := ""
		for _, word := range strings.Fields(text) {
			at := strings.LastIndexByte(word, '@')
			if domain := word[max(at, 0):]; at > 0 && len(strings.TrimRight(domain, ",.;:")) > len("@…") && Width(domain) > Width(longest) {
				longest = strings.TrimRight(domain, ",.;:")
			}
		}
		if longest == "" {
			break
		}
		text = strings.Replace(text, longest, "@…", 1)
	}
	return text
}
