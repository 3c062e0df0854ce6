package store_test

import (
	"slices"
	"testing"

	"muster/models"
	"muster/store"
)

// ids name one thing of each kind in one organization.
type ids struct {
	org, workspace, project, role, workspaceRole string
	invitation, request, link, user, key         string
	transfer                                     string
	apiKey, service                              string
	webhook, delivery                            string
	sibling                                      string // a project in another workspace of the same organization
}

// kinds are what an id can be of, and where it stands.
var kinds = map[string]func(*ids) *string{
	"organization": func(f *ids) *string { return &f.org }, "workspace": func(f *ids) *string { return &f.workspace },
	"project": func(f *ids) *string { return &f.project }, "role": func(f *ids) *string { return &f.role },
	"workspace role": func(f *ids) *string { return &f.workspaceRole }, "invitation": func(f *ids) *string { return &f.invitation },
	"request": func(f *ids) *string { return &f.request }, "link": func(f *ids) *string { return &f.link },
	"user": func(f *ids) *string { return &f.user }, "key": func(f *ids) *string { return &f.key },
	"transfer": func(f *ids) *string { return &f.transfer },
	"API key":  func(f *ids) *string { return &f.apiKey }, "service": func(f *ids) *string { return &f.service },
	"webhook": func(f *ids) *string { return &f.webhook }, "delivery": func(f *ids) *string { return &f.delivery },
}

// never is an id of each kind that was never given out.
var never = func() (f ids) {
	for kind, prefix := range map[string]string{
		"organization": "org_", "workspace": models.WorkspaceIDPrefix, "project": models.ProjectIDPrefix, "role": models.CustomRoleIDPrefix,
		"workspace role": models.CustomRoleIDPrefix, "invitation": "inv_", "request": "inv_", "link": "lnk_", "user": "usr_", "key": "key_", "transfer": "tra_",
		"service": models.ServiceIDPrefix, "webhook": models.WebhookIDPrefix, "delivery": models.DeliveryIDPrefix,
	} {
		*kinds[kind](&f) = prefix + "06f7k2v9s1tk70000000000000"
	}
	f.sibling = models.ProjectIDPrefix + "06f7k2v9s1tk70000000000000"
	f.apiKey = "muo_000000000000"
	return f
}()

// estate is a cast whose two organizations have one thing of each kind.
type estate struct {
	*cast
	acme, home ids
}

func newEstate(t *testing.T) *estate {
	t.Helper()
	c := newCast(t)
	w := c.thaw(t)
	x := &estate{cast: c}
	root := c.actors["site admin"]
	x.acme = w.furnish(t, root, c.actors["second owner"], c.acme, "tim@example.com")
	x.acme.invitation, x.acme.request = c.pending, c.request
	x.home = w.furnish(t, root, root, c.home, "out@example.com")
	x.home.invitation = c.foreign
	x.home.request = must[models.Invitation](t)(w.s.CreateInvitation(w.ctx, c.actors["outsider"], c.home, models.NewInvitation{Email: "ask@example.com"})).ID
	w.clock.Advance(models.ResendPause)
	c.template = w.freeze()
	return x
}

// furnish makes what an organization can have.
func (w *world) furnish(t *testing.T, root, owner models.Actor, org, user string) (f ids) {
	t.Helper()
	w.plan(root, org, models.PlanVisionary) // to which an undo can go back
	w.plan(root, org, models.PlanEnterprise)
	f.org = org
	f.user = must[models.Member](t)(w.s.Member(w.ctx, owner, org, user)).ID
	f.workspace = must[models.WorkspaceView](t)(w.s.CreateWorkspace(w.ctx, owner, org, models.NewWorkspace{Name: "Lab"})).ID
	f.project = must[models.Project](t)(w.s.CreateProject(w.ctx, owner, org, f.workspace, models.NewProject{Name: "Engine"})).ID
	f.sibling = must[models.Project](t)(w.s.CreateProject(w.ctx, owner, org, models.GeneralWorkspace, models.NewProject{Name: "Notes"})).ID
	must[models.WorkspaceMember](t)(w.s.AddWorkspaceMember(w.ctx, owner, org, f.workspace, f.user, models.WorkspaceEditor))
	f.role = w.role(owner, org, "deputy", "organization.view", "members.manage").ID
	f.workspaceRole = must[models.RoleView](t)(w.s.CreateRole(w.ctx, owner, org, models.ScopeWorkspace,
		models.RoleDraft{Name: ptr("reader"), Permissions: []string{string(models.PermWorkspaceView)}})).ID
	f.link = must[models.JoinLink](t)(w.s.CreateLink(w.ctx, owner, org, models.NewLink{Role: models.RoleViewer, MaxUses: 3})).ID
	f.transfer = must[models.Transfer](t)(w.s.Nominate(w.ctx, owner, org, user)).ID
	f.service = must[models.ServiceAccount](t)(w.s.CreateService(w.ctx, owner, org, models.NewService{Name: "robot", Role: models.RoleMember})).ID
	f.apiKey = must[models.SecretKey](t)(w.s.CreateAPIKey(w.ctx, owner, org, models.NewAPIKey{Label: "ci", Kind: models.KeyOrganization})).ID
	f.webhook, f.delivery = w.delivered(owner, org)
	f.key = must[models.Key](t)(w.s.AddKey(w.ctx, owner, key("second key of the owner of "+org), "")).ID
	return f
}

