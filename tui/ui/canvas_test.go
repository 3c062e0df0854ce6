package ui

import (
	"strings"
	"testing"
	"unicode"

	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/vt"
	"pgregory.net/rapid"

	"muster/tui/theme"
)

// draw gives the frame's lines without colours, as the emulator shows them.
func draw(t testing.TB, w, h int, f func(Region)) []string {
	t.Helper()
	var pool Pool
	frame := pool.Draw(theme.New(theme.Dark, theme.TwoFiftySix), w, h, f)
	return emulate(w, h, frame.Content)
}

func emulate(w, h int, content string) []string {
	e := vt.NewEmulator(max(w, 1), max(h, 1))
	defer e.Close()
	e.WriteString(strings.ReplaceAll(content, "\n", "\r\n"))
	lines := make([]string, h)
	for y := range h {
		var b strings.Builder
		for x := 0; x < w; x++ {
			c := e.CellAt(x, y)
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

func TestTextIsCutWithAMark(t *testing.T) {
	for _, c := range []struct {
		width int
		text  string
		want  string
	}{
		{10, "ada@acme.dev", "ada@acme.…"},
		{12, "ada@acme.dev", "ada@acme.dev"},
		{1, "ada", "…"},
		{6, "日本語です", "日本…"},
		{5, "日本語です", "日本…"},
		{4, "日本語です", "日…"},
		{10, "日本語です", "日本語です"},
		{3, "ééé", "ééé"},
	} {
		got := draw(t, c.width, 1, func(r Region) { r.Text(0, 0, c.text, theme.Text) })[0]
		if got != c.want {
			t.Errorf("%q in %d columns is %q, want %q", c.text, c.width, got, c.want)
		}
	}
}

func TestWideCharactersKeepColumnsStraight(t *testing.T) {
	for _, name := range []string{"Ada", "日本語", "🎉 party", "e\u0301te\u0301", "👨\u200d👩\u200d👧", "❤\ufe0f", "한국어", "\u0301x", "🇫🇷"} {
		got := draw(t, 40, 1, func(r Region) {
			r.TextN(0, 0, 12, name, theme.Text)
			r.Text(14, 0, "|", theme.Text)
		})[0]
		if w := ansi.StringWidth(got); w != 15 || !strings.HasSuffix(got, "|") {
			t.Errorf("after %q the column stands at %d in %q, want 15", name, w, got)
		}
	}
}

func TestOverlayLeavesNoHalfCharacter(t *testing.T) {
	got := draw(t, 10, 1, func(r Region) {
		r.Text(0, 0, "日本語です", theme.Text)
		r.Text(3, 0, "xx", theme.Text)
	})[0]
	if want := "日 xx です"; got != want {
		t.Errorf("overlay gives %q, want %q", got, want)
	}
	got = draw(t, 10, 1, func(r Region) {
		r.Text(0, 0, "日本語です", theme.Text)
		r.Sub(1, 0, 4, 1).Clear(theme.Text)
	})[0]
	if want := "      です"; got != want {
		t.Errorf("clearing gives %q, want %q", got, want)
	}
}

// Nothing that people write acts on the terminal: the frame holds only colour
// sequences of the theme and printable text.
func TestTextCannotAct(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := rapid.StringOf(rapid.OneOf(
			rapid.Rune(),
			rapid.RuneFrom([]rune("\x1b[];\x07\x9b\u202e\u2066\u200b\u200d\ufe0f\U000e0041\u2028\r\n\t\x00a日🎉\u0301")),
		)).Draw(rt, "text")
		w := rapid.IntRange(1, 30).Draw(rt, "width")
		var pool Pool
		frame := pool.Draw(theme.New(theme.Mono, theme.NoColor), w, 1, func(r Region) { r.Text(0, 0, s, theme.Text) })
		for _, r := range frame.Content {
			if unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp) {
				rt.Fatalf("%q is drawn as %q", s, frame.Content)
			}
		}
		if got := ansi.StringWidth(frame.Content); got > w {
			rt.Fatalf("%q takes %d columns of %d: %q", s, got, w, frame.Content)
		}
	})
}

func TestDrawingNeverPanics(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w, h := rapid.IntRange(-1, 20).Draw(rt, "w"), rapid.IntRange(-1, 8).Draw(rt, "h")
		n := rapid.IntRange(-5, 30)
		var pool Pool
		pool.Draw(theme.New(theme.Auto, theme.Sixteen), w, h, func(r Region) {
			for range 6 {
				sub := r.Sub(n.Draw(rt, "x"), n.Draw(rt, "y"), n.Draw(rt, "w"), n.Draw(rt, "h"))
				sub.Box(theme.Border).Text(n.Draw(rt, "x"), n.Draw(rt, "y"), "日本x語", theme.Accent)
				sub.Center(n.Draw(rt, "w"), n.Draw(rt, "h")).Clear(theme.Selected)
				sub.Right(n.Draw(rt, "x"), 0, "日x", theme.Text)
				sub.HLine(n.Draw(rt, "x"), n.Draw(rt, "y"), n.Draw(rt, "n"), '─', theme.Border)
				sub.Paint(n.Draw(rt, "y"), theme.Selected)
				sub.Cursor(n.Draw(rt, "x"), n.Draw(rt, "y"))
			}
		})
	})
}

// Each line stands alone: it starts from no style and ends with none.
func TestLinesStandAlone(t *testing.T) {
	var pool Pool
	f := pool.Draw(theme.New(theme.Dark, theme.TwoFiftySix), 20, 3, func(r Region) {
		r.Clear(theme.Selected)
		r.Text(2, 1, "middle", theme.Danger|theme.Bold|theme.Selected)
	})
	for i, line := range strings.Split(f.Content, "\n") {
		if !strings.HasPrefix(line, "\x1b[") || !strings.HasSuffix(line, "\x1b[m") {
			t.Errorf("line %d is %q", i, line)
		}
	}
}

func TestHitTakesTheTopmost(t *testing.T) {
	var pool Pool
	f := pool.Draw(theme.New(theme.Mono, theme.NoColor), 20, 10, func(r Region) {
		r.Zone("base")
		r.Sub(5, 2, 10, 5).Zone("dialog")
	})
	if id, dx, dy, ok := Hit(f.Zones, 6, 4); !ok || id != "dialog" || dx != 1 || dy != 2 {
		t.Errorf("inside the dialog: %v at %d,%d (%v)", id, dx, dy, ok)
	}
	if id, _, _, _ := Hit(f.Zones, 1, 1); id != "base" {
		t.Errorf("outside the dialog: %v", id)
	}
	if _, _, _, ok := Hit(f.Zones, 30, 1); ok {
		t.Error("a point off the screen hits something")
	}
}

func BenchmarkDraw(b *testing.B) {
	var pool Pool
	th := theme.New(theme.Dark, theme.TwoFiftySix)
	b.ReportAllocs()
	for b.Loop() {
		pool.Draw(th, 140, 40, func(r Region) {
			in := r.Box(theme.Border)
			for y := range in.H {
				in.TextN(2, y, 28, "someone.long@organization.example", theme.Text)
				in.TextN(32, y, 28, "日本語 Ada Lovelace é", theme.Muted)
				in.TextN(62, y, 12, "member", theme.OK)
				in.TextN(80, y, 40, "2026-08-01 some more text that is long enough", theme.Text)
			}
		})
	}
}

var monoTheme = theme.New(theme.Mono, theme.NoColor)
