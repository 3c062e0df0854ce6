package cli

import (
	"fmt"

	"muster/internal/op"
)

func paymentWords() map[string]words {
	return map[string]words{
		"payment.list": shows(func(c *cli, page op.List[op.Payment]) error {
			rows := make([][]string, len(page.Items))
			for i, m := range page.Items {
				mark := ""
				if m.Default {
					mark = "*"
				}
				rows[i] = []string{mark, m.Label, m.Reference}
			}
			return c.table([]string{"", "LABEL", "REFERENCE"}, rows, "", "there are no payment methods")
		}),
		"payment.add": says(func(c *cli, m op.Payment) string {
			if m.Default {
				return fmt.Sprintf("added %s to %s, as the default", m.Label, c.hereInFull())
			}
			return fmt.Sprintf("added %s to %s", m.Label, c.hereInFull())
		}),
		"payment.default": says(func(c *cli, m op.Payment) string {
			return fmt.Sprintf("%s is now the default payment method of %s", m.Label, c.hereInFull())
		}),
		"payment.remove": says(func(c *cli, m op.Payment) string {
			return fmt.Sprintf("removed %s from the payment methods of %s", m.Label, c.hereInFull())
		}),
	}
}
