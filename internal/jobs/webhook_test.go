package jobs_test

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	svix "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"muster/internal/jobs"
	"muster/internal/op"
	"muster/internal/tools/fresh"
	"muster/internal/webhook"
	"muster/models"
	"muster/store"
)

var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}

// site is an installation with one organization and somebody who owns it.
type site struct {
	t     *testing.T
	dir   string
	s     *store.Store
	owner models.Actor
	org   string

	mu    sync.Mutex
	later time.Duration // how far the clock was put forward
}

func newSite(t *testing.T) *site {
	t.Helper()
	h := &site{t: t, dir: t.TempDir()}
	if err := os.Chmod(h.dir, 0o700); err != nil {
		t.Fatal(err)
	}
	fresh.Database(t, h.dir)
	h.s = h.open()
	ctx := t.Context()
	u, err := h.s.Init(ctx, store.NewUser{Name: "Ada", Email: "ada@example.com"})
	if err != nil {
		t.Fatal(err)
	}
	h.owner = models.Actor{UserID: u.ID, Via: models.ViaLocal, Door: models.DoorLocal}
	h.org = h.newOrg("ACME")
	return h
}

func (h *site) newOrg(code string) string {
	h.t.Helper()
	o, err := h.s.CreateOrganization(h.t.Context(), h.owner, store.NewOrganization{Name: code, Code: code})
	if err != nil {
		h.t.Fatal(err)
	}
	return o.ID
}

func (h *site) now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return time.Now().Add(h.later)
}

func (h *site) advance(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.later += d
}

func (h *site) open() *store.Store {
	h.t.Helper()
	s, err := store.Open(context.WithoutCancel(h.t.Context()), store.Options{Dir: h.dir, Now: h.now, WebhookNetworks: loopback})
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { _ = s.Close() })
	return s
}

// work sends to webhooks until stop is called.
func (h *site) work(s *store.Store) (stop func()) {
	sender := webhook.New(webhook.Options{Allow: loopback, Timeout: 2 * time.Second})
	return startWork(h.t.Context(), s, sender, h.now)
}

func startWork(ctx context.Context, s *store.Store, sender *webhook.Sender, now func() time.Time) (stop func()) {
	log := slog.New(slog.DiscardHandler)
	hooks := &jobs.Webhooks{Queue: s, Sender: sender, Body: op.EventBody, Now: now, After: time.After, Log: log}
	wait := (&jobs.Worker{Jobs: []jobs.Job{hooks.Job()}, Now: now, After: time.After, Log: log}).Start(ctx)
	return func() { wait(); sender.Close() }
}

func (h *site) hook(org, url string, events ...string) models.SecretWebhook {
	h.t.Helper()
	w, err := h.s.CreateWebhook(h.t.Context(), h.owner, org, models.NewWebhook{URL: url, Events: events})
	if err != nil {
		h.t.Fatal(err)
	}
	return w
}

// say makes an event settings.update.
func (h *site) say(org, text string) {
	h.t.Helper()
	if _, err := h.s.UpdateSettings(h.t.Context(), h.owner, org, []models.SettingChange{{Key: models.SetMOTD, Value: text}}, false); err != nil {
		h.t.Fatal(err)
	}
}

// sent is an event that came to a receiver.
type sent struct {
	ID     string
	Header http.Header
	Body   []byte
	Event  struct {
		Seq    int64
		Action string
		After  map[string]any
	}
}

// receiver keeps what comes. answer may be nil, for 204.
func receiver(t *testing.T, answer http.HandlerFunc) (string, <-chan sent) {
	t.Helper()
	came := make(chan sent, 1000)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := sent{ID: r.Header.Get("webhook-id"), Header: r.Header}
		v.Body, _ = io.ReadAll(r.Body)
		if err := json.Unmarshal(v.Body, &v.Event); err != nil {
			t.Errorf("%v: %s", err, v.Body)
		}
		came <- v
		if answer != nil {
			answer(w, r)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	}))
	t.Cleanup(server.Close)
	return server.URL, came
}

