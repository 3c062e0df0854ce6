package main

import (
	"context"
	"errors"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"muster/internal/mail"
	"muster/internal/output"
	"muster/models"
	"muster/sshserver"
	"muster/store"
)

func (c *cli) backupCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "backup FILE",
		Short: "write a copy of the database to a new file",
		Long: `Write a complete copy of the database to a new file that only you can read, also
while muster serves. The secret that codes are derived from is not in it: keep a
copy of the file "secret" of the data directory in another place.`,
		Example: "muster backup /var/backups/muster-2026-08-01.db",
		Args:    takes("FILE"),
		RunE: action(func(ctx context.Context, args []string) error {
			s, err := c.db(ctx)
			if err != nil {
				return err
			}
			if err := s.Backup(ctx, args[0]); err != nil {
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

// check is one line of doctor.
type check struct {
	ID string `json:"id"`
	store.Check
	Hint string `json:"hint,omitempty"`
}

func (c *cli) doctorCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "doctor",
		Short: "check the installation: database, keys, mail",
		Long: `Check what muster needs: configuration, database and audit chains, host key, and
that the mail set-up works, without sending anything. The exit status is 1 if
something is wrong.`,
		Example: "muster doctor --json",
		Args:    takes(),
		RunE: action(func(ctx context.Context, _ []string) error {
			checks := c.examine(ctx)
			bad := 0
			for _, ch := range checks {
				if !ch.OK {
					bad++
				}
			}
			err := c.emit(listOf(checks, ""), func() error {
				rows := make([][]string, len(checks))
				for i, ch := range checks {
					state := "ok"
					if !ch.OK {
						state = "WRONG"
					}
					rows[i] = []string{state, ch.Name, ch.Note}
					if ch.Hint != "" {
						rows[i][2] += " (" + ch.Hint + ")"
					}
				}
				return output.Table(c.env.Out, []string{"STATE", "CHECK", "NOTE"}, rows)
			})
			if err == nil && bad > 0 {
				return models.Errorf(models.CodeInternal, "%s failed", count(bad, "check", "checks")).
					WithHint("each says what to do; run `muster doctor` again afterwards")
			}
			return err
		}),
	}
}

func (c *cli) examine(ctx context.Context) []check {
	var out []check
	add := func(name string, err error, note string) {
		ch := check{ID: name, Check: store.Check{Name: name, OK: err == nil, Note: note}}
		if err != nil {
			e := models.AsError(err)
			ch.Note, ch.Hint = e.Message, e.Hint
			if e.Code == models.CodeInternal && e.Err != nil {
				ch.Note = err.Error()
			}
		}
		out = append(out, ch)
	}
	in, err := c.installation()
	add("configuration", err, in.source())
	if err != nil {
		return out
	}
	s, err := c.db(ctx)
	add("database", err, in.dir)
	if err == nil {
		for _, h := range s.Health(ctx) {
			out = append(out, check{ID: h.Name, Check: h})
		}
	}
	if _, err := os.Stat(in.hostKey()); errors.Is(err, fs.ErrNotExist) {
		add("host key", nil, "made when `muster serve` first runs")
	} else {
		_, err := sshserver.LoadOrCreateHostKey(in.hostKey(), nil)
		add("host key", err, in.hostKey())
	}
	if err := in.mail.Check(ctx); errors.Is(err, mail.ErrNoMail) {
		add("mail", nil, "not set up: pass on the join commands that `muster invite code` shows")
	} else {
		var failure *mail.Error
		if errors.As(err, &failure) {
			err = models.Errorf(models.CodeInternal, "%s", failure.Message)
		}
		add("mail", err, "by "+in.mail.Kind())
	}
	return out
}
