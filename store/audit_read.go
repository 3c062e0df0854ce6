package store

import (
	"context"
	"strings"
	"sync"

	"muster/models"
)

// readAction is the entry of what a site admin read in an organization.
const readAction = "organization.read"

// maxRead bounds what a process remembers of reading that the log has.
const maxRead = 10_000

// readLog remembers which reading of the day is in the log, or could not be
// written, so that a screen that refreshes asks nothing of the disk.
type readLog struct {
	mu   sync.Mutex
	day  int64
	seen map[reading]bool // whether it was written; false for one that could not be
}

// reading is what has one entry a day.
type reading struct{ org, reader, kind string }

// state tells whether a reading is in the log, and whether its writing has failed.
func (l *readLog) state(day int64, r reading) (written, failed bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.day != day {
		return false, false
	}
	w, ok := l.seen[r]
	return w, ok && !w
}

func (l *readLog) set(day int64, r reading, written bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.day != day || l.seen == nil || len(l.seen) >= maxRead {
		l.day, l.seen = day, map[reading]bool{}
	}
	l.seen[r] = written
}

// readKind is what a view reads, as the log names things: the part of its action
// before the dot. It is "" where nothing of the organization is shown.
func readKind(action string) string {
	kind, _, _ := strings.Cut(action, ".")
	if kind == "can_i" {
		return ""
	}
	return kind
}

// logReading leaves an entry in an organization's log where somebody has read in
// it as site admin: one a day (UTC), reader and kind of thing. It runs ahead of
// the answer. Reading does not depend on being able to write: where the entry
// cannot be written, the process says so in its own log, and tries with each
// further reading.
func (s *Store) logReading(t *tx) {
	o, kind := t.attempt.org, readKind(t.attempt.action)
	if o == nil || o.as != models.AsSiteAdmin || kind == "" || t.unread {
		return
	}
	r, day := reading{o.ID, t.actor.UserID + " " + t.actor.OnBehalfOf, kind}, models.Day(t.now)
	written, failed := s.reads.state(day, r)
	if written {
		return
	}
	// On its own: neither ended by a reader who goes away, nor part of what is
	// recorded for undo.
	ctx, cancel := context.WithTimeout(context.Background(), flushTimeout)
	defer cancel()
	reader := t.actor
	reader.Request = nil // which asks it of another change
	err := s.changeAnyone(ctx, reader, event{}, func(t *tx) error {
		t.unlogged("the log of the day has it already")
		res, err := t.exec(ctx, `INSERT INTO site_admin_reads (org_id, reader, kind, day) VALUES ($1, $2, $3, $4)
			ON CONFLICT (org_id, reader, kind) DO UPDATE SET day = excluded.day WHERE site_admin_reads.day <> excluded.day`, r.org, r.reader, r.kind, day)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return err
		}
		return t.write(ctx, o.entry(event{readAction, "organization", o.ID, o.Code}, nil, fields{"read": kind}))
	})
	s.reads.set(day, r, err == nil)
	if err != nil && !failed {
		s.log.Warn("the audit log cannot say that a site admin has read an organization", "organization", o.Code, "user", t.user.Email, "read", kind, "err", err)
	}
}