func next(t *testing.T, came <-chan sent) sent {
	t.Helper()
	select {
	case v := <-came:
		return v
	case <-time.After(20 * time.Second):
		t.Fatal("nothing came")
	}
	return sent{}
}

// until waits for a webhook to be so.
func (h *site) until(id string, so func(models.Webhook) bool) models.Webhook {
	h.t.Helper()
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		w, err := h.s.Webhook(h.t.Context(), h.owner, h.org, id)
		if err != nil {
			h.t.Fatal(err)
		}
		if so(w) {
			return w
		}
		if time.Now().After(end) {
			h.t.Fatalf("the webhook is %+v", w)
		}
	}
}

func (h *site) deliveries(id string) []models.WebhookDelivery {
	h.t.Helper()
	p, err := h.s.ListDeliveries(h.t.Context(), h.owner, h.org, id, models.DeliveryQuery{})
	if err != nil {
		h.t.Fatal(err)
	}
	return p.Items
}

// TestEventsComeInOrder holds that a webhook is sent each event that it lists, once,
// in order, signed with its secret and as events list has it.
func TestEventsComeInOrder(t *testing.T) {
	t.Parallel()
	h := newSite(t)
	url, came := receiver(t, nil)
	hook := h.hook(h.org, url, "settings.*")
	defer h.work(h.s)()
	verify, err := svix.NewWebhook(hook.Secret)
	if err != nil {
		t.Fatal(err)
	}
	const n = 30
	for i := range n {
		h.say(h.org, strings.Repeat("x", i+1))
		if _, err := h.s.CreateWorkspace(t.Context(), h.owner, h.org, models.NewWorkspace{Name: strings.Repeat("w", i+1)}); models.CodeOf(err) == models.CodeInternal {
			t.Fatal(err)
		}
	}
	var last int64
	ids := map[string]bool{}
	for range n {
		v := next(t, came)
		if v.Event.Action != "settings.update" || v.Event.Seq <= last || ids[v.ID] {
			t.Fatalf("after %d came %s %d %s", last, v.ID, v.Event.Seq, v.Event.Action)
		}
		last, ids[v.ID] = v.Event.Seq, true
		if err := verify.Verify(v.Body, v.Header); err != nil {
			t.Errorf("event %d: %v", last, err)
		}
	}
	w := h.until(hook.ID, func(w models.Webhook) bool { return w.Queued == 0 })
	if w.LastError != "" || w.LastStatus != 204 {
		t.Errorf("the webhook is %+v", w)
	}
	p, err := h.s.ListEvents(t.Context(), h.owner, h.org, models.EventQuery{After: last - 1, Limit: 1})
	if err != nil {
		t.Fatal(err)
	}
	select {
	case v := <-came:
		t.Errorf("event %d came once more", v.Event.Seq)
	default:
	}
	if list := h.deliveries(hook.ID); len(list) != n || list[0].Seq != p.Items[0].Seq || list[0].State != models.WebhookDelivered || list[0].Attempts != 1 {
		t.Errorf("the list has %d deliveries, the first %+v", len(list), list[0])
	}
}

