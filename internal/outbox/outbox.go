// Package outbox takes the mails that the store has queued and sends them.
package outbox

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"muster/internal/mail"
	"muster/store"
)

const (
	// batch is how many mails are on their way at once.
	batch = 4
	// lease keeps other workers off a mail. It is longer than a delivery can
	// take (mail.DefaultTimeout), and how late a mail is after a crash.
	lease = 2 * time.Minute
	// grace is how long a delivery may go on after the worker is told to stop.
	grace = 5 * time.Second
	// breath keeps the worker from turning in circles when the queue says that
	// something is due and hands nothing out.
	breath = time.Second
	// longPause is the longest wait after errors of the store.
	longPause = 30 * time.Second
)

// Queue is the part of the store that holds mails. More than one worker, in
// this process and others, may use it at the same time.
type Queue interface {
	ClaimMail(ctx context.Context, max int, lease time.Duration) ([]store.MailJob, error)
	NextMail(ctx context.Context) (at time.Time, ok bool, err error)
	MailSent(ctx context.Context, j store.MailJob) error
	MailFailed(ctx context.Context, j store.MailJob, why string, permanent bool) error
	MailImpossible(ctx context.Context, j store.MailJob) error
}

// Worker sends mails. Its fields are set once, before its first use.
type Worker struct {
	Queue       Queue
	Sender      mail.Sender
	JoinCommand func(code string) string // the line that a mail asks to run
	Fingerprint string                   // of the host key, to compare; may be empty
	Now         func() time.Time
	After       func(time.Duration) <-chan time.Time // time.After outside of tests
	Log         *slog.Logger
}

// Report counts what became of mails that were due.
type Report struct {
	Sent   int
	Failed int // tried again later, or given up
	NoMail int // mail is not set up here
}

// Run sends mails as they become due, until ctx ends. It sleeps until the next
// one is due, or until a signal on due says that the queue has changed. Errors of the store are
// logged and tried again.
func (w *Worker) Run(ctx context.Context, due <-chan struct{}) {
	pause := breath
	for ctx.Err() == nil {
		r, err := w.Deliver(ctx)
		var next time.Time
		var some bool
		if err == nil {
			next, some, err = w.Queue.NextMail(ctx)
		}
		var timer <-chan time.Time
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			w.Log.Error("the outbox cannot be read", "error", err)
			timer = w.After(pause)
			pause = min(2*pause, longPause)
		case some:
			pause = breath
			wait := next.Sub(w.Now())
			if wait <= 0 && r == (Report{}) {
				wait = breath
			}
			timer = w.After(max(wait, 0))
		}
		select {
		case <-ctx.Done():
		case <-due:
		case <-timer:
		}
	}
}

// Deliver sends what is due now and comes back. Its error is the store's;
// deliveries that fail are counted, and recorded with the mail.
func (w *Worker) Deliver(ctx context.Context) (Report, error) {
	var total Report
	for ctx.Err() == nil {
		jobs, err := w.Queue.ClaimMail(ctx, batch, lease)
		if err != nil {
			return total, err
		}
		if len(jobs) == 0 {
			return total, nil
		}
		r, err := w.sendAll(ctx, jobs)
		total.Sent += r.Sent
		total.Failed += r.Failed
		total.NoMail += r.NoMail
		if err != nil {
			return total, err
		}
	}
	return total, nil
}

func (w *Worker) sendAll(ctx context.Context, jobs []store.MailJob) (Report, error) {
	// What is on its way goes on for a moment when ctx ends, and its outcome is
	// written down in any case, so that no mail goes out twice.
	keep := context.WithoutCancel(ctx)
	sending, cancel := context.WithCancel(keep)
	defer cancel()
	defer context.AfterFunc(ctx, func() {
		select {
		case <-time.After(grace):
			cancel()
		case <-sending.Done():
		}
	})()

	var mu sync.Mutex
	var wg sync.WaitGroup
	var r Report
	var errs []error
	for _, job := range jobs {
		wg.Go(func() {
			err := w.send(sending, job)
			mu.Lock()
			defer mu.Unlock()
			errs = append(errs, w.record(keep, job, err, &r))
		})
	}
	wg.Wait()
	return r, errors.Join(errs...)
}

func (w *Worker) send(ctx context.Context, job store.MailJob) error {
	inv := job.Invitation
	if job.Kind == store.MailAccepted {
		v := mail.Acceptance{
			OrgName: job.OrgName, OrgCode: job.OrgCode, Role: string(inv.Role), Name: job.JoinedName, Email: job.JoinedEmail,
			InvitedEmail: inv.Email, RecipientEmail: job.To,
		}
		return w.Sender.Send(ctx, v.Compose(job.ID))
	}
	v := mail.Invitation{
		Reminder: job.Kind == store.MailReminder,
		OrgName:  job.OrgName, OrgCode: job.OrgCode, Role: inv.Given().Label(),
		InviterName: inv.InviterName, InviterEmail: inv.InviterEmail, RecipientEmail: inv.Email,
		Message: inv.Message, JoinCommand: w.JoinCommand(job.Code), HostKeyFingerprint: w.Fingerprint,
	}
	for _, p := range inv.Workspaces {
		v.Workspaces = append(v.Workspaces, mail.Workspace{Name: p.Name, Role: p.Given().Label()})
	}
	if inv.ExpiresAt != nil {
		v.ExpiresAt = *inv.ExpiresAt
	}
	return w.Sender.Send(ctx, v.Compose(job.ID, w.Now()))
}

func (w *Worker) record(ctx context.Context, job store.MailJob, err error, r *Report) error {
	log := w.Log.With("invitation", job.Invitation.ID, "kind", job.Kind, "attempt", job.Attempt)
	var failure *mail.Error
	switch {
	case err == nil:
		r.Sent++
		log.Info("mail sent", "by", w.Sender.Kind())
		return w.Queue.MailSent(ctx, job)
	case errors.Is(err, mail.ErrNoMail):
		r.NoMail++
		return w.Queue.MailImpossible(ctx, job)
	}
	r.Failed++
	permanent := errors.As(err, &failure) && !failure.Temporary
	log.Warn("mail not sent", "error", err, "permanent", permanent)
	return w.Queue.MailFailed(ctx, job, err.Error(), permanent)
}
