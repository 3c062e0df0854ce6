package cli

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"muster/models"
	"muster/store"
)

// joined is the answer to having joined with a code.
type joined struct {
	ID           string         `json:"id"` // the organization's
	Organization models.OrgView `json:"organization"`
	User         models.User    `json:"user"`
}

// linkOffer is what a join link offers.
type linkOffer struct {
	ID   string         `json:"id"` // the organization's
	Kind store.CodeKind `json:"kind"`
	models.LinkOffer
}

// pairedKey is the answer to having added a key with a code.
type pairedKey struct {
	ID          string      `json:"id"` // the user's
	User        models.User `json:"user"`
	Fingerprint string      `json:"fingerprint"`
}

// joinCommand is for people who are signed in and have a code at hand.
func (c *cli) joinCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "join CODE show|accept|decline",
		Short: "look at, accept or decline an invitation by its code",
		Long: `Look at, accept or decline an invitation by its code. It has to be addressed to
you. Who is not signed in uses the code as the user name: ssh join+CODE@HOST.`,
		Example: "muster join CODE accept",
		Args:    takes("CODE", "show|accept|decline"),
	}
	cmd.RunE = action(func(ctx context.Context, args []string) error {
		s, a, err := c.signedIn(ctx)
		if err != nil {
			return err
		}
		switch args[1] {
		case "show":
			return c.showCode(ctx, s, a, args[0])
		case "accept":
			return c.acceptCode(ctx, s, a, args[0], store.Newcomer{})
		case "decline":
			return c.declineCode(ctx, s, a, args[0])
		}
		return usage("unknown word %q", args[1]).WithHint("usage: %s", useLine(cmd))
	})
	return cmd
}

func (c *cli) codeShow() *cobra.Command {
	return &cobra.Command{
		Use:     "show",
		Short:   "show what the code is for",
		Long:    "Show what the code is for: organization, role, who invites, until when, and your key.",
		Example: "ssh join+CODE@HOST show",
		Args:    takes(),
		RunE: action(func(ctx context.Context, _ []string) error {
			r := c.env.Remote
			return c.showCode(ctx, r.Store, r.Actor, r.Login)
		}),
	}
}

func (c *cli) codeAccept() *cobra.Command {
	var who store.Newcomer
	cmd := &cobra.Command{
		Use:   "accept [--name NAME] [--email EMAIL]",
		Short: "accept, and join with the key you came with",
		Long: `Accept the invitation. A key that is known joins under its user. For a key that
is not, --name gives the display name of the new user, whose address is the
invited one; a join link invites no address, so --email gives it. With a code for a new machine the key becomes one of that user's.`,
		Example: `ssh join+CODE@HOST accept --name "Bob" --json`,
		Args:    takes(),
	}
	cmd.Flags().StringVar(&who.Name, "name", "", "your display name, if your key is new here")
	cmd.Flags().StringVar(&who.Email, "email", "", "your address, if your key is new here and the code is that of a join link")
	cmd.RunE = action(func(ctx context.Context, _ []string) error {
		r := c.env.Remote
		return c.acceptCode(ctx, r.Store, r.Actor, r.Login, who)
	})
	return cmd
}

func (c *cli) codeDecline() *cobra.Command {
	return &cobra.Command{
		Use:     "decline",
		Short:   "decline the invitation",
		Long:    "Decline the invitation. The code stops working.",
		Example: "ssh join+CODE@HOST decline",
		Args:    takes(),
		RunE: action(func(ctx context.Context, _ []string) error {
			r := c.env.Remote
			return c.declineCode(ctx, r.Store, r.Actor, r.Login)
		}),
	}
}

func (c *cli) showCode(ctx context.Context, s *store.Store, a models.Actor, code string) error {
	o, err := s.LookupCode(ctx, a, code)
	if err != nil {
		return err
	}
	if o.Kind == store.CodePairing {
		return c.emit(pairedKey{o.User.ID, o.User, a.Key}, func() error {
			return c.facts("adds your key to", o.User.Name+" <"+o.User.Email+">", "your key", a.Key)
		})
	}
	if o.Kind == store.CodeLink {
		return c.emit(linkOffer{o.Link.OrgID, o.Kind, o.Link}, func() error {
			l := o.Link
			as := "a new user with the name and address you give"
			if l.Known != nil {
				as = l.Known.Name + " <" + l.Known.Email + ">"
			}
			return c.facts("organization", l.OrgName+" ("+l.OrgCode+")", "role", string(l.Role), "join link of", l.CreatorName+" <"+l.CreatorEmail+">",
				"addresses", strings.Join(l.EmailDomains, ", "), "expires", c.at(l.ExpiresAt), "you join as", as, "your key", a.Key)
		})
	}
	return c.emit(offer{o.Offer.Invitation.ID, o.Offer}, func() error {
		inv := o.Offer.Invitation
		as := "a new user with the address " + inv.Email
		if o.Offer.Known != nil {
			as = o.Offer.Known.Name + " <" + o.Offer.Known.Email + ">"
		}
		return c.facts("organization", o.Offer.OrgName+" ("+o.Offer.OrgCode+")", "role", inv.Given().Label(),
			"workspaces", sayPlaces(inv.Workspaces), "invited by", inv.InviterName+" <"+inv.InviterEmail+">", "message", inv.Message,
			"expires", c.atOr(inv.ExpiresAt, ""), "you join as", as, "your key", a.Key)
	})
}

