package sqlite

import (
	"context"
	"database/sql"
	"sync"
	"sync/atomic"
	"time"

	"muster/store/internal/db"
)

// Content moves from SQLite's log into the database file beside the changes that
// go on, so that none of them waits for the disk twice. Should that fall behind,
// the connection that writes does it (checkpointPages).

// checkpointChanges is after how many changes it is worth two more waits for the
// disk. Each of them writes some dozens of pages.
const checkpointChanges = 64

type checkpoints struct {
	changes atomic.Int64 // since the last one began
	running sync.Mutex
	working sync.WaitGroup
}

// checkpointTimeout bounds one, for a disk that hangs.
const checkpointTimeout = 10 * time.Second

// Committed counts the changes of a transaction, and starts a checkpoint if it is
// time for one. It does not wait for it.
func (e *engine) Committed(d *db.DB, entries int) {
	c := &e.checkpoints
	if c.changes.Add(int64(max(entries, 1))) < checkpointChanges || !c.running.TryLock() {
		return
	}
	c.changes.Store(0)
	c.working.Go(func() {
		defer c.running.Unlock()
		ctx, cancel := context.WithTimeout(context.Background(), checkpointTimeout)
		defer cancel()
		if err := checkpoint(ctx, d.Reader); err != nil {
			e.log.Warn("cannot move the log into the database file; nothing is lost", "err", err)
		}
	})
}

// checkpoint moves what it can of the log into the database file, and waits for
// nobody. Writers and readers go on meanwhile.
func checkpoint(ctx context.Context, pool *sql.DB) error {
	var busy, log, moved int
	return pool.QueryRowContext(ctx, "PRAGMA wal_checkpoint(PASSIVE)").Scan(&busy, &log, &moved)
}

// close waits for a checkpoint that is under way. Nothing may be written any more.
func (c *checkpoints) close() { c.working.Wait() }
