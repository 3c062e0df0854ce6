package screen

import (
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"
)

// text is how a line looks as plain text once it passed the allowlist.
func text(p colorprofile.Profile, line string, width int) string {
	c := colours{profile: p}
	row := make([]cell, width)
	c.parse(row, line)
	var b strings.Builder
	for _, cell := range row {
		b.WriteString(cell.text)
	}
	return strings.TrimRight(b.String(), " ")
}

func TestAllowlist(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"plain", "Ada Lovelace", "Ada Lovelace"},
		{"colour", "\x1b[1;31mred\x1b[m end", "red end"},
		{"accents and scripts", "Zoë e\u0301 漢字 नमस्ते שלום ไทย", "Zoë e\u0301 漢字 नमस्ते שלום ไทย"},
		{"emoji", "👩‍👩‍👧 👍🏽 🇩🇪 ❤️ 1️⃣", "👩‍👩‍👧 👍🏽 🇩🇪 ❤️ 1️⃣"},
		{"cursor movement", "a\x1b[2Jb\x1b[Hc", "a␛[2Jb␛[Hc"},
		{"title", "a\x1b]0;owned\ab", "a␛]0;owned␇b"},
		{"unfinished title", "a\x1b]0;owned", "a␛]0;owned"},
		{"hyperlink", "\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "␛]8;;http://x␛\\link␛]8;;␛\\"},
		{"device control", "\x1bPq#0\x1b\\", "␛Pq#0␛\\"},
		{"not quite SGR", "\x1b[>4;1m \x1b[?1m \x1b[1 m \x1b[31", "␛[>4;1m ␛[?1m ␛[1 m ␛[31"},
		{"endless SGR", "\x1b[" + strings.Repeat("1;", 100) + "m", "␛[" + strings.Repeat("1;", 100) + "m"},
		{"C0", "a\x00\a\b\t\v\f\x0e\x7fb\rc", "a␀␇␈ ␋␌␎␡b␍c"},
		{"C1", "a\u009b31mb\u0085c", "a\uFFFD31mb\uFFFDc"},
		{"C1 in eight bits", "a\x9b31mb", "a\uFFFD31mb"},
		{"broken UTF-8", "a\xffb\xe2\x82", "a\uFFFDb\uFFFD\uFFFD"},
		{"bidi", "a\u202eb\u2066c\u2069d\u200fe\u061cf", "abcdef"},
		{"zero width", "a\u200bb\u200cc\ufeffd\u00ade\u2060f\u034fg", "abcdefg"},
		{"joiner outside emoji", "a\u200db", "ab"},
		{"joiner to nothing", "👩\u200d", "👩"},
		{"joiner to text", "👩\u200da", "👩a"},
		{"variation selector outside emoji", "a\ufe0fb\ufe00c\U000e0100d", "abcd"},
		{"tags", "🏴\U000e0067\U000e0062\U000e007f", "🏴"},
		{"line separators", "a\u2028b\u2029c", "abc"},
		{"fillers", "a\u3164b\uffa0c\u115fd\u2800e", "abcd\u2800e"},
		{"private use", "a\ue000b\U000f0000c", "a\uFFFDb\uFFFDc"},
		{"not assigned", "a\u0378b\uffffc", "a\uFFFDb\uFFFDc"},
		{"mark without a letter", "\u0301a\x1b[1m\u0301b", "ab"},
		{"too many marks", "a" + strings.Repeat("\u0301", 50) + "b", "a" + strings.Repeat("\u0301", maxMarks) + "b"},
		{"conjunct around a joiner", "क\u094d\u200dष", "क\u094dष"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := text(colorprofile.TrueColor, c.in, 300); got != c.want {
				t.Errorf("%q becomes %q, want %q", c.in, got, c.want)
			}
		})
	}
}

func TestTooLongLinesAreCut(t *testing.T) {
	for _, c := range []struct {
		in    string
		width int
		want  string
	}{
		{"abcdef", 4, "abcd"},
		{"abc漢", 4, "abc"},
		{"abc漢d", 4, "abc"},
		{"ab漢d", 4, "ab漢"},
		{"🙂🙂", 3, "🙂"},
		{"漢", 1, ""},
	} {
		if got := text(colorprofile.ANSI256, c.in, c.width); got != c.want {
			t.Errorf("%q in %d columns is %q, want %q", c.in, c.width, got, c.want)
		}
	}
}

