package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"muster/models"
)

// JoinRequest asks to become a member of an organization. Email and Name are a
// stranger's; for a signed-in user they come from the account.
type JoinRequest struct {
	OrgCode string
	Email   string
	Name    string
	Message string
}

// maxRequestsPerDay is how often one applicant may ask in a day.
const maxRequestsPerDay = 5

// RequestToJoin asks an organization's admins for membership. A stranger,
// a.UserID empty, hears nothing about what exists: valid input gives nil,
// whatever became of it. The same holds for an account whose address nobody
// verified, which may be somebody else's. Other users are told, but an
// organization that takes no requests is CodeNotFound. More than five tries a
// day are CodeLimit.
func (s *Store) RequestToJoin(ctx context.Context, a models.Actor, r JoinRequest) error {
	if a.UserID == "" && a.Key == "" {
		return models.Errorf(models.CodeInternal, "a request is made only with the key that authenticated")
	}
	// The try counts even if the request is refused, which undoes what its
	// transaction wrote. Who hears nothing gets one transaction for both, so that
	// the time it takes tells nothing either.
	quiet := false
	if err := s.changeAnyone(ctx, a, event{}, func(t *tx) error {
		applicant, err := t.apply(ctx, &r)
		if err != nil {
			return err
		}
		if t.user.ID != "" {
			t.attempt.event = event{"invitation.request", "organization", "", r.OrgCode}
		}
		t.unlogged("a try counts, whatever becomes of it")
		if err := t.countAttempt(ctx, applicant); err != nil {
			return err
		}
		if quiet = !t.user.EmailVerified; !quiet {
			return nil
		}
		var told *models.Error
		if err = t.request(ctx, r); errors.As(err, &told) {
			return nil
		}
		return err
	}); err != nil || quiet {
		return err
	}
	return s.changeAnyone(ctx, a, event{}, func(t *tx) error {
		if _, err := t.apply(ctx, &r); err != nil {
			return err
		}
		t.attempt = attempt{event: event{"invitation.request", "organization", "", r.OrgCode}, as: models.AsOutsider}
		return t.request(ctx, r)
	})
}

// apply checks what a request says, and names the applicant: a user id, or the
// fingerprint of a stranger's key.
func (t *tx) apply(ctx context.Context, r *JoinRequest) (applicant string, err error) {
	if err := t.identifyByKey(ctx); err != nil {
		return "", err
	}
	applicant = t.actor.Key
	if t.user.ID != "" {
		applicant, r.Email, r.Name = t.user.ID, t.user.Email, t.user.Name
	}
	if r.Email, err = models.CheckEmail("email", r.Email); err != nil {
		return "", err
	}
	if r.Name, err = models.CheckName("name", r.Name); err != nil {
		return "", err
	}
	r.Message, err = models.CheckLong("message", r.Message)
	return applicant, err
}

// countAttempt holds the limit on tries. They count whether or not they came
// to anything.
func (t *tx) countAttempt(ctx context.Context, applicant string) error {
	day := micros(t.now.Add(-24 * time.Hour))
	if _, err := t.exec(ctx, "DELETE FROM join_attempts WHERE at <= $1", day); err != nil {
		return err
	}
	var n int
	var first int64
	if err := t.row(ctx, "SELECT count(*), coalesce(min(at), 0) FROM join_attempts WHERE applicant = $1", applicant).Scan(&n, &first); err != nil {
		return err
	}
	if n >= maxRequestsPerDay {
		return models.Errorf(models.CodeLimit, "you have asked %d times within a day", n).WithHint("wait for an answer, or try again tomorrow").
			After(fromMicros(first).Add(24 * time.Hour).Sub(t.now))
	}
	_, err := t.exec(ctx, "INSERT INTO join_attempts (applicant, at) VALUES ($1, $2)", applicant, micros(t.now))
	return err
}

