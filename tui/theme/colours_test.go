package theme

import (
	"errors"
	"strconv"
	"strings"
	"testing"
)

func TestOwnColours(t *testing.T) {
	c, err := NewColours(map[string]string{"light.accent": "#005f5f", "light.selected": "#d7ffff", "dark.accent": "80"})
	if err != nil {
		t.Fatal(err)
	}
	fg := func(th *Theme, s Style) int { return int(th.look(s).fg) - 1 }
	light, dark := New(Light, TwoFiftySix).In(c), New(Auto, TwoFiftySix).In(c).OnBackground(true)
	if got := fg(light, Accent); got != 23 { // #005f5f
		t.Errorf("the accent on light is %d", got)
	}
	if got := light.look(Text | Selected).bg; got != 195+1 { // #d7ffff
		t.Errorf("the selected row on light is %d", got-1)
	}
	if got := fg(dark, Key); got != 80 {
		t.Errorf("a key on dark is %d", got)
	}
	if got, want := fg(dark, Danger), fg(New(Dark, TwoFiftySix), Danger); got != want {
		t.Errorf("danger on dark is %d, want the app's own %d", got, want)
	}
	// The organization's colour goes before, and leaves the rest.
	green := light.WithAccent("green")
	if got, want := fg(green, Accent), fg(New(Light, TwoFiftySix).WithAccent("green"), Accent); got != want || green.look(Text|Selected).bg != 195+1 {
		t.Errorf("with green the accent is %d, want %d", got, want)
	}
	// Where it is not sure what they would look like, the app's own are shown.
	for name, th := range map[string]*Theme{"unknown": New(Auto, TwoFiftySix), "sixteen": New(Light, Sixteen), "mono": New(Mono, TwoFiftySix), "none": New(Light, NoColor)} {
		if th.In(c).look(Accent) != th.look(Accent) {
			t.Errorf("%s: an own colour is shown", name)
		}
	}
	if th := New(Light, TwoFiftySix); th.In(nil).table != th.table {
		t.Error("without own colours the theme is another")
	}
}

func TestColoursThatCannotBe(t *testing.T) {
	for _, c := range []struct{ name, value, why, allowed string }{
		{"light.accents", "24", "no such colour", "accent, ok, warn"},
		{"grey.accent", "24", "no such colour", "light and dark"},
		{"light.accent", "red", "no colour", "#rrggbb"},
		{"light.accent", "#12345", "no colour", "16 to 255"},
		{"light.accent", "4", "no colour", "each terminal"},
		{"light.accent", "256", "no colour", "16 to 255"},
		{"light.accent", "#ffff00", "cannot be read on a light background", "at least 4.5"},
		{"dark.danger", "#5f0000", "cannot be read on a dark background", "at least 4.5"},
		{"light.border", "#ffffff", "cannot be read on a light background", "at least 1.6"},
		{"dark.selected", "#ffffff", "cannot be read under", "at least 4.0"},
		{"light.selected", "16", "cannot be read under", "at least 4.0"},
	} {
		_, err := NewColours(map[string]string{c.name: c.value})
		var wrong *ColourError
		if !errors.As(err, &wrong) || wrong.Name != c.name || !strings.Contains(wrong.Message, c.why) || !strings.Contains(wrong.Allowed, c.allowed) {
			t.Errorf("%s = %s: %#v", c.name, c.value, err)
		}
	}
}

// What is let through holds the contrast that the app's own colours hold.
func TestOwnColoursCanBeRead(t *testing.T) {
	for _, name := range ColourNames() {
		for _, back := range []string{"light", "dark"} {
			taken := 0
			for n := 16; n < 256; n++ {
				c, err := NewColours(map[string]string{back + "." + name: strconv.Itoa(n)})
				if err != nil {
					continue
				}
				taken++
				mode := Light
				if back == "dark" {
					mode = Dark
				}
				th := New(mode, TwoFiftySix).In(c)
				for _, role := range []Style{Accent, OK, Warn, Danger, Muted} {
					l := th.look(role | Selected)
					if got := contrast(xterm(int(l.fg)-1), xterm(int(l.bg)-1)); got < leastOver {
						t.Errorf("%s.%s = %d: role %d on the selected row has contrast %.2f", back, name, n, role, got)
					}
					for _, g := range th.grounds() {
						if got := contrast(xterm(int(th.look(role).fg)-1), g); got < th.least() {
							t.Errorf("%s.%s = %d: role %d has contrast %.2f on %v", back, name, n, role, got, g)
						}
					}
				}
			}
			if taken == 0 {
				t.Errorf("no colour is let through for %s.%s", back, name)
			}
		}
	}
}
