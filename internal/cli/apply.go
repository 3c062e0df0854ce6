package cli

import (
	"context"
	"io"
	"os"
	"strings"

	"muster/internal/op"
	"muster/internal/orgfile"
	"muster/models"
)

func applyWords() map[string]words {
	applied := then(shows((*cli).applied), func(ctx context.Context, c *cli, outs []op.Applied) {
		if invited := outs[0].Invited; len(invited) > 0 {
			c.afterMail(ctx, invited...)
		}
	})
	applied.busy = "applying"
	return map[string]words{
		"organization.apply": applied,
		"organization.plan":  shows((*cli).applied),
		"organization.export": shows(func(c *cli, f op.OrgFile) error {
			_, err := io.WriteString(c.out, f.YAML)
			return err
		}),
	}
}

func (c *cli) applied(v op.Applied) error {
	if len(v.Steps) == 0 {
		return c.say("%s is what the file says: nothing to change", c.where)
	}
	rows := make([][]string, 0, len(v.Steps))
	for i, s := range v.Steps {
		state := ""
		switch {
		case v.DryRun && s.Removes:
			state = "removes"
		case v.DryRun:
		case i < v.Done:
			state = "done"
		case i == v.Done:
			state = "refused"
		default:
			state = "not done"
		}
		rows = append(rows, []string{s.Text, removalNotes(s), state})
	}
	if err := c.table([]string{"CHANGE", "ENDS WITH IT", ""}, rows, "", ""); err != nil {
		return err
	}
	if v.DryRun {
		c.note("nothing was changed; these are %s (%s), number %s", count(len(v.Steps), "change", "changes"), count(v.Removals, "removal", "removals"), v.Plan)
		c.note("make them with --yes; with --plan %s only if they are still the same", v.Plan)
	}
	return nil
}

// removalNotes says what else a removal ends.
func removalNotes(s orgfile.Step) string {
	if s.Consequences == nil {
		return ""
	}
	var parts []string
	for _, x := range []struct {
		n         int
		one, many string
	}{
		{s.Consequences.Sessions, "session", "sessions"},
		{s.Consequences.InvitationsRevoked, "invitation", "invitations"},
		{s.Consequences.InvitationsReturned, "approval", "approvals"},
		{s.Consequences.RequestsWithdrawn, "request", "requests"},
		{s.Consequences.LinksRevoked, "join link", "join links"},
		{len(s.Consequences.Workspaces), "part in a workspace", "parts in workspaces"},
	} {
		if x.n > 0 {
			parts = append(parts, count(x.n, x.one, x.many))
		}
	}
	return strings.Join(parts, ", ")
}

// readOrgFile reads an organization from a file, or from standard input.
func (c *cli) readOrgFile(name string) (string, error) {
	in := c.env.In
	switch {
	case name == "-":
	case c.env.Remote != nil:
		return "", usage("files are not read over SSH").WithHint("send it on standard input: ssh HOST apply -f - < org.yaml")
	default:
		f, err := os.Open(name)
		if err != nil {
			return "", models.Errorf(models.CodeNotFound, "cannot read the file: %v", err)
		}
		defer f.Close()
		in = f
	}
	text, err := io.ReadAll(io.LimitReader(in, orgfile.MaxFile+1))
	if err != nil {
		return "", models.Errorf(models.CodeInvalid, "cannot read the file: %v", err)
	}
	return string(text), nil
}