func (t *tx) request(ctx context.Context, r JoinRequest) error {
	var id string
	err := t.row(ctx, "SELECT id FROM organizations WHERE code_norm = $1 AND kind = 'shared' AND deleted_at = 0", models.NormCode(r.OrgCode)).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return conceal(noOrganization())
	}
	if err != nil {
		return err
	}
	set, err := t.memberSettings(ctx, id)
	if err != nil {
		return err
	}
	if t.user.ID != "" {
		if member, err := t.isMember(ctx, id, t.user.ID); err != nil {
			return err
		} else if member {
			return models.Errorf(models.CodeConflict, "you are a member already")
		}
	}
	if !set.JoinRequests {
		return conceal(noOrganization())
	}
	o, err := t.joinable(ctx, invitation{Invitation: models.Invitation{OrgID: id}})
	if err != nil {
		return err
	}
	t.attempt.org = o
	if set.CheckEmailDomain(r.Email) != nil {
		return models.Errorf(models.CodeDenied, "%s does not take requests from addresses like yours", o.Name)
	}
	n := models.NewInvitation{Email: r.Email, Message: r.Message}
	if err := t.checkNew(ctx, o, set, &n); models.CodeOf(err) == models.CodeConflict {
		return models.Errorf(models.CodeConflict, "you already have an open request or invitation").
			WithHint("see it with: {invitation.mine}, {invitation.mine --requests}")
	} else if err != nil {
		return err
	}
	by := applicant{source: network(t.actor.Address)}
	if t.user.EmailVerified {
		by.source = ""
	}
	if err := t.makeRoom(ctx, o, by.source); err != nil {
		return err
	}
	v := invitation{Invitation: models.Invitation{
		Email: r.Email, Name: r.Name, Role: o.access.DefaultRole(set), State: models.StateRequested, Origin: models.OriginJoin,
		Message: r.Message, InviterID: t.user.ID, InviterName: r.Name, InviterEmail: r.Email, InviterVerified: t.user.EmailVerified,
	}, typed: true}
	if t.user.ID == "" {
		by.key = t.actor.Key
	}
	if err := t.insertInvitation(ctx, o, set, &v, by); err != nil {
		return err
	}
	return t.log(ctx, o.entry(event{"invitation.request", "invitation", v.ID, v.Email}, nil, v.audit()))
}

// applications are the open requests to join of the transaction's user, with an
// id that one only. An address that nobody verified has none: it heard nothing
// of what became of them, and so of which organizations there are.
func (t *tx) applications(ctx context.Context, id string) ([]invitation, error) {
	if !t.user.EmailVerified {
		return nil, nil
	}
	return collect(ctx, t, scanInvitation(), "SELECT "+invitationColumns+" FROM "+invitationTables+
		" WHERE i.email_norm = $1 AND i.state_order = "+stateRequested+" AND i.origin = $2 AND i.inviter_id = $3 AND (i.id = $4 OR $4 = '') ORDER BY i.id",
		models.NormEmail(t.user.Email), string(models.OriginJoin), t.user.ID, id)
}

// application is one of applications.
func (t *tx) application(ctx context.Context, id string) (o *org, v invitation, err error) {
	found, err := t.applications(ctx, id)
	if err == nil && (id == "" || len(found) == 0) {
		err = noInvitation()
	}
	if err != nil {
		return nil, v, err
	}
	o, err = t.joinable(ctx, found[0])
	return o, found[0], err
}

// OwnRequests lists the actor's requests to join that wait for a decision. Who is
// to decide, and what they say among themselves, is not part of it.
func (s *Store) OwnRequests(ctx context.Context, a models.Actor) (list []models.JoinOffer, err error) {
	err = s.view(ctx, a, event{}, func(t *tx) error {
		list = []models.JoinOffer{}
		found, err := t.applications(ctx, "")
		if err != nil {
			return err
		}
		for _, v := range found {
			o, err := t.joinable(ctx, v)
			if models.CodeOf(err) == models.CodeNotFound {
				continue // the organization was deleted
			}
			if err != nil {
				return err
			}
			list = append(list, models.JoinOffer{Invitation: forInvitee(v.Invitation), OrgName: o.Name, OrgCode: o.Code, Known: &t.user})
		}
		return nil
	})
	return list, err
}
