package models

// CheckDeleteInvitation holds the rules for deleting an invitation from the lists, and for
// listing it again: it has to be over, for the same people who could have revoked it.
func (a Access) CheckDeleteInvitation(inv Invitation) error {
	if own := inv.InviterID == a.UserID && inv.Origin == OriginInvite; !own {
		if err := a.Require(PermDecide); err != nil {
			return err
		}
	}
	if err := a.checkOwnerInvitation(inv.Role); err != nil {
		return err
	}
	if inv.State.Open() {
		return Errorf(CodeConflict, "%s is %s: only closed ones can be deleted", inv.Email, inv.Outcome()).
			WithHint("end it first: {invitation.revoke}, {invitation.reject} or {invitation.withdraw}")
	}
	return nil
}
