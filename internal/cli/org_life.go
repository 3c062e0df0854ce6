package cli

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"muster/internal/output"
	"muster/models"
	"muster/store"
)

func (c *cli) orgUpgrade() *cobra.Command {
	var n store.NewOrganization
	cmd := &cobra.Command{
		Use:   "upgrade --name NAME [--code CODE]",
		Short: "make a shared organization from your personal workspace",
		Long: `Make a shared organization from your personal workspace, which stays as it is.
Description, colour, badge and message of the day are taken over. Without --code
the code is made from the name.`,
		Example: `muster org upgrade --name "Ada & Friends" --code ADAS`,
		Args:    takes(),
	}
	cmd.Flags().StringVar(&n.Name, "name", "", "what people call it")
	cmd.Flags().StringVar(&n.Code, "code", "", "short and unique, for ssh CODE@host and --org")
	cmd.Flags().StringVar(&n.Description, "description", "", "a line or two about it")
	cmd.RunE = action(func(ctx context.Context, _ []string) error {
		if err := need(cmd, "name"); err != nil {
			return err
		}
		s, a, err := c.signedIn(ctx)
		if err != nil {
			return err
		}
		v, err := s.UpgradePersonal(ctx, a, n)
		if err != nil {
			return err
		}
		return c.emit(v, func() error {
			if err := c.say("created %s (%s), %s, from your personal workspace", v.Name, v.Code, v.ID); err != nil {
				return err
			}
			c.noteNext(v)
			return nil
		})
	})
	return cmd
}

// deletion is the answer of deleting an organization, and of the dry run.
type deletion struct {
	ID      string `json:"id"`
	DryRun  bool   `json:"dry_run"`
	Deleted bool   `json:"deleted"`
	models.OrgConsequences
}

func (c *cli) orgDelete() *cobra.Command {
	var dry bool
	var confirm string
	cmd := &cobra.Command{
		Use:   "delete [CODE|ID] --confirm CODE",
		Short: "delete an organization for everybody at once",
		Long: `Delete an organization, without a name the chosen one. It disappears for
everybody at once; a site admin can restore it for 30 days, then it is purged.
The consequences are shown first, and on a terminal the command asks for the
code; anywhere else --confirm gives it.`,
		Example: "muster org delete ACME --dry-run\nmuster org delete ACME --confirm ACME",
		Args:    takes("[CODE|ID]"),
	}
	cmd.Flags().BoolVar(&dry, "dry-run", false, "only show the consequences")
	cmd.Flags().StringVar(&confirm, "confirm", "", "the code of the organization, as a word of agreement")
	cmd.RunE = action(func(ctx context.Context, args []string) error {
		if err := c.mayAskFor(cmd, "confirm", dry || cmd.Flags().Changed("confirm")); err != nil {
			return err
		}
		if len(args) == 1 {
			c.org = args[0]
		}
		s, a, org, err := c.inOrg(ctx)
		if err != nil {
			return err
		}
		cons, err := s.DeletionConsequences(ctx, a, org.ID)
		if err != nil {
			return err
		}
		if dry {
			return c.emit(deletion{org.ID, true, false, cons}, func() error { return c.sayDeletion(c.env.Out, cons) })
		}
		if !cmd.Flags().Changed("confirm") {
			if err := c.sayDeletion(c.env.Err, cons); err != nil {
				return err
			}
			if confirm, err = c.ask("type the code of the organization to delete it:"); err != nil {
				return err
			}
		}
		if cons, err = s.DeleteOrganization(ctx, a, org.ID, confirm); err != nil {
			return err
		}
		return c.emit(deletion{org.ID, false, true, cons}, func() error {
			if err := c.say("deleted %s (%s)", org.Name, org.Code); err != nil {
				return err
			}
			c.note("a site admin can restore it until %s: muster org restore %s", c.at(cons.RestorableUntil), org.Code)
			return nil
		})
	})
	return cmd
}

func (c *cli) sayDeletion(w io.Writer, cons models.OrgConsequences) error {
	o := cons.Organization
	return output.Table(w, []string{fmt.Sprintf("deleting %s (%s):", o.Name, o.Code)}, [][]string{
		{"  " + count(cons.Members, "member loses it", "members lose it") + " at once"},
		{"  " + count(cons.Sessions, "open session leaves it", "open sessions leave it")},
		{"  " + count(cons.Invitations, "pending invitation stops working", "pending invitations stop working")},
		{"  " + count(cons.Requests, "request waits in vain", "requests wait in vain")},
		{"  a site admin can restore it until " + c.at(cons.RestorableUntil)},
	})
}

// mayAskFor refuses a command that would have to ask for a word where nobody
// sits.
func (c *cli) mayAskFor(cmd *cobra.Command, flag string, given bool) error {
	if given || c.env.Terminal {
		return nil
	}
	return usage("%s asks for a word of agreement, and there is no terminal to ask on", cmd.CommandPath()).
		WithHint("give it with --%s, or add --dry-run to see the consequences", flag)
}

