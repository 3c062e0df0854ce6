package theme

import (
	"fmt"
	"strings"
	"testing"

	"charm.land/lipgloss/v2"

	"muster/models"
)

func everyTheme() map[string]*Theme {
	all := map[string]*Theme{}
	for _, p := range []Profile{NoColor, Sixteen, TwoFiftySix} {
		for _, m := range []Mode{Auto, Light, Dark, Mono} {
			all[fmt.Sprintf("%d/%s", p, m)] = New(m, p)
		}
		all[fmt.Sprintf("%d/told dark", p)] = New(Auto, p).OnBackground(true)
		all[fmt.Sprintf("%d/told light", p)] = New(Auto, p).OnBackground(false)
	}
	return all
}

// Everything that is read holds its contrast on each background the theme is
// for, and under the cursor as well.
func TestContrast(t *testing.T) {
	for name, th := range everyTheme() {
		for role := Text; role < roles; role++ {
			l := th.look(role)
			least := th.least()
			switch role {
			case Border:
				least = 1.6 // a line, not text
			case Dimmed:
				least = 2 // text that nobody reads now
			}
			if l.fg != 0 {
				for _, g := range th.grounds() {
					if c := contrast(xterm(int(l.fg)-1), g); c < least {
						t.Errorf("%s: role %d (colour %d) has contrast %.2f on %v, want %.2f", name, role, l.fg-1, c, g, least)
					}
				}
			}
			if role == Border || role == Dimmed {
				continue
			}
			for _, back := range []Style{Selected, Field} {
				l := th.look(role | back)
				if l.bg == 0 {
					continue
				}
				bg := xterm(int(l.bg) - 1)
				var fgs []rgb
				if l.fg != 0 {
					fgs = []rgb{xterm(int(l.fg) - 1)}
				} else if th.DarkBackground {
					fgs = []rgb{xterm(7)}
				} else {
					fgs = []rgb{xterm(0)}
				}
				for _, fg := range fgs {
					if c := contrast(fg, bg); c < 4 {
						t.Errorf("%s: role %d (colour %d) has contrast %.2f on background %d", name, role, l.fg-1, c, l.bg-1)
					}
				}
			}
		}
	}
}

func TestAccentIsReadable(t *testing.T) {
	for name, th := range everyTheme() {
		for _, color := range models.Accents() {
			l := th.WithAccent(color).look(Accent)
			if th.Profile == NoColor {
				if l.fg != 0 || l.attr&attrBold == 0 {
					t.Errorf("%s: accent without colour is %+v, want bold only", name, l)
				}
				continue
			}
			for _, g := range th.grounds() {
				if c := contrast(xterm(int(l.fg)-1), g); c < th.least() {
					t.Errorf("%s: accent %s became %d with contrast %.2f on %v", name, color, l.fg-1, c, g)
				}
			}
		}
		if got, want := th.WithAccent("reddish\x1b[m").look(Accent), th.look(Accent); got != want {
			t.Errorf("%s: nonsense accent gives %+v, want the usual %+v", name, got, want)
		}
	}
}

// The states a row can be in differ without any colour.
func TestMonoTellsApart(t *testing.T) {
	th := New(Mono, TwoFiftySix)
	for _, pair := range [][2]Style{{Text, Text | Selected}, {Text, Text | Field}, {Text, Accent}, {Text, Danger}, {Text | Field, Text | Selected}, {Text, Match}, {Text, Dimmed}} {
		if th.look(pair[0]) == th.look(pair[1]) {
			t.Errorf("styles %x and %x look the same in mono", pair[0], pair[1])
		}
	}
}

func TestNoColorSendsNoColour(t *testing.T) {
	th := New(Auto, Detect("xterm-256color", []string{"NO_COLOR=1"}))
	for role := Text; role < roles; role++ {
		for _, back := range []Style{0, Selected, Field, Button} {
			got := string(th.AppendSGR(nil, Text, role|back))
			for _, p := range strings.FieldsFunc(strings.TrimSuffix(strings.TrimPrefix(got, "\x1b["), "m"), func(r rune) bool { return r == ';' }) {
				if len(p) > 1 {
					t.Errorf("role %d with background %x sends %q", role, back, got)
				}
			}
		}
	}
}

