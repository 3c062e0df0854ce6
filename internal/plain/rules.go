package plain

import (
	"muster/models"
)

// The rules that refuse an action on a row, as the store asks them. Here they
// say so before anybody chooses it; the store decides.

func memberRule(check func(s *Session, m models.Member) error) func(*Session, any) error {
	return func(s *Session, item any) error {
		m := item.(models.Member)
		if err := m.CheckMember(); err != nil {
			return err
		}
		return check(s, m)
	}
}

func mayChangeRole(s *Session, m models.Member) error {
	// The least role there is: whoever may not even be given that one stays.
	return s.access.CheckRoleChange(m.Standing(), models.RoleViewer, s.org.ActiveOwners)
}

func maySuspend(s *Session, m models.Member) error {
	if err := m.CheckStatus(models.MemberSuspended); err != nil {
		return err
	}
	return s.access.CheckSuspend(m.Standing(), s.org.ActiveOwners)
}

func mayReactivate(s *Session, m models.Member) error {
	if err := m.CheckStatus(models.MemberActive); err != nil {
		return err
	}
	return s.access.CheckReactivate(m.Standing())
}

func mayEnd(s *Session, m models.Member) error {
	return s.access.CheckEnd(m.Standing(), m.EndsAt, nil, s.org.ActiveOwners)
}

func mayRemove(s *Session, m models.Member) error {
	return s.access.CheckRemove(m.Standing(), s.org.ActiveOwners)
}

func mayNominate(s *Session, m models.Member) error {
	from := models.Standing{UserID: s.Me().Subject()}
	primary := s.org.PrimaryOwner == from.UserID
	if s.org.Role != models.RoleOwner { // a site admin acts for the primary owner
		from.UserID, primary = s.org.PrimaryOwner, true
	}
	return s.access.CheckNominate(from, m.Standing(), primary)
}

func invitationRule(check func(s *Session, i models.Invitation) error) func(*Session, any) error {
	return func(s *Session, item any) error { return check(s, item.(models.Invitation)) }
}

func mayDelete(s *Session, i models.Invitation) error { return s.access.CheckDeleteInvitation(i) }

func mayApprove(s *Session, i models.Invitation) error {
	return s.access.CheckApprove(s.org.Settings, i, i.Given())
}

func mayReject(s *Session, i models.Invitation) error {
	return s.access.CheckReject(s.org.Settings, i)
}

func mayResend(s *Session, i models.Invitation) error {
	return s.access.CheckResend(s.org.Settings, i)
}

func mayShowCode(s *Session, i models.Invitation) error {
	return s.access.CheckShowCode(s.org.Settings, i)
}

func mayRevoke(s *Session, i models.Invitation) error { return s.access.CheckRevoke(i) }

func mayWithdraw(s *Session, i models.Invitation) error { return s.access.CheckWithdraw(i) }

// mayInvite is the rule for inviting, or proposing.
func mayInvite(s *Session, _ any) error {
	state, err := s.access.CheckInvite(s.org.Settings, models.RoleViewer)
	if err == nil {
		err = s.access.CheckPaid("invite")
	}
	if err == nil && state == models.StatePending {
		err = s.org.Seats.CheckFree() // a request holds none
	}
	return err
}

// denied is the refusal that a row brings with it, by the field that holds it.
func denied(field string) func(*Session, any) error {
	return func(_ *Session, item any) error {
		if why := text(item, field); why != "" {
			return models.Errorf(models.CodeDenied, "%s", why)
		}
		return nil
	}
}

// inWorkspace asks for a permission in a workspace: of the row, or of the one
// whose rows are shown.
func inWorkspace(w *models.WorkspaceView, p models.Permission) func(*Session, any) error {
	return func(s *Session, item any) error {
		v, ok := item.(models.WorkspaceView)
		if !ok {
			v = *w
		}
		return v.Access(s.access).Require(p)
	}
}

// accountRule is for what is done to somebody's account.
func accountRule(a models.AccountAction) func(*Session, any) error {
	return func(s *Session, item any) error {
		switch u := item.(type) {
		case models.AccountDetail:
			if why := u.WhyNot[a]; why != "" {
				return models.Errorf(models.CodeDenied, "%s", why)
			}
			return a.CheckRow(s.Me().Subject(), u.User)
		case models.Account:
			return a.CheckRow(s.Me().Subject(), u.User)
		}
		return nil
	}
}

// relation refuses an answer to what an organization of the list does not ask.
func relation(field, message string) func(*Session, any) error {
	return func(_ *Session, item any) error {
		if text(item, field) == "" {
			return models.Errorf(models.CodeConflict, "%s", message)
		}
		return nil
	}
}
