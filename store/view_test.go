package store_test

import (
	"fmt"
	"strings"
	"testing"

	"muster/models"
)

// docs/rules.md, "Users and keys". Views are somebody's own, in one organization, and
// their names differ in more than letter case.
func TestViews(t *testing.T) {
	s := newStage(t)
	save := func(a models.Actor, list, name, filter, sort string) error {
		_, err := s.s.SaveView(s.ctx, a, s.acme, models.View{List: list, Name: name, Filter: filter, Sort: sort})
		return err
	}
	is := func(a models.Actor, want string) {
		t.Helper()
		var got []string
		for _, v := range must[[]models.View](t)(s.s.Views(s.ctx, a, s.acme)) {
			got = append(got, fmt.Sprintf("%s[%s %s]", v.ID, v.Filter, v.Sort))
		}
		if strings.Join(got, ", ") != want {
			t.Errorf("there are %q, want %q", got, want)
		}
	}
	for _, err := range []error{save(s.owner, "members", "Late", " seen:>30d ", "-last_seen"), save(s.owner, "invitations", "late", "", ""), save(s.owner, "members", "LATE", "seen:>60d", "")} {
		if err != nil {
			t.Fatal(err)
		}
	}
	is(s.owner, "invitations/late[ ], members/LATE[seen:>60d ]")
	is(s.admin, "")
	for name, err := range map[string]error{
		"no list": save(s.owner, "settings", "x", "", ""), "no name": save(s.owner, "members", " ", "", ""),
		"a name that filters nothing": save(s.owner, "members", "x", "colour:red", ""), "no column": save(s.owner, "members", "x", "", "1; drop"),
	} {
		if models.CodeOf(err) != models.CodeInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := save(s.owner, "members", "Old", "status:suspended", ""); err != nil {
		t.Fatal(err)
	}
	if _, err := s.s.RenameView(s.ctx, s.owner, s.acme, "members", "old", "late"); models.CodeOf(err) != models.CodeConflict {
		t.Errorf("renamed to one that there is: %v", err)
	}
	if v, err := s.s.RenameView(s.ctx, s.owner, s.acme, "members", "late", "Late"); err != nil || v.ID != "members/Late" {
		t.Errorf("another letter case: %+v, %v", v, err)
	}
	if _, err := s.s.DeleteView(s.ctx, s.owner, s.acme, "members", "OLD"); err != nil {
		t.Error(err)
	}
	if _, err := s.s.DeleteView(s.ctx, s.owner, s.acme, "members", "old"); models.CodeOf(err) != models.CodeNotFound {
		t.Errorf("deleted twice: %v", err)
	}
	is(s.owner, "invitations/late[ ], members/Late[seen:>60d ]")
	for i := 2; i < models.MaxViews; i++ {
		if err := save(s.owner, "audit", fmt.Sprintf("view %d", i), "", ""); err != nil {
			t.Fatal(err)
		}
	}
	if err := save(s.owner, "audit", "one more", "", ""); models.CodeOf(err) != models.CodeConflict {
		t.Errorf("more than there can be: %v", err)
	}
	if err := save(s.owner, "audit", "View 2", "action:member", ""); err != nil {
		t.Errorf("one that there is, when there are all: %v", err)
	}
}

// Own keys are kept as they were given, the log says what changed, and what the check
// refuses changes nothing.
func TestOwnBindings(t *testing.T) {
	s := newStage(t)
	of := func(want string) {
		t.Helper()
		me, err := s.s.Me(s.ctx, s.owner)
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(me.Bindings); got != want {
			t.Errorf("bindings are %s, want %s", got, want)
		}
	}
	of("map[]")
	for _, c := range []struct {
		action string
		keys   []string
	}{{"quit", []string{"Q", "f10"}}, {"help", []string{}}, {"undo", []string{"z"}}, {"undo", nil}} {
		if _, err := s.s.SetBinding(s.ctx, s.owner, c.action, c.keys, nil); err != nil {
			t.Fatal(err)
		}
	}
	of("map[help:[] quit:[Q f10]]")
	refused := models.Invalid("keys", "no")
	if _, err := s.s.SetBinding(s.ctx, s.owner, "redo", []string{"y"}, func(b models.Bindings) error {
		if len(b) != 3 {
			t.Errorf("checked are %v", b)
		}
		return refused
	}); models.CodeOf(err) != models.CodeInvalid {
		t.Errorf("refused by the check: %v", err)
	}
	of("map[help:[] quit:[Q f10]]")
	if err := s.s.ResetBindings(s.ctx, s.owner); err != nil {
		t.Fatal(err)
	}
	of("map[]")
}
