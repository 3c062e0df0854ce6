package op

import (
	"context"

	"muster/internal/orgfile"
	"muster/models"
	"muster/store"
)

func carryOutOnService(ctx context.Context, st *store.Store, a models.Actor, org string, s orgfile.Step) (err error) {
	c := s.Change
	status := models.ServiceStatus(c.Status)
	switch s.Operation {
	case "service.create":
		n := models.NewService{Name: c.Name, Role: models.Role(c.Role)}
		if c.Text != nil {
			n.Description = *c.Text
		}
		if c.Into != nil {
			n.Workspaces = *c.Into
		}
		var v models.ServiceAccount
		if v, err = st.CreateService(ctx, a, org, n); err == nil && status != "" {
			_, err = st.UpdateService(ctx, a, org, v.ID, models.ServiceChange{Status: &status})
		}
	case "service.update":
		change := models.ServiceChange{Description: c.Text, Workspaces: c.Into}
		if c.Role != "" {
			role := models.Role(c.Role)
			change.Role = &role
		}
		if status != "" {
			change.Status = &status
		}
		_, err = st.UpdateService(ctx, a, org, s.Target, change)
	case "service.remove":
		_, err = st.RemoveService(ctx, a, org, s.Target)
	}
	return err
}

// servicesOf reads the service accounts, if the actor manages them.
func servicesOf(ctx context.Context, st *store.Store, a models.Actor, s *orgfile.State, v models.OrgView) (err error) {
	if s.NoServices = !v.Access(a.UserID).Can(models.PermKeysAll); s.NoServices {
		return nil
	}
	s.Services, err = every(func(after string) (models.Page[models.ServiceAccount], error) {
		return st.ListServices(ctx, a, v.ID, models.ServiceQuery{Limit: models.MaxLimit, After: after})
	})
	return err
}
