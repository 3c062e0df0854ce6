package tuitest

import (
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"
)

// See waits until the screen shows every one of the texts.
func (a *Terminal) See(texts ...string) *Terminal {
	a.t.Helper()
	a.until(fmt.Sprintf("to see %q", texts), func(s string) bool {
		for _, text := range texts {
			if !strings.Contains(s, text) {
				return false
			}
		}
		return true
	})
	return a
}

// SeeNot waits until the screen shows none of the texts.
func (a *Terminal) SeeNot(texts ...string) *Terminal {
	a.t.Helper()
	a.until(fmt.Sprintf("not to see %q", texts), func(s string) bool {
		for _, text := range texts {
			if strings.Contains(s, text) {
				return false
			}
		}
		return true
	})
	return a
}

// SeeLine waits until one line holds all of the texts, in their order.
func (a *Terminal) SeeLine(texts ...string) *Terminal {
	a.t.Helper()
	quoted := make([]string, len(texts))
	for i, text := range texts {
		quoted[i] = regexp.QuoteMeta(text)
	}
	line := regexp.MustCompile(strings.Join(quoted, ".*"))
	a.until(fmt.Sprintf("a line with %q", texts), line.MatchString)
	return a
}

// SeeCursorOn waits until the line that starts with the cursor bar holds the
// text.
func (a *Terminal) SeeCursorOn(text string) *Terminal {
	a.t.Helper()
	a.until(fmt.Sprintf("the cursor on %q", text), func(s string) bool {
		for line := range strings.SplitSeq(s, "\n") {
			if i := strings.Index(line, "▌"); i >= 0 && strings.Contains(line[i:], text) {
				return true
			}
		}
		return false
	})
	return a
}

// Ends waits until the app has ended by itself.
func (a *Terminal) Ends() *Terminal {
	a.t.Helper()
	select {
	case <-a.done:
		if a.err != nil && !errors.Is(a.err, io.EOF) {
			a.t.Fatalf("the app ended with: %v", a.err)
		}
	case <-time.After(patience):
		a.t.Fatalf("waited for the app to end\n%s", a.Screen())
	}
	return a
}

// Copied waits until the app has put something on the clipboard, and gives what
// the terminal got for it (OSC 52, still encoded).
func (a *Terminal) Copied() string {
	a.t.Helper()
	got := ""
	a.until("something to be copied", func(string) bool {
		a.mu.Lock()
		defer a.mu.Unlock()
		got = a.copied
		return got != ""
	})
	return got
}

// until waits for a condition on the screen.
func (a *Terminal) until(what string, ok func(screen string) bool) {
	a.t.Helper()
	deadline := time.After(patience)
	for {
		if ok(a.Screen()) {
			return
		}
		select {
		case <-a.frames:
		case <-a.done:
			if ok(a.Screen()) {
				return
			}
			a.t.Fatalf("waited %s, but the app ended (%v)\n%s", what, a.err, a.Screen())
		case <-deadline:
			a.t.Fatalf("waited %s\n%s", what, a.Screen())
		}
	}
}

// Screen is what the terminal shows, without colours and blanks at the ends of
// lines.
func (a *Terminal) Screen() string { return strings.Join(a.lines(), "\n") }

func (a *Terminal) lines() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	lines := make([]string, a.h)
	for y := range a.h {
		var b strings.Builder
		for x := 0; x < a.w; x++ {
			c := a.emu.CellAt(x, y)
			if c == nil || c.Content == "" {
				b.WriteByte(' ')
				continue
			}
			b.WriteString(c.Content)
			x += max(c.Width-1, 0)
		}
		lines[y] = strings.TrimRight(b.String(), " ")
	}
	return lines
}
