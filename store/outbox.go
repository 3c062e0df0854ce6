package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"muster/internal/clock"
	"muster/models"
)

// MailJob is one mail that is due. Code is secret: it goes into the mail and
// nowhere else.
type MailJob struct {
	ID         string // of the mail: the same for every try
	Kind       MailKind
	To         string // address
	Claim      int64  // hands the answer back: MailSent, MailFailed, MailImpossible
	Invitation models.Invitation
	Code       string // of an invitation and a reminder
	OrgName    string
	OrgCode    string
	// JoinedName and JoinedEmail are who accepted, of MailAccepted.
	JoinedName     string
	JoinedEmail    string
	JoinedVerified bool
	Notice         models.AccountNotice // of MailNotice
	Expires        time.Time            // of Code, of an account that was made for somebody
	Attempt        int                  // from 1
	// ByServer is set by who sent it: a mail server took it, so that only who reads
	// the mail of that address has seen it.
	ByServer bool
}

// Failed deliveries are tried again for some five hours: 12 times in all.
const maxAttempts = 12

var mailBackoff = clock.Backoff{First: 30 * time.Second, Most: time.Hour}

// deliveryUnlogged is why deliveries have no entries in the log.
const deliveryUnlogged = "how a delivery goes stands beside its invitation"

// maxMailError bounds what is kept of a mail server's answer, in characters.
const maxMailError = 300

// queueMail lets the mail of an invitation leave at a time.
func (t *tx) queueMail(ctx context.Context, v *invitation, due time.Time) error {
	return t.queueMails(ctx, []*invitation{v}, due)
}

func (t *tx) queueMails(ctx context.Context, all []*invitation, due time.Time) error {
	insert, err := t.prepare(ctx, `INSERT INTO outbox (org_id, invitation_id, state, due_at, claim, attempts, error, asked_at, sent_at)
		VALUES ($1, $2, 'queued', $3, 0, 0, '', $4, 0)
		ON CONFLICT (invitation_id) DO UPDATE SET state = 'queued', due_at = excluded.due_at,
			claim = outbox.claim + 1, attempts = 0, error = '', asked_at = excluded.asked_at`)
	if err != nil {
		return err
	}
	defer insert.Close()
	for _, v := range all {
		if _, err := insert.ExecContext(ctx, v.OrgID, v.ID, micros(due), micros(t.now)); err != nil {
			return err
		}
		at := due
		v.Delivery = models.Delivery{State: models.DeliveryQueued, At: &at}
	}
	t.signal(mailTopic)
	return nil
}

// stopMail keeps a mail that has not left from leaving.
func (t *tx) stopMail(ctx context.Context, id string) error {
	_, err := t.exec(ctx, "UPDATE outbox SET state = 'stopped', claim = claim + 1 WHERE invitation_id = $1 AND state = 'queued'", id)
	return err
}

// ClaimMail hands out mails that are due, at most max, for the lease: when no
// answer comes within it, another worker gets them, so a mail may in rare cases
// be sent twice but is never lost. For the mail worker only.
func (s *Store) ClaimMail(ctx context.Context, max int, lease time.Duration) (jobs []MailJob, err error) {
	// Without anything due there is no reason to take the write lock.
	if at, ok, err := s.NextMail(ctx); err != nil || !ok || at.After(s.now()) {
		return nil, err
	}
	err = s.asSystem(ctx, "", func(t *tx) error {
		t.unlogged(deliveryUnlogged)
		if jobs, err = t.claimInvitations(ctx, max, lease); err != nil || len(jobs) == max {
			return err
		}
		if err := t.queueReminders(ctx, max); err != nil {
			return err
		}
		more, err := t.claimNotices(ctx, max-len(jobs), lease)
		if jobs = append(jobs, more...); err != nil || len(jobs) >= max {
			return err
		}
		more, err = t.claimUserNotices(ctx, max-len(jobs), lease)
		jobs = append(jobs, more...)
		return err
	})
	if err != nil {
		return nil, err
	}
	return jobs, nil
}

// claimInvitations hands out the mails of invitations.
func (t *tx) claimInvitations(ctx context.Context, max int, lease time.Duration) (jobs []MailJob, err error) {
	due, err := collect(ctx, t, scanInvitation(), "SELECT "+invitationColumns+" FROM "+invitationTables+
		" WHERE x.state = 'queued' AND x.due_at <= $1 ORDER BY x.due_at LIMIT $2", micros(t.now), max)
	if err != nil {
		return nil, err
	}
	for _, v := range due {
		if err := t.loadInvitationWorkspaces(ctx, &v.Invitation); err != nil {
			return nil, err
		}
		job, err := t.claim(ctx, v, lease)
		if err != nil {
			return nil, err
		}
		if job.Claim > 0 {
			jobs = append(jobs, job)
		}
	}
	return jobs, nil
}