// TestFailuresAreRetried holds that an event that is refused is sent later under the
// same id, before those behind it, that a webhook which fails for days is disabled
// and its admins are told, and that one that is gone is at once.
func TestFailuresAreRetried(t *testing.T) {
	t.Parallel()
	h := newSite(t)
	status := make(chan int, 10)
	url, came := receiver(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(<-status) })
	hook := h.hook(h.org, url, "settings.*", "webhook.test")
	stop := h.work(h.s)
	status <- 500
	h.say(h.org, "one")
	first := next(t, came)
	h.say(h.org, "two")
	w := h.until(hook.ID, func(w models.Webhook) bool { return w.LastAt != nil })
	if w.LastError != "it answered 500 Internal Server Error" || w.FailingFrom == nil {
		t.Errorf("after a failure it is %+v", w)
	}
	stop()
	h.advance(6 * time.Second)
	status <- 204
	status <- 204
	stop = h.work(h.s)
	if v := next(t, came); v.ID != first.ID || v.Event.Seq != first.Event.Seq {
		t.Errorf("then came %s, and not %s", v.ID, first.ID)
	}
	if v := next(t, came); v.Event.Seq <= first.Event.Seq {
		t.Errorf("then came %d", v.Event.Seq)
	}
	h.until(hook.ID, func(w models.Webhook) bool { return w.Queued == 0 && w.FailingFrom == nil })

	// Once more, by hand.
	status <- 204
	d := h.deliveries(hook.ID)
	if _, err := h.s.RedeliverWebhook(t.Context(), h.owner, h.org, d[len(d)-1].ID); err != nil {
		t.Fatal(err)
	}
	if v := next(t, came); v.ID != first.ID {
		t.Errorf("sent once more came %s, and not %s", v.ID, first.ID)
	}
	h.until(hook.ID, func(w models.Webhook) bool { return w.Queued == 0 })

	status <- 410
	if _, err := h.s.TestWebhook(t.Context(), h.owner, h.org, hook.ID); err != nil {
		t.Fatal(err)
	}
	if v := next(t, came); v.Event.Action != "webhook.test" {
		t.Errorf("the test is %s", v.Event.Action)
	}
	w = h.until(hook.ID, func(w models.Webhook) bool { return w.Status == models.WebhookFailed })
	if w.Reason != "it answered 410 Gone" {
		t.Errorf("it was disabled because %s", w.Reason)
	}
	me, err := h.s.Me(t.Context(), h.owner)
	if err != nil {
		t.Fatal(err)
	}
	if len(me.Notices) != 1 || me.Notices[0].Kind != models.NoticeWebhook || !strings.Contains(me.Notices[0].Text(), "410 Gone") {
		t.Errorf("the owner is told %+v", me.Notices)
	}
	if _, err := h.s.TestWebhook(t.Context(), h.owner, h.org, hook.ID); models.CodeOf(err) != models.CodeConflict {
		t.Errorf("trying a webhook that is disabled: %v", err)
	}
	stop()

	// What came while it was disabled is not sent.
	h.say(h.org, "three")
	active := models.WebhookActive
	if _, err := h.s.UpdateWebhook(t.Context(), h.owner, h.org, hook.ID, models.WebhookChange{Status: &active}); err != nil {
		t.Fatal(err)
	}
	// It fails for days: each event is tried nine times, and the next one takes its
	// turn.
	h.say(h.org, "four")
	h.say(h.org, "five")
	tried, seqs := 0, map[int64]int{}
	for w.Status = active; w.Status == active; tried++ {
		job, ok, err := h.s.ClaimWebhook(t.Context(), hook.ID, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			h.advance(30 * time.Minute)
			h.say(h.org, h.now().String())
			continue
		}
		if strings.Contains(job.Event.After, "three") {
			t.Error("what came while it was disabled is sent")
		}
		seqs[job.Event.Seq]++
		if err := h.s.WebhookSent(t.Context(), job, models.WebhookOutcome{Status: 503, Error: "it answered 503 Service Unavailable"}); err != nil {
			t.Fatal(err)
		}
		if w, err = h.s.Webhook(t.Context(), h.owner, h.org, hook.ID); err != nil {
			t.Fatal(err)
		}
		if tried > 1000 {
			t.Fatal("it is never disabled")
		}
	}
	if w.Status != models.WebhookFailed || !strings.Contains(w.Reason, "every delivery failed") || len(seqs) < 3 {
		t.Errorf("after %v it is %+v", seqs, w)
	}
	for seq, n := range seqs {
		if n > models.WebhookAttempts() {
			t.Errorf("event %d was tried %d times", seq, n)
		}
	}
}

