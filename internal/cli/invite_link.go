package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"muster/models"
)

func (c *cli) inviteLink() *cobra.Command {
	return group("link", "let several people join with one code",
		c.linkList(), c.linkShow(), c.linkCreate(), c.linkCode(), c.linkRevoke())
}

// newLink is a join link with its code, which only its making and `link code`
// show.
type newLink struct {
	models.JoinLink
	Code string `json:"code"`
	Line string `json:"join_command"`
}

func (c *cli) linkCreate() *cobra.Command {
	var n models.NewLink
	var role, expires string
	cmd := &cobra.Command{
		Use:   "create",
		Short: "make a join link",
		Long: `Make a join link: one code by which several people can join, each with a name and
an address of their own. It ends when it has been used as often as it may, when
it expires, when it is revoked, and when its maker may no longer invite. Nobody
becomes owner by a link. Making one counts as one invitation of that day.`,
		Example: `muster invite link create --label "spring course" --role viewer --max-uses 30 --expires-in 7d`,
		Args:    takes(),
	}
	f := cmd.Flags()
	f.StringVar(&n.Label, "label", "", "what it is for")
	f.StringVar(&role, "role", "", "admin, member or viewer (default: the organization's default role)")
	f.IntVar(&n.MaxUses, "max-uses", 0, fmt.Sprintf("how many can join by it, up to %d (default %d)", models.MaxLinkUses, models.DefaultLinkUses))
	f.StringVar(&expires, "expires-in", "", "how long it holds, from 60 seconds to 30 days: 3600, 1h, 2d (default: as for invitations)")
	cmd.RunE = action(func(ctx context.Context, _ []string) (err error) {
		if cmd.Flags().Changed("role") {
			if n.Role, err = models.ParseRole("role", role); err != nil {
				return err
			}
		}
		if cmd.Flags().Changed("expires-in") {
			if n.TTL, err = models.ParseExpiry("expires_in", expires); err != nil {
				return err
			}
		}
		if cmd.Flags().Changed("max-uses") && n.MaxUses == 0 {
			n.MaxUses = -1 // 0 stands for the default, and nobody asks for no uses
		}
		s, a, org, err := c.inOrg(ctx)
		if err != nil {
			return err
		}
		site, err := c.site()
		if err != nil {
			return err
		}
		l, err := s.CreateLink(ctx, a, org.ID, n)
		if err != nil {
			return err
		}
		code, err := s.LinkCode(ctx, a, org.ID, l.ID)
		if err != nil {
			return err
		}
		line := site.JoinCommand(code)
		return c.emit(newLink{l, code, line}, func() error {
			if err := c.say("%s can join %s as %s until %s (%s):", count(l.MaxUses, "person", "people"), org.Code, l.Role, c.at(l.ExpiresAt), l.ID); err != nil {
				return err
			}
			return c.say("%s", line)
		})
	})
	return cmd
}

func (c *cli) linkList() *cobra.Command {
	var q models.LinkQuery
	cmd := &cobra.Command{
		Use:   "list",
		Short: "list join links, the newest first",
		Long: `List the join links of the organization, the newest first. Owners and admins see
all, others the ones they made.`,
		Example: "muster invite link list --active",
		Args:    takes(),
	}
	cmd.Flags().BoolVar(&q.Active, "active", false, "only those that still let somebody in")
	cmd.Flags().StringVar(&q.Search, "search", "", "part of a label, or of the name or address of who made it")
	c.pageFlags(cmd, &q.Limit, &q.After)
	cmd.RunE = action(func(ctx context.Context, _ []string) error {
		s, a, org, err := c.inOrg(ctx)
		if err != nil {
			return err
		}
		page, err := s.ListLinks(ctx, a, org.ID, q)
		if err != nil {
			return err
		}
		return c.emit(listOf(page.Items, page.Next), func() error {
			rows := make([][]string, len(page.Items))
			for i, l := range page.Items {
				rows[i] = []string{l.Label, string(l.Role), string(l.State), fmt.Sprintf("%d/%d", l.Uses, l.MaxUses), l.CreatorEmail, c.ago(l.ExpiresAt), l.ID}
			}
			return c.table([]string{"LABEL", "ROLE", "STATUS", "USED", "BY", "EXPIRES", "ID"}, rows, page.Next, "there are no such join links")
		})
	})
	return cmd
}

func (c *cli) linkShow() *cobra.Command {
	return &cobra.Command{
		Use:     "show ID",
		Short:   "show a join link",
		Long:    "Show a join link. `invite link code` shows the line to join by, for who may.",
		Example: "muster invite link show lnk_1",
		Args:    takes("ID"),
		RunE: action(func(ctx context.Context, args []string) error {
			s, a, err := c.signedIn(ctx)
			if err != nil {
				return err
			}
			l, err := s.Link(ctx, a, "", args[0])
			if err != nil {
				return err
			}
			return c.emit(l, func() error {
				return c.facts("label", l.Label, "id", l.ID, "role", string(l.Role), "status", string(l.State), "used", fmt.Sprintf("%d of %d", l.Uses, l.MaxUses),
					"by", l.CreatorName+" <"+l.CreatorEmail+">", "since", c.at(l.CreatedAt), "expires", c.at(l.ExpiresAt), "last used", c.atOr(l.LastUsedAt, "never"),
					"revoked", c.atOr(l.RevokedAt, ""), "revoked by", l.RevokedBy)
			})
		}),
	}
}

func (c *cli) linkCode() *cobra.Command {
	return &cobra.Command{
		Use:   "code ID",
		Short: "show the line to join by",
		Long: `Show the line to join by. Whoever has it can join, as often as the link allows.
Each use of this command is in the audit log.`,
		Example: "muster invite link code lnk_1",
		Args:    takes("ID"),
		RunE: action(func(ctx context.Context, args []string) error {
			s, a, err := c.signedIn(ctx)
			if err != nil {
				return err
			}
			site, err := c.site()
			if err != nil {
				return err
			}
			code, err := s.LinkCode(ctx, a, "", args[0])
			if err != nil {
				return err
			}
			line := site.JoinCommand(code)
			return c.emit(map[string]string{"id": args[0], "code": code, "join_command": line}, func() error { return c.say("%s", line) })
		}),
	}
}

func (c *cli) linkRevoke() *cobra.Command {
	return &cobra.Command{
		Use:     "revoke ID",
		Short:   "end a join link",
		Long:    "End a join link at once. Who joined by it stays.",
		Example: "muster invite link revoke lnk_1",
		Args:    takes("ID"),
		RunE: action(func(ctx context.Context, args []string) error {
			s, a, err := c.signedIn(ctx)
			if err != nil {
				return err
			}
			l, err := s.RevokeLink(ctx, a, "", args[0])
			if err != nil {
				return err
			}
			return c.emit(l, func() error { return c.say("revoked the join link %s", l.ID) })
		}),
	}
}
