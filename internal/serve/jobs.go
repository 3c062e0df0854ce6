package serve

import (
	"context"
	"log/slog"
	"time"

	"muster/internal/janitor"
	"muster/internal/mail"
	"muster/internal/outbox"
	"muster/store"
)

// Jobs is what happens in the background of a process that stays: serve, and
// the app on the local database.
type Jobs struct {
	Store  *store.Store
	Sender mail.Sender
	// JoinCommand is the line that whoever holds the code runs to join.
	JoinCommand func(code string) string
	Now         func() time.Time
	After       func(time.Duration) <-chan time.Time
	Log         *slog.Logger
}

// Mail is the worker that sends what is due. fingerprint is that of the host
// key, which mails name.
func (j Jobs) Mail(fingerprint string) *outbox.Worker {
	return &outbox.Worker{
		Queue: j.Store, Sender: j.Sender, JoinCommand: j.JoinCommand, Fingerprint: fingerprint,
		Now: j.Now, After: j.After, Log: j.Log,
	}
}

// StartMail sends mails in the background until ctx ends. The function it gives
// waits for what is on its way.
func (j Jobs) StartMail(ctx context.Context, fingerprint string) (wait func()) {
	due := j.Store.MailDue()
	return background(ctx, due, func(ctx context.Context) { j.Mail(fingerprint).Run(ctx, due.C) })
}

// StartJanitor lets what is due at a set time happen in the background until
// ctx ends. The function it gives waits for what has begun.
func (j Jobs) StartJanitor(ctx context.Context) (wait func()) {
	due := j.Store.SweepDue()
	return background(ctx, due, func(ctx context.Context) {
		(&janitor.Janitor{House: j.Store, Now: j.Now, After: j.After, Log: j.Log}).Run(ctx, due.C)
	})
}

// background runs a job until ctx ends or the function it gives is called,
// which waits for the end of it.
func background(ctx context.Context, due *store.Subscription, job func(context.Context)) (wait func()) {
	ctx, stop := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		defer due.Close()
		job(ctx)
	}()
	return func() {
		stop()
		<-ended
	}
}
