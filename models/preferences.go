package models

import (
	"slices"
	"strings"
)

// Preferences are how somebody wants the app, wherever they sign in. An empty
// one is as the installation says.
type Preferences struct {
	Theme         string `json:"theme"`
	Mouse         string `json:"mouse"`
	Notifications string `json:"notifications"`
}

// Preference is one of them.
type Preference struct {
	Name    string
	Title   string
	Help    string
	Choices []string
}

// PreferenceList has all preferences in the order of a screen.
func PreferenceList() []Preference {
	return []Preference{
		{"theme", "Theme", "colours of the app; auto asks the terminal for its background", []string{"auto", "light", "dark", "mono"}},
		{"mouse", "Mouse", "whether the app uses clicks and the wheel; off leaves them to the terminal", []string{"on", "off"}},
		{"notifications", "Notify", "when a request waits for you: the terminal's bell, a desktop notification (OSC 9, 99 or 777), or nothing", []string{"bell", "desktop", "off"}},
	}
}

// Get is the value of a preference by its name.
func (p Preferences) Get(name string) string {
	switch name {
	case "theme":
		return p.Theme
	case "mouse":
		return p.Mouse
	}
	return p.Notifications
}

// With gives the preferences with one of them changed; "" makes it as the
// installation says. A name or value that there is not is CodeInvalid.
func (p Preferences) With(name, value string) (Preferences, error) {
	for _, def := range PreferenceList() {
		if def.Name != name {
			continue
		}
		if value != "" && !slices.Contains(def.Choices, value) {
			return p, Invalid(name, "%s can't be %q", name, SafeText(value)).WithHint("it is one of %s, or default", strings.Join(def.Choices, ", "))
		}
		switch name {
		case "theme":
			p.Theme = value
		case "mouse":
			p.Mouse = value
		default:
			p.Notifications = value
		}
		return p, nil
	}
	return p, Invalid("name", "there is no preference %q", SafeText(name))
}
