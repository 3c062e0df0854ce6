package store

import (
	"context"
	"encoding/json"

	"muster/models"
)

// SetBinding binds an action of the app to other keys for the actor, in all their
// sessions; no keys unbind it, and nil gives it back the keys of the installation.
// check refuses bindings that the app cannot have.
func (s *Store) SetBinding(ctx context.Context, a models.Actor, action string, keys []string, check func(models.Bindings) error) (models.Bindings, error) {
	return s.bind(ctx, a, func(now models.Bindings) (models.Bindings, error) {
		next, err := now.With(action, keys)
		if err != nil || check == nil {
			return next, err
		}
		return next, check(next)
	})
}

// ResetBindings gives all actions of the app back the keys of the installation,
// for the actor.
func (s *Store) ResetBindings(ctx context.Context, a models.Actor) error {
	_, err := s.bind(ctx, a, func(models.Bindings) (models.Bindings, error) { return models.Bindings{}, nil })
	return err
}

func (s *Store) bind(ctx context.Context, a models.Actor, change func(models.Bindings) (models.Bindings, error)) (next models.Bindings, err error) {
	err = s.change(ctx, a, event{action: "user.bind"}, func(t *tx) error {
		did := t.found("user", t.user.ID, t.user.Email)
		var text string
		if err := t.row(ctx, "SELECT bindings FROM users WHERE id = $1", t.user.ID).Scan(&text); err != nil {
			return err
		}
		now := bindingsOf(text)
		if next, err = change(now); err != nil {
			return err
		}
		before, after := changedBindings(now, next)
		if len(after) == 0 {
			return nil
		}
		if _, err := t.exec(ctx, "UPDATE users SET bindings = $2 WHERE id = $1", t.user.ID, bindingsText(next)); err != nil {
			return err
		}
		t.signal(t.user.ID) // all of their sessions
		return t.log(ctx, ownEntry(did, before, after))
	})
	return next, err
}

// changedBindings are the actions that are bound otherwise than before, in words.
func changedBindings(now, next models.Bindings) (before, after fields) {
	before, after = fields{}, fields{}
	word := func(b models.Bindings, action string) string {
		keys, own := b[action]
		switch {
		case !own:
			return "default"
		case len(keys) == 0:
			return "none"
		}
		return models.KeysText(keys)
	}
	for _, all := range []models.Bindings{now, next} {
		for action := range all {
			if was, is := word(now, action), word(next, action); was != is {
				before[action], after[action] = was, is
			}
		}
	}
	return before, after
}

// bindingsOf reads what bindingsText wrote.
func bindingsOf(text string) models.Bindings {
	b := models.Bindings{}
	if text != "" {
		_ = json.Unmarshal([]byte(text), &b)
	}
	return b
}

func bindingsText(b models.Bindings) string {
	if len(b) == 0 {
		return ""
	}
	text, _ := json.Marshal(b) // of texts, so it cannot fail
	return string(text)
}
