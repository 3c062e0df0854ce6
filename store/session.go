package store

import (
	"context"
	"slices"
	"sync"
	"time"

	"muster/models"
)

// Sessions are written behind: signing in must not wait for the disk, and
// nothing of value is lost with the last second of them.
const (
	seenDelay     = time.Second
	sessionBeat   = time.Minute
	sessionAlive  = 3 * sessionBeat // how long a session counts as open after its process last said so
	maxSeenWrites = 500             // rows written in one transaction
)

// Session is one open session of a user.
type Session struct {
	ID      string     `json:"id"`
	Via     models.Via `json:"via"`
	Address string     `json:"address"`
	Key     string     `json:"key"` // fingerprint
	Since   time.Time  `json:"since"`
}

type sessionRow struct {
	Session
	userID string
	org    string // that it shows, "" for none
	left   string // that it showed before
	moved  bool   // it is not new: only org has changed
	ended  bool
	brief  bool // over before it was written: it only tells when somebody was seen
}

// OpenSession is a session that was opened and has not ended.
type OpenSession struct {
	log *seenLog

	mu  sync.Mutex
	row sessionRow
}

// seenLog collects what is to be written about sessions.
type seenLog struct {
	s       *Store
	process string

	behind
	pending []sessionRow
	open    map[string]bool
	flushes *time.Timer // nil while nothing is pending
	beat    *time.Timer // nil while no session is open
}

func newSeenLog(s *Store) *seenLog {
	return &seenLog{s: s, process: s.ids.New("prc"), open: map[string]bool{}}
}

// OpenSession records that the actor has a session: for the list under You, for
// the consequences of a removal, and as when the user and the key were last
// seen. It returns at once.
func (s *Store) OpenSession(a models.Actor) *OpenSession {
	o := &OpenSession{log: s.seen, row: sessionRow{userID: a.Subject(),
		Session: Session{ID: s.ids.New("ses"), Via: a.Via, Address: a.Address, Key: a.Key, Since: s.now()}}}
	s.seen.add(o.row)
	return o
}

// ID names the session.
func (o *OpenSession) ID() string { return o.row.ID }

// Show says which organization the session shows, by its id, so that others
// there see who else is (Here). It returns at once, and showing the same again
// costs nothing. The caller has been let in to the organization.
func (o *OpenSession) Show(orgID string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.row.org == orgID || o.row.ended {
		return
	}
	o.row.left, o.row.org, o.row.moved = o.row.org, orgID, true
	o.log.add(o.row)
}

// End ends the session, and may be called more than once.
func (o *OpenSession) End() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.row.ended {
		return
	}
	o.row.ended, o.row.left = true, o.row.org
	o.log.add(o.row)
}

func (l *seenLog) add(row sessionRow) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return
	}
	if row.ended {
		delete(l.open, row.ID)
		if i := slices.IndexFunc(l.pending, func(p sessionRow) bool { return p.ID == row.ID }); i >= 0 {
			if l.pending[i].moved { // it is written already
				row.left = l.pending[i].left
				l.pending[i] = row
			} else {
				l.pending[i].brief = true
			}
			return
		}
	} else {
		l.open[row.ID] = true
	}
	if i := slices.IndexFunc(l.pending, func(r sessionRow) bool { return r.ID == row.ID && row.moved && !r.ended }); i >= 0 {
		// What was not written yet is written with the newest organization.
		row.left, row.moved = l.pending[i].left, l.pending[i].moved
		l.pending[i] = row
	} else {
		l.pending = append(l.pending, row)
	}
	l.schedule(seenDelay)
	if l.beat == nil {
		l.beat = time.AfterFunc(sessionBeat, l.background(l.s.log, seenFailure, l.heartbeat))
	}
}

// flush writes what is pending.
func (l *seenLog) flush(ctx context.Context) error {
	l.mu.Lock()
	rows := l.pending
	l.pending, l.flushes = nil, nil
	l.mu.Unlock()
	for len(rows) > 0 {
		chunk := rows[:min(len(rows), maxSeenWrites)]
		if err := l.s.asSystem(ctx, "", func(t *tx) error { return t.writeSessions(ctx, l.process, chunk) }); err != nil {
			l.mu.Lock()
			l.pending = append(slices.Clone(rows), l.pending...)
			l.schedule(sessionBeat)
			l.mu.Unlock()
			return err
		}
		rows = rows[len(chunk):]
	}
	return nil
}

// schedule lets what is pending be written after a while. The lock is held.
func (l *seenLog) schedule(after time.Duration) {
	if l.flushes == nil && !l.closed {
		l.flushes = time.AfterFunc(after, l.background(l.s.log, seenFailure, l.flush))
	}
}

