package ui

import (
	"slices"
	"strings"

	"github.com/sahilm/fuzzy"
)

// How well an item fits what is typed, the best first. Of those that fit equally
// well, what can be done here comes before what is elsewhere, and what can be done
// at all before what cannot.
const (
	fitsExactly  = iota // its title, another name of it, or its key
	fitsStart           // its title begins so
	fitsOther           // another name begins so
	fitsWords           // each word begins a word of its title
	fitsAll             // each word begins a word of its title, its names or what else it is known by
	fitsInside          // it stands inside its title
	fitsAnywhere        // or inside of something else that it is known by
	fitsLetters         // the letters are there, close together
	fitsNote            // only what it does says so
	fitsNot
)

// rank says how well an item fits, and which letters of its title did.
func rank(it *Item, typed string) (fit int, at []int) {
	text := strings.ToLower(strings.TrimSpace(typed))
	title := plain(it.Title)
	words := strings.Fields(text)
	span := func(i int) []int {
		for n := range len(text) {
			at = append(at, i+n)
		}
		return at
	}
	all := title + " " + plain(it.Extra) + " " + plain(strings.Join(it.Also, " "))
	switch {
	case it.Far && title == text: // no better than what begins so here
		return fitsStart, span(0)
	case text == "" || title == text || slices.ContainsFunc(it.Also, func(s string) bool { return plain(s) == text }) ||
		isKey(it.Right, strings.TrimSpace(typed)):
		if title == text {
			at = span(0)
		}
		return fitsExactly, at
	case strings.HasPrefix(title, text):
		return fitsStart, span(0)
	case slices.ContainsFunc(it.Also, func(s string) bool { return strings.HasPrefix(plain(s), text) }):
		return fitsOther, nil
	case begin(title, words):
		if i := strings.Index(title, text); i >= 0 {
			at = span(i)
		}
		return fitsWords, at
	case begin(all, words):
		return fitsAll, nil
	case strings.Contains(title, text):
		return fitsInside, span(strings.Index(title, text))
	case strings.Contains(all, text):
		return fitsAnywhere, nil
	}
	if m := fuzzy.Find(text, []string{title}); len(m) > 0 && near(title, m[0].MatchedIndexes) {
		return fitsLetters, m[0].MatchedIndexes
	}
	if !it.Far && says(it.Note, text) {
		return fitsNote, nil
	}
	return fitsNot, nil
}

// isKey tells whether somebody has typed one of the keys, and no word that is the
// name of one.
func isKey(keys, typed string) bool {
	return (len(typed) == 1 || strings.Contains(typed, "+")) && slices.Contains(strings.Fields(keys), typed)
}

// plain is a name as it is compared.
func plain(s string) string { return strings.ToLower(strings.TrimSuffix(s, " …")) }

// begin tells whether each of the words begins a word of a text.
func begin(text string, words []string) bool {
	have := strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" ._-@·'’", r) })
	for _, w := range words {
		if !slices.ContainsFunc(have, func(h string) bool { return strings.HasPrefix(h, w) }) {
			return false
		}
	}
	return len(words) > 0
}
