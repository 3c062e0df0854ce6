package op

import (
	"context"
	"slices"

	"muster/models"
)

// bindingRows are the keys of the app that somebody binds for themselves.
func bindingRows() []*Row {
	return []*Row{
		row(Def[bindingsIn, List[models.KeyBinding]]{
			Name: "user.bindings", Does: "list the keys of the app that are yours", Command: "user bindings",
			Long: `List the actions of the app with your keys, and their default ones. With --own only
those that you have changed.`,
			Example: "muster user bindings --own\nmuster user bindings --json",
			Route:   "GET /v1/me/bindings",
			Run: func(ctx context.Context, d Deps, a models.Actor, in bindingsIn) (List[models.KeyBinding], error) {
				me, err := d.Store.Me(ctx, a)
				if err != nil {
					return List[models.KeyBinding]{}, err
				}
				return d.bindings(me.Bindings, in.Own)
			},
		}),
		row(Def[bindIn, List[models.KeyBinding]]{
			Name: "user.bind", Does: "choose the keys of an action of the app", Command: "user bind",
			Long: `Choose the keys of an action of the app for yourself, wherever you sign in. Your open
sessions have them at once. ACTION is a name of ` + "`user bindings`" + `, and KEY is
named like a, G, ctrl+p, f5, space or pgdown. KEY default goes back to the server's
keys, and none leaves the action without a key.`,
			Example: "muster user bind list.filter ctrl+f /\nmuster user bind list.filter default",
			Route:   "PUT /v1/me/bindings/{action}", Changes: true,
			Run: func(ctx context.Context, d Deps, a models.Actor, in bindIn) (List[models.KeyBinding], error) {
				keys := in.Keys
				switch {
				case len(keys) == 0:
					return List[models.KeyBinding]{}, models.Errorf(models.CodeUsage, "no key was given").WithHint("give one or more keys, default or none")
				case slices.Equal(keys, []string{"default"}):
					keys = nil
				case slices.Equal(keys, []string{"none"}):
					keys = []string{}
				}
				own, err := d.Store.SetBinding(ctx, a, in.Action, keys, d.Site.CheckBindings)
				if err != nil {
					return List[models.KeyBinding]{}, err
				}
				all, err := d.bindings(own, false)
				all.Items = slices.DeleteFunc(all.Items, func(b models.KeyBinding) bool { return b.Action != in.Action })
				return all, err
			},
		}),
		row(Def[none, List[models.KeyBinding]]{
			Name: "user.reset_bindings", Does: "go back to the default keys of the app", Command: "user reset-bindings",
			Long:    "Give every action of the app its default keys again, in all of your sessions.",
			Example: "muster user reset-bindings",
			Route:   "DELETE /v1/me/bindings", Changes: true, Audit: "user.bind",
			Run: func(ctx context.Context, d Deps, a models.Actor, _ none) (List[models.KeyBinding], error) {
				if err := d.Store.ResetBindings(ctx, a); err != nil {
					return List[models.KeyBinding]{}, err
				}
				return d.bindings(nil, true)
			},
		}),
	}
}

type bindingsIn struct {
	Own bool `flag:"own" query:"own" help:"only those that you have changed"`
}

type bindIn struct {
	Action string   `path:"action" arg:"ACTION" complete:"binding"`
	Keys   []string `body:"keys" arg:"KEY"`
}

// bindings lists the keys of somebody who has bound some for themselves, or only
// those.
func (d Deps) bindings(own models.Bindings, only bool) (List[models.KeyBinding], error) {
	all, err := d.Site.Bindings(own)
	if err != nil {
		return List[models.KeyBinding]{}, err
	}
	if only {
		all = slices.DeleteFunc(all, func(b models.KeyBinding) bool { return !b.Own })
	}
	return ListOf(all), nil
}
