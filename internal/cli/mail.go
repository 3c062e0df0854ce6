package cli

import (
	"context"
	"time"

	"muster/internal/serve"
	"muster/internal/webhook"
	"muster/models"
	"muster/store"
)

// jobs is what happens in the background of this process.
func (c *cli) jobs(s *store.Store, in installation) serve.Jobs {
	return serve.Jobs{Store: s, Sender: in.sender, JoinCommand: in.joinLine, SignIn: in.signInLine(), Now: c.env.Now, After: c.env.After, Log: c.log}
}

// webhookSender sends events to programs elsewhere.
func (in installation) webhookSender() *webhook.Sender {
	return webhook.New(webhook.Options{Allow: in.WebhookNetworks, Agent: "muster"})
}

// deliverTime is how long a local command may spend on mails before it ends.
const deliverTime = 3 * time.Second

// afterMail sees to the mails that a change queued: they are delivered, or
// there is no mail here and a person gets the join commands to pass on. The
// change itself is done, so nothing here can fail the command.
func (c *cli) afterMail(ctx context.Context, invs ...models.Invitation) {
	site, err := c.site()
	switch {
	case err != nil || len(invs) == 0:
	case !site.Mail:
		err = c.showJoinCommands(ctx, site, invs)
	case c.delivers():
		err = c.deliverNow(ctx)
	}
	if err != nil {
		c.note("the mail is waiting: %s", models.AsError(err).Message)
	}
}

// delivers tells that mails leave with this command: a server, or a session that
// stays, sends them by itself.
func (c *cli) delivers() bool { return c.env.Remote == nil && c.lines == nil }

// tellInviter delivers the word of an acceptance, if this is no server's
// business. The acceptance is done, so nothing here can fail the command.
func (c *cli) tellInviter(ctx context.Context) {
	site, err := c.site()
	if err != nil || !site.Mail || !c.delivers() {
		return
	}
	if err := c.deliverNow(ctx); err != nil {
		c.note("the mail is waiting: %s", models.AsError(err).Message)
	}
}

func (c *cli) showJoinCommands(ctx context.Context, site Site, invs []models.Invitation) error {
	if c.json { // scripts ask for what they need: invite code
		return nil
	}
	s, a, err := c.signedIn(ctx)
	if err != nil {
		return err
	}
	for _, inv := range invs {
		if inv.State != models.StatePending {
			continue
		}
		code, err := s.JoinCode(ctx, a, inv.OrgID, inv.ID)
		if err != nil {
			return err
		}
		c.note("mail is not set up; send %s this line: %s", inv.Email, site.JoinCommand(code))
	}
	return nil
}

// deliverNow sends the mails that are due before a local command ends, and says
// when one stays behind: only `muster serve` and the app send later ones.
func (c *cli) deliverNow(ctx context.Context) error {
	in, err := c.installation()
	if err != nil {
		return err
	}
	if in.server != nil {
		c.note("the running server sends the mail")
		return nil
	}
	s, err := c.db(ctx)
	if err != nil {
		return err
	}
	fingerprint, err := in.hostKey()
	if err != nil {
		return err
	}
	limited, cancel := context.WithTimeout(ctx, deliverTime)
	defer cancel()
	r, err := c.jobs(s, in).Mail(fingerprint).Deliver(limited)
	if err != nil {
		return err
	}
	if r.Sent > 0 {
		c.note("sent %s", count(r.Sent, "mail", "mails"))
	}
	if r.Failed > 0 {
		c.note("%s could not be sent; `muster invite show` shows why, and `muster serve` tries again", count(r.Failed, "mail", "mails"))
	}
	at, some, err := s.NextMail(ctx)
	if err != nil {
		return err
	}
	// Reminders that leave in a day or more are no news.
	if some && r.Failed == 0 && at.Sub(c.env.Now()) <= models.UndoTime {
		c.note("the mail is sent %s, while `muster serve` or the app is running", c.ago(at))
	}
	return nil
}
