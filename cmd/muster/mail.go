package main

import (
	"context"
	"crypto/rand"
	"time"

	gossh "golang.org/x/crypto/ssh"

	"muster/internal/outbox"
	"muster/sshserver"
	"muster/store"
)

func (c *cli) worker(s *store.Store, in installation, fingerprint string) *outbox.Worker {
	return &outbox.Worker{
		Queue: s, Sender: in.mail, JoinCommand: in.joinCommand, Fingerprint: fingerprint,
		Now: c.env.Now, After: c.env.After, Log: c.log,
	}
}

// startMail sends mails in the background until ctx ends. The function it gives
// waits for what is on its way.
func (c *cli) startMail(ctx context.Context, s *store.Store, in installation, fingerprint string) (wait func()) {
	ctx, stop := context.WithCancel(ctx)
	done := make(chan struct{})
	due := s.MailDue()
	go func() {
		defer close(done)
		defer due.Close()
		c.worker(s, in, fingerprint).Run(ctx, due.C)
	}()
	return func() {
		stop()
		<-done
	}
}

// deliverTime is how long a local command may spend on mails before it ends.
const deliverTime = 3 * time.Second

// deliverNow sends the mails that are due before a local command ends, and says
// when one stays behind: only `muster serve` and the app send later ones.
func (c *cli) deliverNow(ctx context.Context, s *store.Store) error {
	in, err := c.installation()
	if err != nil {
		return err
	}
	host, err := sshserver.LoadOrCreateHostKey(in.hostKey(), rand.Reader)
	if err != nil {
		return err
	}
	limited, cancel := context.WithTimeout(ctx, deliverTime)
	defer cancel()
	r, err := c.worker(s, in, gossh.FingerprintSHA256(host.PublicKey())).Deliver(limited)
	if err != nil {
		return err
	}
	if r.Sent > 0 {
		c.note("sent %s", count(r.Sent, "mail", "mails"))
	}
	if r.Failed > 0 {
		c.note("%s could not be sent; `muster invite show` tells why, and `muster serve` tries again", count(r.Failed, "mail", "mails"))
	}
	at, some, err := s.NextMail(ctx)
	if err != nil {
		return err
	}
	if some && r.Failed == 0 {
		c.note("a mail leaves %s, while `muster serve` or the app runs", c.ago(at))
	}
	return nil
}
