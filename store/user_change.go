package store

import (
	"context"
	"time"

	"muster/models"
)

// EnrolUser gives a one-time code by which a user brings in a key: the first
// one, or for a site admin to give also where a key was lost. It holds for
// models.EnrolmentTime; a new code ends the one before. orgRef is as in Users.
func (s *Store) EnrolUser(ctx context.Context, a models.Actor, orgRef, ref string) (u models.User, e *models.Enrolment, err error) {
	code, err := s.newCode()
	if err != nil {
		return u, nil, err
	}
	err = s.change(ctx, a, event{"user.enrol", "user", "", ref}, func(t *tx) error {
		var o *org
		if o, u, err = t.findAccount(ctx, orgRef, ref); err != nil {
			return err
		}
		as := t.administersAs(o)
		if err := t.mayManage(ctx, t.user, u); err != nil {
			return err
		}
		if u.ID == t.user.ID && !t.actor.Local() {
			return models.Errorf(models.CodeDenied, "you cannot create a code for your own account over SSH").
				WithHint("pair the machine instead: {key.pair}")
		}
		if err := t.mayEnrol(ctx, t.user, u); err != nil {
			return err
		}
		if u.Status == models.UserSuspended {
			return models.Errorf(models.CodeConflict, "the account of %s is suspended", u.Email).WithHint("reactivate it first")
		}
		if o != nil {
			t.signal(o.ID)
		}
		e, err = t.enrol(ctx, u, code, as)
		return err
	})
	return u, e, err
}

// mayEnrol asks whether who may give out a code for a key of an account as it is
// now.
func (t *tx) mayEnrol(ctx context.Context, who, u models.User) error {
	var keys int
	if err := t.row(ctx, "SELECT count(*) FROM user_keys WHERE user_id = $1 AND proven_at > 0", u.ID).Scan(&keys); err != nil {
		return err
	}
	return models.CheckEnrol(who, u, keys)
}

func (t *tx) enrol(ctx context.Context, u models.User, code string, as models.ActingAs) (*models.Enrolment, error) {
	if _, err := t.exec(ctx, "DELETE FROM pairings WHERE user_id = $1", u.ID); err != nil {
		return nil, err
	}
	e := &models.Enrolment{Code: code, ExpiresAt: t.now.Add(models.EnrolmentTime)}
	if _, err := t.exec(ctx, "INSERT INTO pairings (id, user_id, made_by, made_key, code_hash, created_at, expires_at, used_at) VALUES ($1, $2, $3, $4, $5, $6, $7, 0)",
		t.s.ids.New("pair"), u.ID, t.user.ID, t.actor.Key, hashCode(code), micros(t.now), micros(e.ExpiresAt)); err != nil {
		return nil, err
	}
	t.signal(u.ID, TopicInstallation)
	return e, t.log(ctx, entry{event: event{"user.enrol", "user", u.ID, u.Email}, as: as, after: fields{"expires_at": e.ExpiresAt}})
}

// pairingMakerMay refuses a code whose maker could not give it out any more.
func (t *tx) pairingMakerMay(ctx context.Context, p pairing) error {
	gone := models.Errorf(models.CodeGone, "this code is no longer valid: whoever created it may no longer do so").
		WithHint("ask a site admin of this installation")
	maker, err := t.userByID(ctx, p.madeBy)
	if models.CodeOf(err) == models.CodeNotFound || err == nil && maker.Status != models.UserActive {
		return gone
	}
	if err != nil {
		return err
	}
	if err = t.mayManage(ctx, maker, p.user); err == nil {
		err = t.mayEnrol(ctx, maker, p.user)
	}
	if models.CodeOf(err) == models.CodeDenied {
		return gone
	}
	return err
}

// EditUser changes a user; what is nil stays. orgRef is as in Users. An
// organization's admins change name and address by the rule of
// models.CheckManageAccount; only site admins make site admins, and the last one
// stays. A new address is not verified. The own address wants a code
// of the second factor where the actor has one.
func (s *Store) EditUser(ctx context.Context, a models.Actor, orgRef, ref string, c models.AccountChange) (d models.AccountDetail, err error) {
	err = s.changeWithCode(ctx, a, event{"user.edit", "user", "", ref}, func(t *tx) error {
		o, u, err := t.findAccount(ctx, orgRef, ref)
		if err != nil {
			return err
		}
		as := t.administersAs(o)
		if err := t.mayEdit(ctx, u, c); err != nil {
			return err
		}
		if err := t.edit(ctx, o, &u, c, as); err != nil {
			return err
		}
		if u.ID == t.user.ID && c.SiteAdmin != nil { // who gave it up sees what they may see now
			t.user.SiteAdmin = *c.SiteAdmin
			if !t.user.SiteAdmin && o == nil {
				d.User, d.User.SiteAdmin = u, false
				return nil
			}
		}
		d, err = t.accountDetail(ctx, o, u.ID)
		return err
	})
	return d, err
}

