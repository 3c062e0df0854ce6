package cli

import (
	"bytes"
	"context"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"muster/internal/sshkey"
	"muster/models"
)

func (c *cli) keyCommand() *cobra.Command {
	return group("key", "look after your SSH keys",
		c.keyList(), c.keyAdd(), c.keyRename(), c.keyRemove(), c.keyPair())
}

func (c *cli) keyList() *cobra.Command {
	return &cobra.Command{
		Use:     "list",
		Short:   "list your SSH keys",
		Long:    "List the SSH public keys that sign you in.",
		Example: "muster key list",
		Args:    takes(),
		RunE: action(func(ctx context.Context, _ []string) error {
			s, a, err := c.signedIn(ctx)
			if err != nil {
				return err
			}
			keys, err := s.ListKeys(ctx, a)
			if err != nil {
				return err
			}
			return c.emit(listOf(keys, ""), func() error {
				rows := make([][]string, len(keys))
				for i, k := range keys {
					rows[i] = []string{k.Label, k.Type, k.Fingerprint, c.date(k.AddedAt), c.agoOr(k.LastUsedAt, "never"), k.ID}
				}
				return c.table([]string{"LABEL", "TYPE", "FINGERPRINT", "ADDED", "LAST USED", "ID"}, rows, "", "you have no key yet: muster key add FILE.pub")
			})
		}),
	}
}

func (c *cli) keyAdd() *cobra.Command {
	var label string
	cmd := &cobra.Command{
		Short: "add a public key to your account",
		Args:  takes("[KEY]"),
	}
	if c.env.Remote == nil {
		cmd.Use = "add [FILE]"
		cmd.Long = "Add a public key from a file, or from standard input where no file or - is given."
		cmd.Example = "muster key add ~/.ssh/id_ed25519.pub\nmuster key add --label laptop < key.pub"
	} else {
		cmd.Use = "add [KEY]"
		cmd.Long = `Add a public key from standard input, or given as the words of its line. No file
of the server is ever read.`
		cmd.Example = "muster key add --label laptop < ~/.ssh/id_ed25519.pub"
		cmd.Args = cobra.ArbitraryArgs
	}
	cmd.Flags().StringVar(&label, "label", "", "a name for the key (default: its comment)")
	cmd.RunE = action(func(ctx context.Context, args []string) error {
		key, err := c.readKey(args)
		if err != nil {
			return err
		}
		if cmd.Flags().Changed("label") {
			key.Label = label
		}
		s, a, err := c.signedIn(ctx)
		if err != nil {
			return err
		}
		k, err := s.AddKey(ctx, a, key)
		if err != nil {
			return err
		}
		return c.emit(k, func() error { return c.say("added %s %s (%s)", k.Type, k.Fingerprint, k.ID) })
	})
	return cmd
}

// maxKeyText bounds what is read as a public key; sshkey.Parse refuses less.
const maxKeyText = 64 << 10

// readKey takes a public key from a file, over SSH from the words themselves,
// else from standard input.
func (c *cli) readKey(args []string) (models.PublicKey, error) {
	var none models.PublicKey
	if len(args) > 0 && args[0] != "-" {
		if c.env.Remote == nil {
			return sshkey.Load(args[0])
		}
		if len(args) == 1 && !strings.ContainsAny(args[0], " \t") {
			return none, usage("files are not read over SSH").
				WithHint("send the key on standard input: ssh HOST key add < key.pub")
		}
		return sshkey.Parse([]byte(strings.Join(args, " ")))
	}
	if c.env.Terminal {
		c.note("paste one line of a .pub file, then ctrl+d")
	}
	text, err := io.ReadAll(io.LimitReader(c.env.In, maxKeyText))
	if err != nil {
		return none, err
	}
	if len(bytes.TrimSpace(text)) == 0 {
		return none, usage("no key came on standard input").WithHint("one line of a .pub file is needed")
	}
	return sshkey.Parse(text)
}

func (c *cli) keyRename() *cobra.Command {
	return &cobra.Command{
		Use:     "rename KEY LABEL",
		Short:   "change the label of a key",
		Long:    "Change the label of a key of yours. KEY is its id or fingerprint.",
		Example: "muster key rename SHA256:… laptop",
		Args:    takes("KEY", "LABEL"),
		RunE: action(func(ctx context.Context, args []string) error {
			s, a, err := c.signedIn(ctx)
			if err != nil {
				return err
			}
			k, err := s.RenameKey(ctx, a, args[0], args[1])
			if err != nil {
				return err
			}
			return c.emit(k, func() error { return c.say("%s is now called %s", k.Fingerprint, k.Label) })
		}),
	}
}

func (c *cli) keyRemove() *cobra.Command {
	return &cobra.Command{
		Use:     "remove KEY",
		Short:   "remove a key; the last one stays",
		Long:    "Remove a key of yours. KEY is its id or fingerprint. The last key cannot be removed.",
		Example: "muster key remove SHA256:…",
		Args:    takes("KEY"),
		RunE: action(func(ctx context.Context, args []string) error {
			s, a, err := c.signedIn(ctx)
			if err != nil {
				return err
			}
			k, err := s.RemoveKey(ctx, a, args[0])
			if err != nil {
				return err
			}
			return c.emit(k, func() error { return c.say("removed %s", k.Fingerprint) })
		}),
	}
}

func (c *cli) keyPair() *cobra.Command {
	return &cobra.Command{
		Use:   "pair",
		Short: "make a one-time code that adds the key of a new machine",
		Long: `Make a code that can be used once, soon, from a machine whose key should become
one of yours. It is worth as much as your key: give it to nobody.`,
		Example: "muster key pair",
		Args:    takes(),
		RunE: action(func(ctx context.Context, _ []string) error {
			s, a, err := c.signedIn(ctx)
			if err != nil {
				return err
			}
			site, err := c.site()
			if err != nil {
				return err
			}
			code, expires, err := s.CreatePairing(ctx, a)
			if err != nil {
				return err
			}
			line := site.JoinCommand(code)
			v := map[string]any{"code": code, "join_command": line, "expires_at": expires.UTC()}
			return c.emit(v, func() error {
				if err := c.say("%s", line); err != nil {
					return err
				}
				c.note("run this line on the new machine; it works once, until %s", c.at(expires))
				return nil
			})
		}),
	}
}
