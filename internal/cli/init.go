package cli

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"

	"github.com/spf13/cobra"

	"muster/internal/sshkey"
	"muster/models"
	"muster/store"
)

func (c *cli) initCommand() *cobra.Command {
	var u store.NewUser
	var file string
	cmd := &cobra.Command{
		Use:   "init --name NAME --email EMAIL",
		Short: "create the database and the first user, a site admin",
		Long: `Create the database and its first user, who is a site admin. It asks nothing.
Without --key the user gets the public key found in ~/.ssh, if there is one.
A database that is there already stays as it is.`,
		Example: `muster init --name "Ada Lovelace" --email ada@example.com --key ~/.ssh/id_ed25519.pub`,
		Args:    takes(),
	}
	cmd.Flags().StringVar(&u.Name, "name", "", "display name of the first user")
	cmd.Flags().StringVar(&u.Email, "email", "", "address of the first user")
	cmd.Flags().StringVar(&file, "key", "", "file of the SSH public key that signs this user in over SSH; - for standard input")
	cmd.RunE = action(func(ctx context.Context, _ []string) error {
		if err := need(cmd, "name", "email"); err != nil {
			return err
		}
		// Everything is checked before there is a database.
		var err error
		if u.Name, err = models.CheckName("name", u.Name); err != nil {
			return err
		}
		if u.Email, err = models.CheckEmail("email", u.Email); err != nil {
			return err
		}
		if u.Key, err = c.firstKey(file); err != nil {
			return err
		}
		o, err := c.storeOptions()
		if err != nil {
			return err
		}
		o.Create = true
		if c.opened, err = c.env.OpenStore(ctx, o); err != nil {
			return err
		}
		first, err := c.opened.Init(ctx, u)
		if err != nil {
			return err
		}
		return c.emit(first, func() error {
			if err := c.say("created %s and its site admin %s <%s>", o.Dir, first.Name, first.Email); err != nil {
				return err
			}
			if u.Key == nil {
				c.note("no key was found in ~/.ssh; for SSH add one: muster key add FILE.pub")
			} else {
				c.note("signs in over SSH with %s %s", u.Key.Type, u.Key.Fingerprint)
			}
			c.note("next: muster org create --name NAME, then muster serve")
			return nil
		})
	})
	return cmd
}

// firstKey gives the key of the first user: that in file, else the one found
// in ~/.ssh, else none.
func (c *cli) firstKey(file string) (*models.PublicKey, error) {
	if file == "-" {
		text, err := c.readKey(file)
		if err != nil {
			return nil, err
		}
		k, err := sshkey.Parse([]byte(text))
		return &k, err
	}
	if file != "" {
		k, err := sshkey.Load(file)
		if err != nil {
			return nil, err
		}
		return &k, nil
	}
	if c.env.Home == "" {
		return nil, nil
	}
	k, _, err := sshkey.Find(filepath.Join(c.env.Home, ".ssh"))
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			c.note("the keys in ~/.ssh are not used: %s", models.AsError(err).Message)
		}
		return nil, nil
	}
	return &k, nil
}
