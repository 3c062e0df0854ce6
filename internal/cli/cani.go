package cli

import (
	"muster/internal/op"
	"muster/models"
)

func canIWords() map[string]words {
	return map[string]words{
		"can_i": judged(shows((*cli).sayAnswer), func(_ *cli, r models.Answer) error {
			if r.Allowed {
				return nil
			}
			return &toldError{models.Errorf(models.CodeDenied, "%s", r.Rule)}
		}),
		"can_i.list": shows(func(c *cli, page op.List[models.Answer]) error {
			rows := make([][]string, len(page.Items))
			for i, r := range page.Items {
				may, why := "yes", r.Because
				if !r.Allowed {
					may, why = "no", r.Rule
				}
				rows[i] = []string{may, r.Does, why, r.Action}
			}
			return c.table([]string{"ALLOWED", "WHAT", "WHY", "ACTION"}, rows, "", "")
		}),
	}
}

func (c *cli) sayAnswer(r models.Answer) error {
	in := ""
	if r.Workspace != "" {
		in = ", in the workspace " + r.Workspace
	}
	if r.Allowed {
		far := map[models.Extent]string{models.ExtentNotOwners: ", but not over owners"}[r.Extent]
		return c.say("yes%s: you may %s%s, %s", in, r.Does, far, r.Because)
	}
	if err := c.say("no%s: %s", in, r.Rule); err != nil {
		return err
	}
	if r.Extent == models.ExtentOwn {
		if err := c.say("you can always see and manage what is your own"); err != nil {
			return err
		}
	}
	if err := c.say("what to do: %s", r.Hint); err != nil {
		return err
	}
	for i, h := range r.Helpers {
		who := "who can help: "
		if i > 0 {
			who = "              "
		}
		role := string(h.Role)
		if h.InWorkspace != "" {
			role = string(h.InWorkspace) + " of the workspace"
		}
		if err := c.say("%s%s <%s>, %s", who, h.Name, h.Email, role); err != nil {
			return err
		}
	}
	return nil
}
