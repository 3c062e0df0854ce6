package plain

import (
	"context"
	"errors"

	"muster/internal/op"
	"muster/models"
)

// isLockOut tells that settings were refused since they would lock their author
// out.
func isLockOut(err error) bool { return errors.Is(err, models.LockOut{}) }

func youPane() *pane {
	return &pane{
		name: "you", title: "You", own: true, list: "user.me",
		top: []action{
			{op: "user.update", title: "change your name"},
			{title: "SSH keys", pane: func(any) *pane { return keysPane() }},
			{title: "two-factor", pane: func(any) *pane { return factorPane() }},
			{title: "invitations to you", pane: func(any) *pane { return offersPane() }},
			{title: "your requests to join", pane: func(any) *pane { return requestsPane() }},
			{op: "user.sessions", title: "open sessions"},
			{op: "user.preferences", title: "preferences of the app"},
			{op: "user.prefer", title: "change a preference"},
			{op: "view.list", title: "saved views"},
			{op: "view.save", title: "save a view"},
			{op: "view.rename", title: "rename a view"},
			{op: "view.delete", title: "delete a view"},
			{op: "user.bindings", title: "keys of the app"},
			{op: "user.bind", title: "choose the keys of an action"},
			{op: "user.reset_bindings", title: "go back to the default keys"},
		},
	}
}

func keysPane() *pane {
	return &pane{
		title: "SSH keys", own: true, list: "key.list", key: "Key", label: "Label",
		rows: []action{
			{op: "key.rename", title: "rename", gone: true, undo: func(item, _ any) (string, values) {
				return "key.rename", values{"Key": text(item, "ID"), "Label": text(item, "Label")}
			}},
			{op: "key.remove", title: "remove", gone: true},
		},
		top: []action{
			{op: "key.add", title: "add a key"},
			{op: "key.pair", title: "create a code for a new machine"},
			{op: "key.challenge", title: "what to sign to prove a key"},
		},
	}
}

func factorPane() *pane {
	return &pane{
		title: "Two-factor", own: true, list: "second_factor.status",
		top: []action{
			{op: "second_factor.enrol", title: "set it up", then: func(ctx context.Context, s *Session, _ any) error {
				r := op.Find("second_factor.confirm")
				_, err := s.form(ctx, s.Me(), r, r.New(), nil, nil)
				return err
			}},
			{op: "second_factor.confirm", title: "confirm it with a first code"},
			{op: "second_factor.verify", title: "enter a code for this session"},
			{op: "second_factor.recovery", title: "create new recovery codes"},
			{op: "second_factor.disable", title: "turn it off"},
		},
	}
}

func offersPane() *pane {
	return &pane{
		title: "Invitations to you", own: true, list: "invitation.mine", key: "ID", label: "OrgCode",
		rows: []action{
			{op: "invitation.accept", title: "accept", gone: true, then: arrive},
			{op: "invitation.decline", title: "decline", gone: true},
		},
	}
}

func requestsPane() *pane {
	return &pane{
		title: "Your requests to join", own: true, list: "invitation.requests", key: "ID", label: "OrgCode",
		rows: []action{{op: "invitation.withdraw", title: "withdraw", gone: true}},
	}
}

func organizationsPane() *pane {
	return &pane{
		name: "organizations", title: "Organizations", own: true, list: "organization.list", label: "Code",
		rows: []action{
			{op: "organization.switch", title: "switch to it", with: orgOf("Org"), then: arrive, why: func(_ *Session, item any) error {
				if o := item.(models.OrgEntry); o.Relation == models.RelInvited {
					return models.Errorf(models.CodeConflict, "accept the invitation first")
				}
				return nil
			}},
			{op: "invitation.accept", title: "accept the invitation", why: relation("InvitationID", "no invitation is waiting for you"), then: arrive,
				with: func(item any) values { return values{"ID": text(item, "InvitationID")} }},
			{op: "invitation.decline", title: "decline the invitation", why: relation("InvitationID", "no invitation is waiting for you"), gone: true,
				with: func(item any) values { return values{"ID": text(item, "InvitationID")} }},
			{op: "transfer.accept", title: "accept ownership", why: relation("NominationID", "no ownership is offered to you"), then: arrive,
				with: func(item any) values { return values{"Transfer": text(item, "NominationID")} }},
			{op: "transfer.decline", title: "decline ownership", why: relation("NominationID", "no ownership is offered to you"), gone: true,
				with: func(item any) values { return values{"Transfer": text(item, "NominationID")} }},
		},
		top: []action{
			{op: "organization.create", title: "create an organization", then: arrive},
			{op: "organization.upgrade", title: "create one from your personal workspace", then: arrive},
			{op: "invitation.request", title: "ask to join one"},
			{title: "join with a code", run: joinByCode},
			{title: "invitations to you", pane: func(any) *pane { return offersPane() }},
			{title: "your requests to join", pane: func(any) *pane { return requestsPane() }},
		},
	}
}

func orgOf(field string) func(any) values {
	return func(item any) values { return values{field: text(item, "ID")} }
}

// arrive opens the organization that an answer is.
func arrive(ctx context.Context, s *Session, out any) error {
	if err := s.openOrg(ctx, text(out, "ID")); err != nil {
		return err
	}
	return errHome
}

// leave opens what is left once the open organization is none of the person's.
func leave(ctx context.Context, s *Session, _ any) error {
	if err := s.openOrg(ctx, ""); err != nil {
		return err
	}
	return errHome
}

func allOrganizationsPane() *pane {
	return &pane{
		name: "all_organizations", title: "All organizations", own: true, when: siteAdmin, list: "organization.list_all", key: "Org", label: "Code",
		only: []string{"Filter", "Sort"},
		rows: []action{
			{op: "organization.show", title: "show"},
			{op: "organization.switch", title: "switch to it", then: arrive},
			{op: "organization.update", title: "change", gone: true, undo: func(item, _ any) (string, values) {
				return "organization.update", values{"Org": text(item, "ID"), "Name": text(item, "Name"), "Code": text(item, "Code"),
					"Description": text(item, "Description"), "Accent": text(item, "Accent"), "Badge": text(item, "Badge"), "MOTD": text(item, "MOTD")}
			}},
			{op: "plan.set", title: "change the plan", gone: true, undo: func(item, out any) (string, values) {
				return "plan.set", values{"Org": text(item, "ID"), "Plan": out.(op.PlanChange).From.Name}
			}},
			{op: "organization.delete", title: "delete", gone: true},
		},
		top: []action{
			{op: "organization.create", title: "create an organization", then: arrive},
			{title: "deleted organizations", pane: func(any) *pane {
				return &pane{title: "Deleted organizations", own: true, list: "organization.deleted", key: "Org", label: "Code", only: []string{"Filter"},
					rows: []action{
						{op: "organization.restore", title: "restore", gone: true},
						{op: "organization.purge", title: "purge", gone: true},
					}}
			}},
		},
	}
}
