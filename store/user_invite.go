package store

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"

	"muster/models"
)

// What pairings.mailed says of a code.
const (
	codeMailDue   = 1
	codeMailTaken = 2 // by a mail server
)

// InviteUser makes an account and mails its address a one-time code for a key, for
// site admins. The answer does not have the code: who uses it has read the mail, which
// verifies the address.
func (s *Store) InviteUser(ctx context.Context, a models.Actor, n models.NewAccount) (d models.AccountDetail, err error) {
	err = s.change(ctx, a, event{"user.invite", "user", "", n.Email}, func(t *tx) error {
		if _, err := t.userScope(ctx, ""); err != nil {
			return err
		}
		if n.SiteAdmin {
			if err := models.CheckGrantSiteAdmin(t.user); err != nil {
				return err
			}
		}
		n.Org, n.Key = "", nil
		u, err := t.newAccount(ctx, nil, n, nil, models.AsSiteAdmin)
		if err != nil {
			return err
		}
		if err := t.mailEnrolment(ctx, u); err != nil {
			return err
		}
		d, err = t.accountDetail(ctx, nil, u.ID)
		return err
	})
	return d, err
}

// mailEnrolment makes a one-time code for an account and lets it leave by mail.
func (t *tx) mailEnrolment(ctx context.Context, u models.User) error {
	id, expires := t.s.ids.New("pair"), t.now.Add(models.EnrolmentTime)
	if _, err := t.exec(ctx, `INSERT INTO pairings (id, user_id, made_by, made_key, code_hash, created_at, expires_at, used_at, mailed)
		VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $8)`,
		id, u.ID, t.user.ID, t.actor.Key, hashCode(t.s.enrolmentCode(id)), micros(t.now), micros(expires), codeMailDue); err != nil {
		return err
	}
	// The notice is for the mail only, and names the code that it takes along.
	if err := t.notifyOf(ctx, u.ID, "", "queued", models.AccountNotice{ID: "invited-" + id, Kind: models.NoticeInvited, Subject: id, By: t.user.Name}, t.now); err != nil {
		return err
	}
	t.signal(u.ID, TopicInstallation)
	return t.log(ctx, entry{event: event{"user.invite", "user", u.ID, u.Email}, as: models.AsSiteAdmin, after: fields{"expires_at": expires}})
}

// enrolmentCode derives the code of a pairing that leaves by mail, like code does for
// an invitation.
func (s *Store) enrolmentCode(id string) string {
	mac := hmac.New(sha256.New, s.secret)
	fmt.Fprintf(mac, "muster enrolment\x00%s", id)
	return encodeCode(mac.Sum(nil))
}

// enrolmentMail completes the mail with a code, and tells whether the code can still
// be used.
func (t *tx) enrolmentMail(ctx context.Context, j *MailJob) (bool, error) {
	id := j.Notice.Subject
	var hash string
	var expires int64
	err := t.row(ctx, "SELECT code_hash, expires_at FROM pairings WHERE id = $1 AND used_at = 0 AND mailed > 0", id).Scan(&hash, &expires)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	j.Code, j.Expires = t.s.enrolmentCode(id), fromMicros(expires)
	return err == nil && hashCode(j.Code) == hash && j.Expires.After(t.now), err
}

// enrolmentMailed notes that a mail server took a code.
func (t *tx) enrolmentMailed(ctx context.Context, j MailJob) error {
	_, err := t.exec(ctx, "UPDATE pairings SET mailed = $2 WHERE id = $1", j.Notice.Subject, codeMailTaken)
	return err
}

// provenByEnrolment verifies the address of who used a code that a mail server took
// there. Where another user has verified it, it stays a label.
func (t *tx) provenByEnrolment(ctx context.Context, p pairing) error {
	if p.mailed != codeMailTaken || t.user.EmailVerified {
		return nil
	}
	return t.proven(ctx)
}
