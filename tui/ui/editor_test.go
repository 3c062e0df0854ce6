package ui

import (
	"strings"
	"testing"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"
	"pgregory.net/rapid"
)

// press gives the key of a name, such as "ctrl+w".
func press(name string) tea.KeyPressMsg {
	special := map[string]rune{
		"enter": tea.KeyEnter, "tab": tea.KeyTab, "backspace": tea.KeyBackspace, "esc": tea.KeyEscape,
		"up": tea.KeyUp, "down": tea.KeyDown, "left": tea.KeyLeft, "right": tea.KeyRight, "home": tea.KeyHome,
		"end": tea.KeyEnd, "delete": tea.KeyDelete, "pgup": tea.KeyPgUp, "pgdown": tea.KeyPgDown,
	}
	var mod tea.KeyMod
	rest := name
	for {
		switch {
		case strings.HasPrefix(rest, "ctrl+"):
			mod, rest = mod|tea.ModCtrl, rest[5:]
		case strings.HasPrefix(rest, "alt+"):
			mod, rest = mod|tea.ModAlt, rest[4:]
		case strings.HasPrefix(rest, "shift+"):
			mod, rest = mod|tea.ModShift, rest[6:]
		case rest == "space":
			k := tea.Key{Code: ' ', Mod: mod}
			if mod == 0 {
				k.Text = " "
			}
			return tea.KeyPressMsg(k)
		case special[rest] != 0:
			return tea.KeyPressMsg{Code: special[rest], Mod: mod}
		default:
			r, _ := utf8.DecodeRuneInString(rest)
			k := tea.Key{Code: r, Mod: mod}
			if mod == 0 {
				k.Text = rest
			}
			return tea.KeyPressMsg(k)
		}
	}
}

func typeInto(e *Editor, keys ...string) {
	for _, k := range keys {
		e.Key(press(k))
	}
}

func TestEditorKeys(t *testing.T) {
	for _, c := range []struct {
		name  string
		start string
		multi bool
		keys  []string
		want  string
	}{
		{"types", "", false, []string{"a", "d", "a"}, "ada"},
		{"space", "a", false, []string{"space", "b"}, "a b"},
		{"inserts in the middle", "ad", false, []string{"left", "x"}, "axd"},
		{"deletes a whole emoji", "a🇫🇷", false, []string{"backspace"}, "a"},
		{"deletes a letter with its mark", "ee\u0301", false, []string{"backspace"}, "e"},
		{"moves over a whole emoji", "👍🏽b", false, []string{"home", "right", "x"}, "👍🏽xb"},
		{"deletes forward", "abc", false, []string{"home", "delete"}, "bc"},
		{"deletes a word", "ada lovelace", false, []string{"ctrl+w"}, "ada "},
		{"deletes to the start", "ada lovelace", false, []string{"ctrl+left", "ctrl+u"}, "lovelace"},
		{"backspace of old terminals", "ab", false, []string{"ctrl+h"}, "a"},
		{"one line takes no break", "ab", false, []string{"enter"}, "ab"},
		{"several lines do", "ab", true, []string{"enter", "c"}, "ab\nc"},
		{"up keeps the column", "abc\nde", true, []string{"up", "x"}, "abxc\nde"},
		{"down from a short line", "a\nbcd", true, []string{"up", "down", "x"}, "a\nbxcd"},
		{"joins lines", "a\nb", true, []string{"home", "backspace"}, "ab"},
		{"other control keys do nothing", "a", false, []string{"ctrl+p", "ctrl+x", "alt+z"}, "a"},
	} {
		e := NewEditor(c.start, c.multi)
		typeInto(&e, c.keys...)
		if e.Text() != c.want {
			t.Errorf("%s: %q, want %q", c.name, e.Text(), c.want)
		}
	}
}

func TestEditorPaste(t *testing.T) {
	e := NewEditor("", false)
	e.Insert("ada@acme.dev\r\n")
	if e.Text() != "ada@acme.dev" {
		t.Errorf("a pasted line is %q", e.Text())
	}
	e = NewEditor("", false)
	e.Max = 10
	e.Insert(strings.Repeat("日", 100))
	if e.Text() != "日日日" {
		t.Errorf("a paste beyond the limit is %q", e.Text())
	}
}

func TestEditorShowsTheCursor(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		e := NewEditor(rapid.StringOf(rapid.RuneFrom([]rune("ab \n日🎉\u0301"))).Draw(rt, "text"), rapid.Bool().Draw(rt, "multi"))
		if !e.Multi {
			e.Set(strings.ReplaceAll(e.Text(), "\n", " "))
		}
		w, h := rapid.IntRange(2, 12).Draw(rt, "w"), 1
		if e.Multi {
			h = rapid.IntRange(1, 4).Draw(rt, "h")
		}
		for _, k := range rapid.SliceOfN(rapid.SampledFrom([]string{"left", "right", "up", "down", "home", "end", "x", "backspace", "delete", "ctrl+w", "ctrl+left", "alt+f"}), 0, 12).Draw(rt, "keys") {
			e.Key(press(k))
			text, at := e.caret()
			if at < 0 || at > len(text) || !utf8.ValidString(text[:at]) {
				rt.Fatalf("cursor at %d of %q", at, text)
			}
			var pool Pool
			f := pool.Draw(monoTheme, w, h, func(r Region) { e.Draw(r, true) })
			if f.Cursor == nil {
				rt.Fatalf("no cursor in %d×%d with %q at %d", w, h, text, at)
			}
		}
	})
}

// What the textinput would do by itself but must not: it moves by runes, and its
// paste reads the clipboard of the machine that serves the session.
func TestEditorKeepsTheInputInHand(t *testing.T) {
	e := NewEditor("a👍🏽e\u0301", false)
	if e.input != nil {
		t.Error("a field that nobody types in holds a textinput")
	}
	for _, want := range []string{"a👍🏽", "a", "", ""} {
		typeInto(&e, "left")
		if text, at := e.caret(); text[:at] != want {
			t.Errorf("left of %q, want %q", text[:at], want)
		}
	}
	for _, k := range []string{"ctrl+v", "ctrl+k", "ctrl+a", "ctrl+f", "ctrl+d", "tab"} {
		if e.Key(press(k)) {
			t.Errorf("%s is a key of the field", k)
		}
	}
	if text, at := e.caret(); text != "a👍🏽e\u0301" || at != 0 {
		t.Errorf("text is %q at %d", text, at)
	}
}