// claim takes one mail for a lease. A mail that must not or cannot leave is
// closed instead, and the claim is 0.
func (t *tx) claim(ctx context.Context, v invitation, lease time.Duration) (job MailJob, err error) {
	job = MailJob{ID: v.ID, Kind: MailInvitation, To: v.Email, Code: t.s.code(v.ID, v.Generation), Attempt: v.Delivery.Attempts + 1, Invitation: v.asSeen(t.now)}
	give := func(state, why string) (MailJob, error) {
		t.signal(v.OrgID, v.InviterID)
		_, err := t.exec(ctx, "UPDATE outbox SET state = $2, error = $3, claim = claim + 1 WHERE invitation_id = $1", v.ID, state, why)
		return MailJob{}, err
	}
	err = t.row(ctx, "SELECT name, code FROM organizations WHERE id = $1 AND deleted_at = 0", v.OrgID).Scan(&job.OrgName, &job.OrgCode)
	switch {
	case errors.Is(err, sql.ErrNoRows), err == nil && job.Invitation.State != models.StatePending:
		return give("stopped", "")
	case err != nil:
		return job, err
	case hashCode(job.Code) != v.codeHash:
		return give("failed", "the secret of this installation has changed: regenerate the code")
	case job.Attempt > maxAttempts:
		return give("failed", "every try ended without an answer")
	}
	err = t.row(ctx, "UPDATE outbox SET due_at = $2, claim = claim + 1, attempts = attempts + 1 WHERE invitation_id = $1 RETURNING claim",
		v.ID, micros(t.now.Add(lease))).Scan(&job.Claim)
	return job, err
}

// NextMail says when the next mail is due; ok is false when none waits. For
// the mail worker only.
func (s *Store) NextMail(ctx context.Context) (at time.Time, ok bool, err error) {
	var due int64
	err = s.db.Row(ctx, "SELECT coalesce(min(due_at), 0) FROM outbox WHERE state = 'queued'").Scan(&due)
	if err != nil {
		return at, false, s.dataError(err)
	}
	notice, err := s.nextNotice(ctx)
	if due == 0 || notice != 0 && notice < due {
		due = notice
	}
	if err != nil || due == 0 {
		return at, false, s.dataError(err)
	}
	return fromMicros(due), true, nil
}

// MailDue is a subscription that signals when mail was put into the outbox, by
// this process or another. For the mail worker only.
func (s *Store) MailDue() *Subscription { return s.Subscribe(mailTopic) }

// MailSent says that a mail was taken by the server (j.ByServer) or written to the
// folder, from where people pass it on.
func (s *Store) MailSent(ctx context.Context, j MailJob) error {
	return s.mailed(ctx, j, "sent", "", 0)
}

// MailImpossible says that no way to send mail is set up: the join command has
// to be passed on by hand.
func (s *Store) MailImpossible(ctx context.Context, j MailJob) error {
	return s.mailed(ctx, j, "none", "", 0)
}

// MailFailed says why a mail did not leave. It is tried again later unless the
// failure is permanent, the tries are used up, or the invitation runs out
// before.
func (s *Store) MailFailed(ctx context.Context, j MailJob, why string, permanent bool) error {
	due := s.now().Add(mailBackoff.Wait(j.Attempt))
	if permanent || j.Attempt >= maxAttempts || j.Kind != MailAccepted && j.Kind != MailReturned && j.Invitation.ExpiresAt != nil && due.After(*j.Invitation.ExpiresAt) {
		return s.mailed(ctx, j, "failed", why, 0)
	}
	return s.mailed(ctx, j, "queued", why, micros(due))
}

// mailed writes the outcome of a delivery, unless the claim is no longer the
// current one: then the invitation was sent again, or stopped, meanwhile.
func (s *Store) mailed(ctx context.Context, j MailJob, state, why string, due int64) error {
	why = clip(why, maxMailError)
	return s.asSystem(ctx, "", func(t *tx) error {
		t.unlogged(deliveryUnlogged)
		if j.Kind != MailInvitation {
			return t.setNoticeState(ctx, j, state, why, due)
		}
		var sent int64
		if state == "sent" {
			sent = micros(t.now)
		}
		res, err := t.exec(ctx, `UPDATE outbox SET state = $3, error = $4, due_at = CASE WHEN CAST($5 AS BIGINT) = 0 THEN due_at ELSE $5 END,
			sent_at = CASE WHEN CAST($6 AS BIGINT) = 0 THEN sent_at ELSE $6 END WHERE invitation_id = $1 AND claim = $2`,
			j.ID, j.Claim, state, why, due, sent)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return err
		}
		if sent != 0 && j.ByServer {
			if _, err := t.exec(ctx, "UPDATE invitations SET code_mailed = 1 WHERE id = $1 AND code_hash = $2", j.ID, hashCode(j.Code)); err != nil {
				return err
			}
		}
		t.signal(j.Invitation.OrgID, j.Invitation.InviterID)
		return nil
	})
}
