package cli

import (
	"io"

	"muster/internal/op"
	"muster/models"
)

func settingsWords() map[string]words {
	return map[string]words{
		"settings.list": shows(func(c *cli, page op.List[op.Setting]) error {
			rows := make([][]string, len(page.Items))
			for i, v := range page.Items {
				help := v.Help
				if v.ReadOnly != "" {
					help += " (read-only: " + v.ReadOnly + ")"
				}
				rows[i] = []string{v.Key, v.Value, help, v.WhoMay}
			}
			return c.printer().Table([]string{"KEY", "VALUE", "WHAT IT DOES", "WHO MAY CHANGE IT"}, rows)
		}),
		"settings.show": shows(func(c *cli, v op.Setting) error {
			_, err := io.WriteString(c.out, models.SafeLines(v.Value)+"\n")
			return err
		}),
		"settings.update": shows(func(c *cli, page op.List[op.Setting]) error {
			for _, v := range page.Items {
				if err := c.say("%s = %s", v.Key, v.Value); err != nil {
					return err
				}
			}
			return nil
		}),
	}
}