// allowed is the whole of what a frame may consist of besides text: colours
// and attributes, cursor movements, scrolling, erasing, hiding the cursor.
var allowed = regexp.MustCompile(`\x1b\[(?:[0-9;]*[mHGCKJrST]|\?25l)|\r\n`)

// outlaw gives the first thing in a frame that must not be there.
func outlaw(frame string) string {
	rest := allowed.ReplaceAllString(frame, "")
	for i, r := range rest {
		switch {
		case r == utf8.RuneError && !strings.HasPrefix(rest[i:], "\uFFFD"):
			return "broken UTF-8"
		case r == zwj:
			before, _ := utf8.DecodeLastRuneInString(strings.TrimRight(rest[:i], "\ufe0f\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff"))
			after, _ := utf8.DecodeRuneInString(rest[i+len("\u200d"):])
			if before < 0x80 && before != 0xa9 || !pictographic(after) {
				return "a joiner outside emoji"
			}
		case r == vs15 || r == vs16:
		case !unicode.IsGraphic(r) || unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r) || unicode.Is(unicode.Variation_Selector, r):
			return "the rune " + string(r) + " " + strings.ToUpper(ansi.Strip(string(r)))
		}
	}
	return ""
}

func FuzzSanitize(f *testing.F) {
	for _, s := range []string{
		"plain", "\x1b[31mred\x1b[m", "\x1b]0;t\a", "\x1b[2J\x1b[H", "\u202eabc", "👩‍👩‍👧", "a\u200db\ufe0f", "\x9b31m",
		"\x1b[38;2;1;2;3mx\x1b[48:2::1:2:3my\x1b[4:3mz", "\x1b[>4;1m", "\x1bP$q\x1b\\", "a\u0301\u0302", "\xff\xfe", "1️⃣🇩🇪",
	} {
		f.Add(s, "other")
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		for _, profile := range []colorprofile.Profile{colorprofile.NoTTY, colorprofile.ASCII, colorprofile.ANSI, colorprofile.TrueColor} {
			p := newPainter(40, 4)
			p.colours.profile = profile
			p.paint(screenView())
			for _, content := range []string{a, b, a + "\n" + b, b + a} {
				out := p.paint(tea.View{Content: content, AltScreen: true})
				if bad := outlaw(out); bad != "" {
					t.Fatalf("%q is drawn as %q with %s", content, out, bad)
				}
				if profile == colorprofile.NoTTY && strings.Contains(out, "m") && sgrPattern.MatchString(out) {
					t.Fatalf("%q is drawn with styles: %q", content, out)
				}
			}
		}
		if title := plainText(a, maxTitle); len(title) > maxTitle || allowed.MatchString(title) || outlaw(title) != "" {
			t.Fatalf("%q as a title is %q", a, title)
		}
	})
}

var sgrPattern = regexp.MustCompile(`\x1b\[[0-9;]*m`)

