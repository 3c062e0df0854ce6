package op

import (
	"context"
	"slices"
	"strings"

	"muster/models"
)

func settingsRows() []*Row {
	return []*Row{
		row(Def[settingIn, Setting]{
			Name: "settings.show", Does: "show the value of a setting", Command: "settings get",
			Takes: func(words []string) bool { return len(words) == 1 && sectionOf(words[0]) == "" },
			Needs: View, Also: "for billing, those who may change it", Route: "GET /v1/orgs/{org}/settings/{key}",
			Check: func(in settingIn) error {
				_, err := models.FindSetting(in.Key)
				return err
			},
			Run: func(ctx context.Context, d Deps, a models.Actor, in settingIn) (Setting, error) {
				v, err := d.Store.Setting(ctx, a, in.Org, in.Key)
				return Setting{v.Key, v}, err
			},
		}),
		row(Def[settingsIn, List[Setting]]{
			Name: "settings.list", Does: "show all settings, those of a section, or the value of one", Command: "settings get",
			Long: `Show the settings of the organization and who can change them, those of one section,
like billing, or the value of a single setting. Billing is shown only to those who may
change it.`,
			Example: "muster settings get\nmuster settings get billing\nmuster settings get members.who_may_invite",
			Needs:   View, Also: "for billing, those who may change it", Route: "GET /v1/orgs/{org}/settings",
			Run: func(ctx context.Context, d Deps, a models.Actor, in settingsIn) (List[Setting], error) {
				section := sectionOf(in.Section)
				if section == "" && in.Section != "" {
					_, err := models.FindSetting(in.Section)
					return List[Setting]{}, err
				}
				if section != "" {
					// Its first key says whether the section is seen at all.
					if _, err := d.Store.Setting(ctx, a, in.Org, firstOf(section)); err != nil {
						return List[Setting]{}, err
					}
				}
				values, err := d.Store.Settings(ctx, a, in.Org)
				return settingsOf(values, func(key string) bool { return section == "" || strings.HasPrefix(key, section+".") }), err
			},
		}),
		row(Def[settingsSetIn, List[Setting]]{
			Name: "settings.update", Does: "change settings", Command: "settings set",
			Long: `Change one or more settings at once: all of them or, if one is not allowed, none.
With --if a value is only changed if it still is the value you expect. A change that
would lock you out needs --force.`,
			Example: "muster settings set members.who_may_invite=approval members.invitation_expiry=3d\n" +
				"muster settings set general.name=\"Acme Ltd\" --if general.name=Acme",
			Needs: Settings, Also: "for billing, those who may change it", Route: "PATCH /v1/orgs/{org}/settings", Changes: true,
			Check: func(in settingsSetIn) error {
				_, err := in.changes()
				return err
			},
			Run: func(ctx context.Context, d Deps, a models.Actor, in settingsSetIn) (List[Setting], error) {
				changes, err := in.changes()
				if err != nil {
					return List[Setting]{}, err
				}
				values, err := d.Store.UpdateSettings(ctx, a, in.Org, changes, in.Force)
				return settingsOf(values, func(key string) bool {
					return slices.ContainsFunc(changes, func(ch models.SettingChange) bool { return ch.Key == key })
				}), err
			},
		}),
	}
}

// Setting is a setting with its value. Its key is its id.
type Setting struct {
	ID string `json:"id"`
	models.SettingValue
}

func settingsOf(values []models.SettingValue, wanted func(key string) bool) List[Setting] {
	out := []Setting{}
	for _, v := range values {
		if wanted(v.Key) {
			out = append(out, Setting{v.Key, v})
		}
	}
	return listOf(out, "")
}

// sectionOf is the section that a word names, "" if it names none.
func sectionOf(word string) string {
	section := strings.TrimSuffix(word, ".*")
	if firstOf(section) == "" {
		return ""
	}
	return section
}

// firstOf is the first key of a section.
func firstOf(section string) string {
	for _, d := range models.Settings() {
		if d.Section() == section {
			return d.Key
		}
	}
	return ""
}

type settingIn struct {
	inOrg
	Key string `path:"key" arg:"KEY" complete:"setting"`
}

type settingsIn struct {
	inOrg
	Section string `query:"section" arg:"[KEY|SECTION]" complete:"setting"`
}

type settingsSetIn struct {
	inOrg
	Set   []string `body:"set" arg:"KEY=VALUE" complete:"assignment"`
	If    []string `flag:"if" body:"if" help:"KEY=OLD: refuse the change unless the value still is OLD"`
	Force bool     `flag:"force" body:"force" help:"even if it locks you out"`
}

func (in settingsSetIn) changes() ([]models.SettingChange, error) {
	usage := func(format string, args ...any) *models.Error {
		return models.Errorf(models.CodeUsage, format, args...)
	}
	old := map[string]*string{}
	for _, w := range in.If {
		k, v, ok := strings.Cut(w, "=")
		if !ok {
			return nil, usage("--if %q has no =", w).WithHint("it has the form --if KEY=OLD")
		}
		old[k] = &v
	}
	var changes []models.SettingChange
	seen := map[string]bool{}
	for _, w := range in.Set {
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
		return nil, usage("--if %s needs a change to the same setting", k).WithHint("name the setting as KEY=VALUE as well")
	}
	return changes, nil
}
