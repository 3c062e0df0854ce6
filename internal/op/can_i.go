package op

import (
	"context"
	"strings"

	"muster/models"
)

// canIRows answer about the rows of a table, which byName finds.
func canIRows(byName func(name string) *Row) []*Row {
	names := func(list []models.Action) string {
		words := make([]string, len(list))
		for i, a := range list {
			words[i] = a.Name
		}
		return strings.Join(words, ", ")
	}
	return []*Row{
		row(Def[canIIn, models.Answer]{
			Name: "can_i", Does: "show whether you may do something here, and if not, why and who can help", Command: "can-i",
			Takes: func(words []string) bool { return len(words) > 0 },
			Needs: View, Route: "GET /v1/orgs/{org}/can-i/{action}",
			Check: func(in canIIn) error {
				_, _, err := in.find(byName)
				return err
			},
			Run: func(ctx context.Context, d Deps, a models.Actor, in canIIn) (models.Answer, error) {
				action, r, err := in.find(byName)
				if err != nil {
					return models.Answer{}, err
				}
				if r != nil {
					return permitted(ctx, d, a, in.Org, r)
				}
				if _, err := models.FindAction(action); err != nil || in.Workspace != nil {
					return d.Store.CanIInWorkspace(ctx, a, in.Org, text(in.Workspace), action)
				}
				return d.Store.CanI(ctx, a, in.Org, action)
			},
		}),
		row(Def[canIListIn, List[models.Answer]]{
			Name: "can_i.list", Does: "show what you may do here, and if not, why and who can help", Command: "can-i", Use: "[ACTION]",
			Long: `Show whether you may do something in the organization right now and why, or which
rule refuses it and who can help. If the answer is no, the exit status is 4. Without
ACTION, all are listed. With --workspace, the question is about that workspace.

Actions: ` + names(models.Actions()) + `. Short words like invite, approve, remove or
billing work as well, and so does the name of every operation, which asks for the
permission it needs.

Actions in a workspace, without --workspace your current one: ` + names(models.WorkspaceActions()) + `.`,
			Example: "muster can-i invite\nmuster can-i member.suspend --json\nmuster can-i\nmuster can-i project.manage --workspace Research",
			Needs:   View, Route: "GET /v1/orgs/{org}/can-i",
			Run: func(ctx context.Context, d Deps, a models.Actor, in canIListIn) (List[models.Answer], error) {
				if in.Workspace != nil {
					return whole(d.Store.CanIAllInWorkspace(ctx, a, in.Org, *in.Workspace))
				}
				return whole(d.Store.CanIAll(ctx, a, in.Org))
			},
		}),
	}
}

type canIListIn struct {
	inOrg
	Workspace *string `flag:"workspace" query:"workspace" complete:"workspace" help:"name or id of the workspace (default: your current one)"`
}

type canIIn struct {
	canIListIn
	Action string `path:"action" arg:"ACTION" complete:"action"`
}

// find reads what is asked about: an action of can-i, or an operation, which
// stands for the permission behind it. The row is given for an operation that
// needs no permission.
func (in canIIn) find(byName func(name string) *Row) (action string, r *Row, err error) {
	inside := in.Workspace != nil
	_, err = models.FindAction(in.Action)
	_, inErr := models.FindWorkspaceAction(in.Action)
	if !inside && err == nil || inErr == nil {
		return in.Action, nil, nil
	}
	r = byName(strings.ToLower(strings.TrimSpace(in.Action)))
	switch {
	case r == nil && inside:
		return "", nil, inErr
	case r == nil:
		return "", nil, err
	}
	if p, ok := r.Needs.Permission(); ok {
		if r.Ask != "" {
			return r.Ask, nil, nil
		}
		return string(p), nil, nil
	}
	return r.Name, r, nil
}

// permitted answers about an operation that needs no permission in the
// organization.
func permitted(ctx context.Context, d Deps, a models.Actor, org string, r *Row) (models.Answer, error) {
	// Whether somebody belongs to the organization comes first, as ever.
	if _, err := d.Store.CanI(ctx, a, org, string(models.PermView)); err != nil {
		return models.Answer{}, err
	}
	does, _, _ := strings.Cut(r.Does, ";") // without the remark that help adds
	out := models.Answer{Action: r.Name, Does: does, Allowed: true, Extent: models.ExtentAll, Because: "as everybody may", Helpers: []models.Helper{}}
	if r.Needs == Nothing || r.Needs == Stranger {
		return out, nil
	}
	me, err := d.Store.Me(ctx, a)
	if err != nil {
		return models.Answer{}, err
	}
	if out.Because = "as site admin"; me.SiteAdmin {
		return out, nil
	}
	e := models.AsError(models.OnlySiteAdmin(me.User, does))
	out.Allowed, out.Extent, out.Because, out.Rule, out.Hint = false, models.ExtentNone, "", e.Message, e.Hint
	return out, nil
}
