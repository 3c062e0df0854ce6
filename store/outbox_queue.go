package store

import (
	"context"
	"time"
)

// MailQueue says how many mails wait to leave, and how many could not. It is for
// whoever watches the installation.
func (s *Store) MailQueue(ctx context.Context) (queued, failed int, err error) {
	err = s.db.Row(ctx, `SELECT (SELECT count(*) FROM outbox WHERE state = 'queued') + (SELECT count(*) FROM user_notices WHERE mail_state = 'queued'),
		(SELECT count(*) FROM outbox WHERE state = 'failed')`).Scan(&queued, &failed)
	return queued, failed, s.dataError(err)
}

// MailLate is how long the next mail has been due, 0 for one that is not yet.
func (s *Store) MailLate(ctx context.Context) (time.Duration, error) {
	at, ok, err := s.NextMail(ctx)
	if err != nil || !ok {
		return 0, err
	}
	return max(0, s.now().Sub(at)), nil
}
