package api_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"muster/internal/api"
)

// TestWhereRequestsComeFrom holds whose word is taken for an address.
func TestWhereRequestsComeFrom(t *testing.T) {
	proxies := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	for name, x := range map[string]struct {
		plain   bool
		peer    string
		headers []string
		want    string // "" for refused
	}{
		"by TLS":                     {false, "192.0.2.7:1", nil, "192.0.2.7"},
		"by TLS, made up":            {false, "192.0.2.7:1", []string{"X-Forwarded-For", "198.51.100.1"}, "192.0.2.7"},
		"this machine":               {true, "127.0.0.1:1", nil, "127.0.0.1"},
		"this machine, made up":      {true, "[::1]:1", []string{"X-Forwarded-For", "198.51.100.1"}, "::1"},
		"another machine":            {true, "192.0.2.7:1", nil, ""},
		"a proxy":                    {true, "10.1.2.3:1", []string{"X-Forwarded-For", "198.51.100.1"}, "198.51.100.1"},
		"a proxy behind a proxy":     {true, "10.1.2.3:1", []string{"X-Forwarded-For", "198.51.100.1, 10.9.9.9"}, "198.51.100.1"},
		"a client that makes it up":  {true, "10.1.2.3:1", []string{"X-Forwarded-For", "203.0.113.9, 198.51.100.1"}, "198.51.100.1"},
		"IPv4 in IPv6":               {true, "[::ffff:10.1.2.3]:1", []string{"X-Forwarded-For", "::ffff:198.51.100.1"}, "198.51.100.1"},
		"a proxy that says nothing":  {true, "10.1.2.3:1", nil, ""},
		"a proxy that says nonsense": {true, "10.1.2.3:1", []string{"X-Forwarded-For", "198.51.100.1, unknown"}, ""},
		"a proxy for itself":         {true, "10.1.2.3:1", []string{"X-Forwarded-For", "10.1.2.3"}, ""},
	} {
		h := newHouse(t)
		h.serve(func(c *api.Config) { c.Plain, c.ProxyFrom = x.plain, proxies })
		r := httptest.NewRequest(http.MethodGet, "/v1/me", nil)
		r.RemoteAddr = x.peer
		r.Header.Set("Authorization", "Bearer "+h.token(""))
		for i := 0; i < len(x.headers); i += 2 {
			r.Header.Set(x.headers[i], x.headers[i+1])
		}
		w := answered{httptest.NewRecorder()}
		h.door.ServeHTTP(w, r)
		if x.want == "" {
			w.want(t, http.StatusForbidden)
		} else if got := w.want(t, http.StatusOK).field(t, "address"); got != x.want {
			t.Errorf("%s: %s, want %s", name, got, x.want)
		}
	}
}

func TestLimitsOfRequests(t *testing.T) {
	h := newHouse(t)
	running, release := make(chan bool, 10), make(chan bool)
	h.serve(func(c *api.Config) {
		c.Limits = api.Limits{AtOnce: 2, Rate: api.Rate{Burst: 6, Each: time.Hour}, Failing: api.Rate{Burst: 3, Each: time.Hour}}
		c.Exec = func(context.Context, api.Exec) int {
			running <- true
			<-release
			return 0
		}
	})
	var group sync.WaitGroup
	for range 2 {
		group.Go(func() { h.post("/v1/exec", `{"args":["x"]}`) })
	}
	<-running
	<-running
	if got := h.get("/v1/me").want(t, http.StatusTooManyRequests).Header().Get("Retry-After"); got != "1" {
		t.Errorf("Retry-After %q", got)
	}
	close(release)
	group.Wait()
	h.get("/v1/me").want(t, http.StatusOK)
	var last answered
	for range 4 {
		last = h.get("/v1/me")
	}
	last.want(t, http.StatusTooManyRequests)
	if got := last.Header().Get("Retry-After"); got != "3600" {
		t.Errorf("Retry-After %q", got)
	}
	// Failures of one network hold up its unknown tokens, nobody else.
	known := h.as(h.token(`,"ops":["member"]`))
	h.get("/v1/me", known...)
	for range 5 {
		last = h.get("/v1/me", h.as("must0.x.y")...)
	}
	last.want(t, http.StatusTooManyRequests)
	h.get("/v1/me", h.as(token(t, newKey(t), api.TokenNamespace(hostKey), claims("")))...).want(t, http.StatusTooManyRequests)
	if body := h.get("/v1/me", known...).Body.String(); strings.Contains(body, "credentials from your network") {
		t.Errorf("a known token is held up: %s", body)
	}
}

func TestHealth(t *testing.T) {
	h := newHouse(t)
	h.get("/healthz", "Authorization", "").want(t, http.StatusOK)
	h.get("/readyz", "Authorization", "").want(t, http.StatusOK)
	h.door.Drain()
	h.get("/readyz", "Authorization", "").want(t, http.StatusServiceUnavailable)
	h.get("/healthz", "Authorization", "").want(t, http.StatusOK)
	h.serve()
	if err := h.s.Close(); err != nil {
		t.Fatal(err)
	}
	h.get("/readyz", "Authorization", "").want(t, http.StatusServiceUnavailable)
}

func TestMetrics(t *testing.T) {
	h := newHouse(t)
	m := api.NewMetrics(api.Gauge{Name: "muster_x", Help: "a gauge", Value: func(context.Context) (float64, error) { return 2.5, nil }})
	h.serve(func(c *api.Config) { c.Metrics = m })
	h.get("/v1/me").want(t, http.StatusOK)
	h.get("/v1/orgs/NEVER").want(t, http.StatusNotFound)
	m.Command("denied", time.Millisecond)
	m.Command("", time.Minute)
	w := httptest.NewRecorder()
	m.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	for _, line := range []string{
		"muster_x 2.5", `muster_http_requests_total{operation="user.me",status="200"} 1`, `muster_http_requests_total{operation="organization.show",status="404"} 1`,
		`muster_refusals_total{door="http",code="not_found"} 1`, `muster_refusals_total{door="ssh",code="denied"} 1`, `muster_ssh_commands_total{outcome="done"} 1`,
		`muster_answer_seconds_count{door="http"} 2`, `muster_answer_seconds_bucket{door="ssh",le="0.001"} 1`, `muster_answer_seconds_bucket{door="ssh",le="+Inf"} 2`,
	} {
		if !strings.Contains(w.Body.String(), line+"\n") {
			t.Errorf("no %s in\n%s", line, w.Body)
		}
	}
}
