package op

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"strconv"
	"time"

	"muster/internal/output"
	"muster/models"
)

func auditRows() []*Row {
	return []*Row{
		row(Def[auditListIn, List[AuditEntry]]{
			Name: "audit.list", Does: "list changes and refused attempts, newest first", Command: "audit list",
			Long: `List the entries of the organization's audit log, newest first: every change and
every refused attempt. Owners and admins see all, others their own actions.
--json shows the values before and after.`,
			Example: "muster audit list --actor ada@example.com --action invitation --from 7d\nmuster audit list actor:ada@example.com period:2026-08-01..2026-08-15",
			Needs:   Audit, Also: "others see their own actions", Route: "GET /v1/orgs/{org}/audit",
			Run: func(ctx context.Context, d Deps, a models.Actor, in auditListIn) (List[AuditEntry], error) {
				q, err := in.query(d.Now())
				if err != nil {
					return List[AuditEntry]{}, err
				}
				q.Limit, q.After = in.Limit, in.After
				page, err := d.Store.ListAudit(ctx, a, in.Org, q)
				entries := make([]AuditEntry, len(page.Items))
				for i, e := range page.Items {
					entries[i] = entryOf(e)
				}
				return listOf(entries, page.Next), err
			},
		}),
		row(Def[auditExportIn, Stream]{
			Name: "audit.export", Does: "write the audit log as JSON lines or CSV", Command: "audit export",
			Long: `Write the entries of the audit log to standard output, oldest first: as JSON
lines, one entry per line, or as CSV in which no cell is a formula. It is for owners
and admins of an organization whose plan has the feature audit_export. The export
itself is the last entry.`,
			Example: "muster audit export --format csv --from 2026-01-01 > audit.csv",
			Needs:   Audit, Also: "where the plan has audit_export", Route: "GET /v1/orgs/{org}/audit/export", Changes: true,
			Check: func(in auditExportIn) error {
				_, _, err := exporter(in.Format, io.Discard)
				return err
			},
			Run: func(ctx context.Context, d Deps, a models.Actor, in auditExportIn) (Stream, error) {
				q, err := in.query(d.Now())
				if err != nil {
					return Stream{}, err
				}
				return Stream{in.Format, func(w io.Writer) error {
					out := bufio.NewWriter(w)
					write, flush, err := exporter(in.Format, out)
					if err != nil {
						return err
					}
					if err := d.Store.ExportAudit(ctx, a, in.Org, q, write); err != nil {
						return err
					}
					if err := flush(); err != nil {
						return err
					}
					return out.Flush()
				}}, nil
			},
		}),
		row(Def[logIn, ChainReport]{
			Name: "audit.verify", Does: "check that no entry of the log was changed or removed", Command: "audit verify",
			Long: `Check the hash chain of the organization's audit log, and report the first
broken entry.`,
			Example: "muster audit verify --org ACME\nmuster audit verify --installation",
			Needs:   Audit, Route: "GET /v1/orgs/{org}/audit/verify",
			Run: func(ctx context.Context, d Deps, a models.Actor, in logIn) (ChainReport, error) {
				r, err := d.Store.VerifyAudit(ctx, a, in.Org)
				return ChainReport{r.OrgID, r}, err
			},
		}),
	}
}

// logIn names an audit log: that of an organization, or of the installation.
type logIn struct {
	Org          string `path:"org" from:"log" complete:"org"`
	Installation bool   `flag:"installation" help:"the log of the installation itself: users, keys; for site admins"`
}

// auditIn chooses entries.
type auditIn struct {
	logIn
	Actor  string `flag:"actor" query:"actor" complete:"member" help:"only by this person, or on their behalf: a user id or an address"`
	Action string `flag:"action" query:"action" complete:"action" help:"only this action, or all that start with it up to a dot"`
	Target string `flag:"target" query:"target" help:"only on the target with this id, address or code"`
	From   string `flag:"from" query:"from" help:"only from this time on: 2026-08-01, 2026-08-01T14:00:00Z, or 7d for 7 days back"`
	Until  string `flag:"until" query:"until" help:"only before this time"`
	Period string `flag:"period" query:"period" help:"only of this time: {when}"`
	inFilter
}

func (in auditIn) query(now time.Time) (models.AuditQuery, error) {
	q := models.AuditQuery{Actor: in.Actor, Action: in.Action, Target: in.Target}
	var err error
	if q.From, q.Until, err = between(now, in.From, in.Until); err != nil {
		return q, err
	}
	return q.Filter(in.text("period", in.Period), now)
}

type auditListIn struct {
	auditIn
	page
}

type auditExportIn struct {
	auditIn
	Format string `flag:"format" query:"format" default:"jsonl" complete:"jsonl|csv" help:"jsonl or csv"`
}

// AuditEntry shows what was before and after as JSON values, not as text that
// holds JSON.
type AuditEntry struct {
	models.AuditEntry
	Before json.RawMessage `json:"before,omitempty"`
	After  json.RawMessage `json:"after,omitempty"`
}

func entryOf(e models.AuditEntry) AuditEntry {
	return AuditEntry{e, rawJSON(e.Before), rawJSON(e.After)}
}

// rawJSON lets a value through as it is, and what is no JSON as a string: a log
// that somebody tampered with must still be shown.
func rawJSON(s string) json.RawMessage {
	if s == "" || json.Valid([]byte(s)) {
		return json.RawMessage(s)
	}
	quoted, err := json.Marshal(s)
	if err != nil { // a string always has a JSON form
		return nil
	}
	return quoted
}

// ChainReport says whether an audit log is intact.
type ChainReport struct {
	ID string `json:"id"`
	models.ChainReport
}

// Stream is an answer in a form of its own that is written bit by bit.
type Stream struct {
	Format string
	Write  func(w io.Writer) error
}

// The forms of an exported log.
const (
	formatJSONL = "jsonl"
	formatCSV   = "csv"
)

// exporter gives what writes one entry, and what ends the output.
func exporter(format string, w io.Writer) (write func(models.AuditEntry) error, flush func() error, err error) {
	switch format {
	case formatJSONL:
		return func(e models.AuditEntry) error { return output.JSON(w, entryOf(e)) }, func() error { return nil }, nil
	case formatCSV:
		table := output.NewCSV(w)
		err = table.Write("seq", "at", "actor_id", "actor_email", "acting_as", "on_behalf_of", "action", "target_type", "target_id", "target_label",
			"before", "after", "outcome", "reason", "via", "address", "key", "prev_hash", "hash")
		return func(e models.AuditEntry) error {
			return table.Write(strconv.FormatInt(e.Seq, 10), e.At.UTC().Format(time.RFC3339Nano), e.ActorID, e.ActorEmail, string(e.ActingAs), e.OnBehalfOf,
				e.Action, e.TargetType, e.TargetID, e.TargetLabel, e.Before, e.After, string(e.Outcome), e.Reason, string(e.Via), e.Address, e.Key, e.PrevHash, e.Hash)
		}, table.Flush, err
	}
	return nil, nil, models.Invalid("format", "format %q is not one of %s, %s", format, formatJSONL, formatCSV)
}
