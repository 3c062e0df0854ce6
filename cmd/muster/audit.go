package main

import (
	"context"
	"encoding/json"
	"time"

	"github.com/spf13/cobra"

	"muster/models"
)

func (c *cli) auditCommand() *cobra.Command {
	return group("audit", "read and verify the audit log", c.auditList(), c.auditVerify())
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

func (c *cli) auditList() *cobra.Command {
	var q models.AuditQuery
	var since, until string
	cmd := &cobra.Command{
		Use:   "list",
		Short: "list what was done and refused, newest first",
		Long: `List the entries of the organization's audit log, newest first: every change and
every refused attempt. Owners and admins see all, others their own actions.`,
		Example: "muster audit list --actor ada@example.com --action invitation --since 2026-08-01",
		Args:    takes(),
	}
	f := cmd.Flags()
	f.StringVar(&q.Actor, "actor", "", "only by this person: a user id or an address")
	f.StringVar(&q.Action, "action", "", "only this action, or all that start with it up to a dot")
	f.StringVar(&q.Target, "target", "", "only on the thing with this id")
	f.StringVar(&since, "since", "", "only from this date or RFC 3339 time on")
	f.StringVar(&until, "until", "", "only before this date or RFC 3339 time")
	c.pageFlags(cmd, &q.Limit, &q.After)
	cmd.RunE = action(func(ctx context.Context, _ []string) error {
		var err error
		if q.From, err = parseTime("since", since); err != nil {
			return err
		}
		if q.Until, err = parseTime("until", until); err != nil {
			return err
		}
		s, a, org, err := c.inOrg(ctx)
		if err != nil {
			return err
		}
		page, err := s.ListAudit(ctx, a, org.ID, q)
		if err != nil {
			return err
		}
		entries := make([]auditEntry, len(page.Items))
		for i, e := range page.Items {
			entries[i] = auditEntry{e, rawJSON(e.Before), rawJSON(e.After)}
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

func parseTime(field, s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, nil
		}
	}
	return time.Time{}, models.Invalid(field, "%s %q is not a time: 2026-08-01 or 2026-08-01T14:00:00Z", field, s)
}

func (c *cli) auditVerify() *cobra.Command {
	return &cobra.Command{
		Use:   "verify",
		Short: "check that no entry of the log was changed or taken out",
		Long: `Check the hash chain of the organization's audit log, and name the first entry
that does not fit.`,
		Example: "muster audit verify --org ACME",
		Args:    takes(),
		RunE: action(func(ctx context.Context, _ []string) error {
			s, a, org, err := c.inOrg(ctx)
			if err != nil {
				return err
			}
			r, err := s.VerifyAudit(ctx, a, org.ID)
			if err != nil {
				return err
			}
			err = c.emit(struct {
				ID string `json:"id"`
				models.ChainReport
			}{org.ID, r}, func() error {
				if !r.OK {
					return nil
				}
				return c.say("the audit log of %s is intact: %s", org.Code, count(int(r.Entries), "entry", "entries"))
			})
			if err == nil && !r.OK {
				return models.Errorf(models.CodeInternal, "the audit log of %s is broken at entry %d: %s", org.Code, r.Broken, r.Why).
					WithHint("somebody changed the database beside muster; compare it with a backup")
			}
			return err
		}),
	}
}
