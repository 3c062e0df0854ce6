package cli

import (
	"errors"
	"maps"
	"slices"

	"muster/internal/config"
	"muster/internal/op"
	"muster/models"
	"muster/tui"
)

// boundKeys puts the actions of the app in place of operations by whose names
// keys are bound. What the app itself has a name for goes first.
func boundKeys(given map[string][]string) map[string][]string {
	bound := maps.Clone(given)
	for name, keys := range given {
		action, ok := op.BoundBy(name)
		if !ok {
			continue
		}
		delete(bound, name)
		if _, said := given[action]; !said {
			bound[action] = keys
		}
	}
	return bound
}

// bindings lists the actions of the app with the keys of somebody who bound some
// for themselves.
func (in installation) bindings(own models.Bindings) ([]models.KeyBinding, error) {
	return tui.KeyBindings(boundKeys(in.Keys), own)
}

// checkBindings refuses keys that somebody cannot have for themselves.
func (in installation) checkBindings(own models.Bindings) error {
	return tui.CheckBindings(boundKeys(in.Keys), own)
}

// checkKeys refuses keys of the configuration that the app would not start with.
func (in installation) checkKeys() error {
	_, err := tui.Bindings(boundKeys(in.Keys))
	return in.keysError(err)
}

// keysError says where in the configuration the binding stands that cannot be,
// and what to write there.
func (in installation) keysError(err error) error {
	var wrong *tui.KeysError
	if !errors.As(err, &wrong) {
		return err
	}
	name, other := wrong.Action, wrong.Other
	given := in.givenName(name)
	if given == "" && other != "" { // the file binds the second of the two
		name, other = other, name
		given = in.givenName(name)
	}
	where := in.File
	if given != "" {
		where = in.Origin("keys." + given)
	}
	e := models.Invalid("keys", "%s: %s", where, wrong.Message)
	shipped, err := tui.Bindings(nil)
	if err != nil {
		return err
	}
	have := shipped.Keys()
	if _, known := have[name]; !known {
		if near := config.Nearest(name, slices.Sorted(maps.Keys(have))); near != "" {
			return e.WithHint("did you mean %q?", near)
		}
		return e.WithHint("docs/keys.md lists the actions")
	}
	if other != "" {
		return e.WithHint("choose another key, or unbind the other action: %q = []", other)
	}
	return e.WithHint("the keys it has without this line: %v", have[name])
}

// givenName is the name under which the configuration binds an action, empty
// where it does not.
func (in installation) givenName(action string) string {
	if _, ok := in.Keys[action]; ok {
		return action
	}
	for _, name := range slices.Sorted(maps.Keys(in.Keys)) {
		if a, ok := op.BoundBy(name); ok && a == action {
			return name
		}
	}
	return ""
}
