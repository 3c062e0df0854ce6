package models

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// NormText is the form in which text is searched: case folded by the rules of
// Unicode, so that Σ, σ and ς are one letter and ß is ss, and compatibility
// characters unified.
func NormText(s string) string {
	if isASCII(s) {
		return strings.ToLower(s)
	}
	return norm.NFKC.String(cases.Fold().String(norm.NFKC.String(s)))
}

// NormName is the form in which names are compared and sorted: that of NormText
// with single blanks. A name with accents sorts among those without: before the
// name itself stand its letters alone.
func NormName(s string) string {
	name := NormText(strings.Join(strings.Fields(s), " "))
	if isASCII(name) {
		return name
	}
	if letters := baseLetters(name); letters != name {
		return letters + nameLevel + name
	}
	return name
}

// nameLevel sorts before everything that a name can hold.
const nameLevel = "\x01"

// baseLetters takes the accents off. Letters that Unicode does not take apart are
// written as they are sorted.
func baseLetters(s string) string {
	plain := strings.Map(func(r rune) rune {
		if r >= 0x300 && r <= 0x36f { // combining diacritical marks
			return -1
		}
		return r
	}, norm.NFD.String(s))
	return norm.NFC.String(undivided.Replace(plain))
}

var undivided = strings.NewReplacer("ß", "ss", "æ", "ae", "œ", "oe", "ø", "o", "ł", "l", "đ", "d", "ħ", "h", "ı", "i", "þ", "th", "ð", "d")

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
