package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"muster/models"
)

// MailKind says what a mail is about.
type MailKind string

// The kinds of mails.
const (
	MailInvitation MailKind = "invitation"
	MailReminder   MailKind = "reminder" // to the invitee, before the invitation expires
	MailAccepted   MailKind = "accepted" // to the inviter
	MailReturned   MailKind = "returned" // to the inviter, when it needs a new decision
)

// staleNotice is the age at which a mail that never had its chance, since
// nothing here sent mails, is no news any more.
const staleNotice = 7 * 24 * time.Hour

// queueNotice lets a mail about an invitation leave now, once; word that it went
// back to the queue each time.
func (t *tx) queueNotice(ctx context.Context, kind MailKind, v *invitation) error {
	_, err := t.exec(ctx, `INSERT INTO notices (org_id, invitation_id, kind, state, due_at, claim, attempts, error)
		VALUES ($1, $2, $3, 'queued', $4, 0, 0, '') ON CONFLICT (invitation_id, kind) DO UPDATE
		SET state = 'queued', due_at = excluded.due_at, claim = notices.claim + 1, attempts = 0, error = '' WHERE excluded.kind = 'returned'`,
		v.OrgID, v.ID, string(kind), micros(t.now))
	t.signal(mailTopic)
	return err
}

// tellInviter queues word of an acceptance to whoever invited, where the
// organization wants it.
func (t *tx) tellInviter(ctx context.Context, set models.MemberSettings, v *invitation) error {
	if !set.AcceptanceMail || v.Origin != models.OriginInvite || v.InviterID == t.user.ID {
		return nil
	}
	return t.queueNotice(ctx, MailAccepted, v)
}

// queueReminders turns reminders that are due into mails. An organization that
// switched them off gets none.
func (t *tx) queueReminders(ctx context.Context, most int) error {
	due, err := collect(ctx, t, scanInvitation(), "SELECT "+invitationColumns+" FROM "+invitationTables+
		" WHERE i.remind_at > 0 AND i.remind_at <= $1 ORDER BY i.remind_at LIMIT $2", micros(t.now), most)
	if err != nil {
		return err
	}
	for _, v := range due {
		set, err := t.memberSettings(ctx, v.OrgID)
		if err != nil {
			return err
		}
		mark := int64(0)
		holds := set.Reminders && v.asSeen(t.now).State == models.StatePending
		if holds {
			if holds, err = t.wouldJoin(ctx, set, &v); err != nil {
				return err
			}
		}
		if holds {
			mark = -1
			if err := t.queueNotice(ctx, MailReminder, &v); err != nil {
				return err
			}
		}
		if _, err := t.exec(ctx, "UPDATE invitations SET remind_at = $2 WHERE id = $1", v.ID, mark); err != nil {
			return err
		}
	}
	return nil
}

// wouldJoin tells whether an invitation would still be accepted as far as it is
// the organization's to say: nobody is reminded of one that holds no more.
func (t *tx) wouldJoin(ctx context.Context, set models.MemberSettings, v *invitation) (bool, error) {
	o, err := t.joinable(ctx, *v)
	if err == nil {
		err = t.stands(ctx, o, set, *v)
	}
	if refused(err) != nil {
		return false, nil
	}
	return err == nil, err
}

