package cli

import (
	"context"
	"errors"
	"os"

	"github.com/spf13/cobra"

	"muster/models"
	"muster/store"
)

func (c *cli) backupCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "backup FILE",
		Short: "back up the database to a new file",
		Long: `Write a complete copy of the database to a new file that only you can read, even
while muster serve is running. With - as FILE the copy goes to standard output. The
secret that codes are derived from is not in it: keep a copy of the file "secret" of
the data directory somewhere else.`,
		Example: "muster backup /var/backups/muster-2026-08-01.db\nmuster backup - | gzip > muster.db.gz",
		Args:    takes("FILE"),
		RunE: action(func(ctx context.Context, args []string) error {
			s, err := c.db(ctx)
			if err != nil {
				return err
			}
			if args[0] == "-" {
				return c.streamBackup(ctx, s)
			}
			if err := c.whole(s.Backup(ctx, args[0])); err != nil {
				return err
			}
			info, err := os.Stat(args[0])
			if err != nil {
				return err
			}
			v := map[string]any{"id": args[0], "file": args[0], "bytes": info.Size()}
			return c.emit(v, func() error { return c.say("wrote %s, %d bytes", args[0], info.Size()) })
		}),
	}
}

// streamBackup writes a backup, and nothing else, to standard output.
func (c *cli) streamBackup(ctx context.Context, s *store.Store) error {
	switch {
	case c.json:
		return usage("a backup on standard output cannot be combined with JSON").WithHint("name a file, or leave out --json")
	case c.env.Terminal:
		return usage("a backup cannot be written to a terminal").WithHint("pipe it: muster backup - | gzip > muster.db.gz")
	}
	return c.whole(s.BackupTo(ctx, c.env.Out))
}

// whole takes a backup that only the audit log does not know of for a good one,
// and says so.
func (c *cli) whole(err error) error {
	if errors.Is(err, store.ErrUnlogged) {
		c.note("%s", models.AsError(err).Message)
		return nil
	}
	return err
}

// restoration is the answer of restoring, and of the dry run.
type restoration struct {
	ID       string `json:"id"` // the file
	DryRun   bool   `json:"dry_run"`
	Restored bool   `json:"restored"`
	store.RestoreReport
}

func (c *cli) restoreCommand() *cobra.Command {
	var dry, yes, force bool
	cmd := &cobra.Command{
		Use:   "restore FILE",
		Short: "replace the database with a backup",
		Long: `Replace the database with a backup. The backup is checked first, with its audit
chains, and refused if it contains a trigger, a view or anything else that is not
muster's. The command lists what it would reactivate: site admins, accounts that were
deleted or suspended, keys that were removed, members who left, join links and
invitations that were closed, second factors that were turned off, and each Security
setting that would change. On a terminal the command asks; elsewhere it needs --yes.`,
		Example: "muster restore /var/backups/muster-2026-08-01.db --dry-run",
		Args:    takes("FILE"),
	}
	cmd.Flags().BoolVar(&dry, "dry-run", false, "only check the backup and show what it would restore")
	cmd.Flags().BoolVar(&yes, "yes", false, "do it without asking")
	cmd.Flags().BoolVar(&force, "force", false, "even if an audit chain in the backup is broken")
	cmd.RunE = action(func(ctx context.Context, args []string) error {
		if !yes && !dry && !c.env.Terminal {
			return usage("%s asks for confirmation, and there is no terminal to ask on", cmd.CommandPath()).
				WithHint("add --yes to go ahead, or --dry-run to see the consequences")
		}
		o, err := c.storeOptions()
		if err != nil {
			return err
		}
		report, err := store.InspectBackup(ctx, o.Dir, args[0])
		if err != nil {
			return err
		}
		if err := brokenChain(report.Chains); err != nil && !force && !dry {
			return err
		}
		if !yes && !c.json {
			if err := c.sayRestore(report); err != nil {
				return err
			}
		}
		if dry {
			return c.emit(restoration{args[0], true, false, report}, func() error { return nil })
		}
		if !yes {
			if err := c.confirm("replace the database in " + o.Dir + "?"); err != nil {
				return err
			}
		}
		if err := store.Restore(ctx, o.Dir, args[0]); err != nil {
			return err
		}
		return c.sayDatabaseRestored(o.Dir, restoration{args[0], false, true, report})
	})
	return cmd
}

// sayDatabaseRestored says what was done, and what is still missing.
func (c *cli) sayDatabaseRestored(dir string, r restoration) error {
	if err := missingSecret(dir); err != nil {
		c.note("%s: %s", err, models.AsError(err).Hint)
	}
	return c.emit(r, func() error { return c.say("restored %s", r.ID) })
}

func brokenChain(chains []models.ChainReport) error {
	for _, r := range chains {
		if !r.OK {
			return models.Errorf(models.CodeInvalid, "the audit chain %q of the backup is broken at entry %d: %s", r.OrgID, r.Broken, r.Why).
				WithHint("use another backup, or --force if this is the best there is")
		}
	}
	return nil
}

func (c *cli) sayRestore(r store.RestoreReport) error {
	if err := brokenChain(r.Chains); err != nil {
		c.note("%s", err)
	}
	if !r.Current {
		return c.say("there is no usable database to replace")
	}
	for _, part := range []struct {
		what  string
		lines []string
	}{
		{"restores site admins", r.SiteAdmins},
		{"restores accounts that were deleted or suspended", r.Users},
		{"restores keys that were removed since", r.Keys},
		{"restores one-time codes that add a key to an account", r.Pairings},
		{"restores organizations that were deleted", r.Organizations},
		{"restores memberships that ended or changed", r.Members},
		{"restores members of workspaces", r.WorkspaceMembers},
		{"restores API keys that were revoked, rotated or narrowed", r.APIKeys},
		{"restores service accounts", r.ServiceAccounts},
		{"restores webhooks that were deleted, disabled or changed", r.Webhooks},
		{"restores custom roles that were changed or deleted", r.Roles},
		{"restores nominations of owners that were closed", r.Transfers},
		{"restores invitations that were closed", r.Invitations},
		{"restores join links and uses of them", r.Links},
		{"restores second factors and recovery codes that were turned off or used", r.SecondFactors},
		{"changes Security settings", r.Security},
	} {
		if err := c.say("%s: %d", part.what, len(part.lines)); err != nil {
			return err
		}
		for i, l := range part.lines {
			if i == maxRestoreLines {
				l = count(len(part.lines)-i, "more; --json lists it", "more; --json lists them")
			}
			if err := c.say("  %s", l); err != nil {
				return err
			}
			if i == maxRestoreLines {
				break
			}
		}
	}
	return nil
}

// maxRestoreLines bounds how many lines of each part a person is shown.
const maxRestoreLines = 100
