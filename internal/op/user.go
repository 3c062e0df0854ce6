package op

import (
	"context"

	"muster/models"
	"muster/store"
)

// userRows are what somebody does with their own account.
func userRows() []*Row {
	return []*Row{
		row(Def[none, Identity]{
			Name: "user.me", Does: "show your account and session", Command: "whoami",
			Long:    "Show your user, and the key and address you connected with.",
			Example: "muster whoami\nmuster whoami --json",
			Route:   "GET /v1/me",
			Run: func(ctx context.Context, d Deps, a models.Actor, _ none) (Identity, error) {
				me, err := d.Store.Me(ctx, a)
				id := Identity{User: me.User, Keys: me.Keys, CurrentOrg: me.CurrentOrg, Via: a.Via, Address: a.Address, Fingerprint: a.Key, Notices: me.Notices}
				if a.OnBehalfOf != "" {
					id.OnBehalfOfBy = a.UserID
				}
				return id, err
			},
		}),
		row(Def[userUpdateIn, models.User]{
			Name: "user.update", Does: "change your display name", Command: "user update",
			Long:    "Change the name that others see.",
			Example: `muster user update --name "Ada Lovelace"`,
			Route:   "PATCH /v1/me", Changes: true,
			Run: func(ctx context.Context, d Deps, a models.Actor, in userUpdateIn) (models.User, error) {
				return d.Store.UpdateMe(ctx, a, in.Name)
			},
		}),
		row(Def[none, models.Preferences]{
			Name: "user.preferences", Does: "show your preferences for the app", Command: "user preferences",
			Long:    "Show your preferences for the app, wherever you sign in: theme, mouse and notifications.",
			Example: "muster user preferences --json",
			Route:   "GET /v1/me/preferences",
			Run: func(ctx context.Context, d Deps, a models.Actor, _ none) (models.Preferences, error) {
				me, err := d.Store.Me(ctx, a)
				return me.Preferences, err
			},
		}),
		row(Def[preferIn, models.Preferences]{
			Name: "user.prefer", Does: "change your preferences for the app", Command: "user prefer",
			Long: `Change your preferences for the app, wherever you sign in. The value default follows
the server's setting.

    theme          auto, light, dark or mono
    mouse          on or off
    notifications  bell, desktop or off, for waiting requests`,
			Example: "muster user prefer notifications desktop\nmuster user prefer theme default",
			Route:   "PUT /v1/me/preferences/{name}", Changes: true,
			Run: func(ctx context.Context, d Deps, a models.Actor, in preferIn) (models.Preferences, error) {
				if in.Value == "default" {
					in.Value = ""
				}
				return d.Store.SetPreference(ctx, a, in.Name, in.Value)
			},
		}),
		row(Def[none, List[store.Session]]{
			Name: "user.sessions", Does: "list your open sessions", Command: "user sessions",
			Long:    "List the sessions in which you are signed in right now.",
			Example: "muster user sessions",
			Route:   "GET /v1/me/sessions",
			Run: func(ctx context.Context, d Deps, a models.Actor, _ none) (List[store.Session], error) {
				return whole(d.Store.Sessions(ctx, a))
			},
		}),
	}
}

// Identity is who somebody is, and how they came in.
type Identity struct {
	models.User
	Keys         int        `json:"keys"`
	CurrentOrg   string     `json:"current_organization_id"`
	Via          models.Via `json:"via"`
	Address      string     `json:"address,omitempty"`
	Fingerprint  string     `json:"fingerprint,omitempty"`
	OnBehalfOfBy string     `json:"acted_for_by,omitempty"`
	// Notices are what happened to the account that they have not been shown yet.
	Notices []models.AccountNotice `json:"notices"`
}

type userUpdateIn struct {
	Name string `flag:"name" body:"name" required:"true" help:"your display name"`
}

type preferIn struct {
	Name  string `path:"name" arg:"NAME" complete:"preference"`
	Value string `body:"value" arg:"VALUE" complete:"preference_value"`
}
