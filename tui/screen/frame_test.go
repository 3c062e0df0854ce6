package screen

import (
	"fmt"
	"io"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/vt"
	"pgregory.net/rapid"
)

// newTerminal gives a terminal emulator that answers into the void until the
// test ends.
func newTerminal(t interface{ Cleanup(func()) }, width, height int) *vt.Emulator {
	e := vt.NewEmulator(width, height)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_, _ = io.Copy(io.Discard, e)
	}()
	t.Cleanup(func() {
		_ = e.InputPipe().(io.Closer).Close()
		<-ended
	})
	return e
}

func newPainter(width, height int) *painter {
	return &painter{
		width: width, height: height,
		colours: colours{profile: colorprofile.TrueColor},
		term:    capabilities{modern: true},
	}
}

func (p *painter) paint(v tea.View) string { return string(p.frame(nil, &v)) }

func screenView(lines ...string) tea.View {
	return tea.View{Content: strings.Join(lines, "\n"), AltScreen: true}
}

// plainly shows lines the simple way: all of them, each from its own start.
func plainly(e *vt.Emulator, lines []string) {
	_, _ = e.WriteString("\x1b[?1049h\x1b[?7l\x1b[2J")
	for y, line := range lines {
		if y == e.Height() {
			break
		}
		_, _ = e.WriteString(ansi.CursorPosition(1, y+1) + "\x1b[m" + ansi.Truncate(line, e.Width(), ""))
	}
}

// differences lists the cells in which two terminals differ. Blank cells only
// count by their background and lines.
func differences(got, want *vt.Emulator) string {
	var b strings.Builder
	for y := range want.Height() {
		for x := range want.Width() {
			g, w := *got.CellAt(x, y), *want.CellAt(x, y)
			for _, c := range []*struct{ cell *string }{{&g.Content}, {&w.Content}} {
				if *c.cell == "" {
					*c.cell = " "
				}
			}
			if g.Width == 0 && w.Width == 0 {
				continue
			}
			if g.Content == " " && w.Content == " " && g.Style.Attrs&^7 == 0 && w.Style.Attrs&^7 == 0 {
				g.Style.Fg, w.Style.Fg, g.Style.Attrs, w.Style.Attrs = nil, nil, 0, 0
			}
			if g.Content != w.Content || !g.Style.Equal(&w.Style) {
				fmt.Fprintf(&b, "row %d column %d: %q %+v, want %q %+v\n", y, x, g.Content, g.Style, w.Content, w.Style)
			}
		}
	}
	return b.String()
}

// pieces leaves out clusters that start in ASCII, as in a decomposed é: the
// emulator takes them apart.
var pieces = []string{
	"a", "b", "x", " ", " ", "    ", "Ada", "grace@acme.dev", "│", "─", "●", "▌✓",
	"é", "я\u0301", "ñ", "漢", "字", "ｶﾞ", "한", "\u1112\u1161\u11ab", "\u1100", "\u1161",
	"🙂", "👩‍👩‍👧", "👍🏽", "🇩🇪", "🇩", "❤️", "☺", "✓", "नमस्ते", "ไทย", "שלום",
}

var styles = []string{
	"\x1b[m", "\x1b[0m", "\x1b[1m", "\x1b[2m", "\x1b[3m", "\x1b[4m", "\x1b[7m", "\x1b[9m", "\x1b[22m", "\x1b[24m", "\x1b[27m",
	"\x1b[31m", "\x1b[97m", "\x1b[39m", "\x1b[42m", "\x1b[104m", "\x1b[49m", "\x1b[38;5;212m", "\x1b[48;5;236m",
	"\x1b[38;2;1;2;3m", "\x1b[48;2;200;100;50m", "\x1b[1;4;38;5;99m", "\x1b[0;7m",
}

func genLine(t *rapid.T) string {
	return strings.Join(rapid.SliceOfN(rapid.OneOf(
		rapid.SampledFrom(pieces), rapid.SampledFrom(pieces), rapid.SampledFrom(styles),
	), 0, 20).Draw(t, "line"), "")
}

// TestEmulatorShowsTheViews draws random sequences of views and checks after
// each that a terminal shows what it would if the view had been written
// plainly on an empty screen.
func TestEmulatorShowsTheViews(t *testing.T) {
	e, want := newTerminal(t, 80, 24), newTerminal(t, 80, 24)
	rapid.Check(t, func(t *rapid.T) {
		width, height := rapid.IntRange(1, 30).Draw(t, "width"), rapid.IntRange(1, 6).Draw(t, "height")
		p := newPainter(width, height)
		p.term.sync = rapid.Bool().Draw(t, "sync")
		for _, e := range []*vt.Emulator{e, want} {
			_, _ = e.WriteString("\x1bc")
			e.Resize(width, height)
		}
		var lines []string
		for range rapid.IntRange(1, 6).Draw(t, "frames") {
			switch rapid.IntRange(0, 6).Draw(t, "change") {
			case 0: // another screen
				lines = rapid.SliceOfN(rapid.Custom(genLine), 0, height+2).Draw(t, "lines")
			case 1: // another size
				width, height = rapid.IntRange(1, 30).Draw(t, "width"), rapid.IntRange(1, 6).Draw(t, "height")
				p.width, p.height, p.whole = width, height, true
				e.Resize(width, height)
				want.Resize(width, height)
			case 2: // fewer lines
				lines = lines[:len(lines)/2]
			default: // some other lines
				lines = append([]string(nil), lines...)
				for i := range lines {
					if rapid.Bool().Draw(t, "other") {
						lines[i] = genLine(t)
					}
				}
				lines = append(lines, genLine(t))
			}
			before := p.shown
			out := p.paint(screenView(lines...))
			_, _ = e.WriteString(out)
			plainly(want, lines)
			if d := differences(e, want); d != "" {
				t.Fatalf("from %q\nto   %q\nby   %q\n%s", before, lines, out, d)
			}
			if again := p.paint(screenView(lines...)); again != "" {
				t.Fatalf("the same view again wrote %q", again)
			}
		}
	})
}
