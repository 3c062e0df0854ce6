package store_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"muster/models"
	"muster/store"
)

// act is what somebody does in an estate.
type act func(w *world, x *estate) error

// logged is a change with what the log has of it.
type logged struct {
	before act // not looked at
	do     act
	want   string
}

// everyChange has the actions of the log, with what brings one about and the entries
// that it makes, in their order, each with the chain it is in.
var everyChange = slices.Concat(keyChanges, webhookChanges, []logged{
	{nil, func(w *world, _ *estate) error { return w.s.Backup(w.ctx, filepath.Join(w.t.TempDir(), "backup")) }, "installation installation.backup"},
	{nil, func(w *world, _ *estate) error {
		file := filepath.Join(w.t.TempDir(), "backup")
		if err := w.s.Backup(w.ctx, file); err != nil {
			return err
		}
		return store.Restore(w.ctx, w.dir, file)
	}, "installation installation.restore"},
	{nil, func(w *world, x *estate) error {
		return w.s.ExportAudit(w.ctx, x.actors["owner"], x.acme.org, models.AuditQuery{}, func(models.AuditEntry) error { return nil })
	}, "acme audit.export"},
	{nil, func(w *world, x *estate) error {
		return second(w.s.Roles(w.ctx, x.actors["site admin"], x.acme.org))
	}, "acme organization.read"},
	{func(w *world, x *estate) error {
		tries(w, x.actors["outsider"], x.acme.org, 11)
		w.clock.Advance(time.Hour)
		return nil
	}, func(w *world, _ *estate) error { return w.s.Sweep(w.ctx) }, "refused acme attempt.more"},
	{nil, func(w *world, x *estate) error {
		return second(w.s.CreateInvitation(w.ctx, x.actors["owner"], x.acme.org, models.NewInvitation{Email: "new@example.com"}))
	}, "acme invitation.create"},
	{nil, func(w *world, x *estate) error {
		return second(w.s.CreateInvitation(w.ctx, x.actors["member"], x.acme.org, models.NewInvitation{Email: "new@example.com"}))
	}, "acme invitation.request"},
	{nil, func(w *world, x *estate) error {
		return second(w.s.ImportInvitations(w.ctx, x.actors["owner"], x.acme.org, []models.ImportRow{{Line: 1, Email: "a@example.com"}, {Line: 2, Email: "b@example.com"}}, store.ImportOptions{}))
	}, "acme invitation.create, acme invitation.create"},
	{nil, func(w *world, x *estate) error {
		return second(w.s.ImportInvitations(w.ctx, x.actors["member"], x.acme.org, []models.ImportRow{{Line: 1, Email: "a@example.com"}}, store.ImportOptions{}))
	}, "acme invitation.request"},
	{func(w *world, x *estate) error { // who asks must have an address that is verified
		w.set(x.actors["owner"], x.acme.org, models.SetJoinRequests, "on")
		return nil
	}, func(w *world, x *estate) error {
		return w.s.RequestToJoin(w.ctx, x.actors["site admin"], store.JoinRequest{OrgCode: "ACME"})
	}, "acme invitation.request"},
	{nil, func(w *world, x *estate) error {
		return second(w.s.ApproveInvitation(w.ctx, x.actors["owner"], x.acme.org, x.acme.request, ""))
	}, "acme invitation.approve"},
	{func(w *world, x *estate) error {
		return second(w.s.ApproveInvitation(w.ctx, x.actors["admin"], x.acme.org, x.acme.request, ""))
	}, func(w *world, x *estate) error {
		return second(w.s.ChangeRole(w.ctx, x.actors["owner"], x.acme.org, x.actors["admin"].UserID, models.RoleMember))
	}, "acme member.role, acme invitation.return"},
	{nil, func(w *world, x *estate) error {
		return second(w.s.RejectInvitation(w.ctx, x.actors["owner"], x.acme.org, x.acme.request, ""))
	}, "acme invitation.reject"},
	{func(w *world, x *estate) error {
		return second(w.s.RejectInvitation(w.ctx, x.actors["owner"], x.acme.org, x.acme.request, ""))
	}, func(w *world, x *estate) error {
		return second(w.s.UndoDecision(w.ctx, x.actors["owner"], x.acme.org, x.acme.request))
	}, "acme invitation.undo"},
	{nil, func(w *world, x *estate) error {
		return second(w.s.ResendInvitation(w.ctx, x.actors["owner"], x.acme.org, x.acme.invitation))
	}, "acme invitation.resend"},
	{nil, func(w *world, x *estate) error {
		return second(w.s.RegenerateInvitation(w.ctx, x.actors["owner"], x.acme.org, x.acme.invitation))
	}, "acme invitation.regenerate"},
	{nil, func(w *world, x *estate) error {
		return second(w.s.RevokeInvitation(w.ctx, x.actors["owner"], x.acme.org, x.acme.invitation))
	}, "acme invitation.revoke"},
	{func(w *world, x *estate) error {
		return second(w.s.RevokeInvitation(w.ctx, x.actors["owner"], x.acme.org, x.acme.invitation))
	}, func(w *world, x *estate) error {
		return second(w.s.DeleteInvitation(w.ctx, x.actors["owner"], x.acme.org, x.acme.invitation, true))
	}, "acme invitation.delete"},
	{nil, func(w *world, x *estate) error {
		return second(w.s.WithdrawInvitation(w.ctx, x.actors["member"], x.acme.org, x.acme.request))
	}, "acme invitation.withdraw"},
	{func(w *world, x *estate) error {
		w.set(x.actors["owner"], x.acme.org, models.SetJoinRequests, "on")
		return w.s.RequestToJoin(w.ctx, x.actors["site admin"], store.JoinRequest{OrgCode: "ACME"})
	}, func(w *world, x *estate) error {
		list, err := w.s.OwnRequests(w.ctx, x.actors["site admin"])
		if err != nil {
			return err
		}
		return second(w.s.WithdrawInvitation(w.ctx, x.actors["site admin"], "", list[0].Invitation.ID))
	}, "acme invitation.withdraw"},
	{nil, func(w *world, x *estate) error {
		return second(w.s.JoinCode(w.ctx, x.actors["owner"], x.acme.org, x.acme.invitation))
	}, "acme invitation.code"},
	{nil, func(w *world, x *estate) error {
		return second(w.s.RevokeOrgKey(w.ctx, x.actors["owner"], x.acme.org, w.keyOf(x.acme.user), "stolen"))
	}, "acme member.revoke_key"},
	{nil, func(w *world, x *estate) error {
		return second(w.s.IssueCertificate(w.ctx, x.actors["viewer"], x.acme.org, models.CertificateRequest{Key: w.keyOf(x.actors["viewer"].UserID)}))
	}, "acme certificate.issue"},
	{nil, func(w *world, x *estate) error {
		return second(w.s.RotateAuthority(w.ctx, x.actors["owner"], x.acme.org, false))
	}, "acme certificate.rotate"},
	{nil, func(w *world, x *estate) error {
		k := key("pen")
		_, _, err := w.s.AcceptCode(w.ctx, models.Actor{Via: models.ViaSSH, Key: k.Fingerprint}, w.codeOf(x, x.acme.invitation), "Pen", k)
		return err
	}, "acme invitation.code, installation user.create, installation key.add, personal organization.create, acme invitation.accept"},
	{nil, func(w *world, x *estate) error {
		return w.s.DeclineCode(w.ctx, x.actors["stranger"], w.codeOf(x, x.acme.invitation))
	}, "acme invitation.code, acme invitation.decline"},
	{inviteOutsider, func(w *world, x *estate) error {
		return second(w.s.AcceptInvitation(w.ctx, x.actors["outsider"], w.offer(x)))
	}, "acme invitation.accept"},
	{inviteOutsider, func(w *world, x *estate) error {
		return second(w.s.DeclineInvitation(w.ctx, x.actors["outsider"], w.offer(x)))
	}, "acme invitation.decline"},
	{func(w *world, x *estate) error { w.clock.Advance(models.MaxExpiry); return nil }, func(w *world, x *estate) error {
		return second(w.s.CreateInvitation(w.ctx, x.actors["owner"], x.acme.org, models.NewInvitation{Email: "pen@example.com"}))
	}, "acme invitation.expire, acme invitation.create"},

	{nil, func(w *world, x *estate) error {
		return second(w.s.CreateLink(w.ctx, x.actors["owner"], x.acme.org, models.NewLink{MaxUses: 2}))
	}, "acme link.create"},
	{nil, func(w *world, x *estate) error {
		return second(w.s.LinkCode(w.ctx, x.actors["owner"], x.acme.org, x.acme.link))
	}, "acme link.code"},
	{nil, func(w *world, x *estate) error {
		return second(w.s.RevokeLink(w.ctx, x.actors["owner"], x.acme.org, x.acme.link))
	}, "acme link.revoke"},
	{nil, func(w *world, x *estate) error { return w.useLink(x, x.actors["outsider"]) }, "acme link.code, acme link.join"},
	{inviteOutsider, func(w *world, x *estate) error { return w.useLink(x, x.actors["outsider"]) }, "acme link.code, acme invitation.accept, acme link.join"},

	{nil, func(w *world, x *estate) error {
		return second(w.s.AddKey(w.ctx, x.actors["owner"], key("another"), ""))
	}, "installation key.add"},
	{nil, func(w *world, x *estate) error {
		return second(w.s.RenameKey(w.ctx, x.actors["second owner"], x.acme.key, "other"))
	}, "installation key.rename"},
	{nil, func(w *world, x *estate) error {
		return second(w.s.RemoveKey(w.ctx, x.actors["second owner"], x.acme.key))
	}, "installation key.remove"},
	{nil, func(w *world, x *estate) error {
		code, _, err := w.s.CreatePairing(w.ctx, x.actors["owner"], "")
		if err == nil {
			k := key("new machine")
			_, _, err = w.s.AcceptCode(w.ctx, models.Actor{Via: models.ViaSSH, Key: k.Fingerprint}, code, "", k)
		}
		return err
	}, "installation key.pair, installation key.add"},

	{nil, func(w *world, x *estate) error {
		return second(w.s.ChangeRole(w.ctx, x.actors["owner"], x.acme.org, "vic@example.com", models.RoleMember))
	}, "acme member.role"},
	{nil, func(w *world, x *estate) error {
		return second(w.s.RemoveMember(w.ctx, x.actors["owner"], x.acme.org, x.acme.user))
	}, "acme member.remove, acme transfer.void"},
	{func(w *world, x *estate) error {
		return second(w.s.CreateLink(w.ctx, x.actors["admin"], x.acme.org, models.NewLink{MaxUses: 2}))
	}, func(w *world, x *estate) error {
		return second(w.s.RemoveMember(w.ctx, x.actors["owner"], x.acme.org, "adam@example.com"))
	}, "acme member.remove, acme link.revoke"},
	{nil, func(w *world, x *estate) error {
		return w.s.Leave(w.ctx, x.actors["owner"], x.acme.org)
	}, "acme member.leave, acme invitation.revoke, acme organization.primary"},
	{nil, func(w *world, x *estate) error {
		return w.s.Leave(w.ctx, x.actors["member"], x.acme.org)
	}, "acme member.leave, acme invitation.withdraw"},
	{func(w *world, x *estate) error {
		if err := second(w.s.RemoveMember(w.ctx, x.actors["owner"], x.acme.org, x.acme.user)); err != nil {
			return err
		}
		return second(w.s.CreateInvitation(w.ctx, x.actors["owner"], x.acme.org, models.NewInvitation{Email: "tim@example.com"}))
	}, func(w *world, x *estate) error {
		return second(w.s.RestoreMember(w.ctx, x.actors["owner"], x.acme.org, x.acme.user))
	}, "acme invitation.revoke, acme member.restore"},
	{nil, func(w *world, x *estate) error {
		return second(w.s.SuspendMember(w.ctx, x.actors["owner"], x.acme.org, "vic@example.com", ""))
	}, "acme member.suspend"},
	{func(w *world, x *estate) error {
		return second(w.s.SuspendMember(w.ctx, x.actors["owner"], x.acme.org, "vic@example.com", ""))
	}, func(w *world, x *estate) error {
		return second(w.s.ReactivateMember(w.ctx, x.actors["owner"], x.acme.org, "vic@example.com"))
	}, "acme member.reactivate"},
	{nil, func(w *world, x *estate) error { return w.endIn(x, time.Hour) }, "acme member.end"},
	{func(w *world, x *estate) error { return w.endIn(x, time.Hour) }, func(w *world, x *estate) error {
		w.clock.Advance(2 * time.Hour)
		return w.s.Sweep(w.ctx)
	}, "acme member.ended"},

	{nil, func(w *world, x *estate) error {
		return second(w.s.CreateOrganization(w.ctx, x.actors["owner"], store.NewOrganization{Name: "Own", Code: "OWN"}))
	}, "other organization.create"},
	{nil, func(w *world, x *estate) error {
		return second(w.s.UpgradePersonal(w.ctx, x.actors["owner"], store.NewOrganization{Name: "Own", Code: "OWN"}))
	}, "other organization.create"},
	{nil, func(w *world, x *estate) error {
		return second(w.s.DeleteOrganization(w.ctx, x.actors["owner"], x.acme.org, "ACME"))
	}, "acme organization.delete"},
	{func(w *world, x *estate) error {
		return second(w.s.DeleteOrganization(w.ctx, x.actors["owner"], x.acme.org, "ACME"))
	}, func(w *world, x *estate) error {
		return second(w.s.RestoreOrganization(w.ctx, x.actors["site admin"], x.acme.org))
	}, "acme organization.restore"},
	{func(w *world, x *estate) error { // and none of its owners is left
		if err := second(w.s.DeleteOrganization(w.ctx, x.actors["owner"], x.acme.org, "ACME")); err != nil {
			return err
		}
		w.exec("UPDATE users SET status = 'suspended' WHERE email IN ('olga@example.com', 'otto@example.com')")
		w.exec("UPDATE memberships SET account = 'suspended' WHERE email IN ('olga@example.com', 'otto@example.com')")
		return nil
	}, func(w *world, x *estate) error {
		return second(w.s.RestoreOrganization(w.ctx, x.actors["site admin"], x.acme.org))
	}, "acme organization.restore, acme member.role, acme transfer.void, acme organization.primary, acme invitation.return"},
	{func(w *world, x *estate) error {
		w.exec("UPDATE organizations SET deleted_at = 0 WHERE code = 'DEAD'") // leaves one to purge
		w.exec("UPDATE installation_counts SET n = n - 1 WHERE name = 'organizations_deleted'")
		return second(w.s.DeleteOrganization(w.ctx, x.actors["owner"], x.acme.org, "ACME"))
	}, func(w *world, x *estate) error {
		w.clock.Advance(models.RestoreTime + time.Minute)
		return second(w.s.Purge(w.ctx))
	}, "acme organization.purge, installation organization.purge"},
	{nil, func(w *world, x *estate) error {
		return second(w.s.SetPlan(w.ctx, x.actors["site admin"], x.acme.org, models.PlanVisionary))
	}, "acme plan.set"},
	{nil, func(w *world, x *estate) error {
		return second(w.s.InviteUser(w.ctx, x.actors["site admin"], models.NewAccount{Email: "new@example.com", Name: "New"}))
	}, "installation user.create, personal organization.create, installation user.invite"},
	{nil, func(w *world, x *estate) error {
		return second(w.s.AddPaymentMethod(w.ctx, x.actors["owner"], x.acme.org, models.PaymentMethod{Label: "Invoice"}))
	}, "acme payment.add"},
	{func(w *world, x *estate) error { return w.payments(x.actors["owner"], x.acme.org) }, func(w *world, x *estate) error {
		return second(w.s.SetDefaultPaymentMethod(w.ctx, x.actors["owner"], x.acme.org, "invoice"))
	}, "acme payment.default"},
	{func(w *world, x *estate) error { return w.payments(x.actors["owner"], x.acme.org) }, func(w *world, x *estate) error {
		return second(w.s.RemovePaymentMethod(w.ctx, x.actors["owner"], x.acme.org, "Invoice"))
	}, "acme payment.remove"},
	{nil, func(w *world, x *estate) error {
		w.set(x.actors["owner"], x.acme.org, models.SetMOTD, "hello")
		return nil
	}, "acme settings.update"},

	{nil, func(w *world, x *estate) error {
		return second(w.s.Nominate(w.ctx, x.actors["owner"], x.acme.org, "adam@example.com"))
	}, "acme transfer.nominate"},
	{nil, func(w *world, x *estate) error {
		return second(w.s.AcceptTransfer(w.ctx, x.actors["target"], x.acme.transfer))
	}, "acme transfer.accept"},
	{nil, func(w *world, x *estate) error {
		return second(w.s.DeclineTransfer(w.ctx, x.actors["target"], x.acme.transfer))
	}, "acme transfer.decline"},
	{nil, func(w *world, x *estate) error {
		return second(w.s.CancelTransfer(w.ctx, x.actors["second owner"], x.acme.transfer))
	}, "acme transfer.cancel"},
	{nil, func(w *world, x *estate) error {
		w.clock.Advance(models.TransferTime + time.Minute)
		return w.s.Sweep(w.ctx)
	}, "home invitation.expire, acme invitation.expire, acme transfer.expire, home transfer.expire"},

	{nil, func(w *world, x *estate) error {
		return second(w.s.CreateProject(w.ctx, x.actors["owner"], x.acme.org, x.acme.workspace, models.NewProject{Name: "Other"}))
	}, "acme project.create"},
	{nil, func(w *world, x *estate) error {
		return second(w.s.UpdateProject(w.ctx, x.actors["owner"], x.acme.org, "", x.acme.project, models.ProjectChange{Name: ptr("Other")}))
	}, "acme project.update"},
	{nil, func(w *world, x *estate) error {
		return second(w.s.DeleteProject(w.ctx, x.actors["owner"], x.acme.org, "", x.acme.project))
	}, "acme project.delete"},
	{nil, func(w *world, x *estate) error {
		return second(w.s.CreateRole(w.ctx, x.actors["owner"], x.acme.org, models.ScopeOrganization, models.RoleDraft{Name: ptr("helper"), Permissions: []string{"organization.view"}}))
	}, "acme role.create"},
	{nil, func(w *world, x *estate) error {
		return second(w.s.UpdateRole(w.ctx, x.actors["owner"], x.acme.org, x.acme.role, models.RoleDraft{Description: ptr("other")}))
	}, "acme role.update"},
	{nil, func(w *world, x *estate) error {
		return second(w.s.DeleteRole(w.ctx, x.actors["owner"], x.acme.org, x.acme.role))
	}, "acme role.delete"},
	{nil, func(w *world, x *estate) error {
		return second(w.s.CreateWorkspace(w.ctx, x.actors["owner"], x.acme.org, models.NewWorkspace{Name: "Attic"}))
	}, "acme workspace.create"},
	{nil, func(w *world, x *estate) error {
		return second(w.s.UpdateWorkspace(w.ctx, x.actors["owner"], x.acme.org, x.acme.workspace, models.WorkspaceChange{Name: ptr("Loft")}))
	}, "acme workspace.update"},
	{nil, func(w *world, x *estate) error {
		return second(w.s.DeleteWorkspace(w.ctx, x.actors["owner"], x.acme.org, x.acme.workspace, "Lab"))
	}, "acme workspace.delete"},
	{nil, func(w *world, x *estate) error {
		return second(w.s.AddWorkspaceMember(w.ctx, x.actors["owner"], x.acme.org, x.acme.workspace, "vic@example.com", models.WorkspaceViewer))
	}, "acme workspace.add_member"},
	{nil, func(w *world, x *estate) error {
		return second(w.s.ChangeWorkspaceRole(w.ctx, x.actors["owner"], x.acme.org, x.acme.workspace, x.acme.user, models.WorkspaceViewer))
	}, "acme workspace.change_role"},
	{nil, func(w *world, x *estate) error {
		return second(w.s.RemoveWorkspaceMember(w.ctx, x.actors["owner"], x.acme.org, x.acme.workspace, x.acme.user))
	}, "acme workspace.remove_member"},

	{nil, func(w *world, x *estate) error {
		return second(w.s.SetPreference(w.ctx, x.actors["owner"], "mouse", "off"))
	}, "installation user.prefer"},
	{nil, func(w *world, x *estate) error {
		return second(w.s.SaveView(w.ctx, x.actors["owner"], x.acme.org, models.View{List: "members", Name: "late"}))
	}, "installation view.save"},
	{savedView, func(w *world, x *estate) error {
		return second(w.s.RenameView(w.ctx, x.actors["owner"], x.acme.org, "members", "late", "later"))
	}, "installation view.rename"},
	{savedView, func(w *world, x *estate) error {
		return second(w.s.DeleteView(w.ctx, x.actors["owner"], x.acme.org, "members", "late"))
	}, "installation view.delete"},
	{nil, func(w *world, x *estate) error {
		return second(w.s.SetBinding(w.ctx, x.actors["owner"], "quit", []string{"Q"}, nil))
	}, "installation user.bind"},
	{nil, func(w *world, x *estate) error {
		return second(w.s.UpdateMe(w.ctx, x.actors["owner"], "Olga"))
	}, "installation user.update"},
	{nil, func(w *world, x *estate) error {
		_, _, err := w.s.CreateUser(w.ctx, x.actors["owner"], models.NewAccount{Email: "new@example.com", Name: "New", Org: x.acme.org})
		return err
	}, "installation user.create, personal organization.create, acme member.add, installation user.enrol"},
	{func(w *world, x *estate) error { // two with an address
		_, _, err := w.s.CreateUser(w.ctx, x.actors["owner"], models.NewAccount{Email: "new@example.com", Name: "New", Org: x.acme.org})
		if err == nil {
			_, _, err = w.s.CreateUser(w.ctx, x.actors["site admin"], models.NewAccount{Email: "new@example.com", Name: "New"})
		}
		return err
	}, func(w *world, x *estate) error {
		return second(w.s.VerifyUser(w.ctx, x.actors["site admin"], "", "new-2"))
	}, "acme user.address_lost, installation user.address_lost, installation user.verify"},
	{nil, func(w *world, x *estate) error {
		return second(w.s.EditUser(w.ctx, x.actors["site admin"], "", x.acme.user, models.AccountChange{Name: ptr("Other")}))
	}, "acme user.edit, installation user.edit"},
	{nil, func(w *world, x *estate) error {
		return second(w.s.SuspendUser(w.ctx, x.actors["site admin"], "", "vic@example.com", ""))
	}, "acme user.suspend, installation user.suspend"},
	{func(w *world, x *estate) error {
		return second(w.s.SuspendUser(w.ctx, x.actors["site admin"], "", "vic@example.com", ""))
	}, func(w *world, x *estate) error {
		return second(w.s.ReactivateUser(w.ctx, x.actors["site admin"], "", "vic@example.com"))
	}, "acme user.reactivate, installation user.reactivate"},
	{nil, func(w *world, x *estate) error {
		return second(w.s.DeleteUser(w.ctx, x.actors["site admin"], "", "mel@example.com", "mel@example.com"))
	}, "acme member.delete, acme invitation.withdraw, personal organization.delete, installation user.delete"},

	{nil, func(w *world, x *estate) error {
		return second(w.s.EnrolSecondFactor(w.ctx, x.actors["owner"], "muster"))
	}, "installation second_factor.enrol"},
	{nil, func(w *world, x *estate) error {
		w.enrol(x.actors["owner"])
		return nil
	}, "installation second_factor.enrol, installation second_factor.confirm"},
	{nil, withFactor(func(w *world, a models.Actor, code string) error { return w.verify(a, code) }),
		"installation second_factor.enrol, installation second_factor.confirm, installation second_factor.verify"},
	{nil, withFactor(func(w *world, a models.Actor, code string) error {
		return second(w.s.RenewRecoveryCodes(w.ctx, a, code))
	}),
		"installation second_factor.enrol, installation second_factor.confirm, installation second_factor.recovery"},
	{nil, withFactor(func(w *world, a models.Actor, code string) error {
		return second(w.s.DisableSecondFactor(w.ctx, a, code))
	}),
		"installation second_factor.enrol, installation second_factor.confirm, installation second_factor.disable"},
	{func(w *world, x *estate) error { w.begin(x.actors["owner"]); return nil }, func(w *world, x *estate) error {
		return second(w.s.ResetSecondFactor(w.ctx, x.actors["site admin"], "olga@example.com"))
	}, "installation second_factor.reset"},
})

