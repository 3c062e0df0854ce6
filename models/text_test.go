package models_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"muster/models"
)

// hostile are texts that act on a terminal, reorder a line, hide, or break out
// of where they are put.
var hostile = map[string]string{
	"colour":                "a\x1b[31mred",
	"title":                 "a\x1b]0;root\x07",
	"link":                  "a\x1b]8;;http://evil.example\x1b\\b",
	"clipboard":             "a\x1b]52;c;cm0gLXJm\x07",
	"eight-bit CSI":         "a\u009b31m",
	"bell":                  "a\ab",
	"backspace":             "a\bb",
	"null":                  "a\x00b",
	"delete":                "a\x7fb",
	"next line":             "a\u0085b",
	"carriage return":       "good\revil",
	"line feed":             "a\nb",
	"tab":                   "a\tb",
	"right-to-left":         "a\u202ebc",
	"left-to-right":         "a\u202dbc",
	"isolate":               "a\u2066bc\u2069",
	"bidi mark":             "a\u200fbc",
	"Arabic letter mark":    "a\u061cbc",
	"zero-width space":      "a\u200bb",
	"zero-width joiner":     "a\u200db",
	"zero-width non-joiner": "a\u200cb",
	"word joiner":           "a\u2060b",
	"byte order mark":       "a\ufeffb",
	"soft hyphen":           "a\u00adb",
	"grapheme joiner":       "a\u034fb",
	"tag":                   "a\U000e0041b",
	"language tag":          "a\U000e0001b",
	"far in plane 14":       "a\U000ee100b",
	"selector supplement":   "a\U000e0100b",
	"Hangul filler":         "a\u3164b",
	"halfwidth filler":      "a\uffa0b",
	"blank Braille":         "a\u2800b",
	"line separator":        "a\u2028b",
	"paragraph separator":   "a\u2029b",
	"Mongolian separator":   "a\u180eb",
	"Khmer vowel":           "a\u17b4b",
	"annotation":            "a\ufff9b",
	"reserved":              "a\u2065b",
	"noncharacter":          "a\ufffeb",
	"noncharacter, far":     "a\U0001ffffb",
	"noncharacter, middle":  "a\ufdd0b",
	"private use":           "a\ue000b",
	"replacement":           "a\ufffdb",
	"not UTF-8":             "a\xffb",
	"surrogate":             "a\xed\xa0\x80b",
	"overlong":              "a\xc0\x9bb",
}

func TestHostileText(t *testing.T) {
	for name, s := range hostile {
		if got, err := models.CheckName("name", s); models.CodeOf(err) != models.CodeInvalid || got != "" {
			t.Errorf("%s: a name: %q, %v", name, got, err)
		} else if models.SafeText(err.Error()) != err.Error() || models.AsError(err).Field != "name" {
			t.Errorf("%s: the refusal itself is hostile: %q", name, err)
		}
		if _, err := models.CheckEmail("email", s+"@example.com"); err == nil {
			t.Errorf("%s: taken in an address", name)
		} else if models.SafeText(err.Error()) != err.Error() {
			t.Errorf("%s: the refusal of an address is hostile: %q", name, err)
		}
		if name != "line feed" {
			if _, err := models.CheckLong("message", s); models.CodeOf(err) != models.CodeInvalid {
				t.Errorf("%s: a message: %v", name, err)
			}
		}
		// The same text, as a raw database might hold it, at output.
		out := models.SafeText(s)
		harmless(t, name, out)
		if !strings.HasPrefix(out, s[:1]) || models.SafeText(out) != out {
			t.Errorf("%s: shown as %q, then %q", name, out, models.SafeText(out))
		}
		lines := models.SafeLines(s)
		harmless(t, name, strings.ReplaceAll(lines, "\n", ""))
	}
}

// harmless checks that nothing in a text could act on a terminal. It has its own
// list, apart from the one of the package.
func harmless(t *testing.T, name, s string) {
	t.Helper()
	if !utf8.ValidString(s) {
		t.Errorf("%s: not UTF-8: %q", name, s)
	}
	for _, r := range s {
		if r < 0x20 || r >= 0x7f && r < 0xa0 || r == 0xad || r == 0x61c || r >= 0x200b && r <= 0x200f || r >= 0x2028 && r <= 0x202e ||
			r >= 0x2060 && r <= 0x206f || r == 0xfeff || r >= 0xe000 && r <= 0xf8ff || r >= 0xe0000 {
			t.Errorf("%s: U+%04X is left in %q", name, r, s)
		}
	}
}