// method is a row for a method of the store that takes an actor: who may call
// it, as in the tables of rights, and with ids of which kinds. A row without a
// line has its rights in another table.
type method struct {
	name    string
	line    string
	entries int
	kinds   []string
	as      string // who calls it with their own organization's ids; "" for an owner
	call    func(w *world, a models.Actor, f ids) error
}

var ofOrg = []string{"organization"}

var estateMethods = slices.Concat(keyMethods, viewMethods, webhookMethods, []method{
	{"CanI", "++++ n+dd D", 0, ofOrg, "", func(w *world, a models.Actor, f ids) error {
		return second(w.s.CanI(w.ctx, a, f.org, "members.manage"))
	}},
	{"CanIAll", "++++ n+dd D", 0, ofOrg, "", func(w *world, a models.Actor, f ids) error {
		return second(w.s.CanIAll(w.ctx, a, f.org))
	}},
	{"CanIInWorkspace", "++nn n+dd D", 0, []string{"organization", "workspace"}, "", func(w *world, a models.Actor, f ids) error {
		return second(w.s.CanIInWorkspace(w.ctx, a, f.org, f.workspace, "workspace.view"))
	}},
	{"CanIAllInWorkspace", "++nn n+dd D", 0, []string{"organization", "workspace"}, "", func(w *world, a models.Actor, f ids) error {
		return second(w.s.CanIAllInWorkspace(w.ctx, a, f.org, f.workspace))
	}},
	{"ListAudit", "", 0, ofOrg, "", func(w *world, a models.Actor, f ids) error {
		return second(w.s.ListAudit(w.ctx, a, f.org, models.AuditQuery{}))
	}},
	{"VerifyAudit", "", 0, ofOrg, "", func(w *world, a models.Actor, f ids) error {
		return second(w.s.VerifyAudit(w.ctx, a, f.org))
	}},
	{"ExportAudit", "++dd n+dd D", 1, ofOrg, "", func(w *world, a models.Actor, f ids) error {
		return w.s.ExportAudit(w.ctx, a, f.org, models.AuditQuery{}, func(models.AuditEntry) error { return nil })
	}},
	{"AuditActions", "++++ n+dd D", 0, ofOrg, "", func(w *world, a models.Actor, f ids) error {
		return second(w.s.AuditActions(w.ctx, a, f.org))
	}},
	{"CreateInvitation", "", 1, []string{"organization", "role"}, "", func(w *world, a models.Actor, f ids) error {
		return second(w.s.CreateInvitation(w.ctx, a, f.org, models.NewInvitation{Email: "new@example.com", Role: models.Role(f.role)}))
	}},
	{"CreateInvitation into a workspace", "++nd n+dd D", 1, []string{"workspace", "workspace role"}, "", func(w *world, a models.Actor, f ids) error {
		return second(w.s.CreateInvitation(w.ctx, a, f.org, models.NewInvitation{Email: "new@example.com",
			Workspaces: []models.WorkspaceGrant{{Workspace: f.workspace, Role: models.WorkspaceRole(f.workspaceRole)}}}))
	}},
	{"ImportInvitations", "+++d n+dd D", 1, ofOrg, "", func(w *world, a models.Actor, f ids) error {
		return second(w.s.ImportInvitations(w.ctx, a, f.org, []models.ImportRow{{Line: 1, Email: "new@example.com"}}, store.ImportOptions{}))
	}},
	{"ImportInvitations with a role", "", 1, []string{"role"}, "", func(w *world, a models.Actor, f ids) error {
		r, err := w.s.ImportInvitations(w.ctx, a, f.org, []models.ImportRow{{Line: 1, Email: "new@example.com", Role: models.Role(f.role)}}, store.ImportOptions{})
		if err != nil {
			return err
		}
		return r.Results[0].Err
	}},
	{"ImportInvitations into a workspace", "", 1, []string{"workspace", "workspace role"}, "", func(w *world, a models.Actor, f ids) error {
		r, err := w.s.ImportInvitations(w.ctx, a, f.org, []models.ImportRow{{Line: 1, Email: "new@example.com",
			Workspaces: []models.WorkspaceGrant{{Workspace: f.workspace, Role: models.WorkspaceRole(f.workspaceRole)}}}}, store.ImportOptions{})
		if err != nil {
			return err
		}
		return r.Results[0].Err
	}},
	{"ListInvitations", "", 0, ofOrg, "", func(w *world, a models.Actor, f ids) error {
		return second(w.s.ListInvitations(w.ctx, a, f.org, models.InvitationQuery{}))
	}},
	{"Invitation", "", 0, []string{"organization", "invitation"}, "", func(w *world, a models.Actor, f ids) error {
		return second(w.s.Invitation(w.ctx, a, f.org, f.invitation))
	}},
	{"Invitation by id alone", "", 0, []string{"invitation"}, "", func(w *world, a models.Actor, f ids) error {
		return second(w.s.Invitation(w.ctx, a, "", f.invitation))
	}},
	{"ResendInvitation", "", 1, []string{"organization", "invitation"}, "", func(w *world, a models.Actor, f ids) error {
		return second(w.s.ResendInvitation(w.ctx, a, f.org, f.invitation))
	}},
	{"RegenerateInvitation", "", 1, []string{"organization", "invitation"}, "", func(w *world, a models.Actor, f ids) error {
		return second(w.s.RegenerateInvitation(w.ctx, a, f.org, f.invitation))
	}},
	{"RevokeInvitation", "", 1, []string{"organization", "invitation"}, "", func(w *world, a models.Actor, f ids) error {
		return second(w.s.RevokeInvitation(w.ctx, a, f.org, f.invitation))
	}},
	{"DeleteInvitation", "", 2, []string{"organization", "invitation"}, "", func(w *world, a models.Actor, f ids) error {
		if _, err := w.s.RevokeInvitation(w.ctx, a, f.org, f.invitation); err != nil {
			return err
		}
		return second(w.s.DeleteInvitation(w.ctx, a, f.org, f.invitation, true))
	}},
	{"JoinCode", "", 1, []string{"organization", "invitation"}, "", func(w *world, a models.Actor, f ids) error {
		return second(w.s.JoinCode(w.ctx, a, f.org, f.invitation))
	}},
	{"ApproveInvitation", "", 1, []string{"organization", "request", "role"}, "", func(w *world, a models.Actor, f ids) error {
		return second(w.s.ApproveInvitation(w.ctx, a, f.org, f.request, models.Role(f.role)))
	}},
	{"RejectInvitation", "", 1, []string{"organization", "request"}, "", func(w *world, a models.Actor, f ids) error {
		return second(w.s.RejectInvitation(w.ctx, a, f.org, f.request, ""))
	}},
	{"WithdrawInvitation", "", 1, []string{"organization", "request"}, "member", func(w *world, a models.Actor, f ids) error {
		return second(w.s.WithdrawInvitation(w.ctx, a, f.org, f.request))
	}},
	{"UndoDecision", "", 2, []string{"organization", "request"}, "", func(w *world, a models.Actor, f ids) error {
		if _, err := w.s.RejectInvitation(w.ctx, a, f.org, f.request, ""); err != nil {
			return second(w.s.UndoDecision(w.ctx, a, f.org, f.request))
		}
		return second(w.s.UndoDecision(w.ctx, a, f.org, f.request))
	}},
	{"CreateLink", "++dd n+dd D", 1, ofOrg, "", func(w *world, a models.Actor, f ids) error {
		return second(w.s.CreateLink(w.ctx, a, f.org, models.NewLink{MaxUses: 2}))
	}},
	{"Link", "++nn n+dd D", 0, []string{"organization", "link"}, "", func(w *world, a models.Actor, f ids) error {
		return second(w.s.Link(w.ctx, a, f.org, f.link))
	}},
	{"Link by id alone", "++nn n+dd D", 0, []string{"link"}, "", func(w *world, a models.Actor, f ids) error {
		return second(w.s.Link(w.ctx, a, "", f.link))
	}},
	{"ListLinks", "++++ n+dd D", 0, ofOrg, "", func(w *world, a models.Actor, f ids) error {
		return second(w.s.ListLinks(w.ctx, a, f.org, models.LinkQuery{}))
	}},
	{"LinkCode", "++nn n+dd D", 1, []string{"organization", "link"}, "", func(w *world, a models.Actor, f ids) error {
		return second(w.s.LinkCode(w.ctx, a, f.org, f.link))
	}},
	{"RevokeLink", "++nn n+dd D", 1, []string{"organization", "link"}, "", func(w *world, a models.Actor, f ids) error {
		return second(w.s.RevokeLink(w.ctx, a, f.org, f.link))
	}},
	{"RenameKey", "", 1, []string{"key"}, "", func(w *world, a models.Actor, f ids) error {
		return second(w.s.RenameKey(w.ctx, a, f.key, "other"))
	}},
	{"RemoveKey", "", 1, []string{"key"}, "", func(w *world, a models.Actor, f ids) error {
		return second(w.s.RemoveKey(w.ctx, a, f.key))
	}},
	{"Member", "", 0, []string{"organization", "user"}, "", func(w *world, a models.Actor, f ids) error {
		return second(w.s.Member(w.ctx, a, f.org, f.user))
	}},
	{"ListMembers", "", 0, []string{"organization", "role"}, "", func(w *world, a models.Actor, f ids) error {
		return second(w.s.ListMembers(w.ctx, a, f.org, models.MemberQuery{Role: models.Role(f.role)}))
	}},
	{"ChangeRole", "", 1, []string{"organization", "user", "role"}, "", func(w *world, a models.Actor, f ids) error {
		return second(w.s.ChangeRole(w.ctx, a, f.org, f.user, models.Role(f.role)))
	}},
	{"RemovalConsequences", "", 0, []string{"organization", "user"}, "", func(w *world, a models.Actor, f ids) error {
		return second(w.s.RemovalConsequences(w.ctx, a, f.org, f.user))
	}},
	{"LeaveConsequences", "", 0, ofOrg, "", func(w *world, a models.Actor, f ids) error {
		return second(w.s.LeaveConsequences(w.ctx, a, f.org))
	}},
	{"RemoveMember", "", 2, []string{"organization", "user"}, "", func(w *world, a models.Actor, f ids) error {
		return second(w.s.RemoveMember(w.ctx, a, f.org, f.user))
	}},
	{"RemoveMemberBecause", "", 2, []string{"organization", "user"}, "", func(w *world, a models.Actor, f ids) error {
		return second(w.s.RemoveMemberBecause(w.ctx, a, f.org, f.user, "left"))
	}},
	{"Leave", "", 2, ofOrg, "", func(w *world, a models.Actor, f ids) error { return w.s.Leave(w.ctx, a, f.org) }},
	{"RemovedMembers", "", 0, ofOrg, "", func(w *world, a models.Actor, f ids) error {
		return second(w.s.RemovedMembers(w.ctx, a, f.org, models.RemovedQuery{}))
	}},
	{"RestoreMember", "", 3, []string{"organization", "user"}, "", func(w *world, a models.Actor, f ids) error {
		_, _ = w.s.RemoveMember(w.ctx, a, f.org, f.user)
		return second(w.s.RestoreMember(w.ctx, a, f.org, f.user))
	}},
	{"SuspendMember", "", 2, []string{"organization", "user"}, "", func(w *world, a models.Actor, f ids) error {
		return second(w.s.SuspendMember(w.ctx, a, f.org, f.user, ""))
	}},
	{"ReactivateMember", "", 3, []string{"organization", "user"}, "", func(w *world, a models.Actor, f ids) error {
		_, _ = w.s.SuspendMember(w.ctx, a, f.org, f.user, "")
		return second(w.s.ReactivateMember(w.ctx, a, f.org, f.user))
	}},
	{"SetMemberEnd", "", 1, []string{"organization", "user"}, "", func(w *world, a models.Actor, f ids) error {
		end := w.clock.Now().AddDate(0, 1, 0)
		return second(w.s.SetMemberEnd(w.ctx, a, f.org, f.user, &end))
	}},
	{"Organization", "", 0, ofOrg, "", func(w *world, a models.Actor, f ids) error { return second(w.s.Organization(w.ctx, a, f.org)) }},
	{"FindOrganization", "", 0, ofOrg, "", func(w *world, a models.Actor, f ids) error {
		return second(w.s.FindOrganization(w.ctx, a, f.org, "organization.show"))
	}},
	{"SwitchOrganization", "", 0, ofOrg, "", func(w *world, a models.Actor, f ids) error {
		return second(w.s.SwitchOrganization(w.ctx, a, f.org))
	}},
	{"DeletionConsequences", "", 0, ofOrg, "", func(w *world, a models.Actor, f ids) error {
		return second(w.s.DeletionConsequences(w.ctx, a, f.org))
	}},
	{"DeleteOrganization", "", 1, ofOrg, "", func(w *world, a models.Actor, f ids) error {
		return second(w.s.DeleteOrganization(w.ctx, a, f.org, "ACME"))
	}},
	{"Plans", "++++ n+dd D", 0, ofOrg, "", func(w *world, a models.Actor, f ids) error { return second(w.s.Plans(w.ctx, a, f.org)) }},
	{"PlanPreview", "++++ n+dd D", 0, ofOrg, "", func(w *world, a models.Actor, f ids) error {
		return second(w.s.PlanPreview(w.ctx, a, f.org, ""))
	}},
	{"SetPlan", "dddd n+dd D", 1, nil, "", func(w *world, a models.Actor, f ids) error {
		return second(w.s.SetPlan(w.ctx, a, f.org, models.PlanVisionary))
	}},
	{"InviteUser", "dddd d+dd D", 3, nil, "", func(w *world, a models.Actor, f ids) error {
		return second(w.s.InviteUser(w.ctx, a, models.NewAccount{Email: "new@example.com", Name: "New"}))
	}},
	{"PaymentMethods", "+ddd n+dd D", 0, ofOrg, "", func(w *world, a models.Actor, f ids) error {
		return second(w.s.PaymentMethods(w.ctx, a, f.org))
	}},
	{"AddPaymentMethod", "+ddd n+dd D", 1, ofOrg, "", func(w *world, a models.Actor, f ids) error {
		return second(w.s.AddPaymentMethod(w.ctx, a, f.org, models.PaymentMethod{Label: "Visa ending 4242"}))
	}},
	{"SetDefaultPaymentMethod", "+ddd n+dd D", 3, ofOrg, "", func(w *world, a models.Actor, f ids) error {
		if err := w.payments(a, f.org); err != nil {
			return err
		}
		return second(w.s.SetDefaultPaymentMethod(w.ctx, a, f.org, "Invoice"))
	}},
	{"RemovePaymentMethod", "+ddd n+dd D", 3, ofOrg, "", func(w *world, a models.Actor, f ids) error {
		if err := w.payments(a, f.org); err != nil {
			return err
		}
		return second(w.s.RemovePaymentMethod(w.ctx, a, f.org, "Invoice"))
	}},
	{"Settings", "", 0, ofOrg, "", func(w *world, a models.Actor, f ids) error { return second(w.s.Settings(w.ctx, a, f.org)) }},
	{"Setting", "++++ n+dd D", 0, ofOrg, "", func(w *world, a models.Actor, f ids) error {
		return second(w.s.Setting(w.ctx, a, f.org, models.SetName))
	}},
	{"UpdateSettings", "", 1, ofOrg, "", func(w *world, a models.Actor, f ids) error {
		return second(w.s.UpdateSettings(w.ctx, a, f.org, []models.SettingChange{{Key: models.SetMOTD, Value: "hello"}}, false))
	}},
	{"InvitationStats", "++dd n+dd D", 0, ofOrg, "", func(w *world, a models.Actor, f ids) error {
		return second(w.s.InvitationStats(w.ctx, a, f.org, models.StatsQuery{}))
	}},
	{"Overview", "++++ n+dd D", 0, ofOrg, "", func(w *world, a models.Actor, f ids) error { return second(w.s.Overview(w.ctx, a, f.org, 0)) }},
	{"Nominate", "", 2, []string{"organization", "user"}, "owner", func(w *world, a models.Actor, f ids) error {
		return second(w.s.Nominate(w.ctx, a, f.org, f.user))
	}},
	{"AcceptTransfer", "", 2, []string{"transfer"}, "target", func(w *world, a models.Actor, f ids) error {
		return second(w.s.AcceptTransfer(w.ctx, a, f.transfer))
	}},
	{"DeclineTransfer", "", 1, []string{"transfer"}, "target", func(w *world, a models.Actor, f ids) error {
		return second(w.s.DeclineTransfer(w.ctx, a, f.transfer))
	}},
	{"CancelTransfer", "", 1, []string{"transfer"}, "", func(w *world, a models.Actor, f ids) error {
		return second(w.s.CancelTransfer(w.ctx, a, f.transfer))
	}},
	{"Users", "", 0, ofOrg, "", func(w *world, a models.Actor, f ids) error {
		return second(w.s.Users(w.ctx, a, models.AccountQuery{Org: f.org}))
	}},
	{"User", "", 0, []string{"organization", "user"}, "", func(w *world, a models.Actor, f ids) error { return second(w.s.User(w.ctx, a, f.org, f.user)) }},
	{"CreateUser", "", 4, []string{"organization", "role"}, "", func(w *world, a models.Actor, f ids) error {
		_, _, err := w.s.CreateUser(w.ctx, a, models.NewAccount{Email: "new@example.com", Name: "New", Org: f.org, Role: models.Role(f.role)})
		return err
	}},
	{"EditUser", "", 2, []string{"organization", "user"}, "", func(w *world, a models.Actor, f ids) error {
		return second(w.s.EditUser(w.ctx, a, f.org, f.user, models.AccountChange{Name: ptr("Other")}))
	}},
	{"EnrolUser", "", 1, []string{"organization", "user"}, "", func(w *world, a models.Actor, f ids) error {
		w.exec("DELETE FROM user_keys WHERE user_id = $1 AND user_id IN (SELECT id FROM users WHERE email = 'tim@example.com')", f.user)
		_, _, err := w.s.EnrolUser(w.ctx, a, f.org, f.user)
		return err
	}},
	{"SuspendUser", "", 3, []string{"organization", "user"}, "", func(w *world, a models.Actor, f ids) error {
		return second(w.s.SuspendUser(w.ctx, a, f.org, f.user, ""))
	}},
	{"ReactivateUser", "", 5, []string{"organization", "user"}, "", func(w *world, a models.Actor, f ids) error {
		_, _ = w.s.SuspendUser(w.ctx, a, f.org, f.user, "")
		return second(w.s.ReactivateUser(w.ctx, a, f.org, f.user))
	}},
	{"UserDeletionConsequences", "", 0, []string{"organization", "user"}, "", func(w *world, a models.Actor, f ids) error {
		return second(w.s.UserDeletionConsequences(w.ctx, a, f.org, f.user))
	}},
	{"DeleteUser", "", 4, []string{"organization", "user"}, "", func(w *world, a models.Actor, f ids) error {
		return second(w.s.DeleteUser(w.ctx, a, f.org, f.user, "tim@example.com"))
	}},
	{"Roles", "++++ n+dd D", 0, ofOrg, "", func(w *world, a models.Actor, f ids) error { return second(w.s.Roles(w.ctx, a, f.org)) }},
	{"Role", "++++ n+dd D", 0, []string{"organization", "role"}, "", func(w *world, a models.Actor, f ids) error {
		return second(w.s.Role(w.ctx, a, f.org, f.role))
	}},
	{"CreateRole", "++dd n+dd D", 1, ofOrg, "", func(w *world, a models.Actor, f ids) error {
		return second(w.s.CreateRole(w.ctx, a, f.org, models.ScopeOrganization, models.RoleDraft{Name: ptr("helper"), Permissions: []string{"organization.view"}}))
	}},
	{"UpdateRole", "++dd n+dd D", 1, []string{"organization", "role"}, "", func(w *world, a models.Actor, f ids) error {
		return second(w.s.UpdateRole(w.ctx, a, f.org, f.role, models.RoleDraft{Description: ptr("other")}))
	}},
	{"DeleteRole", "++dd n+dd D", 1, []string{"organization", "role"}, "", func(w *world, a models.Actor, f ids) error {
		return second(w.s.DeleteRole(w.ctx, a, f.org, f.role))
	}},
	{"OrgKeys", "++++ n+dd D", 0, ofOrg, "", func(w *world, a models.Actor, f ids) error {
		return second(w.s.OrgKeys(w.ctx, a, f.org, models.KeyQuery{}))
	}},
	{"OrgKeys of a workspace", "++nn n+dd D", 0, []string{"workspace"}, "", func(w *world, a models.Actor, f ids) error {
		return second(w.s.OrgKeys(w.ctx, a, f.org, models.KeyQuery{Workspace: f.workspace}))
	}},
	{"OrgKey", "++dd n+dd D", 0, []string{"organization", "user"}, "", func(w *world, a models.Actor, f ids) error {
		return second(w.s.OrgKey(w.ctx, a, f.org, w.keyOf(f.user)))
	}},
	{"RevokeOrgKey", "++dd n+dd D", 1, []string{"organization", "user"}, "", func(w *world, a models.Actor, f ids) error {
		return second(w.s.RevokeOrgKey(w.ctx, a, f.org, w.keyOf(f.user), "stolen"))
	}},
	{"IssueCertificate", "++++ nddd D", 1, ofOrg, "", func(w *world, a models.Actor, f ids) error {
		return second(w.s.IssueCertificate(w.ctx, a, f.org, models.CertificateRequest{Key: w.keyOf(a.UserID)}))
	}},
	{"RotateAuthority", "++dd n+dd D", 1, ofOrg, "", func(w *world, a models.Actor, f ids) error {
		return second(w.s.RotateAuthority(w.ctx, a, f.org, false))
	}},
	{"Here", "++++ n+dd D", 0, ofOrg, "", func(w *world, a models.Actor, f ids) error { return second(w.s.Here(w.ctx, a, f.org)) }},
	{"History", "++++ N+Dd D", 0, ofOrg, "", func(w *world, a models.Actor, f ids) error { return second(w.s.History(w.ctx, a, f.org)) }},
	{"Undo", "GGGG N+Dd D", 1, ofOrg, "", func(w *world, a models.Actor, f ids) error { return second(w.s.Undo(w.ctx, a, f.org, "")) }},
	{"Redo", "GGGG N+Dd D", 2, ofOrg, "", func(w *world, a models.Actor, f ids) error {
		if _, err := w.s.Undo(w.ctx, a, f.org, ""); err != nil {
			return err
		}
		return second(w.s.Redo(w.ctx, a, f.org, ""))
	}},
	{"ListWorkspaces", "++++ n+dd D", 0, ofOrg, "", func(w *world, a models.Actor, f ids) error {
		return second(w.s.ListWorkspaces(w.ctx, a, f.org, models.WorkspaceQuery{}))
	}},
	{"Workspace", "++nn n+dd D", 0, []string{"organization", "workspace"}, "", func(w *world, a models.Actor, f ids) error {
		return second(w.s.Workspace(w.ctx, a, f.org, f.workspace))
	}},
	{"SwitchWorkspace", "++nn n+dd D", 0, []string{"organization", "workspace"}, "", func(w *world, a models.Actor, f ids) error {
		return second(w.s.SwitchWorkspace(w.ctx, a, f.org, f.workspace))
	}},
	{"CreateWorkspace", "++dd n+dd D", 1, ofOrg, "", func(w *world, a models.Actor, f ids) error {
		return second(w.s.CreateWorkspace(w.ctx, a, f.org, models.NewWorkspace{Name: "Attic"}))
	}},
	{"UpdateWorkspace", "++nn n+dd D", 1, []string{"organization", "workspace"}, "", func(w *world, a models.Actor, f ids) error {
		return second(w.s.UpdateWorkspace(w.ctx, a, f.org, f.workspace, models.WorkspaceChange{Name: ptr("Loft")}))
	}},
	{"WorkspaceConsequences", "++nn n+dd D", 0, []string{"organization", "workspace"}, "", func(w *world, a models.Actor, f ids) error {
		return second(w.s.WorkspaceConsequences(w.ctx, a, f.org, f.workspace))
	}},
	{"DeleteWorkspace", "++nn n+dd D", 1, []string{"organization", "workspace"}, "", func(w *world, a models.Actor, f ids) error {
		return second(w.s.DeleteWorkspace(w.ctx, a, f.org, f.workspace, "Lab"))
	}},
	{"ListWorkspaceMembers", "++nn n+dd D", 0, []string{"organization", "workspace"}, "", func(w *world, a models.Actor, f ids) error {
		return second(w.s.ListWorkspaceMembers(w.ctx, a, f.org, f.workspace, models.WorkspaceMemberQuery{}))
	}},
	{"WorkspaceMember", "++nn n+dd D", 0, []string{"organization", "workspace", "user"}, "", func(w *world, a models.Actor, f ids) error {
		return second(w.s.WorkspaceMember(w.ctx, a, f.org, f.workspace, f.user))
	}},
	{"AddWorkspaceMember", "", 1, []string{"organization", "user", "workspace role"}, "", func(w *world, a models.Actor, f ids) error {
		return second(w.s.AddWorkspaceMember(w.ctx, a, f.org, models.GeneralWorkspace, f.user, models.WorkspaceRole(f.workspaceRole)))
	}},
	{"AddWorkspaceMember to a workspace", "++nn n+dd D", 1, []string{"workspace"}, "", func(w *world, a models.Actor, f ids) error {
		return second(w.s.AddWorkspaceMember(w.ctx, a, f.org, f.workspace, "vic@example.com", models.WorkspaceViewer))
	}},
	{"ChangeWorkspaceRole", "++nn n+dd D", 1, []string{"organization", "workspace", "user", "workspace role"}, "", func(w *world, a models.Actor, f ids) error {
		return second(w.s.ChangeWorkspaceRole(w.ctx, a, f.org, f.workspace, f.user, models.WorkspaceRole(f.workspaceRole)))
	}},
	{"RemoveWorkspaceMember", "++nn n+dd D", 1, []string{"organization", "workspace", "user"}, "", func(w *world, a models.Actor, f ids) error {
		return second(w.s.RemoveWorkspaceMember(w.ctx, a, f.org, f.workspace, f.user))
	}},
	{"ListProjects", "++nn n+dd D", 0, []string{"organization", "workspace"}, "", func(w *world, a models.Actor, f ids) error {
		return second(w.s.ListProjects(w.ctx, a, f.org, f.workspace, models.ProjectQuery{}))
	}},
	{"Project", "++nn n+dd D", 0, []string{"organization", "workspace", "project"}, "", func(w *world, a models.Actor, f ids) error {
		return second(w.s.Project(w.ctx, a, f.org, f.workspace, f.project))
	}},
	{"Project by id alone", "++nn n+dd D", 0, []string{"organization", "project"}, "", func(w *world, a models.Actor, f ids) error {
		return second(w.s.Project(w.ctx, a, f.org, "", f.project))
	}},
	{"CreateProject", "++nn n+dd D", 1, []string{"organization", "workspace"}, "", func(w *world, a models.Actor, f ids) error {
		return second(w.s.CreateProject(w.ctx, a, f.org, f.workspace, models.NewProject{Name: "Other"}))
	}},
	{"UpdateProject", "++nn n+dd D", 1, []string{"organization", "workspace", "project"}, "", func(w *world, a models.Actor, f ids) error {
		return second(w.s.UpdateProject(w.ctx, a, f.org, f.workspace, f.project, models.ProjectChange{Name: ptr("Other")}))
	}},
	{"DeleteProject", "++nn n+dd D", 1, []string{"organization", "workspace", "project"}, "", func(w *world, a models.Actor, f ids) error {
		return second(w.s.DeleteProject(w.ctx, a, f.org, f.workspace, f.project))
	}},
})

