package models

// What can be told of somebody's status from their row alone. The store asks
// these beside the rules that need the database, and the app before it offers a
// key.

// CheckStatus refuses to give a member the status they have.
func (m Member) CheckStatus(to MemberStatus) error {
	if m.Status == to {
		return Errorf(CodeConflict, "%s is %s already", m.Email, to)
	}
	return nil
}

// CheckStatus refuses to give an account the status it has.
func (u User) CheckStatus(to UserStatus) error {
	if u.Status == to {
		return Errorf(CodeConflict, "the account of %s is %s already", u.Email, to)
	}
	return nil
}

// CheckOwnAccount refuses what nobody does to their own account. verb is suspend
// or delete.
func CheckOwnAccount(actorID string, u User, verb string) error {
	if u.ID == actorID {
		return Errorf(CodeDenied, "you cannot %s your own account", verb).WithHint("ask another site admin")
	}
	return nil
}

// CheckRow is why an action on an account cannot be done, as far as its row
// tells; the store knows the rest.
func (a AccountAction) CheckRow(actorID string, u User) error {
	switch a {
	case AccountSuspend:
		if err := u.CheckStatus(UserSuspended); err != nil {
			return err
		}
		return CheckOwnAccount(actorID, u, "suspend")
	case AccountReactivate:
		return u.CheckStatus(UserActive)
	case AccountDelete:
		return CheckOwnAccount(actorID, u, "delete")
	}
	return nil
}