func TestGoodNames(t *testing.T) {
	for in, want := range map[string]string{
		"Ada Lovelace":       "Ada Lovelace",
		"  Ada  ":            "Ada",
		"\u00a0Ada\u3000":    "Ada",
		"Zoe\u0308":          "Zo\u00eb", // NFC
		"Łukasz Żółć":        "Łukasz Żółć",
		"李小龍":                "李小龍",
		"दीपिका":             "दीपिका",
		"👩 Ada":              "👩 Ada",
		"❤\ufe0f":            "❤\ufe0f",
		"👍🏽":                 "👍🏽",
		"🇩🇪 Team":            "🇩🇪 Team",
		"שלום":               "שלום",
		"O'Brien-Smith, Jr.": "O'Brien-Smith, Jr.",
		"=cmd|' /C calc'!A0": "=cmd|' /C calc'!A0", // defused where it is exported
	} {
		got, err := models.CheckName("name", in)
		if err != nil || got != want {
			t.Errorf("%q: %q, %v", in, got, err)
			continue
		}
		if models.SafeText(got) != got {
			t.Errorf("%q is changed at output: %q", got, models.SafeText(got))
		}
	}
}

func TestLengths(t *testing.T) {
	flag := "🇩🇪" // two runes, 8 bytes, one grapheme
	for _, tt := range []struct {
		s  string
		ok bool
	}{
		{"", false}, {" \u3000 ", false}, {"a", true},
		{strings.Repeat("a", 64), true}, {strings.Repeat("a", 65), false},
		{strings.Repeat("é", 64), true}, {strings.Repeat("e\u0301", 64), true}, {strings.Repeat("é", 65), false},
		{strings.Repeat("李", 64), true}, {strings.Repeat("👍", 64), true}, {strings.Repeat("👍", 65), false},
		{strings.Repeat(flag, 32), true}, {strings.Repeat(flag, 33), false}, // 264 bytes
		{"a" + strings.Repeat("\u0335", 30), true}, {"a" + strings.Repeat("\u0335", 31), false}, // the bound of stream-safe text (UAX 15)
		{"\u0335a", false}, {" \u0335a", false},
		{strings.Repeat("a", 1<<20), false},
	} {
		if _, err := models.CheckName("name", tt.s); (err == nil) != tt.ok {
			t.Errorf("name %.20q (%d bytes): %v", tt.s, len(tt.s), err)
		}
	}
	for _, tt := range []struct {
		s  string
		ok bool
	}{
		{"", true}, {strings.Repeat("a", 2048), true}, {strings.Repeat("a", 2049), false}, {strings.Repeat("é", 1024), true}, {strings.Repeat("é", 1025), false},
		{"one\r\ntwo\nthree", true}, {"one\rtwo", false},
	} {
		if _, err := models.CheckLong("message", tt.s); (err == nil) != tt.ok {
			t.Errorf("message %.20q (%d bytes): %v", tt.s, len(tt.s), err)
		}
	}
	if got, _ := models.CheckLong("message", "one\r\ntwo\n"); got != "one\ntwo" {
		t.Errorf("line ends: %q", got)
	}
}

func TestEmail(t *testing.T) {
	local, label := strings.Repeat("a", 64), strings.Repeat("b", 63)
	for in, want := range map[string]string{
		"ada@example.com":            "ada@example.com",
		" Ada@Example.COM\n":         "Ada@Example.COM",
		"a.b+tag@sub.example.co":     "a.b+tag@sub.example.co",
		"!#$%&'*/=?^_`{|}~-@x.y":     "!#$%&'*/=?^_`{|}~-@x.y",
		"root@localhost":             "root@localhost",
		"a@xn--bcher-kva.de":         "a@xn--bcher-kva.de",
		local + "@" + label + ".com": local + "@" + label + ".com",
	} {
		if got, err := models.CheckEmail("email", in); err != nil || got != want {
			t.Errorf("%q: %q, %v", in, got, err)
		}
	}
	for _, in := range []string{
		"", "ada", "@", "ada@", "@example.com", "a@b@c", "a b@c.de", "a@b c.de", ".a@b.c", "a.@b.c", "a..b@c.d", "a@-b.c", "a@b-.c", "a@b..c", "a@.b", "a@b.",
		`"a b"@c.de`, "Ada <ada@example.com>", "ada@example.com,bob@example.com", "ada@example.com\nBcc: eve@example.com", "a@b.c\r\nSubject: x",
		"ada@exämple.com", "ädä@example.com", "ada@[127.0.0.1]", "ada@b_c.de", "ada＠example.com", "a\u200b@b.c", "аda@example.com", // a Cyrillic а
		local + "a@b.c", "a@" + label + "b.c", "a@" + strings.Repeat("b.", 126) + "cc", strings.Repeat("a", 1<<20) + "@b.c",
	} {
		got, err := models.CheckEmail("email", in)
		if e := models.AsError(err); err == nil || got != "" || e.Code != models.CodeInvalid || e.Field != "email" || len(e.Message) > 300 {
			t.Errorf("%.40q: %q, %v", in, got, err)
		}
	}
	if models.NormEmail(" ADA@Example.com") != "ada@example.com" || models.NormEmail("\u0130@x") != "\u0130@x" {
		t.Error("addresses are compared regardless of ASCII case only")
	}
}

