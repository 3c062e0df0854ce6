package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"muster/internal/output"
	"muster/models"
	"muster/store"
)

// importRow is the outcome for one row in JSON.
type importRow struct {
	models.ImportResult
	Error *rowError `json:"error,omitempty"` // why it was skipped or failed
}

// importAnswer is the outcome of an import in JSON.
type importAnswer struct {
	DryRun  bool                  `json:"dry_run"`
	Done    int                   `json:"done"`
	Skipped int                   `json:"skipped"`
	Failed  int                   `json:"failed"`
	Ignored []string              `json:"ignored_columns"`
	Columns []models.ImportColumn `json:"columns"` // how the header was read
	Items   []importRow           `json:"items"`
	Next    string                `json:"next"`
}

func (c *cli) inviteImport() *cobra.Command {
	var dry bool
	var role, expires, message string
	var workspaces, columns []string
	cmd := &cobra.Command{
		Use:   "import FILE|-",
		Short: "invite everybody on a list",
		Long: `Invite everybody on a list. It is either CSV with a header: the columns email,
name, role, message, expires_in and workspaces, or an export of Google, Microsoft,
Okta, Slack, GitHub, Mailchimp, Thunderbird or Apple. Or it is addresses alone, one
a line, also as Name <address>, each with a role after it if need be. A minus sign
reads standard input, which is the only way over SSH.

One row is one person, with the address from the column for it and from no other:
addresses of managers or for recovery are never invited. Where muster does not know
which column that is, --column email=HEADER says so. Rows that the list marks as
deactivated, suspended, blocked or a bot are left out. Only a column message is
mailed. --dry-run lists every row: who, in what role, into which workspaces, or why
not.

The column workspaces holds the workspaces to add a person to, NAME or NAME:ROLE as
for ` + "`invite create --workspace`" + `, with semicolons between them: Research:editor;General.

Each row has a result of its own, and a bad one stops no other. Who is a member,
is invited already, or stands in the list twice is skipped, so the same list can
be imported again. The exit status is that of the first row that failed.`,
		Example: "muster invite import people.csv --dry-run\nmuster invite import staff.csv --column email=\"Work Email\" --column role=\nmuster invite import - --role viewer --workspace Research:editor < people.csv",
		Args:    takes("FILE|-"),
	}
	f := cmd.Flags()
	f.BoolVar(&dry, "dry-run", false, "only show what would happen")
	f.StringArrayVar(&columns, "column", nil, "FIELD=HEADER: which column of the list holds email, name, role, message, expires_in or workspaces; FIELD= for none; once for each")
	f.StringVar(&role, "role", "", "for rows that name none (default: the organization's default role)")
	f.StringVar(&expires, "expires-in", "", "for rows that say none (default: the organization's setting)")
	f.StringVar(&message, "message", "", "for rows that have none")
	f.StringArrayVar(&workspaces, "workspace", nil, "for rows that name none: workspace to add them to, NAME or NAME:ROLE; once for each")
	cmd.RunE = action(func(ctx context.Context, args []string) (err error) {
		fill := models.ImportRow{Message: message}
		if cmd.Flags().Changed("role") {
			if fill.Role, err = givenRole(role); err != nil {
				return err
			}
		}
		for _, w := range workspaces {
			fill.Workspaces = append(fill.Workspaces, models.WorkspaceGrant{Workspace: w})
		}
		if cmd.Flags().Changed("expires-in") {
			if fill.TTL, err = models.ParseExpiry("expires_in", expires); err != nil {
				return err
			}
		}
		var named []models.ImportColumn
		for _, column := range columns {
			n, err := models.ParseImportColumn(column)
			if err != nil {
				return err
			}
			named = append(named, n)
		}
		text, err := c.readList(args[0])
		if err != nil {
			return err
		}
		people, err := models.ParseImport(text, named...)
		if err != nil {
			return err
		}
		for i := range people.Rows {
			people.Rows[i] = people.Rows[i].Or(fill)
		}
		s, a, org, err := c.inOrg(ctx)
		if err != nil {
			return err
		}
		report, err := s.ImportInvitations(ctx, a, org.ID, people.Rows, store.ImportOptions{DryRun: dry, Progress: c.progress(dry)})
		if err != nil && len(report.Results) == 0 {
			return err
		}
		if shown := c.showImport(report, people, err); shown != nil {
			return shown
		}
		if err == nil && !dry && report.Done > 0 {
			c.afterImport(ctx, s, report)
		}
		return firstFailure(report, err)
	})
	return cmd
}

