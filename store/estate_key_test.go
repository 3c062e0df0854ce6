package store_test

import (
	"errors"
	"time"

	"muster/models"
)

// keyMethods are the rows of API keys and service accounts in the tables of rights and
// foreign ids.
var keyMethods = []method{
	{"APIKey", "++nn n+dd D", 0, []string{"organization", "API key"}, "", func(w *world, a models.Actor, f ids) error {
		return second(w.s.APIKey(w.ctx, a, f.org, f.apiKey))
	}},
	{"APIKey by id alone", "", 0, []string{"API key"}, "", func(w *world, a models.Actor, f ids) error {
		return second(w.s.APIKey(w.ctx, a, "", f.apiKey))
	}},
	{"APIKeyUsage", "++dd n+dd D", 0, ofOrg, "", func(w *world, a models.Actor, f ids) error {
		return second(w.s.APIKeyUsage(w.ctx, a, f.org, "", 7))
	}},
	{"APIKeyUsage of one", "++nn n+dd D", 0, []string{"organization", "API key"}, "", func(w *world, a models.Actor, f ids) error {
		return second(w.s.APIKeyUsage(w.ctx, a, f.org, f.apiKey, 7))
	}},
	{"CreateAPIKey", "+++d nddd D", 1, ofOrg, "", func(w *world, a models.Actor, f ids) error {
		return second(w.s.CreateAPIKey(w.ctx, a, f.org, models.NewAPIKey{Label: "x"}))
	}},
	{"CreateAPIKey of the organization", "++dd n+dd D", 1, []string{"workspace"}, "", func(w *world, a models.Actor, f ids) error {
		return second(w.s.CreateAPIKey(w.ctx, a, f.org, models.NewAPIKey{Label: "x", Kind: models.KeyOrganization, Workspace: f.workspace}))
	}},
	{"CreateAPIKey of a project", "", 1, []string{"project"}, "", func(w *world, a models.Actor, f ids) error {
		return second(w.s.CreateAPIKey(w.ctx, a, f.org, models.NewAPIKey{Label: "x", Project: f.project}))
	}},
	{"CreateAPIKey of a service account", "++dd n+dd D", 1, []string{"service"}, "", func(w *world, a models.Actor, f ids) error {
		return second(w.s.CreateAPIKey(w.ctx, a, f.org, models.NewAPIKey{Label: "x", Service: f.service}))
	}},
	{"CreateService", "++dd n+dd D", 1, []string{"organization", "workspace", "role"}, "", func(w *world, a models.Actor, f ids) error {
		return second(w.s.CreateService(w.ctx, a, f.org, models.NewService{Name: "x", Role: models.Role(f.role), Workspaces: []string{f.workspace}}))
	}},
	{"FollowEvents", "++++ n+dd D", 0, ofOrg, "", func(w *world, a models.Actor, f ids) error {
		enough := errors.New("enough")
		err := w.s.FollowEvents(w.ctx, a, f.org, new(int64), func(models.AuditEntry) error { return enough }, func() error { return enough })
		if errors.Is(err, enough) {
			return nil
		}
		return err
	}},
	{"ListAPIKeys", "++++ n+dd D", 0, ofOrg, "", func(w *world, a models.Actor, f ids) error {
		return second(w.s.ListAPIKeys(w.ctx, a, f.org, models.APIKeyQuery{}))
	}},
	{"ListAPIKeys of a service account", "", 0, []string{"service"}, "", func(w *world, a models.Actor, f ids) error {
		return second(w.s.ListAPIKeys(w.ctx, a, f.org, models.APIKeyQuery{Service: f.service}))
	}},
	{"ListEvents", "++++ n+dd D", 0, ofOrg, "", func(w *world, a models.Actor, f ids) error {
		return second(w.s.ListEvents(w.ctx, a, f.org, models.EventQuery{}))
	}},
	{"ListServices", "++dd n+dd D", 0, ofOrg, "", func(w *world, a models.Actor, f ids) error {
		return second(w.s.ListServices(w.ctx, a, f.org, models.ServiceQuery{}))
	}},
	{"RemoveService", "++dd n+dd D", 1, []string{"organization", "service"}, "", func(w *world, a models.Actor, f ids) error {
		return second(w.s.RemoveService(w.ctx, a, f.org, f.service))
	}},
	{"RemoveServiceConsequences", "++dd n+dd D", 0, []string{"organization", "service"}, "", func(w *world, a models.Actor, f ids) error {
		return second(w.s.RemoveServiceConsequences(w.ctx, a, f.org, f.service))
	}},
	{"RevokeAPIKey", "++nn n+dd D", 1, []string{"organization", "API key"}, "", func(w *world, a models.Actor, f ids) error {
		return second(w.s.RevokeAPIKey(w.ctx, a, f.org, f.apiKey))
	}},
	{"RotateAPIKey", "++nn n+dd D", 1, []string{"organization", "API key"}, "", func(w *world, a models.Actor, f ids) error {
		return second(w.s.RotateAPIKey(w.ctx, a, f.org, f.apiKey, time.Hour))
	}},
	{"Service", "++dd n+dd D", 0, []string{"organization", "service"}, "", func(w *world, a models.Actor, f ids) error {
		return second(w.s.Service(w.ctx, a, f.org, f.service))
	}},
	{"UpdateAPIKey", "++nn n+dd D", 1, []string{"organization", "API key"}, "", func(w *world, a models.Actor, f ids) error {
		return second(w.s.UpdateAPIKey(w.ctx, a, f.org, f.apiKey, models.APIKeyChange{Label: ptr("builds")}))
	}},
	{"UpdateService", "++dd n+dd D", 1, []string{"organization", "service"}, "", func(w *world, a models.Actor, f ids) error {
		return second(w.s.UpdateService(w.ctx, a, f.org, f.service, models.ServiceChange{Description: ptr("deploys")}))
	}},
	{"UpdateService into a workspace", "", 1, []string{"workspace", "role"}, "", func(w *world, a models.Actor, f ids) error {
		role := models.Role(f.role)
		return second(w.s.UpdateService(w.ctx, a, f.org, f.service, models.ServiceChange{Role: &role, Workspaces: &[]string{f.workspace}}))
	}},
	{"VerifyAPIKey", "++dd n+dd D", 0, ofOrg, "", func(w *world, a models.Actor, f ids) error {
		return second(w.s.VerifyAPIKey(w.ctx, a, f.org, models.KeyQuestion{Key: "x"}))
	}},
}
