package api

import (
	"context"
	"net/http"
	"net/netip"
	"time"
)

// Tries counts the wrong codes of a user, or of the strangers of a network where the
// user is "". Whoever can try codes at two doors is to have no more tries for it.
type Tries interface {
	// TryCode is to be asked before a code is tried, and tells how long not yet.
	TryCode(ctx context.Context, userID string, from netip.Addr) (wait time.Duration)
	// WrongCode tells that it was none.
	WrongCode(userID string, from netip.Addr)
}

// mayTry tells whether the caller may try a code, and otherwise answers.
func (a *API) mayTry(w http.ResponseWriter, r *http.Request, c Caller) bool {
	wait := a.cfg.Tries.TryCode(r.Context(), c.Actor.UserID, exchangeOf(r.Context()).from)
	if wait > 0 {
		a.tooOften(w, r, "there were too many wrong codes", wait)
	}
	return wait == 0
}

func (a *API) wrongCode(r *http.Request, c Caller) {
	a.cfg.Tries.WrongCode(c.Actor.UserID, exchangeOf(r.Context()).from)
}
