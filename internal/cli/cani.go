package cli

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"muster/models"
)

func (c *cli) canICommand() *cobra.Command {
	names := func(list []models.Action) string {
		words := make([]string, len(list))
		for i, a := range list {
			words[i] = a.Name
		}
		return strings.Join(words, ", ")
	}
	var workspace string
	cmd := &cobra.Command{
		Use:   "can-i [ACTION]",
		Short: "say what you may do here, and if not, why and who can help",
		Long: `Answer whether you may do something in the organization as things stand, by what
right, or which rule refuses it and who can help. A no ends with exit status 4. Without
ACTION all are listed. With --workspace the question is about that workspace.

Actions: ` + names(models.Actions()) + `. Short words like invite, approve, remove or
billing do as well.

Actions in a workspace, without --workspace your current one: ` + names(models.WorkspaceActions()) + `.`,
		Example: "muster can-i invite\nmuster can-i billing.manage --json\nmuster can-i\nmuster can-i project.manage --workspace Research",
		Args:    takes("[ACTION]"),
	}
	workspaceFlag(cmd, &workspace)
	cmd.RunE = action(func(ctx context.Context, args []string) error {
		inside := cmd.Flags().Changed("workspace")
		if len(args) == 1 {
			_, err := models.FindAction(args[0])
			if _, inErr := models.FindWorkspaceAction(args[0]); inside || err != nil && inErr == nil {
				inside, err = true, inErr
			}
			if err != nil {
				return err
			}
		}
		s, a, org, err := c.inOrg(ctx)
		if err != nil {
			return err
		}
		if len(args) == 0 {
			all := func() ([]models.Answer, error) { return s.CanIAll(ctx, a, org.ID) }
			if inside {
				all = func() ([]models.Answer, error) { return s.CanIAllInWorkspace(ctx, a, org.ID, workspace) }
			}
			list, err := all()
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
		ask := func() (models.Answer, error) { return s.CanI(ctx, a, org.ID, args[0]) }
		if inside {
			ask = func() (models.Answer, error) { return s.CanIInWorkspace(ctx, a, org.ID, workspace, args[0]) }
		}
		r, err := ask()
		if err != nil {
			return err
		}
		if err := c.emit(r, func() error { return c.sayAnswer(r) }); err != nil || r.Allowed {
			return err
		}
		return &toldError{models.Errorf(models.CodeDenied, "%s", r.Rule)}
	})
	return cmd
}

func (c *cli) sayAnswer(r models.Answer) error {
	in := ""
	if r.Workspace != "" {
		in = ", in the workspace " + r.Workspace
	}
	if r.Allowed {
		far := map[models.Reach]string{models.ReachNotOwners: ", but not owners"}[r.Reach]
		return c.say("yes%s: you may %s%s, %s", in, r.Does, far, r.Because)
	}
	if err := c.say("no%s: %s", in, r.Rule); err != nil {
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
