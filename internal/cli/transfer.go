package cli

import (
	"fmt"

	"muster/models"
)

func transferWords() map[string]words {
	return map[string]words{
		"transfer.nominate": shows(func(c *cli, x models.Transfer) error {
			if err := c.say("nominated %s in place of %s as owner of %s, until %s", x.NomineeEmail, x.FromEmail, inFull(x.OrgName, x.OrgCode), c.at(x.ExpiresAt)); err != nil {
				return err
			}
			c.note("they can accept with: muster org accept-transfer %s", x.OrgCode)
			return nil
		}),
		"transfer.accept": says(func(_ *cli, v models.OrgView) string {
			return fmt.Sprintf("you are now an owner of %s (%s)", v.Name, v.Code)
		}),
		"transfer.decline": says(func(_ *cli, x models.Transfer) string {
			return fmt.Sprintf("declined to replace %s as owner of %s", x.FromEmail, inFull(x.OrgName, x.OrgCode))
		}),
		"transfer.cancel": says(func(_ *cli, x models.Transfer) string {
			return fmt.Sprintf("%s is no longer nominated in %s", x.NomineeEmail, inFull(x.OrgName, x.OrgCode))
		}),
	}
}
