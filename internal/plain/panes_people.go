package plain

import (
	"fmt"
	"time"

	"muster/models"
)

// inShared says that a pane is of organizations that have members and ways in.
func inShared(s *Session) bool { return s.shared() }

func membersPane() *pane {
	return &pane{
		name: "members", title: "Members", when: inShared, list: "member.list", open: "member.show", key: "User", label: "Email",
		count: func(s *Session) string { return fmt.Sprint(s.org.Members.Total) },
		only:  []string{"Filter", "Sort"},
		rows: []action{
			{op: "member.role", title: "change role", why: memberRule(mayChangeRole), undo: func(item, _ any) (string, values) {
				m := item.(models.Member)
				return "member.role", values{"User": m.ID, "Role": m.RoleRef()}
			}},
			{op: "member.suspend", title: "suspend", why: memberRule(maySuspend), undo: func(item, _ any) (string, values) {
				return "member.reactivate", values{"User": text(item, "ID")}
			}},
			{op: "member.reactivate", title: "reactivate", why: memberRule(mayReactivate), undo: func(item, _ any) (string, values) {
				return "member.suspend", values{"User": text(item, "ID"), "Reason": text(item, "SuspendReason")}
			}},
			{op: "member.end", title: "set when the membership ends", why: memberRule(mayEnd), undo: func(item, _ any) (string, values) {
				m := item.(models.Member)
				if m.EndsAt == nil {
					return "member.end", values{"User": m.ID, "Never": true}
				}
				return "member.end", values{"User": m.ID, "At": m.EndsAt.UTC().Format(time.RFC3339)}
			}},
			{op: "member.remove", title: "remove", why: memberRule(mayRemove), gone: true},
			{op: "transfer.nominate", title: "nominate as owner", why: memberRule(mayNominate), undo: func(_, out any) (string, values) {
				return "transfer.cancel", values{"Transfer": text(out, "ID")}
			}},
		},
		top: []action{
			{op: "invitation.create", title: "invite", why: mayInvite},
			{title: "removed members", why: needs(models.PermMembers), pane: func(any) *pane { return removedPane() }},
			{op: "organization.here", title: "who has the app open"},
			{op: "transfer.cancel", title: "cancel a nomination", with: func(any) values { return values{"Transfer": ""} }},
			{op: "member.add", title: "add somebody who has an account", why: func(s *Session, _ any) error {
				return models.OnlySiteAdmin(s.me.User, "add an account without an invitation")
			}},
			{op: "member.leave", title: "leave the organization", then: leave},
		},
	}
}

func removedPane() *pane {
	return &pane{
		title: "Removed members", list: "member.former", key: "User", label: "Email", only: []string{"Filter"},
		rows: []action{{op: "member.restore", title: "restore", why: denied("WhyNot"), gone: true}},
	}
}

func invitationsPane() *pane {
	return &pane{
		name: "invitations", title: "Invitations", when: inShared, list: "invitation.list", open: "invitation.show", key: "ID", label: "Email",
		only: []string{"Filter", "Sort"},
		count: func(s *Session) string {
			if n := s.org.Invites[models.StateRequested]; n > 0 && s.access.Require(models.PermDecide) == nil {
				return fmt.Sprintf("%d to review", n)
			}
			return ""
		},
		rows: []action{
			{op: "invitation.approve", title: "approve", why: invitationRule(mayApprove), undo: decision},
			{op: "invitation.reject", title: "reject", why: invitationRule(mayReject), undo: decision},
			{op: "invitation.resend", title: "resend", why: invitationRule(mayResend)},
			{op: "invitation.code", title: "show the join command", why: invitationRule(mayShowCode)},
			{op: "invitation.regenerate", title: "create a new code", why: invitationRule(mayResend)},
			{op: "invitation.revoke", title: "revoke", why: invitationRule(mayRevoke)},
			{op: "invitation.withdraw", title: "withdraw", why: invitationRule(mayWithdraw)},
			{op: "invitation.delete", title: "delete from the list", why: invitationRule(mayDelete), with: func(any) values { return values{"Restore": false} }, gone: true, undo: func(item, _ any) (string, values) {
				return "invitation.delete", values{"ID": text(item, "ID"), "Restore": true}
			}},
		},
		top: []action{
			{op: "invitation.create", title: "invite", why: mayInvite},
			{op: "invitation.import.preview", title: "preview a list"},
			{op: "invitation.import", title: "invite a list", why: mayInvite},
			{title: "join links", pane: func(any) *pane { return linksPane() }},
			{op: "invitation.stats", title: "numbers"},
		},
	}
}

func decision(item, _ any) (string, values) {
	return "invitation.undo", values{"ID": text(item, "ID")}
}

func linksPane() *pane {
	return &pane{
		title: "Join links", list: "link.list", open: "link.show", key: "ID", label: "Label", only: []string{"Filter"},
		rows: []action{
			{op: "link.code", title: "show the join command", why: denied("NoCode")},
			{op: "link.revoke", title: "revoke", why: denied("NoRevoke")},
		},
		top: []action{{op: "link.create", title: "create a join link"}},
	}
}

// usersPane is of the whole installation.
func usersPane() *pane {
	return &pane{
		name: "users", title: "Users", own: true, when: siteAdmin, list: "user.list", open: "user.show", detailed: true, key: "User", label: "Email",
		only: []string{"Filter", "Sort"},
		rows: []action{
			{op: "user.edit", title: "change", why: accountRule(models.AccountEdit), undo: func(item, _ any) (string, values) {
				u := item.(models.AccountDetail)
				return "user.edit", values{"User": u.ID, "Email": u.Email, "Name": u.Name}
			}},
			{op: "user.suspend", title: "suspend", why: accountRule(models.AccountSuspend), undo: func(item, _ any) (string, values) {
				return "user.reactivate", values{"User": text(item, "ID")}
			}},
			{op: "user.reactivate", title: "reactivate", why: accountRule(models.AccountReactivate), undo: func(item, _ any) (string, values) {
				return "user.suspend", values{"User": text(item, "ID"), "Reason": text(item, "SuspendReason")}
			}},
			{op: "user.verify", title: "verify the address"},
			{op: "user.enrol", title: "create a code for a key", why: accountRule(models.AccountEnrol)},
			{op: "second_factor.reset", title: "reset the second factor"},
			{op: "user.delete", title: "delete", why: accountRule(models.AccountDelete), gone: true},
		},
		top: []action{{op: "user.create", title: "create a user"}, {op: "user.invite", title: "invite somebody by mail", why: func(s *Session, _ any) error {
			return models.OnlySiteAdmin(s.me.User, "invite people into the installation")
		}}},
	}
}

func siteAdmin(s *Session) bool { return s.me.SiteAdmin }

// needs asks for a permission in the organization.
func needs(p models.Permission) func(*Session, any) error {
	return func(s *Session, _ any) error { return s.access.Require(p) }
}
