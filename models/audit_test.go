package models_test

import (
	"errors"
	"fmt"
	"reflect"
	"testing"
	"time"

	"muster/models"
)

// Every field but ID and Hash goes into the hash, and none can flow into its
// neighbour.
func TestHashCoversEveryField(t *testing.T) {
	base := models.AuditEntry{OrgID: "org", Seq: 7, At: time.UnixMicro(1), Action: "member.role", Outcome: models.OutcomeDone}
	seen := map[string]string{base.ComputeHash(): "base"}
	v := reflect.TypeOf(base)
	for i := range v.NumField() {
		name := v.Field(i).Name
		e := base
		switch f := reflect.ValueOf(&e).Elem().Field(i); f.Interface().(type) {
		case int64:
			f.SetInt(8)
		case bool:
			f.SetBool(true)
		case time.Time:
			f.Set(reflect.ValueOf(time.UnixMicro(2)))
		default:
			f.SetString("changed")
		}
		if name == "ID" || name == "Hash" {
			if e.ComputeHash() != base.ComputeHash() {
				t.Errorf("%s changes the hash", name)
			}
			continue
		}
		h := e.ComputeHash()
		if other, ok := seen[h]; ok {
			t.Errorf("%s and %s have one hash", name, other)
		}
		seen[h] = name
	}
	a, b := base, base
	a.TargetType, a.TargetID = "ab", "c"
	b.TargetType, b.TargetID = "a", "bc"
	if a.ComputeHash() == b.ComputeHash() {
		t.Error("a field flows into the next")
	}
}

func TestErrors(t *testing.T) {
	for i, c := range []models.Code{models.CodeInternal, models.CodeUsage, models.CodeInvalid, models.CodeDenied, models.CodeNotFound, models.CodeConflict, models.CodeLimit, models.CodeGone} {
		if c.ExitStatus() != i+1 {
			t.Errorf("%s exits with %d", c, c.ExitStatus())
		}
	}
	if models.Code("odd").ExitStatus() != 1 || models.CodeOf(nil) != "" || models.AsError(nil) != nil {
		t.Error("no code")
	}
	cause := errors.New("password=hunter2")
	e := models.AsError(fmt.Errorf("reading: %w", cause))
	if e.Code != models.CodeInternal || !errors.Is(e, cause) || errors.Is(e, &models.Error{Code: models.CodeGone}) {
		t.Errorf("%+v", e)
	}
	if e.Error() == cause.Error() || e.Hint == "" {
		t.Errorf("shows what lies beneath: %+v", e)
	}
	known := models.Errorf(models.CodeGone, "it is %s", "over")
	if got := models.AsError(fmt.Errorf("wrapped: %w", known)); got != known || !errors.Is(got, &models.Error{Code: models.CodeGone}) || errors.Is(got, &models.Error{Code: models.CodeGone, Message: "else"}) {
		t.Errorf("%+v", got)
	}
	if h := known.WithHint("do %d", 1); h.Hint != "do 1" || known.Hint != "" {
		t.Error("a hint changes the error it is added to")
	}
}

func TestSubject(t *testing.T) {
	if (models.Actor{UserID: "a"}).Subject() != "a" || (models.Actor{UserID: "a", OnBehalfOf: "b"}).Subject() != "b" {
		t.Error("wrong subject")
	}
}
