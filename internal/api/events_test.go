package api_test

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"muster/internal/api"
)

// stream is one that a client reads.
type stream struct {
	t     *testing.T
	lines chan string
	close func()
}

// follow opens a stream over a real connection.
func follow(t *testing.T, url, secret, last string) *stream {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+secret)
	if last != "" {
		req.Header.Set("Last-Event-ID", last)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	if kind := resp.Header.Get("Content-Type"); resp.StatusCode != http.StatusOK || kind != "text/event-stream" {
		text, _ := io.ReadAll(resp.Body)
		t.Fatalf("%s, %s: %s", resp.Status, kind, text)
	}
	s := &stream{t: t, lines: make(chan string), close: func() { _ = resp.Body.Close() }}
	go func() {
		defer close(s.lines)
		for in := bufio.NewScanner(resp.Body); in.Scan(); {
			if line := in.Text(); line != "" && !strings.HasPrefix(line, ":") {
				select {
				case s.lines <- line:
				case <-t.Context().Done():
					return
				}
			}
		}
	}()
	t.Cleanup(s.close)
	return s
}

// line gives the next line that is no comment, "" for the end.
func (s *stream) line() string {
	s.t.Helper()
	select {
	case l := <-s.lines:
		return l
	case <-time.After(10 * time.Second):
		s.t.Fatal("nothing came")
		return ""
	}
}

func (s *stream) event() (id, action string) {
	s.t.Helper()
	id, found := strings.CutPrefix(s.line(), "id: ")
	data, ok := strings.CutPrefix(s.line(), "data: ")
	var v struct {
		Seq    json.Number `json:"seq"`
		Action string      `json:"action"`
	}
	if err := json.Unmarshal([]byte(data), &v); err != nil || !found || !ok || v.Seq.String() != id {
		s.t.Fatalf("the event %q is %q (%v)", id, data, err)
	}
	return id, v.Action
}

// TestEventsAreStreamed holds that events come as they happen, past the time that
// other answers may take, go on behind Last-Event-ID, and end within a second when
// the key is revoked.
func TestEventsAreStreamed(t *testing.T) {
	h := newHouse(t, withKeys, func(c *api.Config) { c.Limits.Time = 200 * time.Millisecond })
	server := httptest.NewServer(h.door)
	defer server.Close()
	url := server.URL + "/v1/orgs/ACME/events"
	id, secret := h.apiKey(`{"personal":true,"label":"watcher","scopes":["event"]}`)
	s := follow(t, url, secret, "")
	time.Sleep(2 * h.cfg.Limits.Time) // other answers would be cut off by now
	h.send(http.MethodPatch, "/v1/orgs/ACME", `{"name":"Acme Ltd"}`).want(t, http.StatusOK)
	first, action := s.event()
	if action != "settings.update" {
		t.Errorf("%s came first", action)
	}
	h.post("/v1/orgs/ACME/services", `{"name":"robot"}`)
	_, next := s.event()
	s.close()

	s = follow(t, url, secret, first)
	if _, action := s.event(); action != next {
		t.Errorf("after the first came %s, and then %s", next, action)
	}
	from := time.Now()
	h.post("/v1/orgs/ACME/api-keys/"+id+"/revoke", `{}`).want(t, http.StatusOK)
	for {
		line := s.line()
		if line == "event: end" {
			break
		}
		if line == "" {
			t.Fatal("it ended and said no reason")
		}
	}
	if took := time.Since(from); took > time.Second {
		t.Errorf("it ended after %s", took)
	}
	if line := s.line(); !strings.Contains(line, `"code":"denied"`) && !strings.Contains(line, `"code":"unauthorized"`) {
		t.Errorf("the end is %s", line)
	}
	if line := s.line(); line != "" {
		t.Errorf("after the end came %s", line)
	}
}

// TestStreamsOfEventsAreLimited holds that one caller has only so many streams, and
// that a server which ends does not wait for them.
func TestStreamsOfEventsAreLimited(t *testing.T) {
	h := newHouse(t, withKeys, func(c *api.Config) { c.Limits.Follow = 1 })
	server := httptest.NewServer(h.door)
	defer server.Close()
	_, secret := h.apiKey(`{"personal":true,"label":"watcher","scopes":["event"]}`)
	s := follow(t, server.URL+"/v1/orgs/ACME/events", secret, "")
	h.get("/v1/orgs/ACME/events", h.as(secret)...).want(t, http.StatusTooManyRequests)
	h.get("/v1/orgs/ACME/events?after=x", h.as(secret)...).want(t, http.StatusUnprocessableEntity)
	h.get("/v1/orgs/NONE/events/page", h.as(secret)...).want(t, http.StatusNotFound)
	h.door.Drain()
	if line := s.line(); line != "" {
		t.Errorf("the server sent %s at its end", line)
	}
}
