package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"muster/models"
	"muster/store/internal/db"
)

var noticeTable = db.Columns[models.AccountNotice]{
	text("id", func(n *models.AccountNotice) *string { return &n.ID }),
	text("kind", func(n *models.AccountNotice) *models.NoticeKind { return &n.Kind }),
	text("subject", func(n *models.AccountNotice) *string { return &n.Subject }),
	text("org_name", func(n *models.AccountNotice) *string { return &n.OrgName }),
	text("by_whom", func(n *models.AccountNotice) *string { return &n.By }),
	text("reason", func(n *models.AccountNotice) *string { return &n.Reason }),
	at("created_at", func(n *models.AccountNotice) *time.Time { return &n.CreatedAt }),
}

var noticeColumns = noticeTable.Read("")

func scanNotice(r scanner) (n models.AccountNotice, err error) {
	return n, r.Scan(noticeTable.Dest(&n)...)
}

// notify leaves word for somebody: their open sessions show it at once, others at
// their next sign-in.
func (t *tx) notify(ctx context.Context, userID string, n models.AccountNotice) error {
	return t.notifyOf(ctx, userID, "", "", n, time.Time{})
}

// tell is notify for what an organization's people did to somebody. ref is what
// it is taken back by (unsay). Unread, it leaves by mail once it can no longer be
// undone, to an address that is known to be theirs.
func (t *tx) tell(ctx context.Context, userID, ref string, o *org, n models.AccountNotice) error {
	if userID == "" || userID == t.user.ID {
		return nil
	}
	var name, mail string
	err := t.row(ctx, `SELECT o.name, CASE WHEN u.email_verified = 1 AND u.status = 'active' THEN 'queued' ELSE '' END
		FROM organizations o, users u WHERE o.id = $1 AND u.id = $2`, o.ID, userID).Scan(&name, &mail)
	if errors.Is(err, sql.ErrNoRows) {
		return nil // whoever it was is gone
	}
	if err != nil {
		return err
	}
	n.OrgName = name
	return t.notifyOf(ctx, userID, ref, mail, n, t.now.Add(models.UndoTime))
}

// welcome queues the mail that says how to come back to an organization that the
// transaction's user has just joined.
func (t *tx) welcome(ctx context.Context, o *org) error {
	if !t.user.EmailVerified {
		return nil
	}
	if _, err := t.unsay(ctx, t.user.ID, o.ID, models.NoticeJoined); err != nil {
		return err
	}
	return t.notifyOf(ctx, t.user.ID, o.ID, "queued", models.AccountNotice{ID: "joined-" + o.ID + "-" + t.user.ID, Kind: models.NoticeJoined, Subject: o.Code, OrgName: o.Name}, t.now)
}

// byWhom names the actor to the person concerned.
func (t *tx) byWhom() string {
	if t.user.ID == "" {
		return ""
	}
	return t.user.Name + " <" + t.user.Email + ">"
}

func (t *tx) notifyOf(ctx context.Context, userID, ref, mail string, n models.AccountNotice, due time.Time) error {
	if _, err := t.exec(ctx, "DELETE FROM user_notices WHERE user_id = $1 AND created_at <= $2", userID, micros(t.now.Add(-models.NoticeTime))); err != nil {
		return err
	}
	if n.CreatedAt = t.now; n.ID == "" {
		n.ID = t.s.ids.New("ntc")
	}
	row := noticeTable.With(
		written("user_id", func(*models.AccountNotice) any { return userID }),
		written("ref", func(*models.AccountNotice) any { return ref }),
		written("mail_state", func(*models.AccountNotice) any { return mail }),
		written("mail_at", func(*models.AccountNotice) any { return micros(due) }))
	if _, err := t.exec(ctx, row.Insert(t.db, "user_notices"), row.Values(&n)...); err != nil {
		return err
	}
	t.signal(userID)
	if mail == "queued" {
		t.signal(mailTopic)
	}
	return nil
}

// unsay takes a notice back that is not true any more. It tells whether there was
// one that nobody had read.
func (t *tx) unsay(ctx context.Context, userID, ref string, kinds ...models.NoticeKind) (bool, error) {
	var all int64
	for _, k := range kinds {
		res, err := t.exec(ctx, "DELETE FROM user_notices WHERE ref = $1 AND user_id = $2 AND kind = $3", ref, userID, string(k))
		if err != nil {
			return false, err
		}
		n, err := res.RowsAffected()
		if err != nil {
			return false, err
		}
		all += n
	}
	return all > 0, nil
}