func (c *cli) orgRestore() *cobra.Command {
	return &cobra.Command{
		Use:   "restore CODE|ID",
		Short: "bring back a deleted organization; for site admins",
		Long: `Bring back an organization that was deleted less than 30 days ago, with its
members and invitations. Mails that had not left have to be resent. Where none
of its owners is left, you become its owner.`,
		Example: "muster org list --deleted\nmuster org restore ACME",
		Args:    takes("CODE|ID"),
		RunE: action(func(ctx context.Context, args []string) error {
			s, a, err := c.signedIn(ctx)
			if err != nil {
				return err
			}
			v, err := s.RestoreOrganization(ctx, a, args[0])
			if err != nil {
				return err
			}
			return c.emit(v, func() error {
				return c.say("restored %s (%s) with %s, owned by %s", v.Name, v.Code, count(v.Members.Total, "member", "members"), v.PrimaryEmail)
			})
		}),
	}
}

func (c *cli) orgTransfer() *cobra.Command {
	return &cobra.Command{
		Use:   "transfer USER",
		Short: "nominate a member to take your place as owner",
		Long: `Nominate a member to take your place as owner. They have 7 days to accept or
decline; when they accept, they are the owner and you are an admin, in one step.
A site admin who is no owner nominates in the primary owner's place.`,
		Example: "muster org transfer bob@example.com",
		Args:    takes("USER"),
		RunE: action(func(ctx context.Context, args []string) error {
			s, a, org, err := c.inOrg(ctx)
			if err != nil {
				return err
			}
			x, err := s.Nominate(ctx, a, org.ID, args[0])
			if err != nil {
				return err
			}
			return c.emit(x, func() error {
				if err := c.say("nominated %s to follow %s as owner of %s, until %s", x.NomineeEmail, x.FromEmail, x.OrgCode, c.at(x.ExpiresAt)); err != nil {
					return err
				}
				c.note("they answer with: muster org accept-transfer %s", x.OrgCode)
				return nil
			})
		}),
	}
}

// nomination finds the nomination that an answer is about: the named one, or
// the only one that waits.
func (c *cli) nomination(ctx context.Context, s *store.Store, a models.Actor, args []string) (string, error) {
	if len(args) == 1 {
		return args[0], nil
	}
	mine, err := s.Nominations(ctx, a)
	if err != nil {
		return "", err
	}
	switch len(mine) {
	case 0:
		return "", models.Errorf(models.CodeNotFound, "no nomination waits for you")
	case 1:
		return mine[0].ID, nil
	}
	return "", usage("%d nominations wait for you", len(mine)).WithHint("name the organization; `muster org list` shows them")
}

func (c *cli) orgAcceptTransfer() *cobra.Command {
	return &cobra.Command{
		Use:   "accept-transfer [CODE|ID]",
		Short: "accept a nomination and become an owner",
		Long: `Accept a nomination: you become an owner, and who nominated you an admin, in one
step. It is named by its organization, or by its id; if only one waits for you,
it needs no name.`,
		Example: "muster org accept-transfer ACME",
		Args:    takes("[CODE|ID]"),
		RunE: action(func(ctx context.Context, args []string) error {
			s, a, err := c.signedIn(ctx)
			if err != nil {
				return err
			}
			ref, err := c.nomination(ctx, s, a, args)
			if err != nil {
				return err
			}
			v, err := s.AcceptTransfer(ctx, a, ref)
			if err != nil {
				return err
			}
			return c.emit(v, func() error { return c.say("you are an owner of %s (%s) now", v.Name, v.Code) })
		}),
	}
}

func (c *cli) orgDeclineTransfer() *cobra.Command {
	return &cobra.Command{
		Use:     "decline-transfer [CODE|ID]",
		Short:   "decline a nomination",
		Long:    "Decline a nomination, named as for accept-transfer. Nothing changes.",
		Example: "muster org decline-transfer ACME",
		Args:    takes("[CODE|ID]"),
		RunE: action(func(ctx context.Context, args []string) error {
			s, a, err := c.signedIn(ctx)
			if err != nil {
				return err
			}
			ref, err := c.nomination(ctx, s, a, args)
			if err != nil {
				return err
			}
			x, err := s.DeclineTransfer(ctx, a, ref)
			if err != nil {
				return err
			}
			return c.emit(x, func() error { return c.say("declined to follow %s as owner of %s", x.FromEmail, x.OrgCode) })
		}),
	}
}

func (c *cli) orgCancelTransfer() *cobra.Command {
	return &cobra.Command{
		Use:   "cancel-transfer [ID]",
		Short: "take a nomination back",
		Long: `Take a nomination of the organization back, for its owners. If there is only one,
it needs no name.`,
		Example: "muster org cancel-transfer --org ACME",
		Args:    takes("[ID]"),
		RunE: action(func(ctx context.Context, args []string) error {
			s, a, err := c.signedIn(ctx)
			if err != nil {
				return err
			}
			var id string
			if len(args) == 1 {
				id = args[0]
			} else if id, err = c.onlyNomination(ctx); err != nil {
				return err
			}
			x, err := s.CancelTransfer(ctx, a, id)
			if err != nil {
				return err
			}
			return c.emit(x, func() error { return c.say("%s is no longer nominated in %s", x.NomineeEmail, x.OrgCode) })
		}),
	}
}

// onlyNomination is the one nomination of the chosen organization.
func (c *cli) onlyNomination(ctx context.Context) (string, error) {
	org, err := c.orgView(ctx)
	if err != nil {
		return "", err
	}
	switch len(org.Transfers) {
	case 0:
		return "", models.Errorf(models.CodeNotFound, "nobody is nominated in %s", org.Code)
	case 1:
		return org.Transfers[0].ID, nil
	}
	return "", usage("there are %d nominations", len(org.Transfers)).WithHint("name one by its id; `muster org show` lists them")
}
