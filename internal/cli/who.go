package cli

import (
	"context"
	"strconv"

	"github.com/spf13/cobra"
)

func (c *cli) whoCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "who",
		Short: "list who has the app open on the organization",
		Long: `List who has the app open on the organization, locally or over SSH, for all of
its members. It is up to date to about a second. Site admins who are no members
are listed as site admins.`,
		Example: "muster who --org ACME\nmuster who --json",
		Args:    takes(),
		RunE: action(func(ctx context.Context, _ []string) error {
			s, a, org, err := c.inOrg(ctx)
			if err != nil {
				return err
			}
			here, err := s.Here(ctx, a, org.ID)
			if err != nil {
				return err
			}
			return c.emit(listOf(here, ""), func() error {
				rows := make([][]string, len(here))
				for i, p := range here {
					role := p.RoleName
					if p.SiteAdmin {
						role = "site admin"
					}
					rows[i] = []string{p.Email, p.Name, role, strconv.Itoa(p.Sessions), c.ago(p.Since)}
				}
				return c.table([]string{"EMAIL", "NAME", "ROLE", "SESSIONS", "SINCE"}, rows, "", "nobody has the app open on it")
			})
		}),
	}
}