// readList reads a list of people from a file, or from standard input.
func (c *cli) readList(name string) ([]byte, error) {
	in := c.env.In
	switch {
	case name == "-":
		if c.env.Terminal {
			c.note("paste the list, then ctrl+d")
		}
	case c.env.Remote != nil:
		return nil, usage("files are not read over SSH").
			WithHint("send the list on standard input: ssh HOST invite import - < people.csv")
	default:
		f, err := os.Open(name)
		if err != nil {
			return nil, models.Errorf(models.CodeNotFound, "cannot read the list: %v", err)
		}
		defer f.Close()
		in = f
	}
	text, err := io.ReadAll(io.LimitReader(in, models.MaxImportBytes+1))
	if err != nil {
		return nil, models.Errorf(models.CodeInvalid, "cannot read the list: %v", err)
	}
	return text, nil
}

// progress tells whoever sits at a terminal how far an import is, on a line
// that is written over and in the end wiped.
func (c *cli) progress(dry bool) func(done, total int) {
	if !c.env.Terminal || c.json {
		return nil
	}
	verb := "inviting"
	if dry {
		verb = "checking"
	}
	return func(done, total int) {
		line := fmt.Sprintf("%s: %d of %d", verb, done, total)
		if done == total {
			line = strings.Repeat(" ", len(line)) + "\r"
		}
		// What happens does not depend on whether it can be shown.
		_, _ = io.WriteString(c.env.Err, "\r"+line)
	}
}

func (c *cli) showImport(r models.ImportReport, list models.ImportList, broken error) error {
	ignored := append([]string{}, list.Ignored...)
	columns := append([]models.ImportColumn{}, list.Columns...)
	rows := make([]importRow, len(r.Results))
	for i, x := range r.Results {
		rows[i].ImportResult = x
		if x.Err != nil {
			e := models.AsError(x.Err)
			rows[i].Error = &rowError{e.Code, e.Message, e.Hint}
		}
	}
	return c.emit(importAnswer{r.DryRun, r.Done, r.Skipped, r.Failed, ignored, columns, rows, ""}, func() error {
		if headers, table := importTable(r); len(table) > 0 {
			if err := output.Table(c.env.Out, headers, table); err != nil {
				return err
			}
		}
		for _, said := range list.Remarks() {
			c.note("%s", said)
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
		if broken != nil {
			text += ", then it stopped"
		}
		return c.say("%s; %d skipped, %d failed", text, r.Skipped, r.Failed)
	})
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
func (c *cli) afterImport(ctx context.Context, s *store.Store, r models.ImportReport) {
	site, err := c.site()
	switch {
	case err != nil:
	case !site.Mail:
		c.note("mail is not set up; `muster invite code EMAIL` shows the line for each of the %d", r.Done)
	case c.env.Remote == nil:
		err = c.deliverNow(ctx, s)
	}
	if err != nil {
		c.note("the mails wait: %s", models.AsError(err).Message)
	}
}

// firstFailure is the error that decides the exit status: what stopped the
// import, else the first row that failed. The reader has seen it beside its row.
func firstFailure(r models.ImportReport, broken error) error {
	if broken != nil {
		return broken
	}
	for _, x := range r.Results {
		if x.Status == models.ImportFailed {
			return &shownError{x.Err}
		}
	}
	return nil
}
