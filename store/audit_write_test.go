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

// A code typed where something else belongs is a code all the same: no entry
// repeats it, whatever it was taken for.
func TestCodesTypedInTheWrongPlace(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.ada()
	acme := w.acme(ada)
	v := must[models.Invitation](t)(w.s.CreateInvitation(w.ctx, ada, acme.ID, models.NewInvitation{Email: "bob@example.com"}))
	code := must[string](t)(w.s.JoinCode(w.ctx, ada, "", v.ID))
	const recovery = "abcd-efgh-2345-mnop"
	for _, typed := range []string{code, strings.ToUpper(code), "join+" + code, "ssh join+" + code + "@host", recovery} {
		_, err := w.s.Organization(w.ctx, ada, typed)
		wantCode(t, err, models.CodeNotFound)
		_, err = w.s.FindOrganization(w.ctx, ada, typed, "")
		wantCode(t, err, models.CodeNotFound)
		_, err = w.s.Invitation(w.ctx, ada, "", typed)
		wantCode(t, err, models.CodeNotFound)
		_, err = w.s.RevokeInvitation(w.ctx, ada, "", typed)
		wantCode(t, err, models.CodeNotFound)
		_, err = w.s.RemoveMember(w.ctx, ada, acme.ID, typed)
		wantCode(t, err, models.CodeNotFound)
		_, err = w.s.UpdateSettings(w.ctx, ada, acme.ID, []models.SettingChange{{Key: models.SetDescription, Value: "come in:\n" + typed}}, false)
		wantCode(t, err, models.CodeInvalid)
	}
	var hidden, ids int
	for _, line := range texts(t, w.raw(), "SELECT action || ' ' || target_id || ' ' || target_label || ' ' || reason || ' ' || before || ' ' || after FROM audit") {
		if l := strings.ToLower(line); strings.Contains(l, code) || strings.Contains(l, recovery) {
			t.Errorf("the log has %s", line)
		}
		hidden += strings.Count(line, "(a code)")
		ids += strings.Count(line, v.ID)
	}
	if hidden == 0 || ids == 0 {
		t.Errorf("%d hidden codes, %d ids", hidden, ids)
	}
	w.verified()
}
