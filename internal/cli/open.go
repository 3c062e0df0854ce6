package cli

import (
	"context"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"muster/internal/config"
	"muster/tui"
)

func (c *cli) openCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "open PLACE",
		Short: "open the app at an organization, a pane, or both",
		Long: `Open the app at PLACE: ORGANIZATION, ORGANIZATION/PANE, or /PANE for a pane of the
organization used last. The organization is a code or id. Over SSH it needs a
terminal: ssh -t HOST open acme/invitations. The panes are ` + strings.Join(tui.Panes(), ", ") + ".",
		Example:           "muster open acme/members\nmuster open /you",
		Args:              takes("PLACE"),
		ValidArgsFunction: completePlace,
	}
	c.plainOption(cmd)
	if c.env.Remote == nil {
		config.BindFlags(cmd.Flags(), ofTheApp...)
	}
	cmd.RunE = action(func(ctx context.Context, args []string) error {
		org, pane, err := parsePlace(args[0])
		switch {
		case err != nil:
			return err
		case c.env.Remote != nil || !c.env.Terminal && !c.plain || c.json:
			return usage("the app needs a terminal").WithHint("from a terminal, over SSH with -t: ssh -t HOST open %s", args[0])
		}
		if c.pane = pane; org != "" {
			c.org = org
		}
		return c.openApp(ctx)
	})
	return cmd
}

// parsePlace reads ORGANIZATION, ORGANIZATION/PANE or /PANE.
func parsePlace(place string) (org, pane string, err error) {
	org, pane, found := strings.Cut(place, "/")
	if place == "" || found && pane == "" {
		return "", "", usage("the place %q is incomplete", place).WithHint("write it like acme, acme/members or /you")
	}
	if pane = strings.ToLower(pane); found && !slices.Contains(tui.Panes(), pane) {
		return "", "", usage("there is no pane %q", pane).WithHint("the panes are %s", strings.Join(tui.Panes(), ", "))
	}
	return org, pane, nil
}

// opensApp tells that a command line over SSH is the app at a place, or in plain
// lines.
func opensApp(args []string) bool {
	args, plain := withoutPlain(args)
	return len(args) == 0 && plain || len(args) == 2 && args[0] == "open" && !strings.HasPrefix(args[1], "-")
}

// completePlace completes the pane of a place.
func completePlace(_ *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	org, _, _ := strings.Cut(typed, "/")
	var places []string
	for _, name := range tui.Panes() {
		places = append(places, org+"/"+name)
	}
	return places, cobra.ShellCompDirectiveNoFileComp
}
