package store_test

import (
	"strings"
	"testing"

	"muster/models"
	"muster/store"
)

// A change that says nothing of itself is not committed.
func TestUnloggedChange(t *testing.T) {
	w := newWorld(t)
	ada := w.ada()
	name := func() string { return must[store.Me](t)(w.s.Me(w.ctx, ada)).Name }
	before := name()
	for _, says := range []string{"", "another action"} {
		err := w.s.ChangeName(w.ctx, ada, "Nobody", says)
		if models.CodeOf(err) != models.CodeInternal || !strings.Contains(err.Error(), "without an entry in the audit log") {
			t.Errorf("an entry of %q: %v", says, err)
		}
		if name() != before {
			t.Fatalf("an entry of %q: it was committed", says)
		}
	}
	for _, says := range []string{"a reason", "test.change"} {
		if err := w.s.ChangeName(w.ctx, ada, says, says); err != nil || name() != says {
			t.Errorf("%s: %v", says, err)
		}
	}
	w.verified()
}
