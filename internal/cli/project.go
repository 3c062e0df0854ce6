package cli

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"muster/models"
)

func (c *cli) projectCommand() *cobra.Command {
	return group("project", "projects of a workspace",
		c.projectList(), c.projectShow(), c.projectCreate(), c.projectUpdate(), c.projectDelete())
}

// workspaceFlag is which workspace a command is about.
func workspaceFlag(cmd *cobra.Command, to *string) {
	cmd.Flags().StringVar(to, "workspace", "", "name or id of the workspace (default: your current one)")
}

func (c *cli) projectList() *cobra.Command {
	var q models.ProjectQuery
	var workspace string
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "list the projects of a workspace",
		Long:    "List the projects of a workspace, by name, for everybody in the workspace.",
		Example: "muster project list\nmuster project list --workspace Research --search production --json",
		Args:    takes(),
	}
	workspaceFlag(cmd, &workspace)
	cmd.Flags().StringVar(&q.Search, "search", "", "part of a name, a description or an environment")
	c.pageFlags(cmd, &q.Limit, &q.After)
	cmd.RunE = action(func(ctx context.Context, _ []string) error {
		s, a, org, err := c.inOrg(ctx)
		if err != nil {
			return err
		}
		page, err := s.ListProjects(ctx, a, org.ID, workspace, q)
		if err != nil {
			return err
		}
		return c.emit(listOf(page.Items, page.Next), func() error {
			rows := make([][]string, len(page.Items))
			for i, p := range page.Items {
				rows[i] = []string{p.Name, p.Environment, p.WorkspaceName, c.ago(p.UpdatedAt), p.ID}
			}
			return c.table([]string{"NAME", "ENVIRONMENT", "WORKSPACE", "CHANGED", "ID"}, rows, page.Next, "there are no such projects")
		})
	})
	return cmd
}

func (c *cli) projectShow() *cobra.Command {
	var workspace string
	cmd := &cobra.Command{
		Use:     "show PROJECT",
		Short:   "show a project",
		Long:    "Show one project. PROJECT is an id, or a name in the workspace in any letter case.",
		Example: "muster project show Engine --workspace Research",
		Args:    takes("PROJECT"),
	}
	workspaceFlag(cmd, &workspace)
	cmd.RunE = action(func(ctx context.Context, args []string) error {
		s, a, org, err := c.inOrg(ctx)
		if err != nil {
			return err
		}
		p, err := s.Project(ctx, a, org.ID, workspace, args[0])
		if err != nil {
			return err
		}
		return c.showProject(p)
	})
	return cmd
}

func (c *cli) showProject(p models.Project) error {
	return c.emit(p, func() error {
		return c.facts("name", p.Name, "id", p.ID, "workspace", p.WorkspaceName, "description", p.Description,
			"environment", p.Environment, "created", c.at(p.CreatedAt), "by", p.CreatedBy, "changed", c.at(p.UpdatedAt))
	})
}

func environmentHelp() string {
	return "a short label, such as " + strings.Join(models.Environments(), ", ")
}

func (c *cli) projectCreate() *cobra.Command {
	var n models.NewProject
	var workspace string
	cmd := &cobra.Command{
		Use:   "create --name NAME",
		Short: "create a project in a workspace",
		Long: `Create a project in a workspace, for owners and admins of the organization and
admins of the workspace. Everybody in the workspace sees it.`,
		Example: "muster project create --name Engine --workspace Research --environment production",
		Args:    takes(),
	}
	workspaceFlag(cmd, &workspace)
	cmd.Flags().StringVar(&n.Name, "name", "", "what people call it, unique in the workspace")
	cmd.Flags().StringVar(&n.Description, "description", "", "a line or two about it")
	cmd.Flags().StringVar(&n.Environment, "environment", "", environmentHelp())
	cmd.RunE = action(func(ctx context.Context, _ []string) error {
		if err := need(cmd, "name"); err != nil {
			return err
		}
		s, a, org, err := c.inOrg(ctx)
		if err != nil {
			return err
		}
		p, err := s.CreateProject(ctx, a, org.ID, workspace, n)
		if err != nil {
			return err
		}
		return c.emit(p, func() error { return c.say("created the project %s in %s, %s", p.Name, p.WorkspaceName, p.ID) })
	})
	return cmd
}

func (c *cli) projectUpdate() *cobra.Command {
	var workspace string
	cmd := &cobra.Command{
		Use:   "update PROJECT",
		Short: "change name, description or environment",
		Long: `Change a project, for owners and admins of the organization and editors and admins
of the workspace. What is left out stays as it is.`,
		Example: "muster project update Engine --environment staging",
		Args:    takes("PROJECT"),
	}
	workspaceFlag(cmd, &workspace)
	cmd.Flags().String("name", "", "what people call it, unique in the workspace")
	cmd.Flags().String("description", "", "a line or two about it")
	cmd.Flags().String("environment", "", environmentHelp())
	cmd.RunE = action(func(ctx context.Context, args []string) error {
		var change models.ProjectChange
		if !changed(cmd, map[string]**string{"name": &change.Name, "description": &change.Description, "environment": &change.Environment}) {
			return usage("nothing to change").WithHint("usage: %s --name NAME", cmd.UseLine())
		}
		s, a, org, err := c.inOrg(ctx)
		if err != nil {
			return err
		}
		p, err := s.UpdateProject(ctx, a, org.ID, workspace, args[0], change)
		if err != nil {
			return err
		}
		return c.showProject(p)
	})
	return cmd
}

func (c *cli) projectDelete() *cobra.Command {
	var workspace string
	var yes bool
	cmd := &cobra.Command{
		Use:   "delete PROJECT",
		Short: "delete a project",
		Long: `Delete a project for good, for owners and admins of the organization and admins of
the workspace. On a terminal the command asks; anywhere else it wants --yes.`,
		Example: "muster project delete Engine --yes",
		Args:    takes("PROJECT"),
	}
	workspaceFlag(cmd, &workspace)
	cmd.Flags().BoolVar(&yes, "yes", false, "do it without asking")
	cmd.RunE = action(func(ctx context.Context, args []string) error {
		if err := c.mayAsk(cmd, yes); err != nil {
			return err
		}
		s, a, org, err := c.inOrg(ctx)
		if err != nil {
			return err
		}
		p, err := s.Project(ctx, a, org.ID, workspace, args[0])
		if err != nil {
			return err
		}
		if !yes {
			if err := c.confirm("delete the project " + p.Name + " of the workspace " + p.WorkspaceName + " for good?"); err != nil {
				return err
			}
		}
		// By id: what was asked about is what is deleted.
		if p, err = s.DeleteProject(ctx, a, org.ID, p.WorkspaceID, p.ID); err != nil {
			return err
		}
		return c.emit(map[string]any{"id": p.ID, "name": p.Name, "deleted": true}, func() error {
			return c.say("deleted the project %s of %s", p.Name, p.WorkspaceName)
		})
	})
	return cmd
}
