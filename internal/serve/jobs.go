package serve

import (
	"context"
	"log/slog"
	"time"

	"muster/internal/jobs"
	"muster/internal/mail"
	"muster/internal/op"
	"muster/store"
)

// Jobs is what happens in the background of a process that stays: serve, and
// the app on the local database.
type Jobs struct {
	Store  *store.Store
	Sender mail.Sender
	// JoinCommand is the line that whoever holds the code runs to join.
	JoinCommand func(code string) string
	SignIn      string // the line that opens the app from elsewhere
	// Webhooks sends events to programs elsewhere; nil where another process does.
	Webhooks jobs.WebhookSender
	// Sent, if set, is told how each attempt to send an event ended.
	Sent  func(outcome string)
	Now   func() time.Time
	After func(time.Duration) <-chan time.Time
	Log   *slog.Logger
}

// Mail sends the mails that are due. fingerprint is that of the host key, which
// mails name.
func (j Jobs) Mail(fingerprint string) *jobs.Mail {
	return &jobs.Mail{
		Queue: j.Store, Sender: j.Sender, JoinCommand: j.JoinCommand, SignIn: j.SignIn, Fingerprint: fingerprint,
		Now: j.Now, After: j.After, Log: j.Log,
	}
}

// Start runs the jobs in the background until ctx ends. Without a fingerprint no
// mail leaves. The function it gives waits for what is under way.
func (j Jobs) Start(ctx context.Context, fingerprint string) (wait func()) {
	work := []jobs.Job{jobs.Janitor(j.Store, j.Log).On(j.Store.SweepDue())}
	if fingerprint != "" {
		work = append(work, j.Mail(fingerprint).Job().On(j.Store.MailDue()))
	}
	if j.Webhooks != nil {
		hooks := &jobs.Webhooks{Queue: j.Store, Sender: j.Webhooks, Body: op.EventBody, Count: j.Sent, Now: j.Now, After: j.After, Log: j.Log}
		work = append(work, hooks.Job())
	}
	return (&jobs.Worker{Jobs: work, Now: j.Now, After: j.After, Log: j.Log}).Start(ctx)
}
