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
			Name: "invitation.import.preview", Does: "show what inviting a list would bring",
			Needs: Invite, Route: "POST /v1/orgs/{org}/invitations/import/preview",
			Run: func(ctx context.Context, d Deps, a models.Actor, in importIn) (Imported, error) {
				return in.run(ctx, d, a, true)
			},
		}),
		row(Def[importIn, Imported]{
			Name: "invitation.import", Owner: true, Does: "invite everybody on a list", Command: "invite import",
			Long: `Invite everybody on a list: CSV with a header that names the column email, and
name, role, message, expires_in, workspaces if there are such, or addresses alone,
one a line or several, also as Name <address>. A minus sign reads standard input,
which is the only way over SSH.

The column workspaces holds the workspaces to add a person to, NAME or NAME:ROLE as
for ` + "`invite create --workspace`" + `, with semicolons between them: Research:editor;General.

Each row has a result of its own, and a bad one stops no other. Who is a member,
is invited already, or stands in the list twice is skipped, so the same list can
be imported again. The exit status is that of the first row that failed.`,
			Example: "muster invite import people.csv --dry-run\nmuster invite import - --role viewer --workspace Research:editor < people.csv",
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
	Role       *string  `flag:"role" body:"role" complete:"role" help:"for rows that name none (default: the organization's default role)"`
	ExpiresIn  *string  `flag:"expires-in" body:"expires_in" help:"for rows that say none (default: the organization's setting)"`
	Message    string   `flag:"message" body:"message" help:"for rows that have none"`
	Workspaces []string `flag:"workspace" body:"workspaces" complete:"workspace" help:"for rows that name none: workspace to add them to, NAME or NAME:ROLE; once for each"`
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
	people, err := models.ParseImport([]byte(in.List))
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
	out := Imported{DryRun: report.DryRun, Done: report.Done, Skipped: report.Skipped, Failed: report.Failed, Ignored: people.Ignored, Items: make([]ImportedRow, len(report.Results)), Report: report}
	if out.Ignored == nil {
		out.Ignored = []string{}
	}
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
	DryRun  bool          `json:"dry_run"`
	Done    int           `json:"done"`
	Skipped int           `json:"skipped"`
	Failed  int           `json:"failed"`
	Ignored []string      `json:"ignored_columns"`
	Items   []ImportedRow `json:"items"`
	Next    string        `json:"next"`

	Report  models.ImportReport `json:"-"`
	Stopped bool                `json:"-"` // half-way
}
