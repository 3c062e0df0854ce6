package models

// The rules of what can be done with an invitation in its state. The store asks
// them before it changes anything, and the app before it offers a key.

// CheckApprove holds the rules for approving a request with a role: CheckDecide,
// that it waits, a second person where the organization wants one, a payment
// method where one is needed, and the allowed domains. The store sees to seats
// and workspaces.
func (a Access) CheckApprove(s MemberSettings, inv Invitation, role AnyRole) error {
	if err := a.CheckDecide(s, inv, role); err != nil {
		return err
	}
	if err := inv.CheckStep(StatePending); err != nil {
		return err
	}
	if inv.State != StateRequested {
		return Errorf(CodeGone, "the invitation of %s is %s", inv.Email, inv.Outcome()).WithHint("resend renews it")
	}
	if err := a.CheckSelfApproval(s, inv); err != nil {
		return err
	}
	if err := a.CheckPaid("invite"); err != nil {
		return err
	}
	return s.CheckEmailDomain(inv.Email)
}

// CheckReject holds the rules for rejecting a request. It gives nothing away, so
// the role that was asked for does not matter, an owner's excepted.
func (a Access) CheckReject(s MemberSettings, inv Invitation) error {
	if err := a.CheckDecide(s, inv, RoleViewer); err != nil {
		return err
	}
	return inv.CheckStep(StateRejected)
}

// CheckResend holds the rules for sending an invitation another time, with the
// same code or a new one; one that has expired is renewed by it.
func (a Access) CheckResend(s MemberSettings, inv Invitation) error {
	if err := a.CheckManage(s, inv); err != nil {
		return err
	}
	switch inv.State {
	case StatePending, StateExpired:
		return nil
	case StateRequested:
		return Errorf(CodeConflict, "the invitation of %s is %s", inv.Email, inv.Outcome()).WithHint("approve it first")
	}
	return inv.CheckStep(StatePending)
}

// CheckShowCode holds the rules for showing the code of an invitation.
func (a Access) CheckShowCode(s MemberSettings, inv Invitation) error {
	if err := a.CheckManage(s, inv); err != nil {
		return err
	}
	return inv.CheckStep(StateAccepted)
}

// CheckWithdraw holds the rules for taking a request back: whoever asked, while
// it waits.
func (a Access) CheckWithdraw(inv Invitation) error {
	if inv.InviterID != a.UserID {
		return Errorf(CodeDenied, "only %s, who asked, can withdraw the request", inv.InviterEmail).
			WithHint("owners and admins reject it instead")
	}
	return inv.CheckStep(StateWithdrawn)
}

// Why is the reason that goes with the state of an invitation: why it was closed,
// or is back in the queue.
func (inv Invitation) Why() string {
	if inv.State == StateRequested && inv.ReturnedAt != nil && inv.Reason != "" {
		return "back for a new decision: " + inv.Reason
	}
	return inv.Reason
}
