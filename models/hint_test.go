package models

import (
	"slices"
	"testing"
)

func TestHintsAreWordedByTheDoor(t *testing.T) {
	shell := func(op, args string) string {
		line := "muster " + op
		if args != "" {
			line += " " + args
		}
		return line
	}
	for hint, want := range map[string]string{
		"":                         "",
		"ask an owner":             "ask an owner",
		"list them: {member.list}": "list them: muster member.list",
		"{invitation.show inv_1}, or {member.list --role x}": "muster invitation.show inv_1, or muster member.list --role x",
		"a name like {{this}}":                               "a name like {{this}}",
		"{not an operation}":                                 "{not an operation}",
		"open {member.list":                                  "open {member.list",
		"{Member.list}":                                      "{Member.list}",
	} {
		e := &Error{Code: CodeDenied, Message: "no", Hint: hint}
		if got := e.Worded(shell).Hint; got != want {
			t.Errorf("hint %q is worded %q, want %q", hint, got, want)
		}
		if e.Hint != hint {
			t.Errorf("wording changed the error itself: %q", e.Hint)
		}
	}
	if (*Error)(nil).Worded(shell) != nil {
		t.Error("no error is worded as one")
	}
	if got := HintOperations("{a.b x} and {c.d}"); !slices.Equal(got, []string{"a.b", "c.d"}) {
		t.Errorf("operations of a hint: %v", got)
	}
}
