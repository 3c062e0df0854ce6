package models

import (
	"bytes"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// parseLines reads a list without a header.
func parseLines(data []byte) (list ImportList) {
	if bytes.IndexByte(data, '@') < 0 {
		return list
	}
	n := 0
	for text := range strings.Lines(string(data)) {
		n++
		if words := splitLine(text); len(words) > 0 {
			list.Rows = append(list.Rows, readLine(n, words)...)
		}
		if len(list.Rows) > MaxImportRows {
			break
		}
	}
	return list
}

// person is one of a line.
type person struct {
	ImportRow
	role string
}

// readLine reads the people of a line: addresses, also as Name <address>, each
// with a role after it if need be; or a single one, with its name and role after
// it. A line that holds anything else invites nobody: it may be a row of a table
// whose header is missing, and other addresses in it somebody else's.
func readLine(line int, words []string) (rows []ImportRow) {
	var people []person
	var others []string
	for _, word := range words {
		last := len(people) - 1
		switch {
		case strings.Contains(word, "@"):
			if len(others) > 0 {
				return badLine(line, people, others[0])
			}
			some, ok := splitPeople(word)
			if !ok {
				return badLine(line, people, word)
			}
			people = append(people, some...)
		case last >= 0 && people[last].role == "" && Role(strings.ToLower(word)).Rank() > 0:
			people[last].role = word
		default:
			others = append(others, word)
		}
	}
	if len(people) == 1 { // the words after it are its name and its role
		p := &people[0]
		for _, into := range []*string{&p.Name, &p.role} {
			if len(others) > 0 && *into == "" {
				*into, others = others[0], others[1:]
			}
		}
	}
	if len(others) > 0 {
		return badLine(line, people, others[0])
	}
	for _, p := range people {
		p.Line = line
		rows = append(rows, p.check(p.role, ""))
	}
	return rows
}

func badLine(line int, people []person, word string) []ImportRow {
	row := ImportRow{Line: line, Err: Invalid("list", "line %d: %q is neither an address nor a role", line, Clip(word)).
		WithHint("write Name <address>; other columns need a header: email,name,role,message,expires_in,workspaces")}
	if len(people) > 0 {
		row.Email = people[0].Email
	}
	return []ImportRow{row.named()}
}

// splitPeople reads a part of a line that holds an @: an address or Name
// <address>, with a role after it if need be, or addresses with blanks between.
func splitPeople(word string) (people []person, ok bool) {
	if open, end := strings.IndexByte(word, '<'), strings.LastIndexByte(word, '>'); open >= 0 {
		if end < open || strings.Count(word, "<") > 1 {
			return nil, false
		}
		name, email := SplitAddress(word[:end+1])
		rest := strings.TrimSpace(word[end+1:])
		return []person{{ImportRow{Email: email, Name: name}, rest}}, !strings.Contains(rest, "@")
	}
	parts := strings.Fields(word)
	isAddress := func(s string) bool { return strings.Contains(s, "@") }
	count := len(slices.DeleteFunc(slices.Clone(parts), func(s string) bool { return !isAddress(s) }))
	switch {
	case !isAddress(parts[0]):
		return nil, false
	case count == 1:
		_, email := SplitAddress(parts[0])
		return []person{{ImportRow{Email: email}, strings.Join(parts[1:], " ")}}, true
	case count < len(parts):
		return nil, false
	}
	for _, p := range parts {
		_, email := SplitAddress(p)
		people = append(people, person{ImportRow: ImportRow{Email: email}})
	}
	return people, true
}

// splitLine cuts a line at semicolons and tabs if it has any, else at commas,
// but not inside quotes or angle brackets.
func splitLine(line string) (words []string) {
	cut := func(line, seps string) (words []string, found bool) {
		start, quoted, angle := 0, false, false
		for i, r := range line {
			switch {
			case r == '"' && !angle:
				quoted = !quoted
			case quoted:
			case r == '<' || r == '>':
				angle = r == '<'
			case !angle && strings.ContainsRune(seps, r):
				words, start, found = append(words, line[start:i]), i+utf8.RuneLen(r), true
			}
		}
		return append(words, line[start:]), found
	}
	all, found := cut(line, ";\t")
	if !found {
		all, _ = cut(line, ",")
	}
	// Between semicolons a comma belongs to a name, unless it parts addresses.
	var parts []string
	for _, w := range all {
		some, _ := cut(w, ",")
		if !found || slices.ContainsFunc(some, func(p string) bool { return !strings.Contains(p, "@") }) {
			some = []string{w}
		}
		parts = append(parts, some...)
	}
	for _, w := range parts {
		w = strings.TrimFunc(w, unicode.IsSpace)
		if len(w) >= 2 && w[0] == '"' && w[len(w)-1] == '"' {
			w = strings.TrimSpace(strings.ReplaceAll(w[1:len(w)-1], `""`, `"`))
		}
		if w != "" {
			words = append(words, w)
		}
	}
	return words
}
