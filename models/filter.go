package models

import (
	"slices"
	"strings"
	"unicode"
)

// A filter is a text that narrows a list, the same in the app and in commands:
//
//	role:admin seen:>30d lovelace -test "two words"
//
// Words may stand in any order and all of them count: a row has to hold each
// word, and none with a - in front. NAME:VALUE asks for one thing, by the name
// that the option of the command has. Quotes keep words together, and keep a
// colon or a - from meaning something.

// FilterTerm is one part of a filter.
type FilterTerm struct {
	Name  string // "" for a word
	Value string
	Not   bool // with a - in front

	quoted bool // the value was in quotes
}

// FilterName is something that a list can be narrowed by.
type FilterName struct {
	Name   string   // also the option of the command
	Help   string   // what follows it, for people
	Values []string // what it can be; for times, what is offered
	// Complete says what else completes a value, as for options of commands.
	Complete string
	Free     bool // it can be more than Values
	Many     bool // it can be several, with commas between them
	Not      bool // a - in front is understood
	Time     bool // the value is a period
}

// Filter is what a list can be narrowed by.
type Filter struct {
	Words string // what words are looked for in, "" where there are none
	Names []FilterName
}

// Terms are the words of a filter: a row holds all of With and none of Without.
type Terms struct{ With, Without []string }

// None tells whether there are no words.
func (t Terms) None() bool { return len(t.With)+len(t.Without) == 0 }

// maxFilter bounds the text of a filter, maxFilterTerms its parts: each of them
// is a condition of a query.
const (
	maxFilter      = 512
	maxFilterTerms = 16
)

// Name gives what a name stands for.
func (f *Filter) Name(name string) (FilterName, bool) {
	i := slices.IndexFunc(f.Names, func(n FilterName) bool { return n.Name == name })
	if i < 0 {
		return FilterName{}, false
	}
	return f.Names[i], true
}

// Usage names everything that filters: "words, role:, status:".
func (f *Filter) Usage() string {
	var names []string
	if f.Words != "" {
		names = append(names, "words")
	}
	for _, n := range f.Names {
		names = append(names, n.Name+":")
	}
	return strings.Join(names, ", ")
}

// Parse reads a filter and checks its names; what values mean is for the list.
func (f *Filter) Parse(text string) ([]FilterTerm, error) {
	if len(text) > maxFilter {
		return nil, Invalid("filter", "the filter is too long: at most %d bytes", maxFilter)
	}
	terms, open := splitFilter(text)
	if open {
		return nil, Invalid("filter", `unclosed " in the filter`)
	}
	if len(terms) > maxFilterTerms {
		return nil, Invalid("filter", "the filter has too many parts: at most %d", maxFilterTerms)
	}
	for i, t := range terms {
		if err := f.check(t); err != nil {
			return nil, err
		}
		if n, _ := f.Name(t.Name); len(n.Values) > 0 && !n.Free && !n.Time {
			terms[i].Value = strings.ToLower(t.Value)
		}
	}
	return terms, nil
}

func (f *Filter) check(t FilterTerm) error {
	shown := clip(SafeText(t.Value), 20)
	if t.Name == "" {
		if f.Words == "" {
			return Invalid("filter", "this list cannot be searched for words: %q", shown).WithHint("use %s", f.Usage())
		}
		return nil
	}
	n, ok := f.Name(t.Name)
	switch {
	case !ok:
		return Invalid("filter", "%s: is not a filter of this list", clip(SafeText(t.Name), 20)).
			WithHint(`use %s; to look for the text itself, put it in quotes`, f.Usage())
	case t.Value == "":
		return Invalid(n.Name, "%s: needs a value: %s", n.Name, n.Help)
	case t.Not && !n.Not:
		return Invalid(n.Name, "-%s: cannot be used; - works with words%s", n.Name, f.negatable())
	case len(n.Values) == 0 || n.Free || n.Time:
		return nil
	}
	for _, v := range t.Each(n) {
		if !slices.Contains(n.Values, strings.ToLower(v)) {
			return Invalid(n.Name, "%s %q is not one of %s", n.Name, clip(SafeText(v), 20), strings.Join(n.Values, ", "))
		}
	}
	return nil
}

// negatable names what a - in front of is understood.
func (f *Filter) negatable() string {
	s := ""
	for _, n := range f.Names {
		if n.Not {
			s += ", " + n.Name + ":"
		}
	}
	return s
}

// Each gives the values of a term.
func (t FilterTerm) Each(n FilterName) []string {
	if n.Many && !t.quoted {
		return strings.FieldsFunc(t.Value, func(r rune) bool { return r == ',' })
	}
	return []string{t.Value}
}

