package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"muster/store/internal/db"
)

// reconnectEvery is how long to wait for a server that is away.
const reconnectEvery = time.Second

// Watch listens on a connection of its own. What happened while there was none is
// looked for when there is one.
func (e *engine) Watch(ctx context.Context, _ *db.DB, look func(context.Context) error, warn func(error)) {
	for ctx.Err() == nil {
		if err := e.listen(ctx, look); err != nil && ctx.Err() == nil {
			warn(err)
			select {
			case <-ctx.Done():
			case <-time.After(reconnectEvery):
			}
		}
	}
}

func (e *engine) listen(ctx context.Context, look func(context.Context) error) error {
	conn, err := pgx.ConnectConfig(ctx, e.config.Copy())
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	if _, err := conn.Exec(ctx, "LISTEN muster"); err != nil {
		return err
	}
	for {
		if err := look(ctx); err != nil {
			return err
		}
		if _, err := conn.WaitForNotification(ctx); err != nil {
			return err
		}
	}
}

// Announce sends a notice that goes out with the commit.
func (e *engine) Announce(ctx context.Context, tx *db.Tx) error {
	_, err := tx.Exec(ctx, "SELECT pg_notify('muster', '')")
	return err
}
