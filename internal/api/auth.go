package api

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"muster/internal/op"
	"muster/models"
)

// Caller is who sends a request.
type Caller struct {
	Actor models.Actor
	// Key is the SSH key that signed the credential, for those who have no account
	// yet; zero where none did.
	Key models.PublicKey
	// ID is that of the credential, under which requests are counted.
	ID string
	// Organization is the only one that the credential leads into, by id or code, and
	// empty where it is for several.
	Organization string
	// Audience is the only site behind a proxy that the credential is for, and empty
	// where it is for the operations here.
	Audience string
	// Until is when the credential ends by itself; zero for never, and where the store
	// knows of it.
	Until time.Time
}

// Authenticator knows one kind of credential. Every error but an internal one
// becomes the same answer, so that nobody learns from it what there is.
type Authenticator interface {
	// Authenticate says whose a credential is that came from an address. ok is false
	// for one of another kind.
	Authenticate(ctx context.Context, credential string, from netip.Addr) (c Caller, ok bool, err error)
}

// quick is an Authenticator that knows some credentials without any work to speak
// of. They are not held up where others from their network fail.
type quick interface {
	Knows(credential string) bool
}

// maxCredential bounds what is looked at.
const maxCredential = 8 << 10

// signedIn lets those through who have a credential. r is the operation, nil for
// one that is found later.
func (a *API) signedIn(name string, r *op.Row, next func(http.ResponseWriter, *http.Request, Caller)) http.Handler {
	stranger := r != nil && r.Needs == op.Stranger
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		x := exchangeOf(req.Context())
		x.name = name
		if r != nil {
			x.name = r.Name
		}
		if r == nil || !follows(r) && name != verifying {
			ctx, cancel := context.WithTimeout(req.Context(), a.limits.Time)
			defer cancel()
			req = req.WithContext(ctx)
		}
		c, ok := a.authenticate(w, req, x.from)
		if !ok {
			return
		}
		if c.Actor.UserID == "" && !stranger {
			a.failing.take(models.Network(x.from).String(), a.cfg.Now())
			a.unauthorized(w, req)
			return
		}
		x.user = c.Actor.UserID
		take := a.callers.take
		if name == verifying {
			take = a.callers.wait // those that are refused are counted, by the route itself
		}
		if wait := take(c.ID, a.cfg.Now()); wait > 0 {
			a.tooOften(w, req, "there are too many requests", wait)
			return
		}
		end, ok := a.busy.begin(c.ID)
		if !ok {
			a.tooOften(w, req, "there are too many requests at once", time.Second)
			return
		}
		defer end()
		if c.Actor.UserID != "" && c.Actor.Key != "" {
			defer a.cfg.Store.OpenSession(c.Actor).End()
		}
		next(w, req, c)
	})
}

// authenticate says who asks, or answers that nobody does.
func (a *API) authenticate(w http.ResponseWriter, r *http.Request, from netip.Addr) (c Caller, ok bool) {
	credential, ok := a.credential(w, r, from)
	if !ok {
		return c, false
	}
	if c, ok = a.identify(w, r, credential, from); ok && c.Audience != "" {
		a.refusedCredential(w, r, from, "it is for a site behind a proxy")
		return c, false
	}
	return c, ok
}

// identify says whose a credential is, or answers that it is nobody's.
func (a *API) identify(w http.ResponseWriter, r *http.Request, credential string, from netip.Addr) (c Caller, ok bool) {
	var fast models.TooFast
	for _, method := range a.cfg.Authenticators {
		c, ok, err := method.Authenticate(r.Context(), credential, from)
		switch {
		case !ok:
			continue
		case err == nil:
			c.Actor.Door, c.Actor.Via = models.DoorHTTP, models.ViaAPI
			return c, true
		case models.CodeOf(err) == models.CodeInternal:
			a.refuse(w, r, err)
			return c, false
		case errors.As(err, &fast):
			a.tooOften(w, r, models.AsError(err).Message, fast.After)
			return c, false
		}
		a.refusedCredential(w, r, from, err.Error())
		return c, false
	}
	a.refusedCredential(w, r, from, "it is of no known kind")
	return c, false
}

// refusedCredential answers to a credential that is not good, and counts it.
func (a *API) refusedCredential(w http.ResponseWriter, r *http.Request, from netip.Addr, reason string) {
	a.log.Info("a credential was refused", "request", exchangeOf(r.Context()).id, "addr", from, "reason", reason)
	a.failing.take(models.Network(from).String(), a.cfg.Now())
	a.unauthorized(w, r)
}

// credential is what a request is sent with. It answers where there is none, or where
// too many from its network were refused.
func (a *API) credential(w http.ResponseWriter, r *http.Request, from netip.Addr) (credential string, ok bool) {
	credential, given := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !given || credential == "" || len(credential) > maxCredential || len(r.Header.Values("Authorization")) > 1 {
		a.unauthorized(w, r)
		return "", false
	}
	if wait := a.failing.wait(models.Network(from).String(), a.cfg.Now()); wait > 0 && !a.knows(credential) {
		a.tooOften(w, r, "too many credentials from your network were refused", wait)
		return "", false
	}
	return credential, true
}

// knows tells whether a credential was good lately.
func (a *API) knows(credential string) bool {
	return slices.ContainsFunc(a.cfg.Authenticators, func(method Authenticator) bool {
		q, isQuick := method.(quick)
		return isQuick && q.Knows(credential)
	})
}

// unauthorized is the one answer to whoever has no good credential, whatever is
// wrong with it.
func (a *API) unauthorized(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("WWW-Authenticate", `Bearer realm="muster"`)
	a.problem(w, r, http.StatusUnauthorized, &models.Error{Code: codeUnauthorized, Message: "this needs a good credential",
		Hint: "send Authorization: Bearer with an API key, or with a token that your SSH key signed"})
}

// codeUnauthorized is the code of an answer to whoever is not known.
const codeUnauthorized models.Code = "unauthorized"