// String writes a term as Parse reads it.
func (t FilterTerm) String() string {
	s := t.Value
	if strings.Contains(s, `"`) {
		// It was not in quotes, and cannot be.
	} else if t.quoted || s == "" && t.Name == "" || strings.ContainsFunc(s, unicode.IsSpace) || t.Name == "" && (strings.HasPrefix(s, "-") || strings.Contains(s, ":")) {
		s = `"` + s + `"`
	}
	if t.Name != "" {
		s = t.Name + ":" + s
	}
	if t.Not {
		s = "-" + s
	}
	return s
}

// FilterText writes terms as a filter.
func FilterText(terms []FilterTerm) string {
	parts := make([]string, len(terms))
	for i, t := range terms {
		parts[i] = t.String()
	}
	return strings.Join(parts, " ")
}

// splitFilter takes a filter apart. open says that a quote was not closed.
func splitFilter(text string) (terms []FilterTerm, open bool) {
	rest := strings.TrimLeftFunc(text, unicode.IsSpace)
	for rest != "" {
		var t FilterTerm
		if s, ok := strings.CutPrefix(rest, "-"); ok && s != "" && !unicode.IsSpace(firstRune(s)) {
			t.Not, rest = true, s
		}
		if i := strings.IndexFunc(rest, func(r rune) bool { return !nameRune(r) }); i > 0 && rest[i] == ':' {
			t.Name, rest = strings.ToLower(rest[:i]), rest[i+1:]
		}
		if s, ok := strings.CutPrefix(rest, `"`); ok {
			t.quoted = true
			t.Value, rest, ok = strings.Cut(s, `"`)
			open = open || !ok
		} else {
			i := strings.IndexFunc(rest, unicode.IsSpace)
			if i < 0 {
				i = len(rest)
			}
			t.Value, rest = rest[:i], rest[i:]
		}
		t.Value = strings.TrimFunc(t.Value, unicode.IsSpace)
		rest = strings.TrimLeftFunc(rest, unicode.IsSpace)
		if t.Value != "" || t.Name != "" {
			terms = append(terms, t)
		}
	}
	return terms, open
}

func firstRune(s string) rune {
	for _, r := range s {
		return r
	}
	return 0
}

func nameRune(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == '-' || r == '_'
}

// With gives a filter in which a name has a value, in place of what it had; an
// empty value takes the name out. What cannot be read stays as it is.
func (f *Filter) With(text, name, value string) string {
	terms, open := splitFilter(text)
	if open {
		return text
	}
	at := slices.IndexFunc(terms, func(t FilterTerm) bool { return t.Name == name })
	terms = slices.DeleteFunc(terms, func(t FilterTerm) bool { return t.Name == name })
	if value != "" {
		if at < 0 || at > len(terms) {
			at = len(terms)
		}
		terms = slices.Insert(terms, at, FilterTerm{Name: name, Value: value})
	}
	return FilterText(terms)
}

// Value is what a name has in a filter, "" for nothing.
func (f *Filter) Value(text, name string) string {
	terms, _ := splitFilter(text)
	for _, t := range terms {
		if t.Name == name && !t.Not {
			return t.Value
		}
	}
	return ""
}

// Completions gives how the last part of a filter may go on, each a whole part.
// more are values that only the list knows, by name.
func (f *Filter) Completions(text string, more func(name string) []string) (before string, options []string) {
	start := strings.LastIndexFunc(text, unicode.IsSpace) + 1
	before, part := text[:start], text[start:]
	sign := ""
	if s, ok := strings.CutPrefix(part, "-"); ok {
		sign, part = "-", s
	}
	if part == "" || strings.Contains(part, `"`) {
		return before, nil
	}
	name, value, named := strings.Cut(strings.ToLower(part), ":")
	if !named {
		for _, n := range f.Names {
			if strings.HasPrefix(n.Name, name) && (sign == "" || n.Not) {
				options = append(options, sign+n.Name+":")
			}
		}
		return before, options
	}
	n, ok := f.Name(name)
	if !ok {
		return before, nil
	}
	values := n.Values
	if more != nil {
		values = append(slices.Clip(values), more(name)...)
	}
	done := ""
	if i := strings.LastIndex(value, ","); n.Many && i >= 0 {
		done, value = value[:i+1], value[i+1:]
	}
	for _, v := range values {
		option := FilterTerm{Name: name, Value: done + v, Not: sign != ""}.String()
		if strings.HasPrefix(strings.ToLower(v), value) && !slices.Contains(options, option) {
			options = append(options, option)
		}
	}
	return before, options
}