// onOneselfMore are methods on the own account that are in no other table.
var onOneselfMore = []row{
	{"AcceptCode of nobody", "NNNN NNNd N", 1, func(w *world, a models.Actor, _, _, _ string) error {
		_, _, err := w.s.AcceptCode(w.ctx, a, "aaaaaaaaaaaaaaaaaaaaaaaaaa", "Name", models.PublicKey{Fingerprint: a.Key})
		return err
	}},
	{"AcceptCodeFor of nobody", "NNNN NNNd N", 1, func(w *world, a models.Actor, _, _, _ string) error {
		_, err := w.s.AcceptCodeFor(w.ctx, a, "aaaaaaaaaaaaaaaaaaaaaaaaaa", store.Newcomer{}, models.PublicKey{Fingerprint: a.Key})
		return err
	}},
	{"OwnRequests", "++++ +++d D", 0, func(w *world, a models.Actor, _, _, _ string) error { return second(w.s.OwnRequests(w.ctx, a)) }},
	{"SignUp where it is closed", "DDDD DDDD D", 0, func(w *world, a models.Actor, _, _, _ string) error {
		return second(w.s.SignUp(w.ctx, a, store.NewUser{}))
	}},
	{"SetPreference", "++++ +++d D", 1, func(w *world, a models.Actor, _, _, _ string) error {
		return second(w.s.SetPreference(w.ctx, a, "mouse", "off"))
	}},
	{"SetBinding", "++++ +++d D", 1, func(w *world, a models.Actor, _, _, _ string) error {
		return second(w.s.SetBinding(w.ctx, a, "quit", []string{"Q"}, nil))
	}},
	{"ResetBindings of none", "++++ +++d D", 0, func(w *world, a models.Actor, _, _, _ string) error { return w.s.ResetBindings(w.ctx, a) }},
	{"SecondFactor", "++++ +++d D", 0, func(w *world, a models.Actor, _, _, _ string) error { return second(w.s.SecondFactor(w.ctx, a)) }},
	{"EnrolSecondFactor", "++++ +++d D", 1, func(w *world, a models.Actor, _, _, _ string) error {
		return second(w.s.EnrolSecondFactor(w.ctx, a, "muster"))
	}},
	{"ConfirmSecondFactor without one", "cccc cccd D", 1, func(w *world, a models.Actor, _, _, _ string) error {
		return second(w.s.ConfirmSecondFactor(w.ctx, a, "123456"))
	}},
	{"VerifySecondFactor without one", "cccc cccd D", 1, func(w *world, a models.Actor, _, _, _ string) error {
		return second(w.s.VerifySecondFactor(w.ctx, a, "123456"))
	}},
	{"RenewRecoveryCodes without one", "cccc cccd D", 1, func(w *world, a models.Actor, _, _, _ string) error {
		return second(w.s.RenewRecoveryCodes(w.ctx, a, "123456"))
	}},
	{"DisableSecondFactor without one", "cccc cccd D", 1, func(w *world, a models.Actor, _, _, _ string) error {
		return second(w.s.DisableSecondFactor(w.ctx, a, "123456"))
	}},
	{"ResetSecondFactor of somebody without one", "dddd dcdd D", 1, func(w *world, a models.Actor, _, _, ref string) error {
		return second(w.s.ResetSecondFactor(w.ctx, a, ref))
	}},
}
