// Package kit is what several panes share: how numbers, times and refusals are
// said, the fields of forms, and pickers that the store feeds.
package kit

import (
	"slices"
	"strings"

	"muster/models"
	"muster/tui/host"
	"muster/tui/theme"
	"muster/tui/ui"
)

// Count is a number with its noun.
func Count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return ui.Count(n, false) + " " + many
}

// namedAtMost is how many of several a dialog names before it only counts.
const namedAtMost = 5

// SomeOf names several things in one line.
func SomeOf(names []string) string {
	if n := len(names) - namedAtMost; n > 0 {
		names = append(names[:namedAtMost:namedAtMost], "and "+Count(n, "other", "others"))
	}
	return strings.Join(names, ", ")
}

// Reason is a refusal with who can help, as one line.
func Reason(err error) string {
	if err == nil {
		return ""
	}
	e := models.AsError(err)
	if e.Hint == "" {
		return e.Message
	}
	return e.Message + " · " + e.PlainHint()
}

// May says whether the person has one of some rights in the open organization, for
// the bindings that nobody else can ever use.
func May(rights ...models.Permission) func(host.Host) bool {
	return func(h host.Host) bool {
		return slices.ContainsFunc(rights, func(p models.Permission) bool { return h.Access.Require(p) == nil })
	}
}

// Sentence is an error with what to do next, for a last word.
func Sentence(e *models.Error) string {
	if e.Hint == "" {
		return e.Message
	}
	return e.Message + " (" + e.PlainHint() + ")"
}

// OrDeleted is an address, or what is left of somebody whose account is gone.
func OrDeleted(address string) string {
	if address == "" {
		return models.DeletedUser
	}
	return address
}

// Facts lays out names with their values below each other.
func Facts(pairs ...string) []ui.Line {
	var lines []ui.Line
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] == "" {
			continue
		}
		lines = append(lines, ui.Line{Text: pairs[i], Style: theme.Muted}, ui.Line{Text: models.SafeLines(pairs[i+1]), Style: theme.Text})
	}
	return lines
}

// Beside lays out facts with their names in front of them, where there is the
// width of a dialog.
func Beside(facts []ui.Line) []ui.Line {
	var lines []ui.Line
	for i := 0; i < len(facts); i++ {
		if name := facts[i]; name.Style == theme.Muted && i+1 < len(facts) && facts[i+1].Style == theme.Text {
			i++
			lines = append(lines, ui.Line{Label: name.Text, Text: facts[i].Text, Style: theme.Text})
			continue
		}
		lines = append(lines, facts[i])
	}
	return lines
}
