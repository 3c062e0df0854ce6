package ui

import (
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"muster/tui/theme"
)

// Editor is a field of text, of one line or several. It moves by characters as
// a reader counts them, never into the middle of one. bubbles' textinput moves
// by runes and keeps styles per field, which a thousand sessions would pay for.
type Editor struct {
	Multi bool
	// Max is how many bytes it takes, so that a paste cannot grow without
	// bound; the form's check says what is allowed. 0 means 4096.
	Max int

	text string
	at   int // byte offset of the cursor
	from int // first column shown (one line) or first line shown (several)
}

// NewEditor makes a field that holds text, with the cursor behind it.
func NewEditor(text string, multi bool) Editor {
	return Editor{Multi: multi, text: text, at: len(text)}
}

// Text is what was typed.
func (e *Editor) Text() string { return e.text }

// Set replaces the text and puts the cursor behind it.
func (e *Editor) Set(text string) { e.text, e.at, e.from = text, len(text), 0 }

// Insert puts text at the cursor. Line breaks become blanks where there is one
// line only.
func (e *Editor) Insert(s string) {
	s = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\t", " ").Replace(s)
	if !e.Multi {
		s = strings.ReplaceAll(strings.TrimRight(s, "\n"), "\n", " ")
	}
	limit := e.Max
	if limit == 0 {
		limit = 4096
	}
	if room := limit - len(e.text); len(s) > room {
		cut := 0
		for cut < len(s) {
			n := clusterLen(s[cut:])
			if cut+n > room {
				break
			}
			cut += n
		}
		s = s[:cut]
	}
	e.text = e.text[:e.at] + s + e.text[e.at:]
	e.at += len(s)
}

// Key handles a key press and says whether it was one for the field.
func (e *Editor) Key(k tea.KeyPressMsg) bool {
	switch k.String() {
	case "left":
		e.at -= e.before()
	case "right":
		e.at += clusterLen(e.text[e.at:])
	case "alt+left", "ctrl+left", "alt+b":
		e.at = e.wordLeft()
	case "alt+right", "ctrl+right", "alt+f":
		e.at = e.wordRight()
	case "home":
		e.at = e.lineStart(e.at)
	case "end", "ctrl+e":
		e.at = e.lineEnd(e.at)
	case "backspace", "ctrl+h", "shift+backspace":
		n := e.before()
		e.cut(e.at-n, e.at)
	case "delete":
		e.cut(e.at, e.at+clusterLen(e.text[e.at:]))
	case "ctrl+w", "alt+backspace", "ctrl+backspace":
		e.cut(e.wordLeft(), e.at)
	case "alt+d", "ctrl+delete":
		e.cut(e.at, e.wordRight())
	case "ctrl+u":
		e.cut(e.lineStart(e.at), e.at)
	case "up", "down":
		if !e.Multi {
			return false
		}
		return e.vertical(k.String() == "down")
	case "enter", "shift+enter":
		if !e.Multi {
			return false
		}
		e.Insert("\n")
	default:
		if k.Text == "" || k.Mod&^tea.ModShift != 0 {
			return false
		}
		e.Insert(k.Text)
	}
	return true
}

func (e *Editor) cut(from, to int) {
	e.text = e.text[:from] + e.text[to:]
	e.at = from
}

// clusterLen is the length in bytes of the first character of s.
func clusterLen(s string) int {
	if s == "" {
		return 0
	}
	if s[0] == '\n' || s[0] < 0x80 && (len(s) == 1 || s[1] < 0x80) {
		return 1
	}
	c, _ := ansi.FirstGraphemeCluster(s, ansi.GraphemeWidth)
	return max(len(c), 1)
}

// before is the length of the character left of the cursor.
func (e *Editor) before() int {
	start := e.lineStart(e.at)
	if start == e.at {
		return min(e.at, 1) // the line break, or nothing
	}
	last := 0
	for i := start; i < e.at; {
		last = clusterLen(e.text[i:e.at])
		i += last
	}
	return last
}

