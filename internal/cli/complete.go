package cli

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"muster/internal/op"
	"muster/models"
)

type completion = func(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective)

// completeWords completes the words that follow the command of an operation.
func (c *cli) completeWords(r *op.Row) completion {
	return func(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
		var fields []op.Field
		for _, f := range r.Fields {
			if f.Arg != "" && f.Flag == "" {
				fields = append(fields, f)
			}
		}
		at := len(args)
		if n := len(fields); n > 0 && at >= n && several(r, fields[n-1]) {
			at = n - 1
		}
		switch {
		case at >= len(fields):
			return nil, cobra.ShellCompDirectiveNoFileComp
		case fields[at].Read != "" && c.env.Remote == nil:
			return nil, cobra.ShellCompDirectiveDefault // files
		}
		if f := op.FilterOf(r.Name); f != nil && fields[at].Complete == "filter" {
			return c.completeFilter(cmd, f, typed)
		}
		return c.complete(cmd, fields[at].Complete, typed), cobra.ShellCompDirectiveNoFileComp
	}
}

// completeFilter completes the last part of a filter.
func (c *cli) completeFilter(cmd *cobra.Command, f *models.Filter, typed string) ([]string, cobra.ShellCompDirective) {
	before, options := f.Completions(typed, func(name string) []string {
		n, _ := f.Name(name)
		_, value, _ := strings.Cut(typed[strings.LastIndex(typed, " ")+1:], ":")
		return c.complete(cmd, n.Complete, value)
	})
	for i := range options {
		options[i] = before + options[i]
	}
	return options, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
}

func (c *cli) completeValue(kind string) completion {
	return func(cmd *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
		return c.complete(cmd, kind, typed), cobra.ShellCompDirectiveNoFileComp
	}
}

// complete gives what a shell proposes for a word: nothing where the caller is
// told nothing.
func (c *cli) complete(cmd *cobra.Command, kind, typed string) []string {
	c.flags = cmd.Flags()
	words, err := c.candidates(cmd.Context(), kind, typed)
	if err != nil {
		return nil
	}
	var out []string
	for _, w := range words {
		if w = models.SafeText(w); strings.HasPrefix(strings.ToLower(w), strings.ToLower(typed)) {
			out = append(out, w)
		}
	}
	return out
}

func (c *cli) candidates(ctx context.Context, kind, typed string) ([]string, error) {
	switch kind {
	case "setting":
		return wordsFrom(models.Settings(), nil, func(d models.SettingDef) string { return d.Key })
	case "action":
		return wordsFrom(op.All(), nil, func(r *op.Row) string { return r.Name })
	case "org":
		s, a, err := c.signedIn(ctx)
		if err != nil {
			return nil, err
		}
		list, err := s.ListOrganizations(ctx, a)
		return wordsFrom(list, err, func(o models.OrgEntry) string { return o.Code })
	case "role", "member", "workspace", "invitation", "plan":
	default:
		return nil, nil
	}
	s, a, org, err := c.inOrg(ctx)
	if err != nil {
		return nil, err
	}
	switch kind {
	case "role":
		list, err := s.Roles(ctx, a, org.ID)
		return wordsFrom(list, err, func(r models.RoleView) string { return r.Name })
	case "member":
		page, err := s.ListMembers(ctx, a, org.ID, models.MemberQuery{Search: typed})
		return wordsFrom(page.Items, err, func(m models.Member) string { return m.Email })
	case "workspace":
		page, err := s.ListWorkspaces(ctx, a, org.ID, models.WorkspaceQuery{Search: typed})
		return wordsFrom(page.Items, err, func(w models.WorkspaceView) string { return w.Name })
	case "plan":
		list, err := s.Plans(ctx, a, org.ID)
		return wordsFrom(list, err, func(p models.PlanView) string { return p.Name })
	}
	page, err := s.ListInvitations(ctx, a, org.ID, models.InvitationQuery{Search: typed})
	return wordsFrom(page.Items, err, func(i models.Invitation) string { return i.Email })
}

func wordsFrom[T any](list []T, err error, word func(T) string) ([]string, error) {
	var out []string
	for _, v := range list {
		out = append(out, word(v))
	}
	return out, err
}
