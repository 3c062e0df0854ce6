package store

import (
	"context"
	"sync"
	"sync/atomic"
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

// wrote counts the changes of a transaction, and starts a checkpoint if it is
// time for one. It does not wait for it.
func (c *checkpoints) wrote(s *Store, changes int) {
	if c.changes.Add(int64(changes)) < checkpointChanges || !c.running.TryLock() {
		return
	}
	c.changes.Store(0)
	c.working.Go(func() {
		defer c.running.Unlock()
		ctx, cancel := context.WithTimeout(context.Background(), flushTimeout)
		defer cancel()
		if err := checkpoint(ctx, s.reader); err != nil {
			s.log.Warn("cannot move the log into the database file; nothing is lost", "err", err)
		}
	})
}

// close waits for a checkpoint that is under way. Nothing may be written any more.
func (c *checkpoints) close() { c.working.Wait() }
