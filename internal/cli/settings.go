package cli

import (
	"context"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"muster/internal/output"
	"muster/models"
)

func (c *cli) settingsCommand() *cobra.Command {
	return group("settings", "show and change the settings of an organization", c.settingsGet(), c.settingsSet())
}

// setting is a setting in JSON: its key is its id.
type setting struct {
	ID string `json:"id"`
	models.SettingValue
}

func settingsOf(values []models.SettingValue) []setting {
	out := make([]setting, len(values))
	for i, v := range values {
		out[i] = setting{v.Key, v}
	}
	return out
}

func (c *cli) settingsGet() *cobra.Command {
	return &cobra.Command{
		Use:   "get [KEY|SECTION]",
		Short: "show all settings, those of a section, or the value of one",
		Long: `Show the settings of the organization with who can change them, those of one
section, like billing, or the value of one setting alone. Billing is for those who
may change it.`,
		Example: "muster settings get\nmuster settings get billing\nmuster settings get members.who_may_invite",
		Args:    takes("[KEY|SECTION]"),
		RunE: action(func(ctx context.Context, args []string) error {
			section, key, err := settingOrSection(args)
			if err != nil {
				return err
			}
			s, a, org, err := c.inOrg(ctx)
			if err != nil {
				return err
			}
			// For a section its first key says whether it is seen at all.
			if key != "" {
				v, err := s.Setting(ctx, a, org.ID, key)
				if err != nil {
					return err
				}
				if section == "" {
					return c.emit(setting{v.Key, v}, func() error {
						_, err := c.env.Out.Write([]byte(models.SafeLines(v.Value) + "\n"))
						return err
					})
				}
			}
			values, err := s.Settings(ctx, a, org.ID)
			if err != nil {
				return err
			}
			values = slices.DeleteFunc(values, func(v models.SettingValue) bool {
				return section != "" && !strings.HasPrefix(v.Key, section+".")
			})
			return c.emit(listOf(settingsOf(values), ""), func() error { return c.settingsTable(values) })
		}),
	}
}

// settingOrSection reads what to show: everything, a section with its first
// key, or a key.
func settingOrSection(args []string) (section, key string, err error) {
	if len(args) == 0 {
		return "", "", nil
	}
	section = strings.TrimSuffix(args[0], ".*")
	for _, d := range models.Settings() {
		if d.Section() == section {
			return section, d.Key, nil
		}
	}
	_, err = models.FindSetting(args[0])
	return "", args[0], err
}

func (c *cli) settingsTable(values []models.SettingValue) error {
	rows := make([][]string, len(values))
	for i, v := range values {
		help := v.Help
		if v.ReadOnly != "" {
			help += " (read-only: " + v.ReadOnly + ")"
		}
		rows[i] = []string{v.Key, v.Value, help, v.WhoMay}
	}
	return output.Table(c.env.Out, []string{"KEY", "VALUE", "WHAT IT DOES", "WHO MAY CHANGE IT"}, rows)
}

func (c *cli) settingsSet() *cobra.Command {
	var ifs []string
	var force bool
	cmd := &cobra.Command{
		Use:   "set KEY=VALUE…",
		Short: "change settings",
		Long: `Change one or more settings at once: all of them or, if one is not allowed,
none. With --if a value is only changed while it still is what you think it is.
A change that would lock you out yourself needs --force.`,
		Example: "muster settings set members.who_may_invite=approval members.invitation_expiry=3d\n" +
			"muster settings set general.name=\"Acme Ltd\" --if general.name=Acme",
		Args: takes("KEY=VALUE…"),
	}
	cmd.Flags().StringArrayVar(&ifs, "if", nil, "KEY=OLD: refuse the change if the value differs from OLD by now")
	cmd.Flags().BoolVar(&force, "force", false, "even if it locks you out")
	cmd.RunE = action(func(ctx context.Context, args []string) error {
		changes, err := parseChanges(args, ifs)
		if err != nil {
			return err
		}
		s, a, org, err := c.inOrg(ctx)
		if err != nil {
			return err
		}
		values, err := s.UpdateSettings(ctx, a, org.ID, changes, force)
		if err != nil {
			return err
		}
		var changed []models.SettingValue
		for _, v := range values {
			for _, ch := range changes {
				if ch.Key == v.Key {
					changed = append(changed, v)
				}
			}
		}
		return c.emit(listOf(settingsOf(changed), ""), func() error {
			for _, v := range changed {
				if err := c.say("%s = %s", v.Key, v.Value); err != nil {
					return err
				}
			}
			return nil
		})
	})
	return cmd
}

func parseChanges(args, ifs []string) ([]models.SettingChange, error) {
	old := map[string]*string{}
	for _, w := range ifs {
		k, v, ok := strings.Cut(w, "=")
		if !ok {
			return nil, usage("--if %q has no =", w).WithHint("it has the form --if KEY=OLD")
		}
		old[k] = &v
	}
	var changes []models.SettingChange
	seen := map[string]bool{}
	for _, w := range args {
		k, v, ok := strings.Cut(w, "=")
		if !ok {
			return nil, usage("%q has no =", w).WithHint("it has the form KEY=VALUE, like members.who_may_invite=admins")
		}
		if _, err := models.FindSetting(k); err != nil {
			return nil, err
		}
		if seen[k] {
			return nil, usage("%s is set twice", k)
		}
		seen[k] = true
		changes = append(changes, models.SettingChange{Key: k, Value: v, Base: old[k]})
		delete(old, k)
	}
	for k := range old {
		return nil, usage("--if %s has no change to go with", k).WithHint("name the setting as KEY=VALUE as well")
	}
	return changes, nil
}