// mayEdit asks whether the actor may make a change to a user.
func (t *tx) mayEdit(ctx context.Context, u models.User, c models.AccountChange) error {
	if u.ID == t.user.ID && c.Email != nil && *c.Email != u.Email {
		if err := t.freshCode(ctx, c.Code); err != nil {
			return err
		}
	}
	if c.SiteAdmin != nil {
		if err := models.CheckGrantSiteAdmin(t.user); err != nil {
			return err
		}
	}
	return t.mayManage(ctx, t.user, u)
}

// edit makes a change of a user that is allowed.
func (t *tx) edit(ctx context.Context, o *org, u *models.User, c models.AccountChange, as models.ActingAs) error {
	was := *u
	if err := t.newIdentity(ctx, o, u, c); err != nil {
		return err
	}
	before, after := fields{}, fields{}
	for name, v := range map[string][2]string{"email": {was.Email, u.Email}, "name": {was.Name, u.Name}} {
		if v[0] != v[1] {
			before[name], after[name] = v[0], v[1]
		}
	}
	if len(after) > 0 {
		if err := t.saveIdentity(ctx, *u); err != nil {
			return err
		}
	}
	if c.SiteAdmin != nil && *c.SiteAdmin != u.SiteAdmin {
		if err := t.setSiteAdmin(ctx, *u, *c.SiteAdmin); err != nil {
			return err
		}
		before["site_admin"], after["site_admin"] = u.SiteAdmin, *c.SiteAdmin
	}
	if len(after) > 0 {
		if err := t.logEverywhere(ctx, as, event{"user.edit", "user", was.ID, was.Email}, before, after); err != nil {
			return err
		}
	}
	if after["site_admin"] == false {
		return t.reviewEverywhere(ctx, u.ID, as)
	}
	return nil
}

// setSiteAdmin makes somebody a site admin, or takes that from one who is not
// the last.
func (t *tx) setSiteAdmin(ctx context.Context, u models.User, admin bool) error {
	if !admin {
		if err := t.lastSiteAdmin(ctx, u); err != nil {
			return err
		}
	}
	_, err := t.exec(ctx, "UPDATE users SET site_admin = $1 WHERE id = $2", bit(admin), u.ID)
	return err
}

// closeOffersOf closes the open invitations of a user's verified address in the
// organizations they belong to.
func (t *tx) closeOffersOf(ctx context.Context, u models.User, as models.ActingAs) error {
	orgs, err := t.sharedOrgs(ctx, u.ID)
	if err != nil {
		return err
	}
	for _, id := range orgs {
		if err := t.closeInvitationsFor(ctx, &org{Organization: models.Organization{ID: id}, as: as}, u, memberNow); err != nil {
			return err
		}
	}
	return nil
}

// newIdentity checks a new address and name.
func (t *tx) newIdentity(ctx context.Context, o *org, u *models.User, c models.AccountChange) (err error) {
	if c.Name != nil {
		if u.Name, err = models.CheckName("name", *c.Name); err != nil {
			return err
		}
	}
	if c.Email == nil {
		return nil
	}
	email, err := models.CheckEmail("email", *c.Email)
	if err != nil {
		return err
	}
	if models.NormEmail(email) != models.NormEmail(u.Email) {
		if err := t.addressFree(ctx, o, email, u.ID, "choose another address"); err != nil {
			return err
		}
		u.EmailVerified, u.EmailLost = false, ""
		if o != nil && !t.user.SiteAdmin {
			set, err := t.memberSettings(ctx, o.ID)
			if err != nil {
				return err
			}
			if err := set.CheckEmailDomain(email); err != nil {
				return err
			}
		}
	}
	u.Email = email
	return nil
}

// sharedOrgs lists the living shared organizations of a user.
func (t *tx) sharedOrgs(ctx context.Context, userID string) ([]string, error) {
	return collect(ctx, t, scanString, `SELECT o.id FROM memberships m JOIN organizations o ON o.id = m.org_id
		WHERE m.user_id = $1 AND o.kind = 'shared' AND o.deleted_at = 0 ORDER BY o.id`, userID)
}

