package store

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"muster/models"
)

// The clock of a machine may be set back, and what had ended by then must not be
// good for a second time. A process never goes behind the latest time that it has
// worked with, and the database keeps the latest at which anything was written. When the
// clock is found behind that, what had expired until then is written down as expired, and
// from there on the clock is followed again: however wrong it was, new invitations
// are not judged by it.

// clockSlack is how far a clock may go back, as one that is being adjusted does,
// with nothing to be written down: time stands still meanwhile.
const clockSlack = 5 * time.Second

// timekeeper is the latest time of a process and of its database.
type timekeeper struct {
	seen    atomic.Int64 // latest that this process has worked with
	written atomic.Int64 // latest that the database is known to keep
	turning sync.Mutex   // held while what had expired is written down
	turns   int64        // how often that has happened, as far as this process knows
}

// latest is the time, but never one before what this process has worked with.
func (s *Store) latest() time.Time {
	now := micros(s.now())
	for {
		seen := s.time.seen.Load()
		if now <= seen {
			return fromMicros(seen)
		}
		if s.time.seen.CompareAndSwap(seen, now) {
			return fromMicros(now)
		}
	}
}

// loadTime reads the latest time that the database keeps.
func (s *Store) loadTime(ctx context.Context) error {
	at, turns, err := s.keptTime(ctx)
	if err != nil {
		return s.dataError(err)
	}
	s.time.turns = turns
	s.time.seen.Store(at)
	s.time.written.Store(at)
	return nil
}

func (s *Store) keptTime(ctx context.Context) (at, turns int64, err error) {
	err = s.db.Row(ctx, "SELECT latest, turns FROM clock").Scan(&at, &turns)
	return at, turns, err
}

// followClock is for before a transaction. Where the clock has gone back and the
// database cannot be written, time stands still until it can.
func (s *Store) followClock(ctx context.Context) {
	back := func() (from, to time.Time, ok bool) {
		from, to = fromMicros(s.time.seen.Load()), s.now()
		return from, to, from.Sub(to) > clockSlack
	}
	if _, _, ok := back(); !ok {
		return
	}
	s.time.turning.Lock()
	defer s.time.turning.Unlock()
	from, to, ok := back()
	if !ok {
		return // somebody else has seen to it
	}
	_, turns, err := s.keptTime(ctx)
	if err == nil && turns == s.time.turns {
		turns++
		err = s.turnBack(ctx, from, to)
	} // else another process has
	if err != nil {
		s.log.Warn("the clock went back, and what had expired cannot be written down", "from", from, "to", to, "error", err)
		return
	}
	s.log.Warn("the clock went back", "from", from, "to", to)
	s.time.turns = turns
	s.time.seen.Store(micros(to))
	s.time.written.Store(micros(to))
}

// turnBack writes down what had expired at one time, for the clock to go on from an
// earlier one.
func (s *Store) turnBack(ctx context.Context, from, to time.Time) error {
	then := func(ctx context.Context, action string, fn func(*tx) error) error {
		return s.changeAt(ctx, func() time.Time { return from }, systemActor, event{action: action}, fn)
	}
	if err := s.sweep(ctx, from, then); err != nil {
		return err
	}
	return then(ctx, "", func(t *tx) error {
		t.unlogged("no state changes: what had ended stays ended")
		for _, query := range []string{
			"UPDATE join_links SET expires_at = $1 WHERE expires_at > $1 AND expires_at <= $2",
			"UPDATE pairings SET expires_at = $1 WHERE expires_at > $1 AND expires_at <= $2",
			"DELETE FROM second_factor_sessions WHERE until > $1 AND until <= $2",
		} {
			if _, err := t.exec(ctx, query, micros(to), micros(from)); err != nil {
				return err
			}
		}
		_, err := t.db.Exec(ctx, "UPDATE clock SET latest = $1, turns = turns + 1", micros(to))
		t.backTo = to
		return err
	})
}

// keepTime notes in a transaction that writes how late it is.
func (t *tx) keepTime(ctx context.Context) error {
	if t.tally.rows == 0 || !t.backTo.IsZero() {
		return nil
	}
	return t.passTime(ctx)
}

// passTime has the database keep the time of the transaction, if it is the latest.
func (t *tx) passTime(ctx context.Context) error {
	_, err := t.db.Exec(ctx, "UPDATE clock SET latest = $1 WHERE latest < $1", micros(t.now))
	return err
}

// closeTime is for the end of a process that has only read since something expired:
// another one shall not find it good.
func (s *Store) closeTime() {
	seen, written := s.time.seen.Load(), s.time.written.Load()
	if seen <= written {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	var due bool
	const between = " > $1 AND %[1]s <= $2)"
	expires := fmt.Sprintf(between, "expires_at")
	err := s.db.Row(ctx, `SELECT EXISTS (SELECT 1 FROM join_links WHERE expires_at`+expires+`
		OR EXISTS (SELECT 1 FROM pairings WHERE expires_at`+expires+`
		OR EXISTS (SELECT 1 FROM transfers WHERE status = 'pending' AND expires_at`+expires+`
		OR EXISTS (SELECT 1 FROM memberships WHERE ends_at > 0 AND ends_at`+fmt.Sprintf(between, "ends_at")+`
		OR EXISTS (SELECT 1 FROM organizations o WHERE EXISTS (SELECT 1 FROM invitations i WHERE i.org_id = o.id AND i.state_order = `+statePending+`
			AND i.expires_at > $1 AND i.expires_at <= $2))`, written, seen).Scan(&due)
	if err != nil || !due {
		return // also where the database is gone or full: nothing more can be done
	}
	_ = s.changeAt(ctx, s.latest, systemActor, event{}, func(t *tx) error {
		t.unlogged("the time passes")
		return t.passTime(ctx)
	})
}

var systemActor = models.Actor{Via: models.ViaSystem}
