package cli

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"muster/models"
)

func (c *cli) roleCommand() *cobra.Command {
	return group("role", "the roles of an organization, and roles of its own making",
		c.roleList(), c.roleShow(), c.roleCreate(), c.roleUpdate(), c.roleDelete())
}

// givenRole reads the word that names a role. Which custom roles there are only
// the organization knows.
func givenRole(word string) (models.Role, error) {
	if strings.TrimSpace(word) == "" {
		return models.ParseRole("role", word)
	}
	return models.Role(word), nil
}

// youAre tells somebody their own role.
func youAre(v models.OrgView) string {
	if v.CustomRole != nil {
		return "your role is " + v.CustomRole.Name
	}
	return "you are " + v.Role.Article()
}

func (c *cli) roleList() *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "list the roles, built-in and custom ones",
		Long: `List the roles that members of the organization, and of its workspaces, can have.
A custom role counts as the lowest built-in role that may do all it may: lists sort
and count it there.`,
		Example: "muster role list\nmuster role list --json",
		Args:    takes(),
		RunE: action(func(ctx context.Context, _ []string) error {
			s, a, org, err := c.inOrg(ctx)
			if err != nil {
				return err
			}
			roles, err := s.Roles(ctx, a, org.ID)
			if err != nil {
				return err
			}
			return c.emit(listOf(roles, ""), func() error {
				rows := make([][]string, len(roles))
				for i, r := range roles {
					kind, members := "custom", strconv.Itoa(r.Members)
					if r.BuiltIn {
						kind = "built-in"
					}
					if r.Scope == models.ScopeWorkspace {
						members = ""
					}
					rows[i] = []string{r.Name, string(r.Scope), kind, string(r.CountsAs), members, r.Description, r.ID}
				}
				return c.table([]string{"NAME", "FOR", "KIND", "COUNTS AS", "MEMBERS", "WHAT FOR", "ID"}, rows, "", "there are no roles")
			})
		}),
	}
}

func (c *cli) roleShow() *cobra.Command {
	return &cobra.Command{
		Use:   "show ROLE",
		Short: "show what a role may do, and who has it",
		Long: `Show one role with everything it may do and may not. ROLE is a name or an id; the
built-in roles of workspaces are workspace.admin, workspace.editor and
workspace.viewer.`,
		Example: "muster role show admin\nmuster role show Auditor --json",
		Args:    takes("ROLE"),
		RunE: action(func(ctx context.Context, args []string) error {
			s, a, org, err := c.inOrg(ctx)
			if err != nil {
				return err
			}
			r, err := s.Role(ctx, a, org.ID, args[0])
			if err != nil {
				return err
			}
			return c.emit(r, func() error { return c.showRole(r) })
		}),
	}
}

func (c *cli) showRole(r models.RoleView) error {
	created := ""
	if r.CreatedAt != nil {
		created = c.at(*r.CreatedAt) + " by " + r.CreatedBy
	}
	has := ""
	if r.Scope == models.ScopeOrganization {
		has = count(r.Members, "member", "members")
		if r.Invitations > 0 {
			has += ", " + count(r.Invitations, "open invitation", "open invitations")
		}
	}
	if err := c.facts("name", r.Name, "id", r.ID, "what for", r.Description, "for", string(r.Scope), "counts as", string(r.CountsAs),
		"who has it", has, "created", created, "cannot give", r.NoGrant, "cannot change", r.ReadOnly); err != nil {
		return err
	}
	var rows [][]string
	for _, d := range models.Permissions(r.Scope) {
		may := "no"
		if r.Can(d.Name) {
			may = "yes"
		}
		switch r.Reach(d.Name) {
		case models.ReachOwn:
			may = "own only"
		case models.ReachNotOwners:
			may = "yes, but not owners"
		case models.ReachPolicy:
			may = "by policy"
		}
		rows = append(rows, []string{may, d.Does, string(d.Name)})
	}
	return c.table([]string{"MAY", "WHAT", "PERMISSION"}, rows, "", "")
}

// rolePermissions describes the permissions that a custom role can have.
func rolePermissions() string {
	var b strings.Builder
	for _, scope := range []models.Scope{models.ScopeOrganization, models.ScopeWorkspace} {
		var names []string
		for _, d := range models.Permissions(scope) {
			if !d.OwnersOnly {
				names = append(names, string(d.Name))
			}
		}
		fmt.Fprintf(&b, "\n\nFor %ss: %s.", scope, strings.Join(names, ", "))
	}
	return b.String()
}

