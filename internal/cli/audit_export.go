package cli

import (
	"bufio"
	"context"
	"io"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"muster/internal/output"
	"muster/models"
)

// The forms of an exported log.
const (
	formatJSONL = "jsonl"
	formatCSV   = "csv"
)

func (c *cli) auditExport() *cobra.Command {
	var q models.AuditQuery
	var format string
	cmd := &cobra.Command{
		Use:   "export",
		Short: "write the audit log as JSON lines or CSV",
		Long: `Write the entries of the audit log to standard output, the oldest first: as JSON
lines, one entry a line, or as CSV that no spreadsheet takes for formulas. It is
for owners and admins of an organization whose plan has the feature audit_export.
The export itself is the last entry.`,
		Example: "muster audit export --format csv --from 2026-01-01 > audit.csv",
		Args:    takes(),
	}
	open := c.auditFlags(cmd, &q)
	cmd.Flags().StringVar(&format, "format", formatJSONL, "jsonl or csv")
	cmd.RunE = action(func(ctx context.Context, _ []string) error {
		if c.json {
			return usage("an export has a form of its own").WithHint("use --format %s, without --json", formatJSONL)
		}
		out := bufio.NewWriter(c.env.Out)
		write, flush, err := exporter(format, out)
		if err != nil {
			return err
		}
		s, a, org, err := open(ctx)
		if err != nil {
			return err
		}
		if err := s.ExportAudit(ctx, a, org, q, write); err != nil {
			return err
		}
		if err := flush(); err != nil {
			return err
		}
		return out.Flush()
	})
	return cmd
}

// exporter gives what writes one entry, and what ends the output.
func exporter(format string, w io.Writer) (write func(models.AuditEntry) error, flush func() error, err error) {
	switch format {
	case formatJSONL:
		return func(e models.AuditEntry) error { return output.JSON(w, viewOf(e)) }, func() error { return nil }, nil
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
