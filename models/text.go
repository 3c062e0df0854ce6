package models

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/rivo/uniseg"
	"golang.org/x/text/unicode/norm"
)

// Limits of people's text: graphemes as a reader counts them, bytes as a
// database and a terminal do.
const (
	MaxNameGraphemes = 64
	MaxNameBytes     = 256
	MaxEmailBytes    = 254 // RFC 5321, the longest forward path less its brackets
	MaxLongBytes     = 2048
)

// lookalike are characters beyond those that Unicode names invisible, and lines'
// ends, with which two names could look alike: no name may hold them.
var lookalike = &unicode.RangeTable{
	R16: []unicode.Range16{
		{Lo: 0x180b, Hi: 0x180f, Stride: 1}, // Mongolian selectors
		{Lo: 0x2028, Hi: 0x2029, Stride: 1}, // line and paragraph separator
		{Lo: 0x2800, Hi: 0x2800, Stride: 1}, // blank Braille pattern
	},
	R32: []unicode.Range32{
		{Lo: 0xe0000, Hi: 0xeffff, Stride: 1}, // plane 14: tags, further selectors
	},
}

// unsafeRune tells whether a character could move a cursor, reorder a line or
// hide: control, format (bidi and zero-width among them), surrogate, private
// use and invisible ones, and those that are none. Variation selectors may
// stand: emoji have them.
func unsafeRune(r rune) bool {
	if r >= 0x20 && r < 0x7f {
		return false
	}
	return r == utf8.RuneError || unicode.In(r, unicode.Cc, unicode.Cf, unicode.Cs, unicode.Co,
		unicode.Other_Default_Ignorable_Code_Point, unicode.Noncharacter_Code_Point, lookalike)
}

// SafeText makes any text fit for one line of output: everything that could
// act on a terminal becomes U+FFFD, and line breaks and tabs become spaces.
// Text that was checked when written comes back unchanged and uncopied.
func SafeText(s string) string { return safe(s, false) }

// SafeLines is SafeText for text of several lines: line feeds stay.
func SafeLines(s string) string { return safe(s, true) }

func safe(s string, lines bool) string {
	ok := true
	for i := 0; i < len(s) && ok; i++ {
		ok = s[i] >= 0x20 && s[i] < 0x7f || lines && s[i] == '\n'
	}
	if ok {
		return s
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' && lines:
			return r
		case r == '\n' || r == '\t' || r == '\r':
			return ' '
		case unsafeRune(r):
			return utf8.RuneError
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}

// checkText normalises people's text (NFC, trimmed) and refuses what could
// harm a reader, and codes and keys. The error names the field and what is allowed.
func checkText(field, s string, graphemes, bytes int, lines bool) (string, error) {
	if !utf8.ValidString(s) {
		return "", Invalid(field, "%s is not valid UTF-8 text", field)
	}
	if lines {
		s = strings.ReplaceAll(s, "\r\n", "\n")
	}
	if len(s) > 4*bytes {
		return "", Invalid(field, "%s is too long: at most %d bytes", field, bytes)
	}
	s = strings.TrimSpace(norm.NFC.String(s))
	for _, r := range s {
		if r == '\n' && lines {
			continue
		}
		if unsafeRune(r) {
			return "", Invalid(field, "%s contains the character U+%04X; control, formatting and invisible characters are not allowed", field, r)
		}
	}
	if first, _ := utf8.DecodeRuneInString(s); unicode.IsMark(first) {
		return "", Invalid(field, "%s begins with U+%04X, which would combine with the character before it", field, first)
	}
	if len(s) > bytes {
		return "", Invalid(field, "%s is too long: at most %d bytes", field, bytes)
	}
	if graphemes > 0 && uniseg.GraphemeClusterCount(s) > graphemes {
		return "", Invalid(field, "%s is too long: at most %d characters", field, graphemes)
	}
	if err := checkNoSecret(field, s); err != nil {
		return "", err
	}
	return s, nil
}

// CheckName checks a name of a person, an organization or a key label: 1 to 64
// characters, at most 256 bytes, on one line. It returns the name normalised.
func CheckName(field, s string) (string, error) {
	s, err := checkText(field, s, MaxNameGraphemes, MaxNameBytes, false)
	if err != nil {
		return "", err
	}
	if s == "" {
		return "", Invalid(field, "%s is missing: 1 to %d characters", field, MaxNameGraphemes)
	}
	return s, nil
}

// CheckLong checks a message, reason or description: at most 2 kB, line feeds
// allowed, may be empty.
func CheckLong(field, s string) (string, error) {
	return checkText(field, s, 0, MaxLongBytes, true)
}

// CheckEmail checks an address in its plain form, local@domain, in ASCII and at
// most 254 bytes. It returns the address as typed, less blanks around it.
func CheckEmail(field, s string) (string, error) {
	s = strings.TrimSpace(s)
	bad := func(why string) (string, error) {
		return "", Invalid(field, "%s is not an email address: %s", field, why)
	}
	if s == "" {
		return "", Invalid(field, "%s is missing: an address like ada@example.com", field)
	}
	if len(s) > MaxEmailBytes {
		return "", Invalid(field, "%s is too long: at most %d bytes", field, MaxEmailBytes)
	}
	local, domain, ok := strings.Cut(s, "@")
	switch {
	case !ok || local == "" || domain == "" || strings.Contains(domain, "@"):
		return bad("it needs the form name@domain")
	case len(local) > 64:
		return bad("the part before @ has more than 64 characters")
	case strings.HasPrefix(local, ".") || strings.HasSuffix(local, ".") || strings.Contains(local, ".."):
		return bad("the part before @ has a dot at an end or two in a row")
	}
	for _, r := range local {
		if !asciiAlnum(r) && !strings.ContainsRune(".!#$%&'*+-/=?^_`{|}~", r) {
			return bad("the part before @ can have letters, digits and .!#$%&'*+-/=?^_`{|}~")
		}
	}
	if err := CheckDomain(field, domain); err != nil {
		return bad("the part after @ needs letters, digits, - and dots; write other scripts in their xn-- form")
	}
	if err := checkNoSecret(field, s); err != nil { // join+CODE@HOST
		return "", err
	}
	return s, nil
}

// CheckDomain checks a host or mail domain in ASCII: labels of letters, digits
// and inner hyphens, each at most 63 long (RFC 1035), 253 in all.
func CheckDomain(field, s string) error {
	if len(s) > 253 {
		return Invalid(field, "%s is too long: at most 253 characters", field)
	}
	for label := range strings.SplitSeq(s, ".") {
		ok := label != "" && len(label) <= 63 && label[0] != '-' && label[len(label)-1] != '-'
		for _, r := range label {
			ok = ok && (asciiAlnum(r) || r == '-')
		}
		if !ok {
			return Invalid(field, "%s is not a domain: letters, digits, - and dots, like example.com", field)
		}
	}
	return nil
}

// NormEmail is the form in which addresses are compared.
func NormEmail(s string) string { return asciiLower(strings.TrimSpace(s)) }

func asciiAlnum(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
}

func asciiLower(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}
