package models

import (
	"slices"
	"strings"
	"testing"
)

func TestParseKeys(t *testing.T) {
	for text, want := range map[string][]string{
		"a": {"a"}, "a G  ctrl+p": {"a", "G", "ctrl+p"}, "a,b": {"a", "b"}, "a, b,": {"a", "b"}, ", a": {",", "a"}, "": {}, "space": {"space"},
	} {
		if got := ParseKeys(text); !slices.Equal(got, want) || got == nil {
			t.Errorf("%q gives %q, want %q", text, got, want)
		}
	}
}

func TestBindingsWith(t *testing.T) {
	b, err := Bindings{"quit": {"Q"}}.With("help", []string{"f1", "?"})
	if err != nil || len(b) != 2 || KeysText(b["help"]) != "f1 ?" || KeysText(b["quit"]) != "Q" {
		t.Fatalf("%v, %v", b, err)
	}
	if b, err = b.With("quit", []string{}); err != nil || b["quit"] == nil || len(b["quit"]) != 0 {
		t.Errorf("unbound: %v, %v", b, err)
	}
	if b, err = b.With("quit", nil); err != nil || len(b) != 1 {
		t.Errorf("back to the default: %v, %v", b, err)
	}
	for _, c := range []struct {
		action string
		keys   []string
		field  string
	}{
		{"", nil, "action"}, {strings.Repeat("a", 65), nil, "action"}, {"a\x1b[m", nil, "action"},
		{"quit", []string{"a", "b", "c", "d", "e"}, "keys"}, {"quit", []string{"a", "a"}, "keys"},
		{"quit", []string{""}, "keys"}, {"quit", []string{"a b"}, "keys"}, {"quit", []string{"\x07"}, "keys"}, {"quit", []string{strings.Repeat("f", 33)}, "keys"},
	} {
		if _, err := b.With(c.action, c.keys); CodeOf(err) != CodeInvalid || AsError(err).Field != c.field {
			t.Errorf("%q to %q: %v, want a mistake in %s", c.action, c.keys, err, c.field)
		}
	}
}
