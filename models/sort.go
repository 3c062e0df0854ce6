package models

import (
	"slices"
	"strings"
)

// parseSort reads one of the columns that a list can be sorted by; a leading -
// turns the order round. Nothing is the first column.
func parseSort[S ~string](s string, columns ...S) (sort S, reverse bool, err error) {
	name, reverse := strings.CutPrefix(s, "-")
	switch {
	case s == "":
		return columns[0], false, nil
	case slices.Contains(columns, S(name)):
		return S(name), reverse, nil
	}
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = string(c)
	}
	return "", false, Invalid("sort", "sort %q is not a column: %s, with - in front to reverse", clip(SafeText(s), 20), Alternatives(names))
}

// Alternatives lists words to choose from: "a, b or c".
func Alternatives(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}
