package store_test

import (
	"strings"
	"testing"

	"muster/models"
)

// A mistyped role is answered with the one that was probably meant, custom ones too.
func TestMistypedRoles(t *testing.T) {
	s := newStage(t)
	s.plan(s.root, s.acme, models.PlanEnterprise)
	s.role(s.owner, s.acme, "Auditor", "audit.read")
	for ref, want := range map[models.Role]string{"auditer": `did you mean "Auditor"?`, "membr": `did you mean "member"?`, "somebody else": "list the roles with"} {
		_, err := s.s.ChangeRole(s.ctx, s.owner, s.acme, "mel@example.com", ref)
		if e := models.AsError(err); e == nil || e.Code != models.CodeInvalid || !strings.Contains(e.Hint, want) {
			t.Errorf("%s: %v, want the hint %s", ref, err, want)
		}
	}
	_, err := s.s.ListMembers(s.ctx, s.member, s.acme, models.MemberQuery{Role: "Auditors"})
	if e := models.AsError(err); e == nil || !strings.Contains(e.Hint, `"Auditor"`) {
		t.Errorf("a filter: %v", err)
	}
}
