package models

import (
	"slices"
	"strings"
)

// Bindings are the keys that somebody has bound to actions of the app, by the
// names of the actions. An action without keys is unbound; one that is not in it
// has the keys of the installation.
type Bindings map[string][]string

// KeyBinding is an action of the app with the keys that run it.
type KeyBinding struct {
	Action string   `json:"action"`
	Title  string   `json:"title"`
	Where  string   `json:"where"`
	Keys   []string `json:"keys"`
	// Default are the keys that it has where its user has bound none.
	Default []string `json:"default"`
	Own     bool     `json:"own"` // bound by the user
	// Problem is why the user's own keys no longer fit; then the default holds.
	Problem string `json:"problem,omitempty"`
}

// Limits of what is bound. Which actions and keys there are the app knows.
const (
	MaxKeysOfAction = 4
	maxAction       = 64
	maxKeyName      = 32
)

// ParseKeys reads keys that were typed with spaces or commas between them. A comma
// that stands alone is the key.
func ParseKeys(text string) []string {
	keys := []string{}
	for _, word := range strings.Fields(text) {
		if word == "," {
			keys = append(keys, word)
			continue
		}
		for _, key := range strings.Split(word, ",") {
			if key != "" {
				keys = append(keys, key)
			}
		}
	}
	return keys
}

// With gives the bindings with an action bound to keys; nil gives it back those of
// the installation. Keys that could be none are CodeInvalid.
func (b Bindings) With(action string, keys []string) (Bindings, error) {
	if action == "" || len(action) > maxAction || SafeText(action) != action {
		return nil, Invalid("action", "there is no action %q", Clip(action))
	}
	if len(keys) > MaxKeysOfAction {
		return nil, Invalid("keys", "an action has up to %d keys", MaxKeysOfAction)
	}
	for i, key := range keys {
		if key == "" || len(key) > maxKeyName || SafeText(key) != key || strings.Contains(key, " ") {
			return nil, Invalid("keys", "%q is not a key; keys are named like a, G, ctrl+p, pgdown", Clip(key))
		}
		if slices.Contains(keys[:i], key) {
			return nil, Invalid("keys", "%s is given twice", key)
		}
	}
	out := Bindings{}
	for name, k := range b {
		if name != action {
			out[name] = k
		}
	}
	if keys != nil {
		out[action] = append([]string{}, keys...)
	}
	return out, nil
}

// KeysText is keys as one types them.
func KeysText(keys []string) string { return strings.Join(keys, " ") }
