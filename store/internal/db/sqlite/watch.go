package sqlite

import (
	"context"
	"database/sql"
	"time"

	"muster/store/internal/db"
)

// pollEvery is how often a process looks whether another one wrote. Asking
// costs microseconds, and nobody asks while nobody listens.
const pollEvery = 200 * time.Millisecond

// pollTimeout bounds one look, for a disk that hangs.
const pollTimeout = 5 * time.Second

// Watch asks for the version of the data, which changes whenever another
// connection, of this process or another, has committed. It must be asked on one
// and the same connection.
func (e *engine) Watch(ctx context.Context, d *db.DB, look func(context.Context) error, warn func(error)) {
	var conn *sql.Conn
	defer func() {
		if conn != nil {
			_ = conn.Close()
		}
	}()
	version := int64(-1)
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		err := func() (err error) {
			ctx, cancel := context.WithTimeout(ctx, pollTimeout)
			defer cancel()
			if conn == nil {
				if conn, err = d.Reader.Conn(ctx); err != nil {
					return err
				}
			}
			var v int64
			if err = conn.QueryRowContext(ctx, "PRAGMA data_version").Scan(&v); err != nil || v == version {
				return err
			}
			if err = look(ctx); err == nil {
				version = v
			}
			return err
		}()
		if err != nil && ctx.Err() == nil {
			warn(err)
			if conn != nil {
				_ = conn.Close() // and with it the count that version belongs to
				conn, version = nil, -1
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Announce has nothing to do: those who watch see that the file has changed.
func (e *engine) Announce(context.Context, *db.Tx) error { return nil }