func (c *cli) roleCreate() *cobra.Command {
	var name, description, scope string
	var permissions []string
	cmd := &cobra.Command{
		Use:   "create --name NAME [--permission PERMISSION…]",
		Short: "make a custom role",
		Long: `Make a custom role: a named set of permissions, for members of the organization or
with --scope workspace for those of workspaces. You can put in only what you may do
yourself. Seeing the organization, or the workspace, is always part of it. The
plan must have custom roles.` + rolePermissions(),
		Example: "muster role create --name Auditor --permission audit.read --description \"reads the log\"\n" +
			"muster role create --name Builder --scope workspace --permission project.change,project.manage",
		Args: takes(),
	}
	f := cmd.Flags()
	f.StringVar(&name, "name", "", "what people call it")
	f.StringVar(&description, "description", "", "a line on what it is for")
	f.StringVar(&scope, "scope", string(models.ScopeOrganization), "what it is for: organization or workspace")
	f.StringSliceVar(&permissions, "permission", nil, "what it may do; more than once, or with commas between")
	cmd.RunE = action(func(ctx context.Context, _ []string) error {
		if err := need(cmd, "name"); err != nil {
			return err
		}
		where, err := models.ParseScope(scope)
		if err != nil {
			return err
		}
		s, a, org, err := c.inOrg(ctx)
		if err != nil {
			return err
		}
		r, err := s.CreateRole(ctx, a, org.ID, where, models.RoleDraft{Name: &name, Description: &description, Permissions: permissions})
		if err != nil {
			return err
		}
		return c.emit(r, func() error {
			if err := c.say("made the role %s (%s)", r.Name, r.ID); err != nil {
				return err
			}
			if r.Scope == models.ScopeOrganization {
				c.note("give it to somebody: muster member role USER %s", r.ID)
			}
			return nil
		})
	})
	return cmd
}

func (c *cli) roleUpdate() *cobra.Command {
	var name, description string
	var permissions []string
	cmd := &cobra.Command{
		Use:   "update ROLE",
		Short: "change a custom role, and with it what everybody who has it may do",
		Long: `Change a custom role. What is left out stays as it is; --permission replaces the
whole set. It takes effect at once for everybody who has the role. You can put in
only what you may do yourself, and not into a role that you have.`,
		Example: "muster role update Auditor --permission audit.read,settings.change",
		Args:    takes("ROLE"),
	}
	f := cmd.Flags()
	f.StringVar(&name, "name", "", "what people call it")
	f.StringVar(&description, "description", "", "a line on what it is for")
	f.StringSliceVar(&permissions, "permission", nil, "what it may do, all of it; more than once, or with commas between")
	cmd.RunE = action(func(ctx context.Context, args []string) error {
		var d models.RoleDraft
		if f.Changed("name") {
			d.Name = &name
		}
		if f.Changed("description") {
			d.Description = &description
		}
		if f.Changed("permission") {
			if d.Permissions = permissions; d.Permissions == nil {
				d.Permissions = []string{}
			}
		}
		if d.Name == nil && d.Description == nil && d.Permissions == nil {
			return usage("nothing to change").WithHint("usage: %s --permission PERMISSION", useLine(cmd))
		}
		s, a, org, err := c.inOrg(ctx)
		if err != nil {
			return err
		}
		r, err := s.UpdateRole(ctx, a, org.ID, args[0], d)
		if err != nil {
			return err
		}
		return c.emit(r, func() error {
			if r.Scope == models.ScopeWorkspace {
				return c.say("changed the role %s", r.Name)
			}
			return c.say("changed the role %s, which %s", r.Name, count(r.Members, "member has", "members have"))
		})
	})
	return cmd
}

func (c *cli) roleDelete() *cobra.Command {
	return &cobra.Command{
		Use:   "delete ROLE",
		Short: "delete a custom role that nobody has",
		Long: `Delete a custom role. While members have it or open invitations give it, it is
refused, and the answer says who.`,
		Example: "muster role delete Auditor",
		Args:    takes("ROLE"),
		RunE: action(func(ctx context.Context, args []string) error {
			s, a, org, err := c.inOrg(ctx)
			if err != nil {
				return err
			}
			r, err := s.Role(ctx, a, org.ID, args[0])
			if err != nil {
				return err
			}
			if err := s.DeleteRole(ctx, a, org.ID, r.ID); err != nil {
				return err
			}
			return c.emit(map[string]any{"id": r.ID, "deleted": true}, func() error { return c.say("deleted the role %s", r.Name) })
		}),
	}
}
