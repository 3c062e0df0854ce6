package cli

import (
	"bufio"
	"context"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"muster/internal/output"
	"muster/models"
)

func (c *cli) workspaceCommand() *cobra.Command {
	return group("workspace", "workspaces of the organization, and who is in them",
		c.workspaceList(), c.workspaceShow(), c.workspaceSwitch(), c.workspaceCreate(), c.workspaceUpdate(), c.workspaceDelete(),
		c.workspaceMembers(), c.workspaceAdd(), c.workspaceRole(), c.workspaceRemove())
}

func (c *cli) workspaceList() *cobra.Command {
	var q models.WorkspaceQuery
	cmd := &cobra.Command{
		Use:   "list",
		Short: "list the workspaces you are in",
		Long: `List the workspaces of the organization, by name. Owners and admins see all of
them, others those they were added to. The one you chose last is marked with *.`,
		Example: "muster workspace list\nmuster workspace list --search lab --json",
		Args:    takes(),
	}
	cmd.Flags().StringVar(&q.Search, "search", "", "part of a name or a description")
	c.pageFlags(cmd, &q.Limit, &q.After)
	cmd.RunE = action(func(ctx context.Context, _ []string) error {
		s, a, org, err := c.inOrg(ctx)
		if err != nil {
			return err
		}
		page, err := s.ListWorkspaces(ctx, a, org.ID, q)
		if err != nil {
			return err
		}
		return c.emit(listOf(page.Items, page.Next), func() error {
			rows := make([][]string, len(page.Items))
			for i, w := range page.Items {
				mark := ""
				if w.Current {
					mark = "*"
				}
				rows[i] = []string{mark, w.Name, w.Label(), w.Source.InWords(), strconv.Itoa(w.Members), strconv.Itoa(w.Projects), w.ID}
			}
			none := "no workspace fits"
			if q.Search == "" {
				none = "you are in no workspace; an owner or admin can add you to one"
			}
			return c.table([]string{"", "NAME", "YOUR ROLE", "BECAUSE", "ADDED MEMBERS", "PROJECTS", "ID"}, rows, page.Next, none)
		})
	})
	return cmd
}

func (c *cli) workspaceShow() *cobra.Command {
	return &cobra.Command{
		Use:     "show [WORKSPACE]",
		Short:   "show a workspace",
		Long:    "Show one workspace, without a name the current one. WORKSPACE is a name, in any letter case, or an id.",
		Example: "muster workspace show Research",
		Args:    takes("[WORKSPACE]"),
		RunE: action(func(ctx context.Context, args []string) error {
			s, a, org, err := c.inOrg(ctx)
			if err != nil {
				return err
			}
			w, err := s.Workspace(ctx, a, org.ID, strings.Join(args, ""))
			if err != nil {
				return err
			}
			return c.showWorkspace(w)
		}),
	}
}

func (c *cli) showWorkspace(w models.WorkspaceView) error {
	return c.emit(w, func() error {
		may := make([]string, len(w.May))
		for i, p := range w.May {
			may[i] = string(p)
		}
		return c.facts("name", w.Name, "id", w.ID, "description", w.Description, "your role", w.Label()+", "+w.Source.InWords(),
			"you may", strings.Join(may, ", "), "added members", strconv.Itoa(w.Members), "projects", strconv.Itoa(w.Projects),
			"created", c.at(w.CreatedAt))
	})
}

func (c *cli) workspaceSwitch() *cobra.Command {
	return &cobra.Command{
		Use:   "switch WORKSPACE",
		Short: "choose the workspace that commands and the app work in",
		Long: `Choose a workspace. It is remembered for you in this organization, in the app and
in commands, here and over SSH.`,
		Example: "muster workspace switch Research",
		Args:    takes("WORKSPACE"),
		RunE: action(func(ctx context.Context, args []string) error {
			s, a, org, err := c.inOrg(ctx)
			if err != nil {
				return err
			}
			w, err := s.SwitchWorkspace(ctx, a, org.ID, args[0])
			if err != nil {
				return err
			}
			return c.emit(w, func() error { return c.say("now in the workspace %s of %s", w.Name, org.Code) })
		}),
	}
}

func (c *cli) workspaceCreate() *cobra.Command {
	var n models.NewWorkspace
	cmd := &cobra.Command{
		Use:   "create --name NAME",
		Short: "create a workspace",
		Long: `Create a workspace. Owners and admins of the organization do, as many as its plan
allows, and they are admins of each; others are added to it.`,
		Example: `muster workspace create --name Research --description "what comes next"`,
		Args:    takes(),
	}
	cmd.Flags().StringVar(&n.Name, "name", "", "what people call it, unique in the organization")
	cmd.Flags().StringVar(&n.Description, "description", "", "a line or two about it")
	cmd.RunE = action(func(ctx context.Context, _ []string) error {
		if err := need(cmd, "name"); err != nil {
			return err
		}
		s, a, org, err := c.inOrg(ctx)
		if err != nil {
			return err
		}
		w, err := s.CreateWorkspace(ctx, a, org.ID, n)
		if err != nil {
			return err
		}
		return c.emit(w, func() error {
			if err := c.say("created the workspace %s, %s", w.Name, w.ID); err != nil {
				return err
			}
			c.note("add somebody: muster workspace add %s USER --role editor", quoted(w.Name))
			return nil
		})
	})
	return cmd
}

