package cli

import (
	"context"

	"github.com/spf13/cobra"

	"muster/models"
)

// identity is who somebody is, and how they came in.
type identity struct {
	models.User
	Keys         int        `json:"keys"`
	CurrentOrg   string     `json:"current_organization_id"`
	Via          models.Via `json:"via"`
	Address      string     `json:"address,omitempty"`
	Fingerprint  string     `json:"fingerprint,omitempty"`
	OnBehalfOfBy string     `json:"acted_for_by,omitempty"`
}

func (c *cli) whoamiCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "whoami",
		Short:   "show who you are to muster",
		Long:    "Show your user, and the key and address you came in with.",
		Example: "muster whoami\nmuster whoami --json",
		Args:    takes(),
		RunE: action(func(ctx context.Context, _ []string) error {
			s, a, err := c.signedIn(ctx)
			if err != nil {
				return err
			}
			me, err := s.Me(ctx, a)
			if err != nil {
				return err
			}
			id := identity{User: me.User, Keys: me.Keys, CurrentOrg: me.CurrentOrg, Via: a.Via, Address: a.Address, Fingerprint: a.Key}
			if a.OnBehalfOf != "" {
				id.OnBehalfOfBy = a.UserID
			}
			return c.emit(id, func() error {
				rights := ""
				if me.SiteAdmin {
					rights = "site admin"
				}
				return c.facts("name", me.Name, "email", me.Email, "handle", me.Handle, "id", me.ID, "rights", rights,
					"keys", count(me.Keys, "key", "keys"), "signed in with", a.Key, "from", a.Address, "user since", c.at(me.CreatedAt))
			})
		}),
	}
}

func (c *cli) userCommand() *cobra.Command {
	return group("user", "your own user, and the users you administer",
		c.userUpdate(), c.userPreferences(), c.userPrefer(), c.userSessions(), c.userList(), c.userShow(), c.userCreate(), c.userEdit(),
		c.userSuspend(), c.userReactivate(), c.userEnrol(), c.userDelete())
}

func (c *cli) userUpdate() *cobra.Command {
	var name string
	cmd := &cobra.Command{
		Use:     "update --name NAME",
		Short:   "change your display name",
		Long:    "Change the name that others see.",
		Example: `muster user update --name "Ada Lovelace"`,
		Args:    takes(),
	}
	cmd.Flags().StringVar(&name, "name", "", "your display name")
	cmd.RunE = action(func(ctx context.Context, _ []string) error {
		if err := need(cmd, "name"); err != nil {
			return err
		}
		s, a, err := c.signedIn(ctx)
		if err != nil {
			return err
		}
		u, err := s.UpdateMe(ctx, a, name)
		if err != nil {
			return err
		}
		return c.emit(u, func() error { return c.say("you are now called %s", u.Name) })
	})
	return cmd
}

func (c *cli) userPreferences() *cobra.Command {
	return &cobra.Command{
		Use:     "preferences",
		Short:   "show how you want the app",
		Long:    "Show how you want the app, wherever you sign in: theme, mouse and notifications.",
		Example: "muster user preferences --json",
		Args:    takes(),
		RunE: action(func(ctx context.Context, _ []string) error {
			s, a, err := c.signedIn(ctx)
			if err != nil {
				return err
			}
			me, err := s.Me(ctx, a)
			if err != nil {
				return err
			}
			return c.emit(me.Preferences, func() error { return c.preferences(me.Preferences) })
		}),
	}
}

func (c *cli) userPrefer() *cobra.Command {
	return &cobra.Command{
		Use:   "prefer NAME VALUE",
		Short: "choose how you want the app",
		Long: `Choose how you want the app, wherever you sign in. The value default makes it as
the installation says.

    theme          auto, light, dark or mono
    mouse          on or off
    notifications  bell, desktop or off: how the app calls when a request waits`,
		Example: "muster user prefer notifications desktop\nmuster user prefer theme default",
		Args:    takes("NAME", "VALUE"),
		RunE: action(func(ctx context.Context, args []string) error {
			s, a, err := c.signedIn(ctx)
			if err != nil {
				return err
			}
			value := args[1]
			if value == "default" {
				value = ""
			}
			p, err := s.SetPreference(ctx, a, args[0], value)
			if err != nil {
				return err
			}
			return c.emit(p, func() error { return c.preferences(p) })
		}),
	}
}

func (c *cli) preferences(p models.Preferences) error {
	var facts []string
	for _, def := range models.PreferenceList() {
		v := p.Get(def.Name)
		if v == "" {
			v = "as the installation says"
		}
		facts = append(facts, def.Name, v)
	}
	return c.facts(facts...)
}

func (c *cli) userSessions() *cobra.Command {
	return &cobra.Command{
		Use:     "sessions",
		Short:   "list your open sessions",
		Long:    "List the sessions in which you are signed in right now.",
		Example: "muster user sessions",
		Args:    takes(),
		RunE: action(func(ctx context.Context, _ []string) error {
			s, a, err := c.signedIn(ctx)
			if err != nil {
				return err
			}
			open, err := s.Sessions(ctx, a)
			if err != nil {
				return err
			}
			return c.emit(listOf(open, ""), func() error {
				rows := make([][]string, len(open))
				for i, o := range open {
					rows[i] = []string{string(o.Via), o.Address, o.Key, c.ago(o.Since)}
				}
				return c.table([]string{"VIA", "ADDRESS", "KEY", "SINCE"}, rows, "", "you have no open session")
			})
		}),
	}
}
