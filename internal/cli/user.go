package cli

import (
	"muster/internal/op"
	"muster/models"
	"muster/store"
)

func userWords() map[string]words {
	return map[string]words{
		"user.me": shows(func(c *cli, me op.Identity) error {
			for _, n := range me.Notices {
				c.note("%s", n.Text())
			}
			return c.facts("name", me.Name, "email", me.ShownEmail(), "lost address", lost(me.EmailLost), "handle", me.Handle, "id", me.ID, "rights", rights(me.User),
				"keys", count(me.Keys, "key", "keys"), "signed in with", me.Fingerprint, "from", me.Address, "user since", c.at(me.CreatedAt))
		}),
		"user.update":      says(func(_ *cli, u models.User) string { return "you are now called " + u.Name }),
		"user.preferences": shows((*cli).preferences),
		"user.prefer":      shows((*cli).preferences),
		"user.bindings":    shows((*cli).bindings),
		"user.bind":        shows((*cli).bindings),
		"user.reset_bindings": says(func(*cli, op.List[models.KeyBinding]) string {
			return "every action of the app has its default keys again"
		}),
		"user.sessions": shows(func(c *cli, page op.List[store.Session]) error {
			rows := make([][]string, len(page.Items))
			for i, o := range page.Items {
				rows[i] = []string{string(o.Via), o.Address, o.Key, c.ago(o.Since)}
			}
			return c.table([]string{"VIA", "ADDRESS", "KEY", "SINCE"}, rows, "", "you have no open sessions")
		}),
	}
}

func (c *cli) preferences(p models.Preferences) error {
	var facts []string
	for _, def := range models.PreferenceList() {
		v := p.Get(def.Name)
		if v == "" {
			v = "server default"
		}
		facts = append(facts, def.Name, v)
	}
	return c.facts(facts...)
}

// bindings shows keys of the app.
func (c *cli) bindings(list op.List[models.KeyBinding]) error {
	words := func(keys []string) string {
		if len(keys) == 0 {
			return "none"
		}
		return models.KeysText(keys)
	}
	rows := make([][]string, len(list.Items))
	for i, b := range list.Items {
		own := ""
		switch {
		case b.Problem != "":
			own = "yours do not fit: " + b.Problem
		case b.Own:
			own = "yours; default: " + words(b.Default)
		}
		rows[i] = []string{b.Action, words(b.Keys), b.Where, b.Title, own}
	}
	return c.table([]string{"ACTION", "KEYS", "WHERE", "TITLE", ""}, rows, "", "you have changed no keys")
}

// lost tells whose address another user has verified.
func lost(email string) string {
	if email == "" {
		return ""
	}
	return models.LostNotice(email)
}

func rights(u models.User) string {
	if u.SiteAdmin {
		return "site admin"
	}
	return ""
}
