package ui

import (
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"

	"muster/tui/theme"
)

// behind draws a screen full of words with a dialog over it.
func behind(t *testing.T, th *theme.Theme, w, h int, d Dialog) string {
	t.Helper()
	var s Stack
	s.Push(d)
	return (&Pool{}).Draw(th, w, h, func(r Region) {
		for y := range r.H {
			r.Text(0, y, strings.Repeat("漢字 word ", r.W), theme.Danger|theme.Selected)
		}
		s.Draw(r, noon)
	}).Content
}

// Neither half of a character nor half of a word is left beside a dialog, at any
// size, and no line is longer or shorter for it.
func TestNoHalvesBesideADialog(t *testing.T) {
	for _, size := range [][2]int{{40, 10}, {80, 24}, {81, 24}, {140, 40}, {250, 60}} {
		for y, line := range strings.Split(ansi.Strip(behind(t, theme.New(theme.Dark, theme.TwoFiftySix), size[0], size[1], &Confirm{Title: "Remove?", Yes: "remove", Lines: []Line{{Text: "one"}}})), "\n") {
			if w := Width(line); w > size[0] {
				t.Errorf("%v: line %d has %d columns", size, y, w)
			}
			left, rest, boxed := strings.Cut(line, "│")
			if !boxed {
				continue
			}
			_, right, _ := strings.Cut(rest, "│")
			for _, word := range append(strings.Fields(left), strings.Fields(right)...) {
				if word != "漢字" && word != "word" && !strings.HasSuffix(word, "…") {
					t.Errorf("%v: line %d is left with %q: %s", size, y, word, line)
				}
			}
		}
	}
}

// What lies behind has one look in every theme, and the dialog has another.
func TestDialogsDimTheScreen(t *testing.T) {
	for _, p := range []theme.Profile{theme.NoColor, theme.Sixteen, theme.TwoFiftySix} {
		for _, m := range []theme.Mode{theme.Auto, theme.Light, theme.Dark, theme.Mono} {
			th := theme.New(m, p)
			dim := string(th.AppendSGR(nil, theme.Text, theme.Dimmed))
			first, _, _ := strings.Cut(behind(t, th, 80, 24, &Confirm{Title: "Remove?", Yes: "remove"}), "\n")
			if rest, ok := strings.CutPrefix(first, dim); !ok || dim == "" || strings.Contains(strings.TrimSuffix(rest, "\x1b[m"), "\x1b") {
				t.Errorf("profile %d, %s: the screen behind is %q", p, m, first)
			}
		}
	}
}
