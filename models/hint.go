package models

import "strings"

// Hints name operations, never commands or keys, since each door has words of
// its own for them: "list them with {member.list}". In the braces stands the
// operation's name and, behind a blank, what it is to be called with.

// Worded gives the error with every operation that its hint names put into the
// words of a door. The word function gets the operation's name and what stands
// behind it, "" for nothing.
func (e *Error) Worded(word func(op, args string) string) *Error {
	if e == nil || !strings.Contains(e.Hint, "{") {
		return e
	}
	c := *e
	c.Hint = WordHint(e.Hint, word)
	return &c
}

// WordHint is Worded for a hint alone.
func WordHint(hint string, word func(op, args string) string) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(hint, "{")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		inside, after, closed := strings.Cut(rest, "}")
		op, args, _ := strings.Cut(inside, " ")
		if !closed || !isOperation(op) {
			b.WriteByte('{')
			hint = rest
			continue
		}
		b.WriteString(word(op, args))
		hint = after
	}
}

// isOperation tells the name of an operation, such as member.list, from other
// text in braces.
func isOperation(s string) bool {
	noun, verb, ok := strings.Cut(s, ".")
	if !ok || noun == "" || verb == "" {
		return false
	}
	return strings.Trim(s, "abcdefghijklmnopqrstuvwxyz_.") == ""
}

// HintOperations lists the operations that a hint names.
func HintOperations(hint string) []string {
	var ops []string
	WordHint(hint, func(op, _ string) string {
		ops = append(ops, op)
		return ""
	})
	return ops
}

// PlainHint is the hint with its operations in plain words, for a door that has
// no commands: the app, where the palette finds an action by these words.
func (e *Error) PlainHint() string { return PlainHint(e.Hint) }

// PlainHint is PlainHint for a hint alone: {member.list} becomes "member list".
func PlainHint(hint string) string {
	return WordHint(hint, func(op, _ string) string {
		return strings.NewReplacer(".", " ", "_", " ").Replace(op)
	})
}
