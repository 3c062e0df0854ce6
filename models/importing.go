package models

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Bounds of one import.
const (
	MaxImportBytes = 4 << 20
	MaxImportRows  = 20_000
)

// ImportRow is one person in a list of people to invite. A row that cannot be
// read has Err and no more than what could be made out.
type ImportRow struct {
	Line    int // where it begins, from 1
	Email   string
	Name    string
	Role    Role          // as in NewInvitation: only the organization knows which custom ones there are
	TTL     time.Duration // 0 is the organization's setting
	Message string
	// Workspaces to add the person to, each as NAME or NAME:ROLE in Workspace.
	Workspaces []WorkspaceGrant
	Err        error
	// LeftOut says that nothing is wrong with the row: the list itself marks the
	// person as deactivated, suspended or a bot, and Err says by what.
	LeftOut bool
}

// Status is what becomes of a row that has Err.
func (row ImportRow) Status() ImportStatus {
	if row.LeftOut {
		return ImportSkipped
	}
	return ImportFailed
}

// ImportList is a list of people as it was read.
type ImportList struct {
	Rows    []ImportRow
	Columns []ImportColumn // what the header was read as; none where there is no header
	Ignored []string       // columns that are not used
	Notes   []string       // those of Ignored that could be taken for a message
}

// ImportColumn says which column of a list holds what.
type ImportColumn struct {
	Field  string `json:"field"`  // email, name, role, message, expires_in, workspaces or status
	Header string `json:"header"` // as the list calls it
}

// Remarks say how the header was read where that is not plain, a sentence each,
// for whoever is about to invite everybody on the list.
func (l ImportList) Remarks() (said []string) {
	by := map[string][]string{}
	for _, c := range l.Columns {
		by[c.Field] = append(by[c.Field], c.Header)
	}
	email, names := strings.Join(by[fieldEmail], ""), by[fieldName]
	if len(l.Columns) > 0 && (foldHeader(email) != fieldEmail || len(names) > 0 && foldHeader(names[0]) != fieldName) {
		text := fmt.Sprintf("the address is read from %q", email)
		if len(names) > 0 {
			text += ", the name from " + quoted(names)
		}
		said = append(said, text)
	}
	for _, n := range l.Notes {
		said = append(said, fmt.Sprintf("the column %q is not mailed; only a column named message is", n))
	}
	var rest []string
	for _, n := range l.Ignored {
		if !slices.Contains(l.Notes, n) {
			rest = append(rest, n)
		}
	}
	switch {
	case len(rest) == 1:
		said = append(said, fmt.Sprintf("the column %q is not used", rest[0]))
	case len(rest) > 1:
		said = append(said, "these columns are not used: "+quoted(rest))
	}
	return said
}

// quoted lists names, the first few of many.
func quoted(names []string) string {
	const most = 8
	more := 0
	if len(names) > most+1 {
		names, more = names[:most], len(names)-most
	}
	text := ""
	for i, n := range names {
		switch {
		case i > 0 && i == len(names)-1 && more == 0:
			text += " and "
		case i > 0:
			text += ", "
		}
		text += fmt.Sprintf("%q", n)
	}
	if more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// ImportStatus says what became of a row.
type ImportStatus string

// What becomes of a row.
const (
	ImportDone    ImportStatus = "done"    // invited or proposed, or would be
	ImportSkipped ImportStatus = "skipped" // nothing to do: a member, invited already, named twice, or left out
	ImportFailed  ImportStatus = "error"
)

// ImportResult is the outcome for one row.
type ImportResult struct {
	Line   int             `json:"line"`
	Email  string          `json:"email"`
	Name   string          `json:"name,omitempty"`
	Status ImportStatus    `json:"status"`
	ID     string          `json:"id,omitempty"`    // of the invitation; none in a dry run
	State  InvitationState `json:"state,omitempty"` // pending or requested
	Role   Role            `json:"role,omitempty"`  // with a custom role, what it counts as
	Custom string          `json:"custom_role,omitempty"`
	// Workspaces are those that the invitation leads into.
	Workspaces []WorkspaceMembership `json:"workspaces,omitempty"`
	Err        error                 `json:"-"` // why it was skipped or failed
}

// Label names the role.
func (r ImportResult) Label() string { return cmp.Or(r.Custom, string(r.Role)) }

// ImportReport is the outcome of an import, in the order of the rows.
type ImportReport struct {
	DryRun  bool           `json:"dry_run"`
	Done    int            `json:"done"`
	Skipped int            `json:"skipped"`
	Failed  int            `json:"failed"`
	Results []ImportResult `json:"items"`
}

// Add appends results and counts them.
func (r *ImportReport) Add(results ...ImportResult) {
	for _, x := range results {
		switch x.Status {
		case ImportDone:
			r.Done++
		case ImportSkipped:
			r.Skipped++
		default:
			r.Failed++
		}
	}
	r.Results = append(r.Results, results...)
}

// ImportTwice says that a row repeats the address of an earlier line.
func ImportTwice(email string, line int) error {
	return Errorf(CodeConflict, "%s is a duplicate of line %d", email, line)
}

// check reads the role and the time of a row, and checks it all.
func (row ImportRow) check(role, expires string) ImportRow {
	if role = strings.TrimSpace(role); role != "" {
		if r, err := ParseRole("role", role); err == nil {
			row.Role = r
		} else if role, row.Err = CheckName("role", role); row.Err != nil {
			return row.named()
		} else {
			row.Role = Role(role)
		}
	}
	if strings.TrimSpace(expires) != "" {
		if row.TTL, row.Err = ParseExpiry("expires_in", expires); row.Err != nil {
			return row.named()
		}
	}
	return row.Check()
}

// named keeps of a bad row what it can be found by.
func (row ImportRow) named() ImportRow {
	return ImportRow{Line: row.Line, Email: clip(SafeText(strings.TrimSpace(row.Email)), 100),
		Name: clip(SafeText(strings.TrimSpace(row.Name)), MaxNameGraphemes), Err: row.Err, LeftOut: row.LeftOut}
}

// Check puts a row into its normal form, or says in its Err what is wrong.
func (row ImportRow) Check() ImportRow {
	if row.Err != nil {
		return row.named()
	}
	raw := row
	if row.Email, row.Err = CheckEmail("email", row.Email); row.Err == nil && row.Name != "" {
		row.Name, row.Err = CheckName("name", row.Name)
	}
	if row.Err == nil {
		row.Message, row.Err = CheckLong("message", row.Message)
	}
	switch {
	case row.Err != nil:
	case len(row.Workspaces) > MaxWorkspaceGrants:
		row.Err = Invalid("workspaces", "an invitation can add somebody to at most %d workspaces", MaxWorkspaceGrants)
	case row.TTL != 0 && (row.TTL < MinExpiry || row.TTL > MaxExpiry):
		row.Err = Invalid("expires_in", "expires_in must be from 60 seconds to 30 days")
	}
	if row.Err != nil {
		raw.Err = row.Err
		return raw.named()
	}
	return row
}

// Or fills in from fill what the row leaves open.
func (row ImportRow) Or(fill ImportRow) ImportRow {
	if row.Role == "" {
		row.Role = fill.Role
	}
	if row.TTL == 0 {
		row.TTL = fill.TTL
	}
	if row.Message == "" {
		row.Message = fill.Message
	}
	if len(row.Workspaces) == 0 {
		row.Workspaces = fill.Workspaces
	}
	return row
}