// refusedOnly are the actions that change nothing: the log has them only when
// they are refused, or where each part of a change has an entry of its own.
var refusedOnly = strings.Fields(`api_key.list api_key.show api_key.usage api_key.verify audit.actions audit.list audit.verify event.follow event.list invitation.import invitation.list invitation.show invitation.stats
	link.list link.show member.former member.keys member.leave.preview member.list member.remove.preview member.revoke_key.preview member.show organization.delete.preview organization.enter
	organization.here organization.list organization.overview organization.show organization.switch plan.list plan.show project.list
	project.show role.list role.show service.list service.remove.preview service.show session.use settings.show user.delete.preview user.list user.show webhook.delete.preview webhook.deliveries webhook.list webhook.show workspace.delete.preview
	workspace.list workspace.members workspace.show workspace.switch`)

// TestActions does everything that the log has a word for, and compares the
// entries. The words are those of the source, so that a new one needs a row.
func TestActions(t *testing.T) {
	alone(t)
	x := newEstate(t)
	covered := map[string]bool{}
	for _, d := range everyChange {
		for _, e := range strings.Split(d.want, ", ") {
			covered[e[strings.LastIndex(e, " ")+1:]] = true
		}
	}
	words := actionsInSource(t)
	for _, action := range words {
		if covered[action] == slices.Contains(refusedOnly, action) {
			t.Errorf("%s is in the source, and in neither or both of the table and the list of actions that change nothing", action)
		}
	}
	for _, action := range refusedOnly {
		if !slices.Contains(words, action) {
			t.Errorf("%s is not in the source any more", action)
		}
	}
	chains := map[string]string{"": "installation", x.acme.org: "acme", x.home.org: "home"}
	page := &auditPage{actions: map[string]*auditAction{}}
	t.Cleanup(func() {
		if len(page.actions) == len(covered) { // else only some were to run
			page.hold(t)
		}
	})
	for _, d := range everyChange {
		t.Run(d.want, func(t *testing.T) {
			t.Parallel()
			w := x.thaw(t)
			if d.before != nil {
				if err := d.before(w, x); err != nil {
					t.Fatal(err)
				}
			}
			from := w.number("SELECT max(rowid) FROM audit")
			if err := d.do(w, x); err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, line := range texts(t, w.raw(), `SELECT a.org_id || ' ' || a.action || ' ' || coalesce(o.kind, CASE WHEN a.action = 'organization.delete' THEN 'personal' ELSE '' END) || ' ' || a.outcome
				FROM audit a LEFT JOIN organizations o ON o.id = a.org_id WHERE a.rowid > $1 ORDER BY a.rowid`, from) {
				f := strings.Split(line, " ")
				chain := chains[f[0]]
				switch {
				case chain != "":
				case f[2] == "personal":
					chain = "personal"
				default:
					chain = "other"
				}
				if f[3] != "done" {
					chain = f[3] + " " + chain
				}
				got = append(got, chain+" "+f[1])
			}
			w.collect(page, from)
			if list := strings.Join(got, ", "); list != d.want {
				t.Errorf("the log has %s", list)
			}
			w.verified()
		})
	}
}

// actionsInSource finds the words that the store has for actions.
func actionsInSource(t *testing.T) (words []string) {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	action := regexp.MustCompile(`^(api_key|attempt|audit|certificate|event|installation|invitation|key|link|member|organization|plan|project|role|second_factor|service|session|settings|transfer|user|view|webhook|workspace)\.[a-z_.]+$`)
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
				if s, err := strconv.Unquote(lit.Value); err == nil && action.MatchString(s) {
					words = append(words, s)
				}
			}
			return true
		})
	}
	slices.Sort(words)
	return slices.Compact(words)
}

// savedView is one to change.
func savedView(w *world, x *estate) error {
	return second(w.s.SaveView(w.ctx, x.actors["owner"], x.acme.org, models.View{List: "members", Name: "late"}))
}
