package cli

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"muster/models"
)

func (c *cli) workspaceMembers() *cobra.Command {
	var q models.WorkspaceMemberQuery
	cmd := &cobra.Command{
		Use:   "members [WORKSPACE]",
		Short: "list who is in a workspace, and why",
		Long: `List who is in a workspace, without a name the current one: those who were added,
and owners and admins of the organization, who are in every one.`,
		Example: "muster workspace members Research --search ada",
		Args:    takes("[WORKSPACE]"),
	}
	cmd.Flags().StringVar(&q.Search, "search", "", "part of an address, a name or a handle")
	c.pageFlags(cmd, &q.Limit, &q.After)
	cmd.RunE = action(func(ctx context.Context, args []string) error {
		s, a, org, err := c.inOrg(ctx)
		if err != nil {
			return err
		}
		page, err := s.ListWorkspaceMembers(ctx, a, org.ID, strings.Join(args, ""), q)
		if err != nil {
			return err
		}
		return c.emit(listOf(page.Items, page.Next), func() error {
			rows := make([][]string, len(page.Items))
			for i, m := range page.Items {
				because := m.Source.InWords()
				if m.Source == models.SourceCeiling {
					because += ", added as " + m.Label()
				}
				rows[i] = []string{m.Email, m.Name, m.InForce(), because, m.OrgLabel(), string(m.Status), c.agoOr(m.AddedAt, "")}
			}
			return c.table([]string{"EMAIL", "NAME", "ROLE", "BECAUSE", "IN ORGANIZATION", "STATUS", "ADDED"}, rows, page.Next, "no member fits")
		})
	})
	return cmd
}

func (c *cli) workspaceAdd() *cobra.Command {
	var role string
	cmd := &cobra.Command{
		Use:   "add WORKSPACE USER [--role ROLE]",
		Short: "add a member of the organization to a workspace",
		Long: `Add a member of the organization to a workspace as admin, editor or viewer, for its
admins. Its admins manage members and projects, editors change projects, viewers
look. A viewer of the organization stays read-only, whatever the role here.`,
		Example: "muster workspace add Research cy@example.com --role editor",
		Args:    takes("WORKSPACE", "USER"),
	}
	cmd.Flags().StringVar(&role, "role", string(models.WorkspaceViewer), "admin, editor, viewer or a custom role")
	cmd.RunE = action(func(ctx context.Context, args []string) error {
		s, a, org, err := c.inOrg(ctx)
		if err != nil {
			return err
		}
		m, err := s.AddWorkspaceMember(ctx, a, org.ID, args[0], args[1], models.WorkspaceRole(role))
		if err != nil {
			return err
		}
		return c.sayPlace(m, "added %s to %s", args[0])
	})
	return cmd
}

// sayPlace answers with what somebody now is in a workspace.
func (c *cli) sayPlace(m models.WorkspaceMember, text, workspace string) error {
	return c.emit(m, func() error {
		if err := c.say(text+" as %s", m.Email, workspace, m.Label()); err != nil {
			return err
		}
		if m.Source == models.SourceCeiling {
			c.note("as a viewer of the organization %s only looks", m.Email)
		}
		if m.Status != models.MemberActive {
			c.note("the membership of %s is suspended; this takes effect when it is not", m.Email)
		}
		return nil
	})
}

func (c *cli) workspaceRole() *cobra.Command {
	return &cobra.Command{
		Use:   "role WORKSPACE USER ROLE",
		Short: "change somebody's role in a workspace",
		Long: `Change the role of somebody who was added to a workspace: admin, editor, viewer or
a custom role.
Owners and admins of the organization are admins of every workspace.`,
		Example: "muster workspace role Research cy@example.com admin",
		Args:    takes("WORKSPACE", "USER", "ROLE"),
		RunE: action(func(ctx context.Context, args []string) error {
			s, a, org, err := c.inOrg(ctx)
			if err != nil {
				return err
			}
			m, err := s.ChangeWorkspaceRole(ctx, a, org.ID, args[0], args[1], models.WorkspaceRole(args[2]))
			if err != nil {
				return err
			}
			return c.sayPlace(m, "%s is now in %s", args[0])
		}),
	}
}

func (c *cli) workspaceRemove() *cobra.Command {
	return &cobra.Command{
		Use:   "remove WORKSPACE USER",
		Short: "take somebody out of a workspace",
		Long: `Take somebody out of a workspace, for its admins; everybody may take out
themselves. They stay in the organization and can be added again.`,
		Example: "muster workspace remove Research cy@example.com",
		Args:    takes("WORKSPACE", "USER"),
		RunE: action(func(ctx context.Context, args []string) error {
			s, a, org, err := c.inOrg(ctx)
			if err != nil {
				return err
			}
			m, err := s.RemoveWorkspaceMember(ctx, a, org.ID, args[0], args[1])
			if err != nil {
				return err
			}
			return c.emit(map[string]any{"id": m.ID, "email": m.Email, "workspace_id": m.WorkspaceID, "removed": true}, func() error {
				return c.say("took %s out of %s", m.Email, args[0])
			})
		}),
	}
}
