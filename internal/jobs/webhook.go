package jobs

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"muster/internal/webhook"
	"muster/models"
	"muster/store"
)

const (
	// webhookLease is longer than an attempt can take, and how late an event is after
	// a crash.
	webhookLease = 2 * webhook.Timeout
	// webhookSlots is how many webhooks are sent something at once, and webhookOrg how
	// many of one organization: receivers that hang hold up nobody else's.
	webhookSlots = 32
	webhookOrg   = 3
	// webhookTurn is how many events one webhook is sent before others have a turn.
	webhookTurn = 20
	// webhookLook is the time between two looks where nothing was heard: for clocks
	// that are set, and deliveries that are old.
	webhookLook = time.Hour
)

// WebhookQueue is the part of the store that holds events for webhooks.
type WebhookQueue interface {
	Webhooks(ctx context.Context) ([]store.WebhookDue, error)
	ClaimWebhook(ctx context.Context, id string, lease time.Duration) (store.WebhookJob, bool, error)
	WebhookSent(ctx context.Context, j store.WebhookJob, o models.WebhookOutcome) error
	DropDeliveries(ctx context.Context) error
	WebhookNews() *store.Subscription
	FollowWebhooks(sub *store.Subscription, orgs []string)
}

// WebhookSender makes one attempt.
type WebhookSender interface {
	Send(ctx context.Context, m webhook.Message, at time.Time) models.WebhookOutcome
}

// Webhooks sends events to the webhooks of organizations, those of each webhook one
// after the other. Its fields are set once, before its first use.
type Webhooks struct {
	Queue  WebhookQueue
	Sender WebhookSender
	// Body is an event as it is sent.
	Body func(models.AuditEntry) []byte
	// Count, if set, is told how each attempt ended: delivered, refused, unanswered.
	Count func(outcome string)
	Now   func() time.Time
	After func(time.Duration) <-chan time.Time // time.After outside of tests
	Log   *slog.Logger

	news    *store.Subscription
	orgs    []string
	dropped time.Time     // when old deliveries were looked for
	ended   chan struct{} // room for one: a webhook has had its turn
	mu      sync.Mutex
	busy    map[string]bool // webhooks
	busyOrg map[string]int
	working sync.WaitGroup
}

// Job sends events as they come. It ends once what is on its way has.
func (w *Webhooks) Job() Job {
	w.ended = make(chan struct{}, 1)
	w.busy, w.busyOrg = map[string]bool{}, map[string]int{}
	w.news = w.Queue.WebhookNews()
	signal := make(chan struct{}, 1)
	over := make(chan struct{})
	w.working.Go(func() {
		for {
			select {
			case <-w.news.C:
			case <-w.ended:
			case <-over:
				return
			}
			select {
			case signal <- struct{}{}:
			default:
			}
		}
	})
	return Job{Name: "webhooks", Run: w.run, Signal: signal, Longest: webhookLook, end: func() {
		close(over)
		w.working.Wait()
		w.news.Close()
	}}
}

// run begins what is due and says when the next is. It waits for no receiver.
func (w *Webhooks) run(ctx context.Context) (next time.Time, err error) {
	now := w.Now()
	if now.Sub(w.dropped).Abs() >= webhookLook {
		if err := w.Queue.DropDeliveries(ctx); err != nil {
			return next, err
		}
		w.dropped = now
	}
	list, err := w.list(ctx)
	if err != nil {
		return next, err
	}
	slices.SortStableFunc(list, func(a, b store.WebhookDue) int { return cmp.Compare(a.At.UnixMicro(), b.At.UnixMicro()) })
	for _, due := range list {
		switch {
		case due.At.IsZero() || w.isBusy(due.ID): // it signals when it has had its turn
		case due.At.After(now):
			if next.IsZero() {
				next = due.At
			}
		case w.begin(due):
			w.working.Go(func() {
				defer w.end(due)
				w.turn(ctx, due)
			})
		}
	}
	return next, nil
}

// list looks up what there is to do, and listens to the organizations that it is of.
func (w *Webhooks) list(ctx context.Context) ([]store.WebhookDue, error) {
	for {
		list, err := w.Queue.Webhooks(ctx)
		if err != nil {
			return nil, err
		}
		orgs := make([]string, len(list))
		for i, d := range list {
			orgs[i] = d.OrgID
		}
		slices.Sort(orgs)
		if orgs = slices.Compact(orgs); slices.Equal(orgs, w.orgs) {
			return list, nil
		}
		// What came before it was listened to is in the list of the next look.
		w.orgs = orgs
		w.Queue.FollowWebhooks(w.news, orgs)
	}
}

func (w *Webhooks) isBusy(id string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.busy[id]
}

// begin takes a slot for a webhook; false where there is none for it now.
func (w *Webhooks) begin(d store.WebhookDue) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.busy) >= webhookSlots || w.busyOrg[d.OrgID] >= webhookOrg {
		return false
	}
	w.busy[d.ID] = true
	w.busyOrg[d.OrgID]++
	return true
}

func (w *Webhooks) end(d store.WebhookDue) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.busy, d.ID)
	if w.busyOrg[d.OrgID]--; w.busyOrg[d.OrgID] == 0 {
		delete(w.busyOrg, d.OrgID)
	}
	select {
	case w.ended <- struct{}{}:
	default:
	}
}

// turn sends a webhook what is due, until that is over or others have a turn.
func (w *Webhooks) turn(ctx context.Context, d store.WebhookDue) {
	for range webhookTurn {
		job, ok, err := w.Queue.ClaimWebhook(ctx, d.ID, webhookLease)
		if err == nil && ok {
			err = w.send(ctx, job)
		}
		if err != nil && ctx.Err() == nil {
			w.Log.Error("cannot send to a webhook", "webhook", d.ID, "error", err)
			select {
			case <-w.After(atLeast):
			case <-ctx.Done():
			}
		}
		if err != nil || !ok || ctx.Err() != nil {
			return
		}
	}
}

func (w *Webhooks) send(ctx context.Context, job store.WebhookJob) error {
	// What is on its way goes on for a moment when ctx ends, and its outcome is
	// written down in any case, so that it is seldom sent twice.
	keep := context.WithoutCancel(ctx)
	sending, cancel := context.WithCancel(keep)
	defer cancel()
	defer context.AfterFunc(ctx, func() {
		select {
		case <-w.After(grace):
			cancel()
		case <-sending.Done():
		}
	})()
	o := w.Sender.Send(sending, webhook.Message{ID: job.ID, URL: job.URL, Keys: job.Keys, Body: w.Body(job.Event)}, w.Now())
	outcome := "delivered"
	switch {
	case o.Error == "":
	case o.Status > 0:
		outcome = "refused"
	default:
		outcome = "unanswered"
	}
	if w.Count != nil {
		w.Count(outcome)
	}
	log := w.Log.With("webhook", job.Webhook, "delivery", job.ID, "attempt", job.Attempt, "status", o.Status)
	if o.Error == "" {
		log.Debug("event sent")
	} else {
		log.Info("event not sent", "error", o.Error)
	}
	return w.Queue.WebhookSent(keep, job, o)
}
