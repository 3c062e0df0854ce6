package cli

import (
	"muster/internal/op"
	"muster/models"
)

func viewWords() map[string]words {
	return map[string]words{
		"view.list": shows(func(c *cli, list op.List[models.View]) error {
			rows := make([][]string, len(list.Items))
			for i, v := range list.Items {
				rows[i] = []string{v.List, v.Name, v.Filter, v.Sort}
			}
			return c.table([]string{"LIST", "NAME", "FILTER", "SORT"}, rows, list.Next, "you have saved no views here")
		}),
		"view.save":   says(func(_ *cli, v models.View) string { return "the view " + v.Name + " of " + v.List + " is saved" }),
		"view.rename": says(func(_ *cli, v models.View) string { return "the view of " + v.List + " is called " + v.Name + " now" }),
		"view.delete": says(func(_ *cli, v models.View) string { return "the view " + v.Name + " of " + v.List + " is deleted" }),
	}
}
