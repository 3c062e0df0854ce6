package ui

import (
	"strings"
	"testing"
	"time"
)

// Where there is no room for all that a confirmation says, it says so, and the
// rest can be read before it is decided.
func TestALongConfirmationCanBeRead(t *testing.T) {
	now := time.Unix(0, 0)
	c := &Confirm{Title: "Remove", Yes: "remove", Lines: []Line{{Text: "one"}, {Text: "two"}, {Text: "three"}, {Text: "four"}, {Text: "five"}}}
	show := func() string { return drawn(40, 7, func(r Region) { c.Draw(r, now) }) }
	if got := show(); !strings.Contains(got, "↓ more") || strings.Contains(got, "five") || !strings.Contains(got, "Cancel") {
		t.Errorf("drawn\n%s", got)
	}
	for range 9 {
		c.Key(Press{KeyPressMsg: press("down"), Now: now})
	}
	if got := show(); strings.Contains(got, "↓ more") || !strings.Contains(got, "five") || strings.Contains(got, "one") {
		t.Errorf("at the end\n%s", got)
	}
	for range 9 {
		c.Key(Press{KeyPressMsg: press("up"), Now: now})
	}
	if got := show(); !strings.Contains(got, "one") {
		t.Errorf("at the start again\n%s", got)
	}
}