func (c *cli) acceptCode(ctx context.Context, s *store.Store, a models.Actor, code string, who store.Newcomer) error {
	o, err := s.LookupCode(ctx, a, code)
	if err != nil {
		return err
	}
	var key models.PublicKey
	if c.env.Remote != nil {
		key = c.env.Remote.Key
	} else if o.Kind == store.CodePairing {
		return usage("a code for a new machine is used from that machine").
			WithHint("run there: ssh join+CODE@HOST accept")
	}
	if o.Kind == store.CodeInvitation {
		who.Email = "" // the invitation says it
	}
	u, v, err := s.AcceptCodeAs(ctx, a, code, who, key)
	if err != nil {
		return err
	}
	if o.Kind == store.CodePairing {
		return c.emit(pairedKey{u.ID, u, key.Fingerprint}, func() error {
			return c.say("this key now signs in %s <%s>", u.Name, u.Email)
		})
	}
	err = c.emit(joined{v.ID, v, u}, func() error {
		c.noteBarrier(v)
		return c.say("welcome to %s (%s), %s: %s", v.Name, v.Code, u.Name, youAre(v))
	})
	c.tellInviter(ctx, s)
	return err
}

// noteBarrier says what still keeps somebody out who has just joined.
func (c *cli) noteBarrier(v models.OrgView) {
	if v.Barrier != "" {
		c.note("%s (%s)", v.BarrierText, v.BarrierHint)
	}
}

func (c *cli) declineCode(ctx context.Context, s *store.Store, a models.Actor, code string) error {
	if err := s.DeclineCode(ctx, a, code); err != nil {
		return err
	}
	return c.emit(map[string]string{"status": string(models.StateDeclined)}, func() error { return c.say("declined the invitation") })
}

func (c *cli) requestCommand() *cobra.Command {
	r := store.JoinRequest{}
	cmd := &cobra.Command{
		Use:   "request --email EMAIL --name NAME",
		Short: "ask to join the organization",
		Long: `Ask to join the organization. Its owners and admins decide, and the answer goes
to the address. Who is signed in needs neither --email nor --name.`,
		Example: `ssh request+ACME@HOST request --email bob@example.com --name "Bob"`,
		Args:    takes(),
	}
	cmd.Flags().StringVar(&r.Email, "email", "", "your address")
	cmd.Flags().StringVar(&r.Name, "name", "", "your display name")
	cmd.Flags().StringVar(&r.Message, "message", "", "a word to those who decide")
	cmd.RunE = action(func(ctx context.Context, _ []string) error {
		rem := c.env.Remote
		if rem.Actor.UserID == "" {
			if err := need(cmd, "email", "name"); err != nil {
				return err
			}
		}
		r.OrgCode = rem.Login
		return c.askToJoin(ctx, rem.Store, rem.Actor, r)
	})
	return cmd
}

func (c *cli) signUpCommand() *cobra.Command {
	var n store.NewUser
	cmd := &cobra.Command{
		Use:     "create --email EMAIL --name NAME",
		Short:   "make an account with the key you came with",
		Long:    "Make an account. Your SSH key signs you in from then on.",
		Example: `ssh new@HOST create --email bob@example.com --name "Bob"`,
		Args:    takes(),
	}
	cmd.Flags().StringVar(&n.Email, "email", "", "your address")
	cmd.Flags().StringVar(&n.Name, "name", "", "your display name")
	cmd.RunE = action(func(ctx context.Context, _ []string) error {
		if err := need(cmd, "email", "name"); err != nil {
			return err
		}
		rem := c.env.Remote
		n.Key = &rem.Key
		u, err := rem.Store.SignUp(ctx, rem.Actor, n)
		if err != nil {
			return err
		}
		return c.emit(u, func() error { return c.say("welcome, %s: your key signs you in from now on", u.Name) })
	})
	return cmd
}