func TestColours(t *testing.T) {
	for _, c := range []struct {
		profile  colorprofile.Profile
		in, want string
	}{
		{colorprofile.TrueColor, "\x1b[1;38;2;10;20;30mx", "\x1b[1;38;2;10;20;30mx\x1b[m"},
		{colorprofile.TrueColor, "\x1b[38:2::10:20:30mx", "\x1b[38;2;10;20;30mx\x1b[m"},
		{colorprofile.TrueColor, "\x1b[38:2:10:20:30mx", "\x1b[38;2;10;20;30mx\x1b[m"},
		{colorprofile.TrueColor, "\x1b[38:2:10:20:30;1mx", "\x1b[1;38;2;10;20;30mx\x1b[m"},
		{colorprofile.TrueColor, "\x1b[38;2;10;20;30;1mx", "\x1b[1;38;2;10;20;30mx\x1b[m"},
		{colorprofile.TrueColor, "\x1b[38:5:99;48;5;7mx", "\x1b[38;5;99;47mx\x1b[m"},
		{colorprofile.TrueColor, "\x1b[58;5;9;4:3mx", "\x1b[4mx\x1b[m"},
		{colorprofile.TrueColor, "\x1b[4m\x1b[4:0mx", "x"},
		{colorprofile.TrueColor, "\x1b[5;8mx", "x"},
		{colorprofile.TrueColor, "\x1b[38;2;300;0;0mx", "x"},
		{colorprofile.TrueColor, "\x1b[38;5;300mx\x1b[38mx\x1b[38;5mx\x1b[38;2;1mx", "xxxx"},
		{colorprofile.TrueColor, "\x1b[1;31ma\x1b[22mb\x1b[1mc", "\x1b[1;31ma\x1b[0;31mb\x1b[1mc\x1b[m"},
		{colorprofile.TrueColor, "\x1b[31ma b\x1b[mc", "\x1b[31ma b\x1b[mc"},
		{colorprofile.TrueColor, "\x1b[31ma\x1b[32mb\x1b[39mc", "\x1b[31ma\x1b[32mb\x1b[mc"},
		{colorprofile.ANSI256, "\x1b[38;2;255;0;0mx", "\x1b[38;5;196mx\x1b[m"},
		{colorprofile.ANSI256, "\x1b[97;104mx", "\x1b[97;104mx\x1b[m"},
		{colorprofile.ANSI, "\x1b[38;2;255;0;0mx", "\x1b[91mx\x1b[m"},
		{colorprofile.ANSI, "\x1b[48;5;21mx", "\x1b[104mx\x1b[m"},
		{colorprofile.ANSI, "\x1b[38;5;9mx", "\x1b[91mx\x1b[m"},
		{colorprofile.ASCII, "\x1b[1;31;44mx", "\x1b[1mx\x1b[m"},
		{colorprofile.NoTTY, "\x1b[1;31;44mx", "x"},
	} {
		p := newPainter(20, 1)
		p.paint(screenView())
		p.colours.profile = c.profile
		if got := strings.TrimPrefix(p.paint(screenView(c.in)), "\x1b[1H"); got != c.want {
			t.Errorf("%q on %v is %q, want %q", c.in, c.profile, got, c.want)
		}
	}
}

func TestProfile(t *testing.T) {
	for _, c := range []struct {
		term string
		env  []string
		want colorprofile.Profile
	}{
		{"xterm-256color", nil, colorprofile.ANSI256},
		{"xterm", nil, colorprofile.ANSI},
		{"screen-256color", []string{"COLORTERM=truecolor"}, colorprofile.ANSI256},
		{"xterm-256color", []string{"COLORTERM=truecolor"}, colorprofile.TrueColor},
		{"xterm-256color", []string{"NO_COLOR=yes"}, colorprofile.ASCII},
		{"xterm-256color", []string{"NO_COLOR="}, colorprofile.ANSI256},
		{"xterm-256color", []string{"CLICOLOR_FORCE=1", "TERM=dumb"}, colorprofile.ANSI256},
		{"dumb", []string{"COLORTERM=truecolor"}, colorprofile.NoTTY},
		{"", nil, colorprofile.NoTTY},
	} {
		if got := profile(c.term, c.env); got != c.want {
			t.Errorf("TERM=%q %v: %v, want %v", c.term, c.env, got, c.want)
		}
	}
}

// TestLoose tells which characters the cursor's column is set anew after, since
// they might join with what is written next: none of those that a frame is made
// of.
func TestLoose(t *testing.T) {
	for line, want := range map[string]string{
		"│\x1b[1m│":        "..",
		"▌\x1b[1mx":        "..",
		"é\x1b[1mx":        "..",
		"●\x1b[1m─\x1b[m✓": "...",
		"한\x1b[1mx":        "!-.",
		"नम\x1b[1mx":       ".!.",
		"漢\x1b[1mﾞ":        "!-.",
		"│\x1b[1mﾞ":        "!.",
		"a\x1b[1mﾞ":        "!.",
		"🙂x":               "!-.",
	} {
		width := len([]rune(want))
		row := make([]cell, width)
		(&colours{profile: colorprofile.TrueColor}).parse(row, line)
		var got strings.Builder
		for _, c := range row {
			switch {
			case c.width == 0:
				got.WriteByte('-')
			case c.loose:
				got.WriteByte('!')
			default:
				got.WriteByte('.')
			}
		}
		if got.String() != want {
			t.Errorf("%q is %s, want %s", line, got.String(), want)
		}
	}
}
