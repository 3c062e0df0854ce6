package screen

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

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

func (p *painter) paint(v tea.View) string { return string(p.frame(&v)) }

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
	"a", "b", "x", " ", " ", "    ", "            ", "Ada", "grace@acme.dev", "│", "─", "●", "▌✓",
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
		width, height := rapid.IntRange(1, 30).Draw(t, "width"), rapid.IntRange(1, 9).Draw(t, "height")
		p := newPainter(width, height)
		p.term.sync = rapid.Bool().Draw(t, "sync")
		for _, e := range []*vt.Emulator{e, want} {
			_, _ = e.WriteString("\x1bc")
			e.Resize(width, height)
		}
		var lines []string
		for range rapid.IntRange(1, 6).Draw(t, "frames") {
			switch rapid.IntRange(0, 8).Draw(t, "change") {
			case 0: // another screen
				lines = rapid.SliceOfN(rapid.Custom(genLine), 0, height+2).Draw(t, "lines")
			case 1: // another size
				width, height = rapid.IntRange(1, 30).Draw(t, "width"), rapid.IntRange(1, 6).Draw(t, "height")
				p.width, p.height, p.whole = width, height, true
				e.Resize(width, height)
				want.Resize(width, height)
			case 2: // fewer lines
				lines = lines[:len(lines)/2]
			case 3: // up
				if n := rapid.IntRange(0, len(lines)).Draw(t, "by"); n > 0 {
					lines = append(append([]string{}, lines[n:]...), rapid.SliceOfN(rapid.Custom(genLine), 0, n).Draw(t, "new")...)
				}
			case 4: // down
				lines = append(rapid.SliceOfN(rapid.Custom(genLine), 1, 3).Draw(t, "new"), lines...)
			case 5: // a list within a frame
				lines = append([]string{}, lines...)
				if n := len(lines); n > 3 {
					copy(lines[1:n-1], lines[2:n-1])
					lines[n-2] = genLine(t)
				}
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

// runeTerminal is a terminal that knows no grapheme clusters: it counts rune
// by rune, as wcwidth does, and draws joined emoji side by side.
type runeTerminal struct {
	cells [][]string
	x, y  int
}

func newRuneTerminal(width, height int) *runeTerminal {
	r := &runeTerminal{cells: make([][]string, height)}
	for y := range r.cells {
		r.cells[y] = slices.Repeat([]string{" "}, width)
	}
	return r
}

func (r *runeTerminal) write(t interface{ Fatalf(string, ...any) }, s string) {
	var parser ansi.Parser
	parser.SetParamsSize(16)
	parser.SetHandler(ansi.Handler{
		Print: func(c rune) {
			w := ansi.StringWidthWc(string(c))
			if w == 0 {
				return
			}
			row := r.cells[r.y]
			r.x = min(r.x, len(row)-w) // no autowrap
			if r.x < 0 {
				r.x = 0
				return
			}
			row[r.x] = string(c)
			for i := 1; i < w; i++ {
				row[r.x+i] = ""
			}
			r.x += w
		},
		Execute: func(b byte) {
			switch b {
			case '\r':
				r.x = 0
			case '\b':
				r.x--
			case '\n':
				r.y++
			}
		},
		HandleCsi: func(cmd ansi.Cmd, params ansi.Params) {
			n, _, _ := params.Param(0, 1)
			m, _, _ := params.Param(1, 1)
			switch cmd {
			case 'H':
				r.y, r.x = n-1, m-1
			case 'G':
				r.x = n - 1
			case 'C':
				r.x += n
			case 'B':
				r.y += n
			case 'X':
				for x := r.x; x < min(r.x+n, len(r.cells[r.y])); x++ {
					r.cells[r.y][x] = " "
				}
			case 'K':
				for x := r.x; x < len(r.cells[r.y]); x++ {
					r.cells[r.y][x] = " "
				}
			case 'J':
				for y := range r.cells {
					for x := range r.cells[y] {
						r.cells[y][x] = " "
					}
				}
			}
		},
	})
	for i := range len(s) {
		parser.Advance(s[i])
	}
}

// TestOtherTerminalsKeepTheColumns draws on a terminal that gives emoji and
// conjuncts other widths than the layout did: everything else must stand in
// its column all the same.
func TestOtherTerminalsKeepTheColumns(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const width = 30
		p, e := newPainter(width, 1), newRuneTerminal(width, 1)
		for range 4 {
			line := genLine(t)
			out := p.paint(screenView(line))
			e.write(t, out)
			row := make([]cell, width)
			p.colours.parse(row, line)
			edge := width
			for x := range row {
				// A terminal that runs out of columns has nothing to keep.
				if row[x].loose && x+max(2, ansi.StringWidthWc(row[x].text)) > width {
					edge = x
					break
				}
			}
			for x, c := range row[:edge] {
				if c.width > 0 && !c.loose && ansi.StringWidthWc(c.text) == int(c.width) {
					first, _ := utf8.DecodeRuneInString(c.text)
					if got := e.cells[0][x]; got != string(first) {
						t.Fatalf("column %d shows %q, want %q of %q\n%q", x, got, c.text, line, out)
					}
				}
			}
		}
	})
}

