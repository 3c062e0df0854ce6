package store_test

import (
	"strings"
	"testing"

	"muster/models"
	"muster/store"
)

// Whichever way flat roles end, everybody stays an admin and the log says who was
// made one. Only undoing the change that brought them takes them away again.
func TestFlatRolesLeaveAdmins(t *testing.T) {
	t.Parallel()
	undone := func(s *stage) {
		must[models.HistoryEntry](s.t)(s.s.Undo(s.ctx, s.root, s.acme, ""))
	}
	notFlat := func(change func(plans models.Plans)) func(*stage) {
		return func(s *stage) {
			if err := s.s.Sweep(s.ctx); err != nil { // with the configuration as it was
				s.t.Fatal(err)
			}
			second := s.open(flatPlan, func(o *store.Options) { change(o.Plans) })
			for range 2 {
				if err := second.Sweep(s.ctx); err != nil {
					s.t.Fatal(err)
				}
			}
		}
	}
	for name, c := range map[string]struct {
		end  func(s *stage)
		want models.Role
	}{
		"another plan":      {func(s *stage) { s.plan(s.root, s.acme, models.PlanTeam) }, models.RoleAdmin},
		"the setting":       {func(s *stage) { s.set(s.root, s.acme, models.SetPlan, models.PlanTeam) }, models.RoleAdmin},
		"the configuration": {notFlat(func(p models.Plans) { x := p["flat"]; x.Features = nil; p["flat"] = x }), models.RoleAdmin},
		"the plan is gone":  {notFlat(func(p models.Plans) { delete(p, "flat") }), models.RoleAdmin},
		"undone":            {undone, models.RoleMember},
		"another flat plan": {func(s *stage) { s.plan(s.root, s.acme, "flat") }, models.RoleMember},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, flatPlan)
			s.plan(s.root, s.acme, "flat")
			c.end(s)
			for who, want := range map[string]models.Role{s.owner.UserID: models.RoleOwner, s.admin.UserID: models.RoleAdmin, s.member.UserID: c.want} {
				if m := must[models.Member](t)(s.s.Member(s.ctx, s.owner, s.acme, who)); m.Role != want {
					t.Errorf("%s is %s, want %s", m.Email, m.Role, want)
				}
			}
			log := texts(t, s.raw(), "SELECT via || ' ' || before || ' ' || after FROM audit WHERE action = 'member.role' AND target_id = '"+s.member.UserID+"'")
			if (len(log) == 1) != (c.want == models.RoleAdmin) || len(log) == 1 && log[0] != `system {"role":"member"} {"role":"admin"}` {
				t.Errorf("the log has %s", strings.Join(log, "; "))
			}
			s.sound()
		})
	}
}