// seenFailure is said of what could not be written.
const seenFailure = "cannot write sessions"

// presenceUnlogged is why sessions have no entries in the log.
const presenceUnlogged = "coming, going and being there are no changes"

func (t *tx) writeSessions(ctx context.Context, process string, rows []sessionRow) error {
	t.unlogged(presenceUnlogged)
	for _, r := range rows {
		t.signal(TopicHere(r.left), TopicHere(r.org))
		if r.moved && !r.ended {
			if _, err := t.exec(ctx, "UPDATE sessions SET org_id = $2 WHERE id = $1", r.ID, r.org); err != nil {
				return err
			}
			continue
		}
		t.signal(r.userID)
		if r.ended {
			if _, err := t.exec(ctx, "DELETE FROM sessions WHERE id = $1", r.ID); err != nil {
				return err
			}
			if err := t.endPairings(ctx, "session = $2", r.ID); err != nil {
				return err
			}
			continue
		}
		if err := t.sessionBegan(ctx, process, r); err != nil {
			return err
		}
	}
	return nil
}

// sessionBegan writes that somebody came. The user or the key may be gone by now,
// which is fine.
func (t *tx) sessionBegan(ctx context.Context, process string, r sessionRow) error {
	writes := []struct {
		query string
		args  []any
	}{
		{`INSERT INTO sessions (id, user_id, via, address, key, since, process, alive_until, org_id)
			SELECT $1, id, $3, $4, $5, $6, $7, $8, $9 FROM users WHERE id = $2`,
			[]any{r.ID, r.userID, string(r.Via), r.Address, r.Key, micros(r.Since), process, micros(t.now.Add(sessionAlive)), r.org}},
		{"UPDATE users SET last_seen_at = $1 WHERE id = $2", []any{micros(r.Since), r.userID}},
		{"UPDATE memberships SET last_seen_at = $1 WHERE user_id = $2", []any{micros(r.Since), r.userID}},
	}
	if r.brief {
		writes = writes[1:]
		if err := t.endPairings(ctx, "session = $2", r.ID); err != nil {
			return err
		}
	}
	for _, w := range writes {
		if _, err := t.exec(ctx, w.query, w.args...); err != nil {
			return err
		}
	}
	return t.keyUsed(ctx, r)
}

// heartbeat keeps this process's sessions alive and clears away those of
// processes that ended without a word.
func (l *seenLog) heartbeat(ctx context.Context) error {
	l.mu.Lock()
	l.beat = nil
	if len(l.open) > 0 {
		l.beat = time.AfterFunc(sessionBeat, l.background(l.s.log, seenFailure, l.heartbeat))
	}
	l.mu.Unlock()
	return l.s.asSystem(ctx, "", func(t *tx) error {
		t.unlogged(presenceUnlogged)
		if _, err := t.exec(ctx, "UPDATE sessions SET alive_until = $1 WHERE process = $2", micros(t.now.Add(sessionAlive)), l.process); err != nil {
			return err
		}
		if err := t.endPairings(ctx, "session IN (SELECT id FROM sessions WHERE alive_until <= $2)", micros(t.now)); err != nil {
			return err
		}
		_, err := t.exec(ctx, "DELETE FROM sessions WHERE alive_until <= $1", micros(t.now))
		return err
	})
}

// close writes what is pending and ends the sessions of this process.
func (l *seenLog) close() {
	used := func() bool { return len(l.pending) > 0 || len(l.open) > 0 }
	l.stop(l.s.log, seenFailure, used, func(ctx context.Context) error {
		if err := l.flush(ctx); err != nil {
			return err
		}
		return l.s.asSystem(ctx, "", func(t *tx) error {
			t.unlogged(presenceUnlogged)
			if err := t.endPairings(ctx, "session IN (SELECT id FROM sessions WHERE process = $2)", l.process); err != nil {
				return err
			}
			_, err := t.exec(ctx, "DELETE FROM sessions WHERE process = $1", l.process)
			return err
		})
	}, &l.flushes, &l.beat)
}

// Sessions lists the actor's open sessions, the newest first.
func (s *Store) Sessions(ctx context.Context, a models.Actor) (list []Session, err error) {
	err = s.view(ctx, a, event{}, func(t *tx) error {
		list, err = collect(ctx, t, func(r scanner) (x Session, err error) {
			var since int64
			err = r.Scan(&x.ID, &x.Via, &x.Address, &x.Key, &since)
			x.Since = fromMicros(since)
			return x, err
		}, "SELECT id, via, address, key, since FROM sessions WHERE user_id = $1 AND alive_until > $2 ORDER BY since DESC, id", t.user.ID, micros(t.now))
		return err
	})
	return list, err
}
