package kit

import (
	"strings"

	"muster/models"
	"muster/tui/ui"
)

// Name checks a name of a person, an organization or a key.
func Name(field string) func(string) error {
	return func(v string) error { _, err := models.CheckName(field, v); return err }
}

// Email checks an address.
func Email(v string) error { _, err := models.CheckEmail("email", v); return err }

// Long checks a text of several lines.
func Long(field string) func(string) error {
	return func(v string) error { _, err := models.CheckLong(field, v); return err }
}

// SettingField is the field of a form for a setting.
func SettingField(v models.SettingValue, d models.SettingDef) ui.FormField {
	f := ui.FormField{Name: v.Key, Label: v.Title, Help: v.Help, ReadOnly: v.ReadOnly}
	if d.Check != nil {
		f.Check = func(value string) error { _, err := d.Check(strings.ToLower(v.Title), value); return err }
	}
	switch v.Kind {
	case models.KindLongText:
		f.Kind = ui.LinesField
	case models.KindList:
		f.Kind = ui.LinesField
		f.Read = func(stored string) string { return strings.ReplaceAll(stored, ",", "\n") }
	case models.KindSwitch:
		f.Kind = ui.SwitchField
	case models.KindChoice:
		f.Kind = ui.ChoiceField
		for _, c := range v.Choices {
			title := c
			if c == "" {
				title = "none"
			}
			f.Choices = append(f.Choices, ui.Choice{Value: c, Title: title})
		}
		if v.Key == models.SetInvite {
			f.Choices = PolicyChoices()
		}
	}
	return f.With(v.Value)
}

// PolicyChoices are those for who may invite, as people say them.
func PolicyChoices() []ui.Choice {
	return []ui.Choice{
		{Value: string(models.PolicyMembers), Title: "members, at once"},
		{Value: string(models.PolicyApproval), Title: "members, with approval"},
		{Value: string(models.PolicyAdmins), Title: "owners and admins"},
		{Value: string(models.PolicyOwners), Title: "owners"},
	}
}

// SettingChanges are the changes that a form of settings makes, each of the value
// that the form knows as the stored one, and those that take them back.
func SettingChanges(form *ui.Form) (changes, back []models.SettingChange) {
	for _, f := range form.Fields {
		d, err := models.FindSetting(f.Name)
		if err != nil {
			continue
		}
		value, base := storedSetting(d, f.Value()), storedSetting(d, form.Base(f.Name))
		if value != base {
			changes = append(changes, models.SettingChange{Key: d.Key, Value: value, Base: &base})
			back = append(back, models.SettingChange{Key: d.Key, Value: base})
		}
	}
	return changes, back
}

// storedSetting is a value in its one form, however it was typed.
func storedSetting(d models.SettingDef, typed string) string {
	if v, err := d.Check(d.Key, typed); err == nil {
		return v
	}
	return typed
}
