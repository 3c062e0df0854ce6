package api

import (
	"context"
	"encoding/hex"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// exchange is one request and its answer, for the log and the metrics. Of the path
// only the pattern is kept: paths hold codes.
//
// It is the context of its request as well, and holds the headers of every answer, so
// that a request has few things to make.
type exchange struct {
	http.ResponseWriter
	context.Context
	id      string
	headers [3]string
	from    netip.Addr
	began   time.Time
	name    string // of the operation
	user    string
	hot     bool // it comes so often that only its refusals are logged
	status  int
	code    string // of the error
	cause   error  // of an answer that says nothing of it
}

type exchangeKey struct{}

func exchangeOf(ctx context.Context) *exchange {
	x, ok := ctx.Value(exchangeKey{}).(*exchange)
	if !ok {
		return &exchange{Context: ctx}
	}
	return x
}

// Value gives the exchange itself, and what else there is.
func (x *exchange) Value(key any) any {
	if key == (exchangeKey{}) {
		return x
	}
	return x.Context.Value(key)
}

func (x *exchange) WriteHeader(status int) {
	if x.status == 0 {
		x.status = status
	}
	x.ResponseWriter.WriteHeader(status)
}

func (x *exchange) Write(b []byte) (int, error) {
	if x.status == 0 {
		x.status = http.StatusOK
	}
	return x.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController find what it controls.
func (x *exchange) Unwrap() http.ResponseWriter { return x.ResponseWriter }

// ended logs a request once it is answered.
func (a *API) ended(x *exchange, r *http.Request) {
	took := time.Since(x.began)
	a.cfg.Metrics.request(x.name, x.status, x.code, took)
	// Health, what has no route, and keys that are good, which come by the thousand.
	quiet := x.name == "" && x.status < http.StatusInternalServerError || x.hot && x.status < http.StatusMultipleChoices
	level := slog.LevelInfo
	switch {
	case x.cause != nil:
		level = slog.LevelError
	case quiet:
		level = slog.LevelDebug
	}
	if !a.log.Enabled(r.Context(), level) {
		return
	}
	attrs := []any{"request", x.id, "operation", x.name, "status", x.status, "took", took.Round(time.Microsecond), "addr", x.from}
	if x.user != "" {
		attrs = append(attrs, "user", x.user)
	}
	message := "request"
	switch level {
	case slog.LevelError:
		message, attrs = "request failed", append(attrs, "error", x.cause)
	case slog.LevelDebug:
		attrs = append(attrs, "method", r.Method)
	}
	a.log.Log(r.Context(), level, message, attrs...)
}

func (a *API) requestID() string {
	var b [8]byte
	if _, err := io.ReadFull(a.cfg.Rand, b[:]); err != nil {
		return "none"
	}
	id := [4 + 2*len(b)]byte{'r', 'e', 'q', '_'}
	hex.Encode(id[4:], b[:])
	return string(id[:])
}

// client gives the address of the client: of a listed proxy what it says of its
// own, else that of the connection. Without TLS nobody else may come but this
// machine.
func (a *API) client(r *http.Request) (from netip.Addr, allowed bool) {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}, !a.cfg.Plain
	}
	peer, err := netip.ParseAddr(host)
	if err != nil {
		return netip.Addr{}, !a.cfg.Plain
	}
	peer = peer.Unmap().WithZone("")
	if !a.isProxy(peer) {
		return peer, !a.cfg.Plain || peer.IsLoopback()
	}
	// The last that is no proxy of ours: what stands before it the client may have
	// made up.
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, hop := range slices.Backward(hops) {
		addr, err := netip.ParseAddr(strings.TrimSpace(hop))
		if err != nil {
			return netip.Addr{}, false // a proxy that does not say for whom it speaks
		}
		if addr = addr.Unmap().WithZone(""); !a.isProxy(addr) {
			return addr, true
		}
	}
	return netip.Addr{}, false
}

func (a *API) isProxy(addr netip.Addr) bool {
	return slices.ContainsFunc(a.cfg.ProxyFrom, func(p netip.Prefix) bool { return p.Contains(addr) })
}
