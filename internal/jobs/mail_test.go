package jobs

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"muster/internal/mail"
	"muster/models"
	"muster/store"
)

// queue is an outbox in memory that keeps what the worker tells it.
type queue struct {
	mu     sync.Mutex
	jobs   map[string]time.Time // when due
	log    []string
	claims int
	broken error
	due    chan struct{}
}

func newQueue() *queue { return &queue{jobs: map[string]time.Time{}, due: make(chan struct{}, 1)} }

func (q *queue) add(id string, at time.Time) {
	q.mu.Lock()
	q.jobs[id] = at
	q.mu.Unlock()
	select {
	case q.due <- struct{}{}:
	default:
	}
}

func (q *queue) ClaimMail(_ context.Context, limit int, lease time.Duration) ([]store.MailJob, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.claims++
	if q.broken != nil {
		return nil, q.broken
	}
	var out []store.MailJob
	for id, at := range q.jobs {
		if !at.After(time.Now()) && len(out) < limit {
			q.jobs[id] = time.Now().Add(lease)
			expires := time.Now().Add(48 * time.Hour)
			out = append(out, store.MailJob{ID: id, Code: "code-" + id, OrgName: "Acme", OrgCode: "ACME", Attempt: 1,
				Invitation: models.Invitation{ID: "inv_" + id, Email: id + "@example.com", Role: models.RoleMember,
					InviterName: "Ada", InviterEmail: "ada@example.com", ExpiresAt: &expires}})
		}
	}
	return out, nil
}

func (q *queue) NextMail(context.Context) (time.Time, bool, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	var next time.Time
	for _, at := range q.jobs {
		if next.IsZero() || at.Before(next) {
			next = at
		}
	}
	return next, !next.IsZero(), q.broken
}

func (q *queue) close(id, what string) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	delete(q.jobs, id)
	q.log = append(q.log, what+" "+id)
	return nil
}

func (q *queue) MailSent(ctx context.Context, j store.MailJob) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return q.close(j.ID, "sent")
}

func (q *queue) MailFailed(_ context.Context, j store.MailJob, why string, permanent bool) error {
	if permanent {
		return q.close(j.ID, "given up ("+why+")")
	}
	return q.close(j.ID, "failed ("+why+")")
}

func (q *queue) MailImpossible(_ context.Context, j store.MailJob) error {
	return q.close(j.ID, "impossible")
}

func (q *queue) history() []string {
	q.mu.Lock()
	defer q.mu.Unlock()
	return slices.Clone(q.log)
}

// sender takes mails as its function says.
type sender func(ctx context.Context, m mail.Message) error

func (s sender) Send(ctx context.Context, m mail.Message) error { return s(ctx, m) }
func (s sender) Check(context.Context) error                    { return nil }
func (s sender) Kind() string                                   { return "test" }

func mailer(q *queue, s mail.Sender) *Mail {
	return &Mail{Queue: q, Sender: s, JoinCommand: func(code string) string { return "ssh join+" + code + "@host" },
		Fingerprint: "SHA256:abc", Now: time.Now, After: time.After, Log: slog.New(slog.DiscardHandler)}
}

// start runs one job that gets its signals from due.
func start(ctx context.Context, j Job, due <-chan struct{}) (wait func()) {
	j.Signal = due
	return (&Worker{Jobs: []Job{j}, Now: time.Now, After: time.After, Log: slog.New(slog.DiscardHandler)}).Start(ctx)
}

func TestDeliver(t *testing.T) {
	q := newQueue()
	var texts sync.Map
	m := mailer(q, sender(func(_ context.Context, m mail.Message) error {
		texts.Store(m.ID, m)
		switch m.ID {
		case "soft":
			return &mail.Error{Temporary: true, Message: "try later"}
		case "hard":
			return &mail.Error{Message: "no such person"}
		case "odd":
			return errors.New("what is this")
		case "none":
			return mail.ErrNoMail
		}
		return nil
	}))
	past := time.Now().Add(-time.Minute)
	for _, id := range []string{"a", "b", "c", "d", "e", "soft", "hard", "odd", "none"} {
		q.add(id, past)
	}
	q.add("later", time.Now().Add(time.Hour))
	r, err := m.Deliver(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if want := (MailReport{Sent: 5, Failed: 3, NoMail: 1}); r != want {
		t.Errorf("report %+v, want %+v", r, want)
	}
	got := q.history()
	slices.Sort(got)
	want := []string{"failed (try later) soft", "failed (what is this) odd", "given up (no such person) hard",
		"impossible none", "sent a", "sent b", "sent c", "sent d", "sent e"}
	if !slices.Equal(got, want) {
		t.Errorf("recorded %q, want %q", got, want)
	}
	v, _ := texts.Load("a")
	sent := v.(mail.Message)
	if sent.To != "a@example.com" || sent.ID != "a" || !strings.Contains(sent.Text, "\nssh join+code-a@host\n") || !strings.Contains(sent.Text, "SHA256:abc") {
		t.Errorf("mail to %s:\n%s", sent.To, sent.Text)
	}
}

func TestRunWaitsUntilSomethingIsDue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue()
		var at time.Time
		m := mailer(q, sender(func(context.Context, mail.Message) error { at = time.Now(); return nil }))
		ctx, stop := context.WithCancel(t.Context())
		start(ctx, m.Job(), q.due)
		synctest.Wait()

		start := time.Now()
		q.add("a", start.Add(10*time.Second))
		time.Sleep(time.Minute)
		synctest.Wait()
		if got := at.Sub(start); got != 10*time.Second {
			t.Errorf("sent after %s, want 10s", got)
		}
		q.mu.Lock()
		claims := q.claims
		q.mu.Unlock()
		time.Sleep(24 * time.Hour)
		synctest.Wait()
		if q.claims != claims {
			t.Errorf("an idle worker asked %d times in a day", q.claims-claims)
		}
		stop()
		synctest.Wait()
	})
}

func TestRunSurvivesErrorsOfTheStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue()
		q.broken = errors.New("disk full")
		m := mailer(q, sender(func(context.Context, mail.Message) error { return nil }))
		ctx, stop := context.WithCancel(t.Context())
		start(ctx, m.Job(), q.due)
		time.Sleep(time.Hour)
		synctest.Wait()
		q.mu.Lock()
		if most := int(time.Hour/backoff.Most) + 10; q.claims > most {
			t.Errorf("%d tries in an hour of errors, want at most %d", q.claims, most)
		}
		q.broken = nil
		q.mu.Unlock()
		q.add("a", time.Now())
		synctest.Wait()
		if got := q.history(); !slices.Equal(got, []string{"sent a"}) {
			t.Errorf("recorded %q", got)
		}
		stop()
		synctest.Wait()
	})
}

func TestStoppingLetsADeliveryFinish(t *testing.T) {
	for _, tt := range []struct {
		name  string
		takes time.Duration
		want  string
	}{
		{"in time", grace - time.Second, "sent a"},
		{"too late", grace + time.Minute, "failed (sending was interrupted) a"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				q := newQueue()
				m := mailer(q, sender(func(ctx context.Context, _ mail.Message) error {
					select {
					case <-time.After(tt.takes):
						return nil
					case <-ctx.Done():
						return &mail.Error{Temporary: true, Message: "sending was interrupted", Err: ctx.Err()}
					}
				}))
				ctx, stop := context.WithCancel(t.Context())
				q.add("a", time.Now())
				ended := make(chan struct{})
				wait := start(ctx, m.Job(), q.due)
				go func() { <-ctx.Done(); wait(); close(ended) }()
				synctest.Wait()
				stop()
				start := time.Now()
				<-ended
				if d := time.Since(start); d > grace {
					t.Errorf("it took %s to stop", d)
				}
				if got := q.history(); !slices.Equal(got, []string{tt.want}) {
					t.Errorf("recorded %q, want %q", got, tt.want)
				}
			})
		})
	}
}

func TestKindsOfMails(t *testing.T) {
	expires := time.Now().Add(12*time.Hour + time.Minute)
	inv := models.Invitation{ID: "inv_1", Email: "dee@example.com", Role: models.RoleMember, InviterName: "Ada", InviterEmail: "ada@example.com", ExpiresAt: &expires}
	job := store.MailJob{ID: "inv_1-x", Invitation: inv, Code: "secretcode", OrgName: "Acme", OrgCode: "ACME", JoinedName: "Dee", JoinedEmail: "dee@example.com", Attempt: 1}
	for kind, want := range map[store.MailKind]struct{ to, subject string }{
		store.MailInvitation: {"dee@example.com", "Ada invites you to join Acme (ACME)"},
		store.MailReminder:   {"dee@example.com", "Reminder: your invitation to Acme (ACME) expires in 12 hours"},
		store.MailAccepted:   {"ada@example.com", "Dee joined Acme (ACME)"},
		store.MailReturned:   {"ada@example.com", "The invitation of dee@example.com to Acme (ACME) needs a new decision"},
	} {
		var got mail.Message
		m := mailer(newQueue(), sender(func(_ context.Context, m mail.Message) error { got = m; return nil }))
		job.Kind, job.To = kind, want.to
		if err := m.send(t.Context(), job); err != nil {
			t.Fatal(err)
		}
		if got.To != want.to || got.Subject != want.subject || got.ID != job.ID {
			t.Errorf("%s: %+v", kind, got)
		}
		if strings.Contains(got.Text, "secretcode") == (kind == store.MailAccepted || kind == store.MailReturned) {
			t.Errorf("%s: the code is where it should not be, or not where it should:\n%s", kind, got.Text)
		}
	}
}
