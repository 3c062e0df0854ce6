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
	var file, organization string
	cmd := &cobra.Command{
		Use:   "init --name NAME --email EMAIL",
		Short: "create the database and the first user, a site admin",
		Long: `Create the database and its first user, who is a site admin, and with
--organization the first organization, which is offered on a terminal as well.
Without --key the user gets the public key found in ~/.ssh, if there is one.
An existing database stays as it is.`,
		Example: `muster init --name "Ada Lovelace" --email ada@example.com --key ~/.ssh/id_ed25519.pub`,
		Args:    takes(),
	}
	cmd.Flags().StringVar(&u.Name, "name", "", "display name of the first user")
	cmd.Flags().StringVar(&u.Email, "email", "", "address of the first user")
	cmd.Flags().StringVar(&file, "key", "", "file with the SSH public key that signs this user in over SSH; - for standard input")
	cmd.Flags().StringVar(&organization, "organization", "", "name of the first organization; its code is made from it")
	cmd.RunE = action(func(ctx context.Context, _ []string) error {
		if err := need(cmd, "name", "email"); err != nil {
			return err
		}
		if err := c.checkFirst(&u, file, &organization); err != nil {
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
		org, err := c.createFirst(ctx, first, organization)
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
			if org.ID != "" {
				c.note("created %s (%s), and %s is its owner", org.Name, org.Code, first.Name)
				c.note("next: muster invite create --email EMAIL; to let others connect, run: muster serve")
				return nil
			}
			c.note("next: muster org create --name NAME; to let others connect, run: muster serve")
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

// firstOrganization checks the name of the first organization, and on a terminal
// asks for one. It is empty where there shall be none yet.
func (c *cli) firstOrganization(name string) (string, error) {
	if name == "" && c.env.Terminal && !c.json {
		var err error
		if name, err = c.ask("Name of the first organization (press enter to skip):"); err != nil {
			return "", err
		}
	}
	if name == "" {
		return "", nil
	}
	name, err := models.CheckName("organization", name)
	if err == nil {
		_, err = models.CheckCode("code", models.CodeFrom(name))
	}
	return name, err
}

// checkFirst checks everything before there is a database.
func (c *cli) checkFirst(u *store.NewUser, file string, organization *string) (err error) {
	if u.Name, err = models.CheckName("name", u.Name); err != nil {
		return err
	}
	if u.Email, err = models.CheckEmail("email", u.Email); err != nil {
		return err
	}
	if u.Key, err = c.firstKey(file); err != nil {
		return err
	}
	*organization, err = c.firstOrganization(*organization)
	return err
}

// createFirst creates the first organization, if there is to be one.
func (c *cli) createFirst(ctx context.Context, owner models.User, name string) (models.OrgView, error) {
	if name == "" {
		return models.OrgView{}, nil
	}
	a := models.Actor{UserID: owner.ID, Via: models.ViaLocal}
	return c.opened.CreateOrganization(ctx, a, store.NewOrganization{Name: name, Code: models.CodeFrom(name)})
}
