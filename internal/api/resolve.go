package api

import (
	"context"
	"reflect"
	"strings"

	"muster/internal/op"
	"muster/models"
)

// installationWord stands for the installation's own log where an organization is
// named.
const installationWord = "installation"

// resolve puts ids in place of what a request calls organizations by, and gives the
// one that the operation is in.
func (a *API) resolve(ctx context.Context, row *op.Row, actor models.Actor, in any) (here op.Organization, err error) {
	for _, f := range row.Fields {
		from, _, _ := strings.Cut(f.From, " ")
		ref := ""
		if f.Type.Kind() == reflect.String {
			ref = f.Of(in).String()
		}
		switch {
		case from == "log" && ref == installationWord:
			if all, ok := row.Field("Installation"); ok {
				all.Of(in).SetBool(true)
			}
			f.Set(in, models.InstallationLog)
		case from == "org", from == "log", from == "scope" && ref != "":
			o, err := a.organization(ctx, row, actor, ref)
			if err != nil {
				return here, err
			}
			here = op.Organization{ID: o.ID, Code: o.Code, Name: o.Name}
			f.Set(in, o.ID)
		case from == "name":
			id, err := a.personal(ctx, actor, ref)
			if err != nil {
				return here, err
			}
			f.Set(in, id)
		}
	}
	return here, nil
}

func (a *API) organization(ctx context.Context, row *op.Row, actor models.Actor, ref string) (models.Organization, error) {
	ref, err := a.personal(ctx, actor, ref)
	if err != nil {
		return models.Organization{}, err
	}
	action := "organization.show"
	if row.Changes {
		action = row.Audit
	}
	actor.Request = nil
	o, err := a.cfg.Store.FindOrganization(ctx, actor, ref, action)
	if row.Name != "member.leave" || models.RequirementOf(err) == "" {
		return o, err
	}
	// Leaving needs no more than the name, which those who are kept out know.
	own, listErr := a.cfg.Store.ListOrganizations(ctx, actor)
	if listErr != nil {
		return o, listErr
	}
	for _, e := range own {
		if e.Requirement != "" && (e.ID == ref || models.NormCode(e.Code) == models.NormCode(ref)) {
			return models.Organization{ID: e.ID, Code: e.Code, Name: e.Name}, nil
		}
	}
	return o, err
}

// personal puts the id of the personal workspace in place of the word for it.
func (a *API) personal(ctx context.Context, actor models.Actor, ref string) (string, error) {
	if models.NormCode(ref) != models.PersonalWord {
		return ref, nil
	}
	own, err := a.cfg.Store.ListOrganizations(ctx, actor)
	for _, e := range own {
		if e.Relation == models.RelPersonal {
			ref = e.ID
		}
	}
	return ref, err
}