func TestNormText(t *testing.T) {
	for in, want := range map[string]string{"Ada": "ada", "ÉMILE": "émile", "ﬁn": "fin", "Ｗｉｄｅ": "wide", "李": "李"} {
		if got := models.NormText(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func FuzzSafeText(f *testing.F) {
	for _, s := range hostile {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		out := models.SafeText(s)
		harmless(t, "fuzz", out)
		if again := models.SafeText(out); again != out {
			t.Errorf("%q becomes %q, then %q", s, out, again)
		}
		lines := models.SafeLines(s)
		harmless(t, "fuzz", strings.ReplaceAll(lines, "\n", ""))
		if again := models.SafeLines(lines); again != lines {
			t.Errorf("%q becomes %q, then %q", s, lines, again)
		}
	})
}

func FuzzCheckName(f *testing.F) {
	for _, s := range hostile {
		f.Add(s)
	}
	f.Add("Zoe\u0308 👩🏽 李")
	f.Fuzz(func(t *testing.T, s string) {
		out, err := models.CheckName("name", s)
		if err != nil {
			harmless(t, "refusal", err.Error())
			return
		}
		harmless(t, "name", out)
		if again, err := models.CheckName("name", out); err != nil || again != out {
			t.Errorf("%q is taken as %q, which is taken as %q, %v", s, out, again, err)
		}
		if out == "" || len(out) > models.MaxNameBytes || !norm.NFC.IsNormalString(out) || models.SafeText(out) != out || strings.TrimSpace(out) != out {
			t.Errorf("%q is taken as %q", s, out)
		}
		if models.NormText(out) == "" {
			t.Errorf("%q has nothing to sort by", out)
		}
	})
}

func FuzzCheckEmail(f *testing.F) {
	for _, s := range []string{"ada@example.com", "a@b@c", `"a"@b`, "a@b.c\r\nBcc: d@e.f", "Ada <a@b.c>"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		out, err := models.CheckEmail("email", s)
		if err != nil {
			harmless(t, "refusal", err.Error())
			return
		}
		if again, err := models.CheckEmail("email", out); err != nil || again != out {
			t.Errorf("%q is taken as %q, which is taken as %q, %v", s, out, again, err)
		}
		if len(out) > models.MaxEmailBytes || strings.ContainsAny(out, " \t\r\n,;<>()[]\\\":") || strings.Count(out, "@") != 1 {
			t.Errorf("%q is taken as %q", s, out)
		}
		h := models.HandleFrom(out)
		if len(h) < 2 || len(h) > 32 || strings.Trim(h, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" || strings.HasPrefix(h, "-") || strings.HasSuffix(h, "-") {
			t.Errorf("the handle of %q is %q", out, h)
		}
	})
}

func FuzzParseExpiry(f *testing.F) {
	for _, s := range []string{"60", "1h", "30d", "213504d", "-1", "9999999999d"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := models.ParseExpiry("expiry", s)
		if err != nil {
			harmless(t, "refusal", err.Error())
			return
		}
		if d < models.MinExpiry || d > models.MaxExpiry {
			t.Errorf("%q is %v", s, d)
		}
		if again, err := models.ParseExpiry("expiry", models.FormatExpiry(d)); err != nil || again != d {
			t.Errorf("%q is %v, shown as %q, which is %v, %v", s, d, models.FormatExpiry(d), again, err)
		}
	})
}

func FuzzCodeFrom(f *testing.F) {
	for _, s := range []string{"Acme Corp", "new", "42", "李", "a", "42 is the answer", strings.Repeat("x-", 40)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if c := models.CodeFrom(s); c != "" {
			if again, err := models.CheckCode("code", c); err != nil || again != c {
				t.Errorf("%q: proposes %q: %v", s, c, err)
			}
		}
		if c, err := models.CheckCode("code", s); err == nil {
			harmless(t, "code", c)
			if models.NormCode(c) != models.NormCode(strings.ToLower(c)) || len(c) > 32 {
				t.Errorf("%q is taken as %q", s, c)
			}
		} else {
			harmless(t, "refusal", err.Error())
		}
	})
}
