package store

import (
	"context"
	"time"

	"muster/models"
	"muster/store/internal/db"
)

var noticeTable = db.Columns[models.AccountNotice]{
	text("id", func(n *models.AccountNotice) *string { return &n.ID }),
	text("kind", func(n *models.AccountNotice) *models.NoticeKind { return &n.Kind }),
	text("subject", func(n *models.AccountNotice) *string { return &n.Subject }),
	at("created_at", func(n *models.AccountNotice) *time.Time { return &n.CreatedAt }),
}

var noticeColumns = noticeTable.Read("")

func scanNotice(r scanner) (n models.AccountNotice, err error) {
	return n, r.Scan(noticeTable.Dest(&n)...)
}

// notify leaves word for somebody, for their next sign-in.
func (t *tx) notify(ctx context.Context, userID string, kind models.NoticeKind, subject string) error {
	if _, err := t.exec(ctx, "DELETE FROM user_notices WHERE user_id = $1 AND created_at <= $2", userID, micros(t.now.Add(-models.NoticeTime))); err != nil {
		return err
	}
	n := models.AccountNotice{ID: t.s.ids.New("ntc"), Kind: kind, Subject: subject, CreatedAt: t.now}
	row := noticeTable.With(written("user_id", func(*models.AccountNotice) any { return userID }))
	_, err := t.exec(ctx, row.Insert(t.db, "user_notices"), row.Values(&n)...)
	return err
}

// notices are what the actor has not been told yet, the oldest first.
func (t *tx) notices(ctx context.Context) ([]models.AccountNotice, error) {
	return collect(ctx, t, scanNotice, "SELECT "+noticeColumns+" FROM user_notices WHERE user_id = $1 AND created_at > $2 ORDER BY created_at, id",
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
