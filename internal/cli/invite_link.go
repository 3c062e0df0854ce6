package cli

import (
	"fmt"

	"muster/internal/op"
	"muster/models"
)

func linkWords() map[string]words {
	return map[string]words{
		"link.list": shows(func(c *cli, page op.List[models.JoinLink]) error {
			rows := make([][]string, len(page.Items))
			for i, l := range page.Items {
				state := string(l.State)
				if l.NoUse != "" {
					state += ", no longer works"
				}
				rows[i] = []string{l.Label, string(l.Role), state, fmt.Sprintf("%d/%d", l.Uses, l.MaxUses), l.ShownCreator(), c.ago(l.ExpiresAt), l.ID}
			}
			return c.table([]string{"LABEL", "ROLE", "STATUS", "USED", "BY", "EXPIRES", "ID"}, rows, page.Next, "no join links match")
		}),
		"link.show": shows(func(c *cli, l models.JoinLink) error {
			return c.facts("label", l.Label, "id", l.ID, "role", string(l.Role), "status", string(l.State), "no longer works", l.NoUse, "used", fmt.Sprintf("%d of %d", l.Uses, l.MaxUses),
				"by", l.CreatorName+" <"+l.CreatorEmail+">"+models.UnverifiedMark(l.CreatorVerified), "since", c.at(l.CreatedAt), "expires", c.at(l.ExpiresAt), "last used", c.atOr(l.LastUsedAt, "never"),
				"revoked", c.atOr(l.RevokedAt, ""), "revoked by", l.RevokedBy)
		}),
		"link.create": shows(func(c *cli, l op.NewLink) error {
			if err := c.say("%s can join %s as %s until %s (%s):", count(l.MaxUses, "person", "people"), c.hereInFull(), l.Role, c.at(l.ExpiresAt), l.ID); err != nil {
				return err
			}
			return c.say("%s", l.Line)
		}),
		"link.code": shows((*cli).joinLine),
		"link.revoke": asking(says(func(_ *cli, l models.JoinLink) string { return "revoked the join link " + l.ID }),
			func(_ *cli, l models.JoinLink) string { return "revoke the join link " + l.ID + "?" }),
		"link.revoke.preview": shows(func(c *cli, l models.JoinLink) error {
			return c.say("revoking the join link %q (%s) of %s, used %d of %d times: nobody else can join with it", l.Label, l.ID, inFull(l.OrgName, l.OrgCode), l.Uses, l.MaxUses)
		}),
	}
}
