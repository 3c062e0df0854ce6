package store

import (
	"context"

	"muster/models"
)

// CreateUser makes a user directly, without an invitation: for site admins, and
// in their own organization for its owners and admins. Nobody has verified its
// address. In an organization it passes what an invitation
// would have to pass. Where the actor may only propose there, nobody is made: the
// answer has the request that waits instead, without the key. Without a key the
// answer has a one-time code for it, else e is nil. An address whose
// account the actor may know of is CodeConflict.
func (s *Store) CreateUser(ctx context.Context, a models.Actor, n models.NewAccount) (d models.AccountDetail, e *models.Enrolment, err error) {
	code, err := s.newCode()
	if err != nil {
		return d, nil, err
	}
	err = s.change(ctx, a, event{"user.create", "user", "", n.Email}, func(t *tx) error {
		o, err := t.userScope(ctx, n.Org)
		if err != nil {
			return err
		}
		if n.SiteAdmin {
			if err := models.CheckGrantSiteAdmin(t.user); err != nil {
				return err
			}
		}
		as := models.AsSiteAdmin
		var role models.AnyRole
		if o != nil {
			var state models.InvitationState
			if role, state, err = t.mayAdd(ctx, o, &n); err != nil {
				return err
			}
			if state == models.StateRequested {
				d.Request, err = t.proposeUser(ctx, o, n)
				return err
			}
			as = o.as
		}
		u, err := t.newAccount(ctx, o, n, role, as)
		if err != nil {
			return err
		}
		if n.Key == nil {
			if e, err = t.enrol(ctx, u, code, as); err != nil {
				return err
			}
		}
		d, err = t.accountDetail(ctx, o, u.ID)
		return err
	})
	if err != nil {
		return models.AccountDetail{}, nil, err
	}
	return d, e, nil
}

// newAccount makes a user, and with a role a member of an organization.
func (t *tx) newAccount(ctx context.Context, o *org, n models.NewAccount, role models.AnyRole, as models.ActingAs) (u models.User, err error) {
	if err := t.addressFree(ctx, o, n.Email, "", "invite them instead: {invitation.create --email %s}", n.Email); err != nil {
		return u, err
	}
	if u, err = t.createUser(ctx, NewUser{Name: n.Name, Email: n.Email, Key: n.Key}, n.SiteAdmin, false, as); err != nil || o == nil {
		return u, err
	}
	return u, t.addNew(ctx, o, u, role)
}

// addNew makes a user who has just been made a member of an organization, which
// is where they work from then on.
func (t *tx) addNew(ctx context.Context, o *org, u models.User, role models.AnyRole) error {
	if err := t.enlist(ctx, o, u, role); err != nil {
		return err
	}
	_, err := t.exec(ctx, "UPDATE users SET current_org = $1 WHERE id = $2", o.ID, u.ID)
	return err
}

// enlist makes a user a member of an organization at once, with what an
// invitation would have to find: a seat, and room under the limits.
func (t *tx) enlist(ctx context.Context, o *org, u models.User, role models.AnyRole) error {
	if err := t.seatFree(ctx, o); err != nil {
		return err
	}
	if err := t.mayInviteMore(ctx, o, u.Email, false); err != nil {
		return err
	}
	if err := t.confirmOwner(o, u.Email, role); err != nil {
		return err
	}
	if err := t.addMember(ctx, o.ID, u, role, t.user.Email); err != nil {
		return err
	}
	return t.log(ctx, o.entry(event{"member.add", "member", u.ID, u.Email}, nil, fields{"role": role.Label()}))
}

// proposeUser puts an invitation in the place of an account that needs somebody
// else's approval.
func (t *tx) proposeUser(ctx context.Context, o *org, n models.NewAccount) (*models.Invitation, error) {
	if n.SiteAdmin {
		return nil, models.Errorf(models.CodeDenied, "the account of a site admin cannot wait for approval in %s", o.Code).
			WithHint("create it without an organization, then invite it")
	}
	v, err := t.createInvitation(ctx, o, models.NewInvitation{Email: n.Email, Name: n.Name, Role: n.Role})
	if err != nil {
		return nil, err
	}
	return &v.Invitation, nil
}

func addressTaken(email string) *models.Error {
	return &models.Error{Code: models.CodeConflict, Field: "email", Message: "the address " + email + " has an account already"}
}

// mayAdd asks whether the actor may make a user with this role and address in
// an organization, at once or as a request, and finds the role.
func (t *tx) mayAdd(ctx context.Context, o *org, n *models.NewAccount) (role models.AnyRole, state models.InvitationState, err error) {
	set, err := t.memberSettings(ctx, o.ID)
	if err != nil {
		return nil, "", err
	}
	if n.Role == "" {
		n.Role = o.access.DefaultRole(set)
	}
	if role, err = t.anyRole(ctx, o, n.Role); err != nil {
		return nil, "", err
	}
	if err = t.allow(o, func(acc models.Access) error { state, err = acc.CheckAddMember(set, role); return err }); err != nil {
		return nil, "", err
	}
	if err := o.access.CheckPaid("add members"); err != nil {
		return nil, "", err
	}
	if n.Email, err = models.CheckEmail("email", n.Email); err != nil {
		return nil, "", err
	}
	return role, state, set.CheckEmailDomain(n.Email)
}
