package cli

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"muster/internal/op"
	"muster/models"
)

func importWords() map[string]words {
	inviting := then(shows((*cli).imported), func(ctx context.Context, c *cli, outs []op.Imported) { c.afterImport(ctx, outs[0]) })
	checking := shows((*cli).imported)
	inviting.busy, checking.busy = "inviting", "checking"
	return map[string]words{"invitation.import": inviting, "invitation.import.preview": checking}
}

func (c *cli) imported(v op.Imported) error {
	r := v.Report
	if headers, table := importTable(r); len(table) > 0 {
		if err := c.table(headers, table, "", ""); err != nil {
			return err
		}
	}
	for _, remark := range v.Remarks {
		c.note("%s", remark)
	}
	for _, into := range intoWorkspaces(r) {
		if err := c.say("%s", into); err != nil {
			return err
		}
	}
	word, invited, proposed := "invited", 0, 0
	for _, x := range r.Results {
		switch x.State {
		case models.StatePending:
			invited++
		case models.StateRequested:
			proposed++
		}
	}
	if r.DryRun {
		word = "would be invited"
	}
	text := fmt.Sprintf("%d %s", invited, word)
	if proposed > 0 {
		text = strings.Replace(fmt.Sprintf("%d %s, for an owner or admin to decide", proposed, word), "invited", "proposed", 1)
	}
	if v.Stopped {
		text += ", then stopped"
	}
	return c.say("%s; %d skipped, %d failed", text, r.Skipped, r.Failed)
}

// intoWorkspaces says how many of the rows that are done lead into which
// workspace, and as what.
func intoWorkspaces(r models.ImportReport) []string {
	n := map[string]int{}
	for _, x := range r.Results {
		for _, p := range x.Workspaces {
			n[p.Name+" as "+p.Given().Label()]++
		}
	}
	lines := []string{}
	for _, place := range slices.Sorted(maps.Keys(n)) {
		lines = append(lines, fmt.Sprintf("%d into the workspace %s", n[place], place))
	}
	return lines
}

// afterImport sees to the mails of an import: unlike for a single invitation,
// nobody wants to see thousands of join commands.
func (c *cli) afterImport(ctx context.Context, v op.Imported) {
	site, err := c.site()
	switch {
	case err != nil || v.Done == 0:
	case !site.Mail:
		c.note("mail is not set up; `muster invite code EMAIL` shows the join command for each of the %d", v.Done)
	case c.delivers():
		err = c.deliverNow(ctx)
	}
	if err != nil {
		c.note("the mails are waiting: %s", models.AsError(err).Message)
	}
}
