package sshserver

import (
	"context"
	"net/netip"
	"strings"
	"time"

	"muster/internal/rate"
	"muster/models"
)

// Rates of what strangers may try. None of them holds up anybody whose code is
// right, or who asks once.
var (
	// guessRate is of wrong codes, of one user or of the strangers of one
	// network. More than that count as well, so that who goes on waits longer.
	guessRate = rate.Rate{Burst: 5, Each: 30 * time.Second}
	// guessRateAll is of wrong codes from everywhere. Beyond it, whoever has
	// had one wrong is answered late.
	guessRateAll = rate.Per(60, time.Minute)
	// askRate is of join requests and sign-ups of one network.
	askRate = rate.Per(10, time.Hour)
	// askRateOrg is of join requests to one organization, and of sign-ups.
	// Networks that have asked before get only half of it.
	askRateOrg = rate.Per(100, time.Hour)
)

const (
	maxGuessed   = 25 // wrong codes that count, 10 minutes beyond the burst
	guessedDelay = 2 * time.Second
)

// guess tells whether a holder may try a code: how long not yet, and how long
// the answer is to be held back.
func (g *gate) guess(name string) (wait, delay time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now, h := g.clock(), g.holder(name)
	if wait = h.guessed.Wait(now, guessRate); wait > 0 {
		return wait, 0
	}
	if !h.guessed.Unused(now) && g.guessed.Wait(now, guessRateAll) > 0 {
		delay = guessedDelay
	}
	return 0, delay
}

// guessedWrong counts a wrong code.
func (g *gate) guessedWrong(name string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now, h := g.clock(), g.holder(name)
	h.guessed.Reserve(now, guessRate)
	h.guessed.Limit(now, guessRate, maxGuessed)
	g.guessed.Reserve(now, guessRateAll)
	g.guessed.Limit(now, guessRateAll, guessRateAll.Burst)
}

// ask counts a stranger from a network who asks to join an organization, or
// signs up. The error says how long to wait if that is too often. An
// organization's rate is not used up by one network, or by those that have asked
// already.
func (g *gate) ask(from netip.Prefix, what string) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	now, s := g.clock(), g.source(from)
	if wait := s.asked.Wait(now, askRate); wait > 0 {
		return tooMany("too many attempts from your address", wait)
	}
	org := g.asked[what]
	if org == nil {
		g.forgetAsked(now)
		if org = new(rate.Bucket); len(g.asked) < maxSources {
			g.asked[what] = org
		}
	}
	r := askRateOrg
	if s.asked.Left(now, askRate) < askRate.Burst {
		r.Burst /= 2
	}
	if wait := org.Wait(now, r); wait > 0 {
		return tooMany("too many attempts at the moment", wait)
	}
	s.asked.Reserve(now, askRate)
	org.Reserve(now, askRateOrg)
	return nil
}

func (g *gate) forgetAsked(now time.Duration) {
	if len(g.asked) < 1024 {
		return
	}
	for what, b := range g.asked {
		if b.Unused(now) {
			delete(g.asked, what)
		}
	}
}

// TryCode is to be asked before somebody tries a code, at whatever door: a user, or
// a stranger from an address where userID is empty. It tells how long they have to
// wait after too many wrong ones, and takes longer while many codes are wrong.
func (s *Server) TryCode(ctx context.Context, userID string, from netip.Addr) (wait time.Duration) {
	wait, delay := s.gate.guess(holderName(userID, from))
	sleep(ctx, delay)
	return wait
}

// WrongCode tells that a code that somebody tried is none. It counts for all doors,
// and costs their network no connection.
func (s *Server) WrongCode(userID string, from netip.Addr) {
	s.gate.guessedWrong(holderName(userID, from))
}

// TryCode is the server's for whoever has the session, and not needed for the code
// that is its user name, for which the server has asked. Its error is for the person,
// and CodeLimit.
func (s *Session) TryCode(ctx context.Context) error {
	if wait := s.conn.srv.TryCode(ctx, s.conn.who().userID, s.conn.remote.Addr()); wait > 0 {
		return tooMany("there were too many wrong codes", wait)
	}
	return nil
}

// WrongCode is the server's for whoever has the session.
func (s *Session) WrongCode() { s.conn.srv.WrongCode(s.conn.who().userID, s.conn.remote.Addr()) }

// mayTry checks what the user name of the session asks for against its rate.
func (s *Session) mayTry(ctx context.Context) error {
	switch {
	case hasCode(s.Login, joinPrefix):
		return s.TryCode(ctx)
	case s.UserID != "": // the store counts what users ask
		return nil
	case hasCode(s.Login, requestPrefix), s.Login == signUpName:
		return s.conn.srv.gate.ask(models.Network(s.RemoteAddr.Addr()), strings.ToLower(s.Login))
	}
	return nil
}

func tooMany(what string, wait time.Duration) *models.Error {
	return models.Errorf(models.CodeLimit, "%s", what).WithHint("try again in %s", inWords(wait))
}

// sleep waits for d, or until ctx ends.
func sleep(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
