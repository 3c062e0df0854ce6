package models

// CheckPutIn holds the rules for putting an account that exists into an
// organization: an active one, where nobody else has to approve it. state is that
// in which an invitation in its place would start.
func CheckPutIn(u User, code string, state InvitationState) error {
	if u.Status == UserSuspended {
		return Errorf(CodeConflict, "the account of %s is suspended", u.Email).
			WithHint("reactivate it first: {user.reactivate %s}", u.Email)
	}
	if state != StatePending {
		return Errorf(CodeDenied, "in %s another person has to approve your invitations", code).
			WithHint("propose them: {invitation.create --email %s}", u.Email)
	}
	return nil
}

// CheckPurge wants the code of a deleted organization typed before it is gone
// for good.
func CheckPurge(o Organization, typed string) error {
	if NormCode(typed) == NormCode(o.Code) {
		return nil
	}
	return Invalid("confirm", "confirm must be the code of the organization, %s", o.Code).
		WithHint("after that, nobody can restore the organization")
}