func TestDetect(t *testing.T) {
	for _, c := range []struct {
		term string
		env  []string
		want Profile
	}{
		{"xterm-256color", nil, TwoFiftySix},
		{"tmux-256color", nil, TwoFiftySix},
		{"screen", nil, Sixteen},
		{"xterm", nil, Sixteen},
		{"xterm", []string{"COLORTERM=truecolor"}, TwoFiftySix},
		{"xterm-kitty", nil, TwoFiftySix},
		{"linux", nil, Sixteen},
		{"vt100", nil, NoColor},
		{"dumb", []string{"COLORTERM=truecolor"}, NoColor},
		{"", nil, NoColor},
		{"xterm-256color", []string{"NO_COLOR=1"}, NoColor},
		{"xterm-256color", []string{"NO_COLOR="}, TwoFiftySix},
	} {
		if got := Detect(c.term, c.env); got != c.want {
			t.Errorf("Detect(%q, %q) = %d, want %d", c.term, c.env, got, c.want)
		}
	}
}

// Whatever came before, the sequence leads to the look of the next style: a
// terminal that applies both ends as one that only got the second.
func TestSequencesLeadToTheLook(t *testing.T) {
	for name, th := range everyTheme() {
		var styles []Style
		for role := Text; role < roles; role++ {
			for _, extra := range []Style{0, Bold, Underline | Bold, Reverse, Selected, Field, Button, Selected | Bold} {
				styles = append(styles, role|extra)
			}
		}
		for _, from := range styles {
			for _, to := range styles {
				direct := apply(look{}, string(th.AppendSGR(nil, Text, to)))
				after := apply(apply(look{}, string(th.AppendSGR(nil, Text, from))), string(th.AppendSGR(nil, from, to)))
				if direct != after {
					t.Fatalf("%s: %x after %x looks %+v, alone %+v", name, to, from, after, direct)
				}
			}
		}
	}
}

// What is compiled is what lipgloss itself would write: nothing that is declared
// gets lost.
func TestCompiledAsDeclared(t *testing.T) {
	for p := range profileCount {
		for g := range groundCount {
			for a := range accents {
				s := declare(p, g, a)
				compiled := compile(s)
				for role, style := range s.roles {
					drawn, _, _ := strings.Cut(style.Render("x"), "x")
					if got, want := compiled.looks[role], apply(look{}, drawn); got != want {
						t.Errorf("profile %d, ground %d, accent %d: role %d is %+v, lipgloss writes %+v", p, g, a, role, got, want)
					}
				}
				for back, style := range map[Style]lipgloss.Style{Selected: s.selected, Field: s.field, Button: s.button} {
					drawn, _, _ := strings.Cut(style.Render("x"), "x")
					if got, want := compiled.looks[(Text|back).index()], apply(look{}, drawn); got != want {
						t.Errorf("profile %d, ground %d: background %x is %+v, lipgloss writes %+v", p, g, back, got, want)
					}
				}
			}
		}
	}
}

// A process compiles a theme once, however many sessions it serves.
func TestThemesAreShared(t *testing.T) {
	a := New(Auto, TwoFiftySix).OnBackground(true).WithAccent("green")
	b := New(Dark, TwoFiftySix).WithAccent("green")
	if a.table != b.table {
		t.Error("two sessions of one look have two tables")
	}
}

// apply is a terminal's side of a colour sequence.
func apply(l look, s string) look {
	for s != "" {
		end := strings.IndexByte(s, 'm')
		params := strings.Split(strings.TrimPrefix(s[:end], "\x1b["), ";")
		s = s[end+1:]
		for i := 0; i < len(params); i++ {
			n := 0
			fmt.Sscan(params[i], &n)
			switch {
			case n == 0:
				l = look{}
			case n == 1:
				l.attr |= attrBold
			case n == 2:
				l.attr |= attrFaint
			case n == 4:
				l.attr |= attrUnderline
			case n == 7:
				l.attr |= attrReverse
			case n == 38 || n == 48:
				c := 0
				fmt.Sscan(params[i+2], &c)
				if n == 38 {
					l.fg = paint(1 + c)
				} else {
					l.bg = paint(1 + c)
				}
				i += 2
			case n >= 90 && n < 98:
				l.fg = paint(1 + n - 90 + 8)
			case n >= 100:
				l.bg = paint(1 + n - 100 + 8)
			case n >= 40:
				l.bg = paint(1 + n - 40)
			default:
				l.fg = paint(1 + n - 30)
			}
		}
	}
	return l
}
