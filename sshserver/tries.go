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

// TryCode is to be asked before somebody tries a code, unless it is the user name
// of the session, for which the server has asked. After too many wrong ones it
// gives the error for the person, which is CodeLimit.
func (s *Session) TryCode(ctx context.Context) error {
	wait, delay := s.conn.srv.gate.guess(s.conn.holder(s.conn.who()))
	if wait > 0 {
		return tooMany("there were too many wrong codes", wait)
	}
	if delay > 0 {
		sleep(ctx, delay)
	}
	return nil
}

// WrongCode tells that a code that somebody tried in this session is none.
func (s *Session) WrongCode() { s.conn.srv.gate.guessedWrong(s.conn.holder(s.conn.who())) }

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
