// Package api is the HTTP front door of muster: routes, a document and answers
// made from the table of operations.
//
// It knows no rules. Who asks is told by an Authenticator, what they may by the
// store, and what they are answered by the operation.
package api

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"muster/internal/op"
	"muster/models"
	"muster/store"
)

// Config is what the door is made of. Store, Now, Site, Exec and Tries are required.
type Config struct {
	Store *store.Store
	Now   func() time.Time
	Site  op.Site
	Log   *slog.Logger // nil logs nothing
	Rand  io.Reader    // nil for crypto/rand
	// Authenticators are asked in turn whose a credential is.
	Authenticators []Authenticator
	// Exec runs a command line as it runs over SSH.
	Exec func(ctx context.Context, x Exec) (exitStatus int)
	// Tries counts wrong codes, those of other doors included.
	Tries Tries
	// ProxyFrom are the proxies whose X-Forwarded-For is believed. With Plain, what
	// comes neither from them nor from this machine is refused.
	ProxyFrom []netip.Prefix
	Plain     bool   // without TLS
	Limits    Limits // zero fields mean those of DefaultLimits
	Metrics   *Metrics
}

// Limits bound what one request or one caller can take.
type Limits struct {
	Body    int64         // bytes of a request
	Time    time.Duration // that an answer may take
	AtOnce  int           // requests of one credential
	Follow  int           // streams of events of one credential
	Rate    Rate          // of requests of one caller
	Failing Rate          // of credentials of one network that are refused
}

// DefaultLimits are those of docs/limits.md.
func DefaultLimits() Limits {
	return Limits{
		Body: 1 << 20, Time: 30 * time.Second, AtOnce: 128, Follow: 16,
		Rate: Rate{Burst: 200, Each: 20 * time.Millisecond}, Failing: Rate{Burst: 20, Each: 3 * time.Second},
	}
}

func (l Limits) orDefault() Limits {
	d := DefaultLimits()
	if l.Body == 0 {
		l.Body = d.Body
	}
	if l.Time == 0 {
		l.Time = d.Time
	}
	if l.AtOnce == 0 {
		l.AtOnce = d.AtOnce
	}
	if l.Follow == 0 {
		l.Follow = d.Follow
	}
	for _, x := range []struct{ have, or *Rate }{{&l.Rate, &d.Rate}, {&l.Failing, &d.Failing}} {
		if *x.have == (Rate{}) {
			*x.have = *x.or
		}
	}
	return l
}

// API answers requests. Make it with New.
type API struct {
	cfg      Config
	limits   Limits
	log      *slog.Logger
	mux      *http.ServeMux
	callers  *limiter // by credential
	failing  *limiter // by network
	busy     atOnce
	follows  atOnce
	ending   chan struct{} // closed when the server is about to end
	end      sync.Once
	draining atomic.Bool
	document []byte
}

// New makes the door.
func New(cfg Config) (*API, error) {
	if cfg.Store == nil || cfg.Now == nil || cfg.Exec == nil || cfg.Site.HostKey == nil || cfg.Tries == nil {
		return nil, errors.New("api: Store, Now, Site, Exec and Tries are required")
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Rand == nil {
		cfg.Rand = rand.Reader
	}
	a := &API{cfg: cfg, limits: cfg.Limits.orDefault(), log: cfg.Log, mux: http.NewServeMux(), ending: make(chan struct{})}
	a.callers, a.failing = newLimiter(a.limits.Rate, cfg.Now()), newLimiter(a.limits.Failing, cfg.Now())
	a.busy.most, a.follows.most = a.limits.AtOnce, a.limits.Follow
	var err error
	if a.document, err = Document(); err != nil {
		return nil, err
	}
	a.mux.HandleFunc("GET /healthz", a.health)
	a.mux.HandleFunc("GET /readyz", a.ready)
	a.mux.HandleFunc("GET /openapi.json", a.openapi)
	a.mux.Handle("POST /v1/exec", a.signedIn("exec", nil, a.exec))
	a.mux.Handle("POST /v1/keys/verify", a.signedIn(verifying, op.Find("api_key.verify"), a.verify(op.Find("api_key.verify"))))
	a.mux.HandleFunc("GET /v1/auth", a.auth)
	for _, r := range op.All() {
		answer := a.route(r)
		if follows(r) {
			answer = a.events(r)
		}
		a.mux.Handle(r.Route, a.signedIn(r.Name, r, answer))
	}
	a.mux.HandleFunc("/", a.nowhere)
	return a, nil
}

// Drain has the door say that it is not ready any more, and ends what has no end.
func (a *API) Drain() {
	a.draining.Store(true)
	a.end.Do(func() { close(a.ending) })
}

// ServeHTTP answers one request.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x := &exchange{ResponseWriter: w, Context: r.Context(), id: a.requestID(), began: time.Now()}
	x.headers = [...]string{x.id, "no-store", "nosniff"}
	h := w.Header()
	for i, name := range [...]string{"X-Request-Id", "Cache-Control", "X-Content-Type-Options"} {
		h[name] = x.headers[i : i+1 : i+1]
	}
	r = r.WithContext(x)
	r.Body = http.MaxBytesReader(x, r.Body, a.limits.Body)
	defer a.ended(x, r)
	var allowed bool
	if x.from, allowed = a.client(r); !allowed {
		a.refuse(x, r, models.Errorf(models.CodeDenied, "without TLS this door is open to its proxies alone"))
		return
	}
	a.mux.ServeHTTP(x, r)
}

// nowhere answers what has no route.
func (a *API) nowhere(w http.ResponseWriter, r *http.Request) {
	var allow string
	for _, m := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		other := r.Clone(r.Context())
		other.Method = m
		if _, pattern := a.mux.Handler(other); pattern != "/" && pattern != "" {
			if allow != "" {
				allow += ", "
			}
			allow += m
		}
	}
	if allow == "" {
		a.refuse(w, r, models.Errorf(models.CodeNotFound, "there is no such route").WithHint("GET /openapi.json lists them"))
		return
	}
	w.Header().Set("Allow", allow)
	a.problem(w, r, http.StatusMethodNotAllowed, models.Errorf(models.CodeUsage, "%s is not for this route", models.Clip(r.Method)).WithHint("it has: %s", allow))
}

// health says that the process answers.
func (a *API) health(w http.ResponseWriter, _ *http.Request) { sayStatus(w, http.StatusOK, "ok") }

// ready says whether requests should come here: the database can be read and
// written to, and the server is not about to end.
func (a *API) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), a.limits.Time)
	defer cancel()
	switch err := a.cfg.Store.Ready(ctx); {
	case a.draining.Load():
		sayStatus(w, http.StatusServiceUnavailable, "ending")
	case err != nil:
		a.log.Warn("not ready", "error", err)
		sayStatus(w, http.StatusServiceUnavailable, "no database")
	default:
		sayStatus(w, http.StatusOK, "ok")
	}
}

func (a *API) openapi(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "max-age=300")
	_, _ = w.Write(a.document) // a client that left needs none
}

func sayStatus(w http.ResponseWriter, code int, status string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_, _ = io.WriteString(w, `{"status":"`+status+"\"}\n") // a client that left needs none
}