// quoted is a name as a shell wants it.
func quoted(s string) string {
	if strings.ContainsFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("-_.", r)
	}) {
		return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
	}
	return s
}

// changed gives the values of those options that were given.
func changed(cmd *cobra.Command, values map[string]**string) (given bool) {
	for name, to := range values {
		if f := cmd.Flags().Lookup(name); f.Changed {
			v := f.Value.String()
			*to, given = &v, true
		}
	}
	return given
}

func (c *cli) workspaceUpdate() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "update WORKSPACE",
		Short:   "change name or description",
		Long:    "Change a workspace, for its admins. What is left out stays as it is.",
		Example: `muster workspace update Research --name Lab`,
		Args:    takes("WORKSPACE"),
	}
	cmd.Flags().String("name", "", "what people call it, unique in the organization")
	cmd.Flags().String("description", "", "a line or two about it")
	cmd.RunE = action(func(ctx context.Context, args []string) error {
		var change models.WorkspaceChange
		if !changed(cmd, map[string]**string{"name": &change.Name, "description": &change.Description}) {
			return usage("nothing to change").WithHint("usage: %s --name NAME", cmd.UseLine())
		}
		s, a, org, err := c.inOrg(ctx)
		if err != nil {
			return err
		}
		w, err := s.UpdateWorkspace(ctx, a, org.ID, args[0], change)
		if err != nil {
			return err
		}
		return c.showWorkspace(w)
	})
	return cmd
}

// workspaceEnd is the answer of deleting a workspace, and of the dry run.
type workspaceEnd struct {
	ID      string `json:"id"`
	DryRun  bool   `json:"dry_run"`
	Deleted bool   `json:"deleted"`
	models.WorkspaceConsequences
}

func (c *cli) workspaceDelete() *cobra.Command {
	var dry bool
	var confirm string
	cmd := &cobra.Command{
		Use:   "delete WORKSPACE",
		Short: "delete a workspace with its projects, or show what that brings about",
		Long: `Delete a workspace with its projects and memberships, for good. The consequences
are shown first, and its name is asked for; where there is no terminal, it comes
with --confirm. The last workspace of an organization stays.`,
		Example: "muster workspace delete Research --dry-run\nmuster workspace delete Research --confirm Research",
		Args:    takes("WORKSPACE"),
	}
	cmd.Flags().BoolVar(&dry, "dry-run", false, "only show the consequences")
	cmd.Flags().StringVar(&confirm, "confirm", "", "the name of the workspace, to delete it without being asked")
	cmd.RunE = action(func(ctx context.Context, args []string) error {
		given := cmd.Flags().Changed("confirm")
		if !given && !dry && !c.env.Terminal {
			return usage("%s asks for the name of the workspace, and there is no terminal to ask on", cmd.CommandPath()).
				WithHint("add --confirm NAME to go ahead, or --dry-run to see the consequences")
		}
		s, a, org, err := c.inOrg(ctx)
		if err != nil {
			return err
		}
		cons, err := s.WorkspaceConsequences(ctx, a, org.ID, args[0])
		if err != nil {
			return err
		}
		if dry {
			return c.emit(workspaceEnd{cons.Workspace.ID, true, false, cons}, func() error { return c.sayWorkspaceEnd(c.env.Out, org, cons) })
		}
		if !given {
			if err := c.sayWorkspaceEnd(c.env.Err, org, cons); err != nil {
				return err
			}
			if confirm, err = c.typed("type the name of the workspace to delete it:"); err != nil {
				return err
			}
			if confirm == "" {
				return usage("not confirmed, nothing was done")
			}
		}
		// By id: what was shown is what is deleted.
		if cons, err = s.DeleteWorkspace(ctx, a, org.ID, cons.Workspace.ID, confirm); err != nil {
			return err
		}
		return c.emit(workspaceEnd{cons.Workspace.ID, false, true, cons}, func() error {
			return c.say("deleted the workspace %s of %s", cons.Workspace.Name, org.Code)
		})
	})
	return cmd
}

func (c *cli) sayWorkspaceEnd(w io.Writer, org models.Organization, cons models.WorkspaceConsequences) error {
	return output.Table(w, []string{"deleting the workspace " + cons.Workspace.Name + " of " + org.Code + ":"}, [][]string{
		{"  " + count(cons.Projects, "project is deleted with it", "projects are deleted with it")},
		{"  " + count(cons.Members, "added member loses it", "added members lose it")},
		{"  " + count(cons.Invitations, "open invitation no longer leads into it", "open invitations no longer lead into it")},
	})
}

// typed asks for a line of text on the terminal.
func (c *cli) typed(question string) (string, error) {
	if _, err := io.WriteString(c.env.Err, output.Safe(question)+" "); err != nil {
		return "", err
	}
	line, err := bufio.NewReader(io.LimitReader(c.env.In, 1000)).ReadString('\n')
	if err != nil && err != io.EOF {
		return "", err
	}
	return strings.TrimSpace(line), nil
}

// sayPlaces lists workspaces, each with the role in it.
func sayPlaces(places []models.WorkspacePlace) string {
	words := make([]string, len(places))
	for i, p := range places {
		words[i] = p.Name + " (" + p.Given().Label() + ")"
	}
	return strings.Join(words, ", ")
}