// notices are what the actor has not been told yet, the oldest first.
func (t *tx) notices(ctx context.Context) ([]models.AccountNotice, error) {
	return collect(ctx, t, scanNotice, "SELECT "+noticeColumns+" FROM user_notices WHERE user_id = $1 AND created_at > $2 AND kind NOT IN ('joined', 'invited') ORDER BY created_at, id",
		t.user.ID, micros(t.now.Add(-models.NoticeTime)))
}

// ReadNotices forgets those of the actor's notices, named by their ids, that they
// were shown.
func (s *Store) ReadNotices(ctx context.Context, a models.Actor, ids ...string) error {
	return s.change(ctx, a, event{}, func(t *tx) error {
		t.unlogged("having read a notice changes nothing")
		for _, id := range ids {
			res, err := t.exec(ctx, "DELETE FROM user_notices WHERE user_id = $1 AND id = $2", t.user.ID, id)
			if err != nil {
				return err
			}
			if n, err := res.RowsAffected(); err != nil {
				return err
			} else if n > 0 {
				t.signal(t.user.ID)
			}
		}
		return nil
	})
}

// claimUserNotices hands out mails to people concerned that are due, as ClaimMail
// does. What somebody has read by then is no mail any more.
func (t *tx) claimUserNotices(ctx context.Context, most int, lease time.Duration) (jobs []MailJob, err error) {
	type due struct {
		MailJob
		at int64
	}
	found, err := collect(ctx, t, func(r scanner) (d due, err error) {
		n := &d.Notice
		return d, r.Scan(append(noticeTable.Dest(n), &d.To, &d.at, &d.Attempt)...)
	}, "SELECT "+noticeTable.Read("n")+`, u.email, n.mail_at, n.attempts FROM user_notices n JOIN users u ON u.id = n.user_id AND u.status = 'active'
		WHERE n.mail_state = 'queued' AND n.mail_at <= $1 ORDER BY n.mail_at LIMIT $2`, micros(t.now), most)
	if err != nil {
		return nil, err
	}
	for _, d := range found {
		holds := true
		if d.Notice.Kind == models.NoticeInvited {
			if holds, err = t.enrolmentMail(ctx, &d.MailJob); err != nil {
				return nil, err
			}
		}
		if !holds || d.Attempt == 0 && t.now.Sub(fromMicros(d.at)) > staleNotice {
			if _, err := t.exec(ctx, "UPDATE user_notices SET mail_state = 'stopped', claim = claim + 1 WHERE id = $1", d.Notice.ID); err != nil {
				return nil, err
			}
			continue
		}
		job := d.MailJob
		job.ID, job.Kind, job.OrgName, job.Attempt = job.Notice.ID, MailNotice, job.Notice.OrgName, job.Attempt+1
		if err := t.row(ctx, "UPDATE user_notices SET mail_at = $2, claim = claim + 1, attempts = attempts + 1 WHERE id = $1 RETURNING claim",
			job.ID, micros(t.now.Add(lease))).Scan(&job.Claim); err != nil {
			return nil, err
		}
		jobs = append(jobs, job)
	}
	return jobs, nil
}

// setUserNoticeState writes the outcome of a delivery. What is for the mail only
// is done with then.
func (t *tx) setUserNoticeState(ctx context.Context, j MailJob, state string, due int64) error {
	if j.Notice.Kind == models.NoticeInvited && state == "sent" && j.ByServer {
		if err := t.enrolmentMailed(ctx, j); err != nil {
			return err
		}
	}
	if (j.Notice.Kind == models.NoticeJoined || j.Notice.Kind == models.NoticeInvited) && state != "queued" {
		_, err := t.exec(ctx, "DELETE FROM user_notices WHERE id = $1 AND claim = $2", j.ID, j.Claim)
		return err
	}
	_, err := t.exec(ctx, "UPDATE user_notices SET mail_state = $3, mail_at = CASE WHEN CAST($4 AS BIGINT) = 0 THEN mail_at ELSE $4 END WHERE id = $1 AND claim = $2",
		j.ID, j.Claim, state, due)
	return err
}
