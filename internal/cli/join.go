package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"muster/internal/op"
	"muster/models"
	"muster/store"
)

func codeWords() map[string]words {
	return map[string]words{
		"code.show":   shows((*cli).showCode),
		"code.accept": then(shows((*cli).joined), func(ctx context.Context, c *cli, outs []op.CodeAccepted) { c.afterJoin(ctx, outs[0]) }),
		"code.decline": says(func(*cli, op.CodeDeclined) string {
			return "declined the invitation"
		}),
		"code.request": says(sayAsked),
		"user.sign_up": says(func(_ *cli, u models.User) string {
			return fmt.Sprintf("welcome, %s: your key now signs you in", u.Name)
		}),
	}
}

// joinCommand is for people who are signed in and have a code at hand: what a
// login with the code offers, as words.
func (c *cli) joinCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "join CODE show|accept|decline",
		Short: "show, accept or decline an invitation by its code",
		Long: `Show, accept or decline an invitation by its code. It has to be addressed to you. If
you are not signed in, use the code as the user name: ssh join+CODE@HOST.`,
		Example: "muster join CODE accept",
		Args:    takes("CODE", "show|accept|decline"),
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		r := op.Find("code." + args[1])
		if r == nil || r.Door != op.DoorJoin {
			return usage("unknown word %q", args[1]).WithHint("usage: %s", useLine(cmd))
		}
		in := r.New()
		code, _ := r.Field("Code")
		code.Set(in, args[0])
		return c.operateOn(cmd, r, in, nil)
	}
	return cmd
}

func (c *cli) showCode(o op.CodeShown) error {
	if err := c.showOffer(o); err != nil || o.Factor == nil {
		return err
	}
	if err := c.sayFactorPicture(*o.Factor); err != nil {
		return err
	}
	code := o.Offer.OrgCode + o.Link.OrgCode // of the one that it is
	if c.lines != nil {
		c.note("%s requires a second factor: type the secret into your authenticator app, then accept with its first code", code)
		return nil
	}
	c.note("%s requires a second factor: scan this with your authenticator app, then join with its first code: %s", code, c.doorWords("code.accept", "--name NAME --code 123456"))
	return nil
}

func (c *cli) showOffer(o op.CodeShown) error {
	switch o.Kind {
	case store.CodePairing:
		return c.facts("adds your key to", o.User.Name+" <"+o.User.Email+">", "your key", o.Key)
	case store.CodeLink:
		l := o.Link
		as := "a new user with the name and address you give"
		if l.Known != nil {
			as = l.Known.Name + " <" + l.Known.Email + ">"
		}
		return c.facts("organization", l.OrgName+" ("+l.OrgCode+")", "role", string(l.Role), "join link of", l.CreatorName+" <"+l.CreatorEmail+">"+models.UnverifiedMark(l.CreatorVerified),
			"addresses", strings.Join(l.EmailDomains, ", "), "expires", c.at(l.ExpiresAt), "you join as", as, "your key", o.Key)
	}
	inv := o.Offer.Invitation
	as := "a new user with the address " + inv.Email
	if o.Offer.Known != nil {
		as = o.Offer.Known.Name + " <" + o.Offer.Known.Email + ">"
	}
	return c.facts("organization", o.Offer.OrgName+" ("+o.Offer.OrgCode+")", "role", inv.Given().Label(),
		"workspaces", workspaceList(inv.Workspaces), "invited by", inv.InviterName+" <"+inv.InviterEmail+">"+models.UnverifiedMark(inv.InviterVerified), "message", inv.Message,
		"expires", c.atOr(inv.ExpiresAt, ""), "you join as", as, "your key", o.Key)
}

func (c *cli) joined(v op.CodeAccepted) error {
	if v.Kind == store.CodePairing {
		return c.say("this key now signs in %s <%s>", v.User.Name, v.User.Email)
	}
	c.noteRequirement(v.Org)
	if err := c.comeBack(); err != nil {
		return err
	}
	if err := c.say("welcome to %s (%s), %s: %s", v.Org.Name, v.Org.Code, v.User.Name, youAre(v.Org)); err != nil || len(v.Recovery) == 0 {
		return err
	}
	return c.sayRecovery(op.RecoveryCodes{Codes: v.Recovery})
}

func (c *cli) afterJoin(ctx context.Context, v op.CodeAccepted) {
	if v.Kind != store.CodePairing {
		c.tellInviter(ctx)
	}
}

// comeBack says how to sign in the next time, with the fingerprint to compare on
// another machine.
func (c *cli) comeBack() error {
	site, err := c.site()
	if err != nil || c.env.Remote == nil {
		return err
	}
	fingerprint, err := site.HostKey()
	if err != nil {
		return err
	}
	c.note("to come back: %s (the server's key is %s)", site.SignIn, fingerprint)
	return nil
}
