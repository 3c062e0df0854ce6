package api_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"muster/models"
)

// BenchmarkVerify measures verifications over loopback, beside a bare handler of
// net/http that reads the same request and answers the same bytes. Compare what is
// measured in one run:
//
//	go test ./internal/api -run '^$' -bench Verify -cpu 2
func BenchmarkVerify(b *testing.B) {
	h, verifier := newGuardedHouse(b)
	key := h.keyOf(h.ada, models.NewAPIKey{}).Secret
	body := `{"key":"` + key + `","scopes":["member.list"]}`
	same := h.post("/v1/keys/verify", body, h.as(verifier)...).want(b, http.StatusOK).Body.Bytes()
	bare := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(same)
	})
	for _, x := range []struct {
		name, method, path, as, body string
		handler                      http.Handler
		status                       int
	}{
		{"bare", http.MethodPost, "/", verifier, body, bare, http.StatusOK},
		{"verify", http.MethodPost, "/v1/keys/verify", verifier, body, h.door, http.StatusOK},
		{"auth", http.MethodGet, "/v1/auth?org=ACME", key, "", h.door, http.StatusNoContent},
	} {
		server := httptest.NewServer(x.handler)
		client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
		ask := func(b *testing.B) {
			r, err := http.NewRequestWithContext(b.Context(), x.method, server.URL+x.path, strings.NewReader(x.body))
			if err != nil {
				b.Fatal(err)
			}
			r.Header.Set("Authorization", "Bearer "+x.as)
			answer, err := client.Do(r)
			if err != nil {
				b.Fatal(err)
			}
			_, _ = io.Copy(io.Discard, answer.Body)
			_ = answer.Body.Close()
			if answer.StatusCode != x.status {
				b.Fatalf("status %d, want %d", answer.StatusCode, x.status)
			}
		}
		b.Run(x.name+"/one", func(b *testing.B) {
			var took []time.Duration
			for b.Loop() {
				began := time.Now()
				ask(b)
				took = append(took, time.Since(began))
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-µs")
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
		})
		b.Run(x.name+"/many", func(b *testing.B) {
			b.SetParallelism(8)
			began := processorTime(b)
			b.RunParallel(func(p *testing.PB) {
				for p.Next() {
					ask(b)
				}
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "answers/s")
			b.ReportMetric(float64((processorTime(b)-began).Microseconds())/float64(b.N), "cpu-µs")
		})
		client.CloseIdleConnections()
		server.Close()
	}
}

// processorTime is what this process has used. Unlike the time that passes it is the
// same beside whatever else the machine does.
func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkRevoked measures how long a revoked key is still good: revoked in this
// process, and in another one.
func BenchmarkRevoked(b *testing.B) {
	h, verifier := newGuardedHouse(b)
	other := h.open(false)
	for name, by := range map[string]interface {
		RevokeAPIKey(ctx context.Context, a models.Actor, orgID, id string) (models.APIKey, error)
	}{"here": h.s, "elsewhere": other} {
		b.Run(name, func(b *testing.B) {
			var longest, all time.Duration
			n := 0
			for b.Loop() {
				key := h.keyOf(h.ada, models.NewAPIKey{Kind: models.KeyOrganization})
				body := `{"key":"` + key.Secret + `"}`
				if v := h.verify(verifier, body); !v.Valid {
					b.Fatalf("%+v", v)
				}
				if _, err := by.RevokeAPIKey(b.Context(), local(h.ada), "ACME", key.ID); err != nil {
					b.Fatal(err)
				}
				began := time.Now()
				for h.verify(verifier, body).Valid {
					time.Sleep(100 * time.Microsecond)
				}
				took := time.Since(began)
				longest, all, n = max(longest, took), all+took, n+1
			}
			b.ReportMetric(float64(longest.Microseconds()), "longest-µs")
			b.ReportMetric(float64(all.Microseconds())/float64(n), "mean-µs")
		})
	}
}
