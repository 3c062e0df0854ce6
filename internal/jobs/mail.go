package jobs

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
	// take (30 seconds, by internal/mail), and how late a mail is after a crash.
	lease = 2 * time.Minute
	// grace is how long a delivery may go on after the worker is told to stop.
	grace = 5 * time.Second
)

// MailQueue is the part of the store that holds mails.
type MailQueue interface {
	ClaimMail(ctx context.Context, max int, lease time.Duration) ([]store.MailJob, error)
	NextMail(ctx context.Context) (at time.Time, ok bool, err error)
	MailSent(ctx context.Context, j store.MailJob) error
	MailFailed(ctx context.Context, j store.MailJob, why string, permanent bool) error
	MailImpossible(ctx context.Context, j store.MailJob) error
}

// Mail sends the mails that the store has queued: invitations, reminders and
// word of acceptances. Its fields are set once, before its first use.
type Mail struct {
	Queue       MailQueue
	Sender      mail.Sender
	JoinCommand func(code string) string // the line that a mail asks to run
	SignIn      string                   // the line that opens the app
	Fingerprint string                   // of the host key, to compare; may be empty
	Now         func() time.Time
	After       func(time.Duration) <-chan time.Time // time.After outside of tests
	Log         *slog.Logger
}

// MailReport counts what became of mails that were due.
type MailReport struct {
	Sent   int
	Failed int // tried again later, or given up
	NoMail int // mail is not set up here
}

// Job sends mails as they become due.
func (m *Mail) Job() Job {
	return Job{
		Name: "mail",
		Run: func(ctx context.Context) (next time.Time, err error) {
			if _, err := m.Deliver(ctx); err != nil {
				return next, err
			}
			next, _, err = m.Queue.NextMail(ctx)
			return next, err
		},
	}
}

// Deliver sends what is due now and comes back. Its error is the store's;
// deliveries that fail are counted, and recorded with the mail.
func (m *Mail) Deliver(ctx context.Context) (MailReport, error) {
	var total MailReport
	for ctx.Err() == nil {
		jobs, err := m.Queue.ClaimMail(ctx, batch, lease)
		if err != nil {
			return total, err
		}
		if len(jobs) == 0 {
			return total, nil
		}
		r, err := m.sendAll(ctx, jobs)
		total.Sent += r.Sent
		total.Failed += r.Failed
		total.NoMail += r.NoMail
		if err != nil {
			return total, err
		}
	}
	return total, nil
}

func (m *Mail) sendAll(ctx context.Context, jobs []store.MailJob) (MailReport, error) {
	// What is on its way goes on for a moment when ctx ends, and its outcome is
	// written down in any case, so that no mail goes out twice.
	keep := context.WithoutCancel(ctx)
	sending, cancel := context.WithCancel(keep)
	defer cancel()
	defer context.AfterFunc(ctx, func() {
		select {
		case <-m.After(grace):
			cancel()
		case <-sending.Done():
		}
	})()

	var mu sync.Mutex
	var wg sync.WaitGroup
	var r MailReport
	var errs []error
	for _, job := range jobs {
		wg.Go(func() {
			err := m.send(sending, job)
			mu.Lock()
			defer mu.Unlock()
			errs = append(errs, m.record(keep, job, err, &r))
		})
	}
	wg.Wait()
	return r, errors.Join(errs...)
}

func (m *Mail) send(ctx context.Context, job store.MailJob) error {
	inv := job.Invitation
	switch job.Kind {
	case store.MailNotice:
		v := mail.Notice{AccountNotice: job.Notice, SignIn: m.SignIn, HostKeyFingerprint: m.Fingerprint, RecipientEmail: job.To}
		if job.Code != "" {
			v.JoinCommand, v.ExpiresAt = m.JoinCommand(job.Code), job.Expires
		}
		return m.Sender.Send(ctx, v.Compose(job.ID))
	case store.MailReturned:
		v := mail.Returned{
			OrgName: job.OrgName, OrgCode: job.OrgCode, Role: inv.Given().Label(),
			InvitedEmail: inv.Email, RecipientEmail: job.To,
		}
		return m.Sender.Send(ctx, v.Compose(job.ID))
	case store.MailAccepted:
		v := mail.Acceptance{
			OrgName: job.OrgName, OrgCode: job.OrgCode, Role: string(inv.Role), Name: job.JoinedName, Email: job.JoinedEmail, Verified: job.JoinedVerified,
			InvitedEmail: inv.Email, RecipientEmail: job.To,
		}
		return m.Sender.Send(ctx, v.Compose(job.ID))
	}
	v := mail.Invitation{
		Reminder: job.Kind == store.MailReminder,
		OrgName:  job.OrgName, OrgCode: job.OrgCode, Role: inv.Given().Label(),
		InviterName: inv.InviterName, InviterEmail: inv.InviterEmail, InviterVerified: inv.InviterVerified, RecipientEmail: inv.Email,
		Message: inv.Message, JoinCommand: m.JoinCommand(job.Code), HostKeyFingerprint: m.Fingerprint,
	}
	for _, p := range inv.Workspaces {
		v.Workspaces = append(v.Workspaces, mail.Workspace{Name: p.Name, Role: p.Given().Label()})
	}
	if inv.ExpiresAt != nil {
		v.ExpiresAt = *inv.ExpiresAt
	}
	return m.Sender.Send(ctx, v.Compose(job.ID, m.Now()))
}

func (m *Mail) record(ctx context.Context, job store.MailJob, err error, r *MailReport) error {
	log := m.Log.With("invitation", job.Invitation.ID, "kind", job.Kind, "attempt", job.Attempt)
	var failure *mail.Error
	switch {
	case err == nil:
		r.Sent++
		log.Info("mail sent", "by", m.Sender.Kind())
		job.ByServer = m.Sender.Kind() == "smtp"
		return m.Queue.MailSent(ctx, job)
	case errors.Is(err, mail.ErrNoMail):
		r.NoMail++
		return m.Queue.MailImpossible(ctx, job)
	}
	r.Failed++
	permanent := errors.As(err, &failure) && !failure.Temporary
	log.Warn("mail not sent", "error", err, "permanent", permanent)
	return m.Queue.MailFailed(ctx, job, err.Error(), permanent)
}
