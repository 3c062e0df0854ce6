package cli

import (
	"context"
	"errors"
	"io/fs"
	"time"

	"github.com/spf13/cobra"

	"muster/internal/keyfile"
	"muster/models"
)

// authorizing are the options of muster authorized-keys.
type authorizing struct {
	pulling  // of the server, if it is asked at each login
	accounts string
	stale    time.Duration
}

// askTime is how long a login waits for the server: sshd gives up after two minutes.
const askTime = 10 * time.Second

func (c *cli) authorizedKeysCommand() *cobra.Command {
	var q authorizing
	cmd := &cobra.Command{
		Use:   "authorized-keys --from DIR --map FILE -- ACCOUNT [TYPE KEY [FINGERPRINT]]",
		Short: "answer sshd's AuthorizedKeysCommand",
		Long: `Print the lines of authorized_keys for an account of this machine, from what muster pull
keeps in a directory. It is for sshd:

    AuthorizedKeysCommand MUSTER authorized-keys OPTIONS -- %u %t %k %f

MUSTER is the whole path of the program, which belongs to root, and OPTIONS are --from
and --map. The file says in TOML who may use which account; any other account gets no
line:

    [accounts.deploy]
    roles = ["owner", "admin"]

An account has users (verified addresses, handles or ids), roles and workspaces, and of
keys types and hardware = true; options is put in front of each line. A snapshot that is
damaged, that others can write to, or that the server has not confirmed for longer than
--stale lets nobody in.

With --http or --host, and --org, the server is asked at each login as muster pull asks,
so that a removal counts at once. With --from as well, the snapshot answers where the server does not.`,
		Example: "muster authorized-keys --from /var/lib/muster-keys --map /etc/muster/accounts.toml -- deploy",
		Args:    takes("ACCOUNT…"),
	}
	f := cmd.Flags()
	f.StringVar(&q.dir, "from", "", "the directory that muster pull writes to")
	f.StringVar(&q.accounts, "map", "", "the file that says who may use which account")
	f.DurationVar(&q.stale, "stale", keyfile.StaleAfter, "how old the snapshot may be")
	q.serverFlags(f)
	cmd.RunE = action(func(ctx context.Context, words []string) error {
		if err := need(cmd, "map"); err != nil {
			return err
		}
		if q.org = c.org; q.dir == "" && !q.asks() {
			return usage("--from is missing").WithHint("name the directory of muster pull, or the server with --http or --host and --org")
		}
		if err := q.checkServer(); err != nil {
			return err
		}
		keyType, key := "", ""
		switch len(words) {
		case 1:
		case 2:
			return usage("a type without a key").WithHint("usage: %s", cmd.UseLine())
		default:
			if len(words) > 4 {
				return usage("unexpected word %q", words[4]).WithHint("usage: %s", cmd.UseLine())
			}
			if keyType, key = words[1], words[2]; keyType == "" || key == "" {
				return usage("the key is empty")
			}
		}
		all, err := keyfile.ReadAccounts(q.accounts)
		if err != nil {
			return fileProblem(err)
		}
		x, err := c.keysNow(ctx, q)
		if err != nil {
			return err
		}
		_, err = c.out.Write(all.Lines(x, words[0], keyType, key, c.env.Now()))
		return err
	})
	return cmd
}

// keysNow gives the keys as the server has them, or as they were pulled.
func (c *cli) keysNow(ctx context.Context, q authorizing) (models.KeyExport, error) {
	var s keyfile.Snapshot
	if q.dir != "" {
		var err error
		if s, err = keyfile.Load(q.dir); err != nil && (!q.asks() || !errors.Is(err, fs.ErrNotExist)) {
			return models.KeyExport{}, fileProblem(err)
		}
	}
	if q.asks() {
		answer, err := c.fetchKeys(ctx, q.pulling, s.Export.Version, askTime)
		switch {
		case err == nil && answer.Unchanged:
			return s.Export, nil
		case err == nil:
			return answer.KeyExport, nil
		case s.Export.ID == "":
			return models.KeyExport{}, err
		}
		c.note("%s; the snapshot answers", models.AsError(err).Message)
	}
	return s.Export, s.Fresh(c.env.Now(), q.stale)
}
