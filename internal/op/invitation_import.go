package op

import (
	"context"
	"errors"

	"muster/models"
	"muster/store"
)

func importRows() []*Row {
	return []*Row{
		row(Def[importIn, Imported]{
			Name: "invitation.import.preview", Does: "preview inviting everybody on a list",
			Needs: Invite, Route: "POST /v1/orgs/{org}/invitations/import/preview",
			Run: func(ctx context.Context, d Deps, a models.Actor, in importIn) (Imported, error) {
				return in.run(ctx, d, a, true)
			},
		}),
		row(Def[importIn, Imported]{
			Name: "invitation.import", Owner: true, Does: "invite everybody on a list", Command: "invite import",
			Long: `Invite everybody on a list. The list is either CSV with a header (the columns email,
name, role, message, expires_in and workspaces, or an export of Google, Microsoft,
Okta, Slack, GitHub, Mailchimp, Thunderbird or Apple) or one address per line, also
as Name <address>, optionally followed by a role. With - the list is read from
standard input, which is the only way over SSH.

One row is one person, and only the address column is read: addresses of managers or
for recovery are never invited. If muster does not recognize the column, name it with
--column email=HEADER. Rows that the list marks as deactivated, suspended, blocked or
a bot are left out. Only a column named message is mailed. --dry-run lists every row:
who, in what role, in which workspaces, or why not.

The column workspaces has the workspaces to add a person to, NAME or NAME:ROLE as
for ` + "`invite create --workspace`" + `, with semicolons between them: Research:editor;General.

Each row has its own result, and a bad row does not stop the others. Members, invited
people and duplicates are skipped, so the same list can be imported again. The exit
status is that of the first row that failed.`,
			Example: "muster invite import people.csv --dry-run\nmuster invite import staff.csv --column email=\"Work Email\" --column role=\nmuster invite import - --role viewer --workspace Research:editor < people.csv",
			Needs:   Invite, Route: "POST /v1/orgs/{org}/invitations/import", Changes: true,
			Preview: "invitation.import.preview",
			Run: func(ctx context.Context, d Deps, a models.Actor, in importIn) (Imported, error) {
				return in.run(ctx, d, a, false)
			},
		}),
	}
}

type importIn struct {
	inOrg
	List       string   `arg:"FILE|-" body:"list" read:"list"`
	Columns    []string `flag:"column" body:"columns" help:"FIELD=HEADER: which column of the list holds email, name, role, message, expires_in or workspaces; FIELD= for none; once for each"`
	Role       *string  `flag:"role" body:"role" complete:"role" help:"for rows that give none (default: the organization's default role)"`
	ExpiresIn  *string  `flag:"expires-in" body:"expires_in" help:"for rows that give none (default: the organization's setting)"`
	Message    string   `flag:"message" body:"message" help:"for rows that give none"`
	Workspaces []string `flag:"workspace" body:"workspaces" complete:"workspace" help:"for rows that give none: workspace to add them to, NAME or NAME:ROLE; once for each"`
}

func (in importIn) run(ctx context.Context, d Deps, a models.Actor, dry bool) (Imported, error) {
	fill := models.ImportRow{Message: in.Message, Workspaces: grants(in.Workspaces)}
	var err error
	if fill.Role, err = as(in.Role); err == nil && in.ExpiresIn != nil {
		fill.TTL, err = models.ParseExpiry("expires_in", *in.ExpiresIn)
	}
	if err != nil {
		return Imported{}, err
	}
	var columns []models.ImportColumn
	for _, c := range in.Columns {
		named, err := models.ParseImportColumn(c)
		if err != nil {
			return Imported{}, err
		}
		columns = append(columns, named)
	}
	people, err := models.ParseImport([]byte(in.List), columns...)
	if err != nil {
		return Imported{}, err
	}
	for i := range people.Rows {
		people.Rows[i] = people.Rows[i].Or(fill)
	}
	report, err := d.Store.ImportInvitations(ctx, a, in.Org, people.Rows, store.ImportOptions{DryRun: dry, Progress: d.Progress})
	if err != nil && len(report.Results) == 0 {
		return Imported{}, err
	}
	out := Imported{DryRun: report.DryRun, Done: report.Done, Skipped: report.Skipped, Failed: report.Failed, Ignored: append([]string{}, people.Ignored...),
		Columns: append([]models.ImportColumn{}, people.Columns...), Remarks: people.Remarks(), Items: make([]ImportedRow, len(report.Results)), Report: report}
	var failed error
	for i, x := range report.Results {
		out.Items[i] = ImportedRow{x, rowError(x.Err)}
		if x.Status == models.ImportFailed && failed == nil {
			failed = x.Err
		}
	}
	switch {
	case err != nil:
		out.Stopped = true
		return out, &PartError{err, false}
	case failed != nil:
		return out, &PartError{failed, true}
	}
	return out, nil
}

// PartError comes with an answer: some of what was asked for failed. Shown says
// that the answer tells it.
type PartError struct {
	Err   error
	Shown bool
}

func (e *PartError) Error() string { return e.Err.Error() }

// Unwrap gives the error of the part.
func (e *PartError) Unwrap() error { return e.Err }

// PartOf tells an error that comes with an answer.
func PartOf(err error) (*PartError, bool) {
	var part *PartError
	ok := errors.As(err, &part)
	return part, ok
}

// RowError is why one of several rows failed, in JSON.
type RowError struct {
	Code    models.Code `json:"code"`
	Message string      `json:"message"`
	Hint    string      `json:"hint"`
}

func rowError(err error) *RowError {
	if err == nil {
		return nil
	}
	e := models.AsError(err)
	return &RowError{e.Code, e.Message, e.Hint}
}

// ImportedRow is the outcome for one row of a list.
type ImportedRow struct {
	models.ImportResult
	Error *RowError `json:"error,omitempty"` // why it was skipped or failed
}

// Imported is the outcome of an import.
type Imported struct {
	DryRun  bool                  `json:"dry_run"`
	Done    int                   `json:"done"`
	Skipped int                   `json:"skipped"`
	Failed  int                   `json:"failed"`
	Ignored []string              `json:"ignored_columns"`
	Columns []models.ImportColumn `json:"columns"` // how the header was read
	Items   []ImportedRow         `json:"items"`
	Next    string                `json:"next"`

	Report  models.ImportReport `json:"-"`
	Remarks []string            `json:"-"` // on how the list was read
	Stopped bool                `json:"-"` // half-way
}