// claimNotices hands out mails that are due, as ClaimMail does.
func (t *tx) claimNotices(ctx context.Context, most int, lease time.Duration) (jobs []MailJob, err error) {
	type notice struct {
		id       string
		kind     MailKind
		due      int64
		attempts int
	}
	due, err := collect(ctx, t, func(r scanner) (n notice, err error) {
		return n, r.Scan(&n.id, &n.kind, &n.due, &n.attempts)
	}, "SELECT invitation_id, kind, due_at, attempts FROM notices WHERE state = 'queued' AND due_at <= $1 ORDER BY due_at LIMIT $2", micros(t.now), most)
	if err != nil {
		return nil, err
	}
	for _, n := range due {
		job, err := t.noticeJob(ctx, n.id, n.kind)
		if err != nil {
			return nil, err
		}
		if job == nil || n.attempts == 0 && t.now.Sub(fromMicros(n.due)) > staleNotice {
			if _, err := t.exec(ctx, "UPDATE notices SET state = 'stopped', claim = claim + 1 WHERE invitation_id = $1 AND kind = $2", n.id, string(n.kind)); err != nil {
				return nil, err
			}
			continue
		}
		job.Attempt = n.attempts + 1
		if err := t.row(ctx, "UPDATE notices SET due_at = $3, claim = claim + 1, attempts = attempts + 1 WHERE invitation_id = $1 AND kind = $2 RETURNING claim",
			n.id, string(n.kind), micros(t.now.Add(lease))).Scan(&job.Claim); err != nil {
			return nil, err
		}
		jobs = append(jobs, *job)
	}
	return jobs, nil
}

// noticeJob makes the mail of a notice, or nil where there is no reason for it
// any more.
func (t *tx) noticeJob(ctx context.Context, id string, kind MailKind) (*MailJob, error) {
	v, err := t.invitationByID(ctx, "", id)
	if err != nil {
		return nil, err
	}
	job := &MailJob{ID: fmt.Sprintf("%s-%s", id, kind), Kind: kind, Invitation: v.asSeen(t.now)}
	err = t.row(ctx, "SELECT name, code FROM organizations WHERE id = $1 AND deleted_at = 0", v.OrgID).Scan(&job.OrgName, &job.OrgCode)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if kind == MailReminder {
		job.To, job.Code = v.Email, t.s.code(v.ID, v.Generation)
		if job.Invitation.State != models.StatePending || hashCode(job.Code) != v.codeHash {
			return nil, nil
		}
		return job, nil
	}
	if kind == MailReturned {
		if job.Invitation.ReturnedAt == nil {
			return nil, nil // somebody has decided
		}
		err = t.row(ctx, `SELECT u.email FROM users u JOIN memberships m ON m.user_id = u.id AND m.org_id = $1 AND m.status = 'active'
			WHERE u.id = $2 AND u.status = 'active' AND u.email_verified = 1`, v.OrgID, v.InviterID).Scan(&job.To)
		if errors.Is(err, sql.ErrNoRows) {
			return nil, nil
		}
		return job, err
	}
	// Word of what happens inside an organization goes to its members only, and to
	// no address that may be somebody else's.
	err = t.row(ctx, `SELECT u.email, j.name, j.email, j.email_verified FROM users u JOIN memberships m ON m.user_id = u.id AND m.org_id = $1 AND m.status = 'active', users j
		WHERE u.id = $2 AND u.status = 'active' AND u.email_verified = 1 AND j.id = $3`, v.OrgID, v.InviterID, v.AcceptedBy).Scan(&job.To, &job.JoinedName, &job.JoinedEmail, (*isTrue)(&job.JoinedVerified))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return job, err
}

// nextNotice is when the next reminder or other notice is due; 0 for none.
func (s *Store) nextNotice(ctx context.Context) (at int64, err error) {
	var notice, reminder int64
	if err = s.db.Row(ctx, "SELECT coalesce(min(due_at), 0) FROM notices WHERE state = 'queued'").Scan(&notice); err != nil {
		return 0, err
	}
	err = s.db.Row(ctx, "SELECT coalesce(min(remind_at), 0) FROM invitations WHERE remind_at > 0").Scan(&reminder)
	if notice == 0 || reminder != 0 && reminder < notice {
		return reminder, err
	}
	return notice, err
}

// setNoticeState writes the outcome of a notice's delivery, unless the claim is no
// longer the current one.
func (t *tx) setNoticeState(ctx context.Context, j MailJob, state, why string, due int64) error {
	_, err := t.exec(ctx, `UPDATE notices SET state = $4, error = $5, due_at = CASE WHEN CAST($6 AS BIGINT) = 0 THEN due_at ELSE $6 END
		WHERE invitation_id = $1 AND kind = $2 AND claim = $3`, j.Invitation.ID, string(j.Kind), j.Claim, state, why, due)
	return err
}