// TestTwoProcessesSendOnce holds that of two processes on one database one sends
// each event, and in order.
func TestTwoProcessesSendOnce(t *testing.T) {
	t.Parallel()
	h := newSite(t)
	url, came := receiver(t, nil)
	hook := h.hook(h.org, url, "settings.*")
	other := h.open()
	defer h.work(h.s)()
	defer h.work(other)()
	const n = 20
	for i := range n {
		h.say(h.org, strings.Repeat("x", i+1))
	}
	var last int64
	for range n {
		v := next(t, came)
		if v.Event.Seq <= last {
			t.Fatalf("after %d came %d", last, v.Event.Seq)
		}
		last = v.Event.Seq
	}
	h.until(hook.ID, func(w models.Webhook) bool { return w.Queued == 0 && w.Behind == 0 })
	if len(came) > 0 {
		t.Errorf("%d came twice", len(came))
	}
}

// TestSlowReceiversHoldNobodyUp holds that receivers that hang delay no other
// organization's webhooks.
func TestSlowReceiversHoldNobodyUp(t *testing.T) {
	t.Parallel()
	h := newSite(t)
	over := make(chan struct{})
	slow, hanging := receiver(t, func(http.ResponseWriter, *http.Request) { <-over })
	defer close(over)
	quick, came := receiver(t, nil)
	for range models.MaxWebhooks {
		h.hook(h.org, slow)
	}
	other := h.newOrg("OTHER")
	h.hook(other, quick)
	stop := h.work(h.s)
	h.say(h.org, "one")
	next(t, hanging)
	for i := range 5 {
		from := time.Now()
		h.say(other, strings.Repeat("x", i+1))
		next(t, came)
		if took := time.Since(from); took > 1500*time.Millisecond { // an attempt may take 2 s
			t.Errorf("it came after %s", took)
		}
	}
	stop()
}

// TestKilledBetweenSendingAndNoting holds that an event whose sender was killed
// before it could note the answer is sent later, under the same id.
func TestKilledBetweenSendingAndNoting(t *testing.T) {
	t.Parallel()
	h := newSite(t)
	hang := make(chan struct{})
	var once sync.Once
	url, came := receiver(t, func(w http.ResponseWriter, r *http.Request) {
		first := false
		once.Do(func() { first = true })
		if first {
			select {
			case <-hang:
			case <-r.Context().Done():
			}
		}
		w.WriteHeader(http.StatusNoContent)
	})
	defer close(hang)
	hook := h.hook(h.org, url, "settings.*")
	h.say(h.org, "one")
	h.say(h.org, "two")
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestWebhookProcess$")
	cmd.Env = append(os.Environ(), "JOBS_TEST_DIR="+h.dir)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	first := next(t, came)
	if err := cmd.Process.Kill(); err != nil { // SIGKILL
		t.Fatal(err)
	}
	_ = cmd.Wait()
	if list := h.deliveries(hook.ID); list[len(list)-1].State != models.WebhookQueued {
		t.Fatalf("the delivery is %+v", list[len(list)-1])
	}
	h.advance(2*webhook.Timeout + time.Second) // until the lease is over
	defer h.work(h.s)()
	if v := next(t, came); v.ID != first.ID || string(v.Body) != string(first.Body) {
		t.Errorf("then came %s, and not %s", v.ID, first.ID)
	}
	if v := next(t, came); v.Event.Seq <= first.Event.Seq {
		t.Errorf("then came %d", v.Event.Seq)
	}
}

// TestWebhookProcess is the other process of TestKilledBetweenSendingAndNoting.
func TestWebhookProcess(t *testing.T) {
	dir := os.Getenv("JOBS_TEST_DIR")
	if dir == "" {
		t.Skip("run by another test")
	}
	s, err := store.Open(t.Context(), store.Options{Dir: dir, WebhookNetworks: loopback})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	defer startWork(t.Context(), s, webhook.New(webhook.Options{Allow: loopback}), time.Now)()
	_, _ = bufio.NewReader(os.Stdin).ReadByte() // until it is killed
}