func (e *Editor) lineStart(at int) int { return strings.LastIndexByte(e.text[:at], '\n') + 1 }

func (e *Editor) lineEnd(at int) int {
	if n := strings.IndexByte(e.text[at:], '\n'); n >= 0 {
		return at + n
	}
	return len(e.text)
}

func (e *Editor) wordLeft() int {
	s := strings.TrimRight(e.text[:e.at], " \n.@-_/,")
	return strings.LastIndexAny(s, " \n.@-_/,") + 1
}

func (e *Editor) wordRight() int {
	rest := e.text[e.at:]
	word := strings.TrimLeft(rest, " \n.@-_/,")
	skipped := len(rest) - len(word)
	if n := strings.IndexAny(word, " \n.@-_/,"); n >= 0 {
		return e.at + skipped + n
	}
	return len(e.text)
}

func (e *Editor) vertical(down bool) bool {
	start := e.lineStart(e.at)
	column := Width(e.text[start:e.at])
	to := start - 1
	if down {
		to = e.lineEnd(e.at) + 1
	}
	if to < 0 || to > len(e.text) {
		return false // at the edge: the form moves on
	}
	at := e.lineStart(min(to, len(e.text)))
	if !down {
		at = e.lineStart(to)
	}
	end := e.lineEnd(at)
	for w := 0; at < end && w < column; {
		n := clusterLen(e.text[at:end])
		w += Width(e.text[at : at+n])
		at += n
	}
	e.at = at
	return true
}

// Draw shows the field over the whole region, with the cursor if it has the
// focus.
func (e *Editor) Draw(r Region, focused bool) {
	style := theme.Text | theme.Field
	r.Clear(style)
	if r.W < 1 || r.H < 1 {
		return
	}
	if e.Multi {
		e.drawLines(r, focused, style)
		return
	}
	column := Width(e.text[:e.at])
	if column < e.from {
		e.from = column
	}
	if column-e.from >= r.W {
		e.from = column - r.W + 1
	}
	if !focused {
		e.from = 0
	}
	if e.from == 0 {
		if focused {
			r.TextN(0, 0, r.W, clipTo(e.text, r.W), style)
		} else {
			r.Text(0, 0, e.text, style)
		}
	} else {
		r.TextN(0, 0, r.W, clipTo(skip(e.text, e.from), r.W), style)
	}
	if focused {
		r.Cursor(column-e.from, 0)
	}
}

func (e *Editor) drawLines(r Region, focused bool, style theme.Style) {
	// Lines longer than the field are broken where they fill it, so that the
	// cursor's place follows from widths alone.
	var lines []string
	cx, cy := 0, 0
	for off := 0; off <= len(e.text); {
		end := e.lineEnd(off)
		for {
			part := clipTo(e.text[off:end], r.W)
			if part == "" && off < end {
				part = e.text[off : off+clusterLen(e.text[off:])]
			}
			last := off+len(part) >= end
			if e.at >= off && (e.at < off+len(part) || last && e.at <= end) {
				cx, cy = Width(e.text[off:e.at]), len(lines)
			}
			lines = append(lines, part)
			off += len(part)
			if last {
				break
			}
		}
		off = end + 1
	}
	e.from = max(min(e.from, cy), cy-r.H+1)
	for y := range r.H {
		if n := e.from + y; n < len(lines) {
			r.TextN(0, y, r.W, lines[n], style)
		}
	}
	if focused {
		r.Cursor(min(cx, r.W-1), cy-e.from)
	}
}

// clipTo is the longest beginning of s that takes at most n columns.
func clipTo(s string, n int) string {
	used, i := 0, 0
	for i < len(s) {
		l := clusterLen(s[i:])
		w := Width(s[i : i+l])
		if used+w > n {
			break
		}
		used += w
		i += l
	}
	return s[:i]
}

// skip is s without its first n columns.
func skip(s string, n int) string {
	for used := 0; s != "" && used < n; {
		l := clusterLen(s)
		used += Width(s[:l])
		s = s[l:]
	}
	return s
}