var people = []string{
	"Ada", "Grace", "Linus", "Barbara", "Edsger", "Donald", "Margaret", "Ken", "Dennis", "Radia", "Adele", "Alan", "Frances",
	"John", "Hedy", "Niklaus", "Sophie", "Bjarne", "Shafi", "Leslie", "Anita", "Tim", "Evelyn", "Guido", "Joan", "Rob", "Lynn",
}

// table is a screen like those of the app: header, tabs, rows, footer.
func table(width, height, first, cursor int) tea.View {
	var lines []string
	pad := func(s string, n int) string {
		return ansi.Truncate(s, n, "") + strings.Repeat(" ", max(0, n-ansi.StringWidth(s)))
	}
	lines = append(lines,
		pad(" \x1b[1mmuster\x1b[m ▸ acme-corp (o)", width-30)+pad("ada@acme.dev · \x1b[36mowner\x1b[m · live ●", 30),
		"\x1b[38;5;240m╭─\x1b[m [2]Members 214 \x1b[38;5;240m│\x1b[m [3]Invitations 3 "+"\x1b[38;5;240m"+strings.Repeat("─", width-39)+"╮\x1b[m",
		"\x1b[38;5;240m│\x1b[m\x1b[2m"+pad("   EMAIL                    NAME              ROLE     STATUS     JOINED", width-2)+"\x1b[m\x1b[38;5;240m│\x1b[m")
	for i := range height - 6 {
		n := first + i
		style, mark := "", " "
		if n == cursor {
			style, mark = "\x1b[1m", "▌" // as in the app: a mark, and a bold address
		}
		row := pad(fmt.Sprintf("%s  %-24s\x1b[m %-17s \x1b[33m%-8s\x1b[m \x1b[32m%-10s\x1b[m 2026-08-%02d", mark,
			people[n*7%len(people)]+strings.ToLower(people[n*5%len(people)])+"@acme.dev", people[n*3%len(people)]+" "+people[n*11%len(people)],
			[]string{"member", "viewer", "admin"}[n%3], []string{"active", "suspended"}[n/5%2], n*7%28+1), width-2)
		lines = append(lines, "\x1b[38;5;240m│\x1b[m"+style+row+"\x1b[m\x1b[38;5;240m│\x1b[m")
	}
	lines = append(lines,
		"\x1b[38;5;240m╰"+strings.Repeat("─", width-2)+"╯\x1b[m",
		pad(" ✓ grace@acme.dev is now admin · \x1b[1mu\x1b[m undo", width-20)+pad(fmt.Sprintf("%d/38 of 214", cursor), 20),
		" \x1b[1mspace\x1b[m mark  \x1b[1me\x1b[m role  \x1b[1md\x1b[m remove  \x1b[1mn\x1b[m invite  \x1b[1m/\x1b[m filter  \x1b[1m:\x1b[m command  \x1b[1m?\x1b[m help")
	return screenView(lines...)
}

// TestBytes holds the figures of the wire: 200 B for a cursor movement, 3 kB
// for a page and 4 kB for the first frame.
func TestBytes(t *testing.T) {
	for _, size := range []Size{{80, 24}, {140, 40}} {
		p := newPainter(size.Width, size.Height)
		p.term.sync = true
		first := p.paint(table(size.Width, size.Height, 0, 3))
		move := p.paint(table(size.Width, size.Height, 0, 4))
		scroll := p.paint(table(size.Width, size.Height, 1, 5))
		page := p.paint(table(size.Width, size.Height, 100, 104))
		t.Logf("%dx%d: first frame %d B, cursor %d B, scrolled %d B, page %d B", size.Width, size.Height, len(first), len(move), len(scroll), len(page))
		if size.Width > 80 {
			continue
		}
		if len(first) > 4000 || len(move) > 200 || len(scroll) > 400 || len(page) > 3000 {
			t.Errorf("%d×%d: first frame %d B, cursor movement %d B %q, scrolled %d B %q, page %d B",
				size.Width, size.Height, len(first), len(move), move, len(scroll), scroll, len(page))
		}
	}
}

func BenchmarkFrame(b *testing.B) {
	const width, height = 140, 40
	for _, c := range []struct {
		name string
		a, b tea.View
	}{
		{"same", table(width, height, 0, 3), table(width, height, 0, 3)},
		{"cursor", table(width, height, 0, 3), table(width, height, 0, 4)},
		{"page", table(width, height, 0, 3), table(width, height, 100, 103)},
	} {
		b.Run(c.name, func(b *testing.B) {
			p := newPainter(width, height)
			b.ReportAllocs()
			bytes := 0
			for i := 0; b.Loop(); i++ {
				v := &c.a
				if i%2 == 1 {
					v = &c.b
				}
				bytes += len(p.frame(v))
			}
			b.ReportMetric(float64(bytes)/float64(b.N), "B/frame")
		})
	}
}
