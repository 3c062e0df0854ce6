package tui

import (
	"fmt"
	"testing"

	"muster/models"
	"muster/store"
)

// A page down at the end of what is loaded is followed by one that goes on, at
// any size.
func TestPagesGoOn(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {140, 40}, {140, 60}} {
		h := newHouse(t)
		var owner models.User
		h.must(h.st.Seed(h.ctx, func(sd *store.Seeder) (err error) {
			if owner, err = sd.User(h.ctx, store.NewUser{Name: "Ada", Email: "ada@acme.dev"}, true, h.clock.Now()); err != nil {
				return err
			}
			o, err := sd.Organization(h.ctx, owner, store.NewOrganization{Name: "Acme", Code: "ACME"}, models.PlanEnterprise, "", h.clock.Now())
			for i := 0; i < 299 && err == nil; i++ {
				var u models.User
				if u, err = sd.User(h.ctx, store.NewUser{Name: "Person", Email: fmt.Sprintf("p%03d@acme.dev", i)}, false, h.clock.Now()); err == nil {
					err = sd.Member(h.ctx, o.ID, u, models.RoleMember, owner, h.clock.Now())
				}
			}
			return err
		}))
		app := h.as(models.Actor{UserID: owner.ID, Via: models.ViaTUI, Door: models.DoorLocal}, size[0], size[1])
		app.See("1 of 300", "p010@acme.dev")
		page := size[1] - 7 - 1 // rows on the screen, less the one that stays
		for at := 1 + page; at < 300; at += page {
			app.Press("pgdown").See(fmt.Sprintf("%d of 300", at))
		}
		app.Press("q").Ends()
	}
}
