package cli

import (
	"context"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"muster/internal/tools/demo"
	"muster/store"
)

// demoSeed makes every demo the same, so that one person can tell another what
// to look at.
const demoSeed = 1

func (c *cli) demoCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "demo",
		Short: "look around in made-up organizations",
		Long: `Open the app on a database of its own with several made-up organizations,
thousands of members and a full queue. It is made the first time, which takes a
few seconds, in the directory muster-demo beside your data directory, or in
--data if that is empty or a demo already. You are its first user, Ada Lovelace.
The real database is not touched. To serve it: muster serve --data DIR.`,
		Example: "muster demo",
		Args:    takes(),
		RunE:    action(func(ctx context.Context, _ []string) error { return c.openDemo(ctx) }),
	}
}

func (c *cli) openDemo(ctx context.Context) error {
	in, err := c.installation()
	if err != nil {
		return err
	}
	o, err := c.storeOptions()
	if err != nil {
		return err
	}
	if in.Origin("data") == "default" {
		o.Dir = filepath.Join(filepath.Dir(o.Dir), "muster-demo")
	}
	if _, err := os.Stat(filepath.Join(o.Dir, store.DatabaseFile)); err != nil {
		if err := c.makeDemo(ctx, o); err != nil {
			return err
		}
	}
	c.note("the demo is in %s", o.Dir)
	if !c.env.Terminal {
		return nil
	}
	if c.opened, err = c.env.OpenStore(ctx, o); err != nil {
		return err
	}
	return c.showApp(ctx, in)
}

// makeDemo fills a database and closes it, so that a demo cut short half-way is
// seen as empty the next time.
func (c *cli) makeDemo(ctx context.Context, o store.Options) error {
	key, err := c.firstKey("")
	if err != nil {
		return err
	}
	c.note("making up people …")
	o.Create = true
	s, err := c.env.OpenStore(ctx, o)
	if err != nil {
		return err
	}
	defer s.Close()
	return demo.Fill(ctx, s, store.NewUser{Name: "Ada Lovelace", Email: "ada@example.com", Key: key}, c.env.Now(), demoSeed, 1)
}
