package main

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"muster/models"
)

func (c *cli) canICommand() *cobra.Command {
	var names []string
	for _, a := range models.Actions() {
		names = append(names, a.Name)
	}
	return &cobra.Command{
		Use:   "can-i [ACTION]",
		Short: "say what you may do here, and if not, why and who can help",
		Long: `Answer whether you may do something in the organization as things stand, by what
right, or which rule refuses it and who can help. A no ends with exit status 4. Without
ACTION all are listed.

Actions: ` + strings.Join(names, ", ") + `. Short words like invite, approve, remove or
billing do as well.`,
		Example: "muster can-i invite\nmuster can-i billing.manage --json\nmuster can-i",
		Args:    takes("[ACTION]"),
		RunE: action(func(ctx context.Context, args []string) error {
			if len(args) == 1 {
				if _, err := models.FindAction(args[0]); err != nil {
					return err
				}
			}
			s, a, org, err := c.inOrg(ctx)
			if err != nil {
				return err
			}
			if len(args) == 0 {
				list, err := s.CanIAll(ctx, a, org.ID)
				if err != nil {
					return err
				}
				return c.emit(listOf(list, ""), func() error {
					rows := make([][]string, len(list))
					for i, r := range list {
						may, why := "yes", r.Because
						if !r.Allowed {
							may, why = "no", r.Rule
						}
						rows[i] = []string{may, r.Does, why, r.Action}
					}
					return c.table([]string{"MAY I", "WHAT", "WHY", "ACTION"}, rows, "", "")
				})
			}
			r, err := s.CanI(ctx, a, org.ID, args[0])
			if err != nil {
				return err
			}
			if err := c.emit(r, func() error { return c.sayAnswer(r) }); err != nil || r.Allowed {
				return err
			}
			return &toldError{models.Errorf(models.CodeDenied, "%s", r.Rule)}
		}),
	}
}

func (c *cli) sayAnswer(r models.Answer) error {
	if r.Allowed {
		far := map[models.Reach]string{models.ReachNotOwners: ", but not owners"}[r.Reach]
		return c.say("yes: you may %s%s, %s", r.Does, far, r.Because)
	}
	if err := c.say("no: %s", r.Rule); err != nil {
		return err
	}
	if r.Reach == models.ReachOwn {
		if err := c.say("what you did yourself you see and manage all the same"); err != nil {
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
		if err := c.say("%s%s <%s>, %s", who, h.Name, h.Email, h.Role); err != nil {
			return err
		}
	}
	return nil
}
