package api_test

import (
	"context"
	"net/http"
	"net/netip"
	"testing"
	"time"

	"muster/internal/api"
)

// anyTries holds nobody up.
type anyTries struct{}

func (anyTries) TryCode(context.Context, string, netip.Addr) time.Duration { return 0 }
func (anyTries) WrongCode(string, netip.Addr)                              {}

// triesOf counts wrong codes, and holds up whoever had two.
type triesOf map[string]int

func (n triesOf) TryCode(_ context.Context, userID string, from netip.Addr) time.Duration {
	if n[userID+" "+from.String()] < 2 {
		return 0
	}
	return time.Minute
}

func (n triesOf) WrongCode(userID string, from netip.Addr) { n[userID+" "+from.String()]++ }

// TestWrongCodesAreCounted holds which answers count as wrong codes, for whom, and
// that a refused credential is none.
func TestWrongCodesAreCounted(t *testing.T) {
	wrong := triesOf{}
	h := newHouse(t, func(c *api.Config) { c.Tries = wrong })
	route := "/v1/codes/wrong"
	h.get("/v1/me").want(t, http.StatusOK)
	h.get("/v1/me", h.as("must0.x.y")...).want(t, http.StatusUnauthorized)
	if len(wrong) > 0 {
		t.Errorf("before a code: %v", wrong)
	}
	stranger := h.as(token(t, newKey(t), api.TokenNamespace(hostKey), claims("")))
	for range 2 {
		h.get(route).want(t, http.StatusNotFound)
		h.get(route, stranger...).want(t, http.StatusNotFound)
	}
	for _, caller := range [][]string{nil, stranger} {
		if got := h.get(route, caller...).want(t, http.StatusTooManyRequests).Header().Get("Retry-After"); got != "60" {
			t.Errorf("Retry-After %q", got)
		}
	}
	h.post("/v1/exec", `{"args":["join","wrong"]}`).want(t, http.StatusTooManyRequests)
	if len(wrong) != 2 || wrong[h.ada.ID+" 192.0.2.1"] != 2 || wrong[" 192.0.2.1"] != 2 {
		t.Errorf("counted: %v", wrong)
	}
}
