package cli

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"muster/internal/running"
	"muster/internal/tools/demo"
	"muster/models"
	"muster/store"
)

// demoSeed makes every demo the same, so that one person can tell another what
// to look at.
const demoSeed = 1

func (c *cli) demoCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "demo",
		Short: "try muster with made-up organizations",
		Long: `Open the app on a separate database with several made-up organizations, thousands of
members and a full queue. It is created the first time, which takes a few seconds, in
the directory muster-demo next to your data directory, or in --data if that is empty
or a demo already. An interrupted demo starts over. You are its first user, Ada
Lovelace. The real database is not changed. To serve it: muster serve --data DIR.`,
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
	if !strings.HasPrefix(in.Origin("data"), "--") {
		o.Dir = filepath.Join(filepath.Dir(o.Dir), "muster-demo")
	}
	whole, err := inspectDemo(o.Dir)
	if err != nil {
		return err
	}
	if !whole {
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

// demoFile marks a data directory as a demo, and says whether it is whole. It is
// there before the first of the people is.
const demoFile = "demo"

// demoWhole is what stands in it in the end.
const demoWhole = "whole\n"

// inspectDemo tells whether a directory holds a whole demo. One in which a demo
// could be made has nothing in it, or one that was cut short; any other is left
// alone, since it may be real.
func inspectDemo(dir string) (whole bool, err error) {
	text, err := os.ReadFile(filepath.Join(dir, demoFile))
	if err == nil {
		return string(text) == demoWhole, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return false, err
	}
	files, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, err
	}
	if len(files) > 0 {
		return false, models.Errorf(models.CodeConflict, "%s is not empty and is not a demo", models.SafeText(dir)).
			WithHint("name an empty directory with --data")
	}
	return false, nil
}

// makeDemo fills a database and closes it. What a demo that was cut short has left
// goes first.
func (c *cli) makeDemo(ctx context.Context, o store.Options) error {
	key, err := c.firstKey("")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return err
	}
	mark, err := running.Lock(filepath.Join(o.Dir, demoFile))
	if errors.Is(err, running.ErrHeld) {
		return models.Errorf(models.CodeConflict, "another muster is creating the demo in %s", models.SafeText(o.Dir)).WithHint("wait until it is ready")
	}
	if err != nil {
		return err
	}
	defer mark.Close()
	if whole, err := inspectDemo(o.Dir); whole || err != nil { // another made it meanwhile
		return err
	}
	for _, end := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(filepath.Join(o.Dir, store.DatabaseFile+end)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	c.note("creating people …")
	o.Create = true
	s, err := c.env.OpenStore(ctx, o)
	if err != nil {
		return err
	}
	err = demo.Fill(ctx, s, store.NewUser{Name: "Ada Lovelace", Email: "ada@example.com", Key: key}, c.env.Now(), demoSeed, 1)
	if err := errors.Join(err, s.Close()); err != nil {
		return err
	}
	_, err = mark.WriteString(demoWhole)
	return err
}
