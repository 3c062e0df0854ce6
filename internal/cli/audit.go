package cli

import (
	"context"
	"encoding/json"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"muster/models"
	"muster/store"
)

func (c *cli) auditCommand() *cobra.Command {
	return group("audit", "read, export and verify the audit log", c.auditList(), c.auditExport(), c.auditVerify())
}

// auditEntry shows what was before and after as JSON values, not as text that
// holds JSON.
type auditEntry struct {
	models.AuditEntry
	Before json.RawMessage `json:"before,omitempty"`
	After  json.RawMessage `json:"after,omitempty"`
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

func viewOf(e models.AuditEntry) auditEntry {
	return auditEntry{e, rawJSON(e.Before), rawJSON(e.After)}
}

// auditFlags are what chooses entries, for list and export. The function they
// give reads them and finds the log.
func (c *cli) auditFlags(cmd *cobra.Command, q *models.AuditQuery) func(ctx context.Context) (*store.Store, models.Actor, string, error) {
	var from, until string
	f := cmd.Flags()
	f.StringVar(&q.Actor, "actor", "", "only by this person, or on their behalf: a user id or an address")
	f.StringVar(&q.Action, "action", "", "only this action, or all that start with it up to a dot")
	f.StringVar(&q.Target, "target", "", "only on the thing with this id, address or code")
	f.StringVar(&from, "from", "", "only from this time on: 2026-08-01, 2026-08-01T14:00:00Z, or 7d for 7 days back")
	f.StringVar(&until, "until", "", "only before this time")
	scope := c.auditScope(cmd)
	return func(ctx context.Context) (s *store.Store, a models.Actor, org string, err error) {
		if q.From, err = c.parseTime("from", from); err != nil {
			return nil, a, "", err
		}
		if q.Until, err = c.parseTime("until", until); err != nil {
			return nil, a, "", err
		}
		s, a, org, _, err = scope(ctx)
		return s, a, org, err
	}
}

// auditScope gives a command the option to read the installation's own log.
func (c *cli) auditScope(cmd *cobra.Command) func(ctx context.Context) (s *store.Store, a models.Actor, org, name string, err error) {
	var installation bool
	cmd.Flags().BoolVar(&installation, "installation", false, "the log of the installation itself: users, keys; for site admins")
	return func(ctx context.Context) (*store.Store, models.Actor, string, string, error) {
		if installation {
			s, a, err := c.signedIn(ctx)
			return s, a, models.InstallationLog, "the installation", err
		}
		s, a, org, err := c.inOrg(ctx)
		return s, a, org.ID, org.Code, err
	}
}

func (c *cli) auditList() *cobra.Command {
	var q models.AuditQuery
	cmd := &cobra.Command{
		Use:   "list",
		Short: "list what was done and refused, newest first",
		Long: `List the entries of the organization's audit log, newest first: every change and
every refused attempt. Owners and admins see all, others their own actions.
--json shows what was before and after.`,
		Example: "muster audit list --actor ada@example.com --action invitation --from 7d",
		Args:    takes(),
	}
	open := c.auditFlags(cmd, &q)
	c.pageFlags(cmd, &q.Limit, &q.After)
	cmd.RunE = action(func(ctx context.Context, _ []string) error {
		s, a, org, err := open(ctx)
		if err != nil {
			return err
		}
		page, err := s.ListAudit(ctx, a, org, q)
		if err != nil {
			return err
		}
		entries := make([]auditEntry, len(page.Items))
		for i, e := range page.Items {
			entries[i] = viewOf(e)
		}
		return c.emit(listOf(entries, page.Next), func() error {
			rows, zone := make([][]string, len(page.Items)), c.zone()
			for i, e := range page.Items {
				out := string(e.Outcome)
				if e.Reason != "" {
					out += ": " + e.Reason
				}
				who := e.ActorEmail
				if e.OnBehalfOf != "" {
					who += " for " + e.OnBehalfOf
				}
				rows[i] = []string{e.At.In(zone).Format(time.DateTime), who, string(e.ActingAs), e.Action, e.TargetLabel, string(e.Via), out}
			}
			return c.table([]string{"WHEN (" + c.env.Now().In(zone).Format("MST") + ")", "WHO", "AS", "ACTION", "ON", "VIA", "OUTCOME"}, rows, page.Next, "no entry fits")
		})
	})
	return cmd
}

// parseTime reads a date, a time, or how long ago something was.
func (c *cli) parseTime(field, s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, nil
		}
	}
	units := map[byte]time.Duration{'m': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour, 'w': 7 * 24 * time.Hour}
	if n, err := strconv.ParseUint(s[:len(s)-1], 10, 16); err == nil && units[s[len(s)-1]] > 0 {
		return c.env.Now().Add(-time.Duration(n) * units[s[len(s)-1]]), nil
	}
	return time.Time{}, models.Invalid(field, "%s %q is not a time: 2026-08-01, 2026-08-01T14:00:00Z, or a number with m, h, d or w for that long ago", field, s)
}

func (c *cli) auditVerify() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "check that no entry of the log was changed or taken out",
		Long: `Check the hash chain of the organization's audit log, and name the first entry
that does not fit.`,
		Example: "muster audit verify --org ACME\nmuster audit verify --installation",
		Args:    takes(),
	}
	open := c.auditScope(cmd)
	cmd.RunE = action(func(ctx context.Context, _ []string) error {
		s, a, org, name, err := open(ctx)
		if err != nil {
			return err
		}
		r, err := s.VerifyAudit(ctx, a, org)
		if err != nil {
			return err
		}
		err = c.emit(struct {
			ID string `json:"id"`
			models.ChainReport
		}{r.OrgID, r}, func() error {
			if !r.OK {
				return nil
			}
			return c.say("the audit log of %s is intact: %s", name, count(int(r.Entries), "entry", "entries"))
		})
		if err == nil && !r.OK {
			return models.Errorf(models.CodeInternal, "the audit log of %s is broken at entry %d: %s", name, r.Broken, r.Why).
				WithHint("somebody changed the database beside muster; compare it with a backup")
		}
		return err
	})
	return cmd
}