// logEverywhere records what was done to a user in the chains of the user's
// organizations, whose people see its effects, and in the installation's.
func (t *tx) logEverywhere(ctx context.Context, as models.ActingAs, e event, before, after any) error {
	orgs, err := t.sharedOrgs(ctx, e.targetID)
	if err != nil {
		return err
	}
	t.signal(e.targetID, TopicInstallation)
	for _, id := range append(orgs, "") {
		if err := t.log(ctx, entry{event: e, org: id, as: as, before: before, after: after}); err != nil {
			return err
		}
	}
	return nil
}

// SuspendUser keeps a user from signing in, with a reason that they are told.
// Their open sessions end. Neither oneself, nor the last active site admin, nor
// the last active owner of an organization can be suspended. orgRef is as in
// Users.
func (s *Store) SuspendUser(ctx context.Context, a models.Actor, orgRef, ref, reason string) (models.AccountDetail, error) {
	return s.setUserStatus(ctx, a, "user.suspend", orgRef, ref, func(t *tx, u models.User, did event, as models.ActingAs) error {
		if err := t.mayLose(ctx, u, "suspend"); err != nil {
			return err
		}
		reason, err := models.CheckLong("reason", reason)
		if err != nil {
			return err
		}
		if err := u.CheckStatus(models.UserSuspended); err != nil {
			return err
		}
		if err := t.endKeys(ctx, "", u.ID, "", models.EndedSuspended); err != nil {
			return err
		}
		if err := t.writeUserStatus(ctx, u, models.UserSuspended, t.now, t.user.Email, reason); err != nil {
			return err
		}
		// Also those that they gave out: reactivating brings none back.
		if err := t.endPairings(ctx, "(user_id = $2 OR made_by = $2)", u.ID); err != nil {
			return err
		}
		t.signal(TopicSignIn)
		if err := t.logEverywhere(ctx, as, did, fields{"status": u.Status}, fields{"status": models.UserSuspended, "reason": reason}); err != nil {
			return err
		}
		return t.reviewEverywhere(ctx, u.ID, as)
	})
}

// ReactivateUser lets a suspended user sign in again. orgRef is as in Users.
func (s *Store) ReactivateUser(ctx context.Context, a models.Actor, orgRef, ref string) (models.AccountDetail, error) {
	return s.setUserStatus(ctx, a, "user.reactivate", orgRef, ref, func(t *tx, u models.User, did event, as models.ActingAs) error {
		if err := t.mayManage(ctx, t.user, u); err != nil {
			return err
		}
		if err := u.CheckStatus(models.UserActive); err != nil {
			return err
		}
		if err := t.writeUserStatus(ctx, u, models.UserActive, time.Time{}, "", ""); err != nil {
			return err
		}
		if _, err := t.exec(ctx, "UPDATE users SET active_since = $1 WHERE id = $2", micros(t.now), u.ID); err != nil {
			return err
		}
		return t.logEverywhere(ctx, as, did, fields{"status": u.Status}, fields{"status": models.UserActive})
	})
}

func (s *Store) setUserStatus(ctx context.Context, a models.Actor, action, orgRef, ref string, write func(*tx, models.User, event, models.ActingAs) error) (d models.AccountDetail, err error) {
	err = s.change(ctx, a, event{action, "user", "", ref}, func(t *tx) error {
		o, u, err := t.findAccount(ctx, orgRef, ref)
		if err != nil {
			return err
		}
		as := t.administersAs(o)
		if err := write(t, u, event{action, "user", u.ID, u.Email}, as); err != nil {
			return err
		}
		orgs, err := t.sharedOrgs(ctx, u.ID)
		if err != nil {
			return err
		}
		for _, id := range orgs {
			if err := t.updateOwnership(ctx, &org{Organization: models.Organization{ID: id}, as: as}); err != nil {
				return err
			}
		}
		d, err = t.accountDetail(ctx, o, u.ID)
		return err
	})
	return d, err
}

func (t *tx) writeUserStatus(ctx context.Context, u models.User, to models.UserStatus, at time.Time, by, reason string) error {
	if _, err := t.exec(ctx, "UPDATE memberships SET account = $1 WHERE user_id = $2", string(to), u.ID); err != nil {
		return err
	}
	_, err := t.exec(ctx, "UPDATE users SET status = $1, suspended_at = $2, suspended_by = $3, suspend_reason = $4 WHERE id = $5",
		string(to), micros(at), by, reason, u.ID)
	return err
}
