package tui

import (
	"context"
	"strings"

	tea "charm.land/bubbletea/v2"

	"muster/internal/sshkey"
	"muster/models"
	"muster/tui/keys"
	"muster/tui/theme"
	"muster/tui/ui"
)

func userBindings() []keys.Binding[*App] {
	on := func(why func(a *App, u models.Account) string) func(a *App) string {
		return func(a *App) string {
			u, ok := a.users.table.Current()
			if !ok {
				return "no user is selected"
			}
			if why == nil {
				return ""
			}
			return why(a, u)
		}
	}
	with := func(do func(a *App, u models.Account) tea.Cmd) func(a *App) tea.Cmd {
		return func(a *App) tea.Cmd {
			u, _ := a.users.table.Current()
			return do(a, u)
		}
	}
	notMe := func(what string) func(a *App, u models.Account) string {
		return func(a *App, u models.Account) string {
			if u.ID == a.actor.Subject() {
				return "you cannot " + what + " your own account"
			}
			return ""
		}
	}
	return []keys.Binding[*App]{
		{ID: "user.create", Keys: []string{"n"}, Title: "create", Scope: scopeUsers, Foot: 80, Changes: true,
			Help: "Creates an account directly, with a public key or a one-time code that brings one in.", Run: (*App).createUserForm},
		{ID: "user.edit", Keys: []string{"e"}, Title: "edit", Scope: scopeUsers, Foot: 78, Changes: true, Enabled: on(nil),
			Help: "Changes address, name and, for site admins, who administers the installation.", Run: with((*App).editUser)},
		{ID: "user.suspend", Keys: []string{"x"}, Title: "suspend", Scope: scopeUsers, Foot: 21, Changes: true,
			Help: "Keeps the account from signing in anywhere, with a reason. Can be undone.",
			Enabled: on(func(a *App, u models.Account) string {
				if u.Status == models.UserSuspended {
					return u.Email + " is suspended already"
				}
				return notMe("suspend")(a, u)
			}), Run: with((*App).suspendUser)},
		{ID: "user.reactivate", Keys: []string{"a"}, Title: "reactivate", Scope: scopeUsers, Foot: 20, Changes: true,
			Help: "Lets a suspended account sign in again. Can be undone.",
			Enabled: on(func(_ *App, u models.Account) string {
				if u.Status != models.UserSuspended {
					return u.Email + " is not suspended"
				}
				return ""
			}), Run: with((*App).reactivateUser)},
		{ID: "user.delete", Keys: []string{"d"}, Title: "delete", Scope: scopeUsers, Foot: 70, Changes: true, Enabled: on(notMe("delete")),
			Help: "Deletes the account for good, after showing what that means and typing its address.", Run: with((*App).deleteUser)},
		{ID: "user.enrol", Keys: []string{"P"}, Title: "code for a key", Scope: scopeUsers, Changes: true, Enabled: on(nil),
			Help: "Gives a one-time code by which the user brings in a key; the code before stops working.", Run: with((*App).enrolUser)},
		{ID: "user.show", Keys: []string{"f"}, Title: "show only", Scope: scopeUsers, Foot: 39,
			Help: "Keeps the list to global administrators, a status, a role or an organization. esc shows all again.",
			Run:  func(a *App) tea.Cmd { return a.users.chooseView(a) }},
		{ID: "user.copy", Keys: []string{"y"}, Title: "copy email", Scope: scopeUsers, Enabled: on(nil),
			Help: "Copies the address to your own clipboard.",
			Run:  with(func(a *App, u models.Account) tea.Cmd { return a.copy(u.Email, u.Email) })},
	}
}

// createUserForm asks for a new account. Its organization is the open one; site
// admins name any other, or none.
func (a *App) createUserForm() tea.Cmd {
	st, actor, scope := a.sh.Store, a.actor, a.userScope()
	org := ui.FormField{Name: "organization", Label: "Organization", Help: "its code; empty for none"}
	code := ""
	if a.org.Kind == models.KindShared {
		code = a.org.Code
	}
	if scope != "" {
		org.ReadOnly = "you administer this one"
	}
	roles := []ui.Choice{{Value: "", Title: "its default"}}
	for _, r := range models.Roles() {
		if a.access.CheckGrant(r) == nil || scope == "" {
			roles = append(roles, ui.Choice{Value: string(r), Title: string(r)})
		}
	}
	form := &ui.Form{Title: "New user", Send: "Create", Fields: []ui.FormField{
		ui.FormField{Name: "email", Label: "Email", Help: "where people are invited, they join by themselves; this makes the account at once", Check: email}.With(""),
		ui.FormField{Name: "name", Label: "Name", Help: "as others see them", Check: name("name")}.With(""),
		org.With(code),
		ui.FormField{Name: "role", Label: "Role there", Kind: ui.ChoiceField, Choices: roles}.With(""),
		ui.FormField{Name: "key", Label: "Public key", Kind: ui.LinesField, Help: "its line; empty for a one-time code that brings one in", Check: func(v string) error {
			if strings.TrimSpace(v) == "" {
				return nil
			}
			_, err := sshkey.Parse([]byte(v))
			return err
		}}.With(""),
	}}
	if a.me.SiteAdmin {
		form.Fields = append(form.Fields, ui.FormField{Name: "site_admin", Label: "Global admin", Kind: ui.SwitchField, Help: "may do everything in the whole installation"}.With(models.Off))
	}
	form.Submit = func(get func(string) string) tea.Cmd {
		n := models.NewAccount{Email: get("email"), Name: get("name"), Org: strings.TrimSpace(get("organization")), Role: models.Role(get("role")), SiteAdmin: get("site_admin") == models.On}
		if scope != "" {
			n.Org = scope
		}
		if n.Org == "" {
			n.Role = ""
		}
		text := get("key")
		return a.actTop(func(ctx context.Context) outcome {
			if strings.TrimSpace(text) != "" {
				k, err := sshkey.Parse([]byte(text))
				if err != nil {
					return outcome{err: err}
				}
				n.Key = &k
			}
			d, e, err := st.CreateUser(ctx, actor, n)
			if err != nil {
				return outcome{err: err}
			}
			return outcome{text: d.Email + " has an account", then: func(a *App) tea.Cmd {
				a.users.own = true
				return a.showEnrolment(d.User, e)
			}}
		})
	}
	a.show(form.Prepare())
	return nil
}

// showEnrolment shows the one-time code, once.
func (a *App) showEnrolment(u models.User, e *models.Enrolment) tea.Cmd {
	if e == nil {
		return nil
	}
	command := a.sh.JoinCommand(e.Code)
	a.show((&ui.Notice{Title: "A key for " + u.Email, Lines: []ui.Line{
		{Text: "They run this with the key that they want to use:"}, {},
		{Text: command, Style: theme.Accent}, {},
		{Text: "It works once, until " + a.moment(e.ExpiresAt) + ", and is not shown again. Whoever runs it can sign in as " + u.Email + ".", Style: theme.Warn},
	}}).ByItself(a.now))
	return tea.Batch(a.clip(command), a.guarded())
}

func (a *App) enrolUser(u models.Account) tea.Cmd {
	st, actor, scope := a.sh.Store, a.actor, a.userScope()
	a.show(&ui.Confirm{Title: "A code for " + u.Email + "?", Yes: "make a code", Lines: []ui.Line{
		{Text: "Whoever runs it adds their key to this account and can sign in as " + u.Email + "."},
		{Text: "It works once and for 48 hours. A code given out before stops working.", Style: theme.Muted},
	}, Do: func() tea.Cmd {
		return a.actTop(func(ctx context.Context) outcome {
			user, e, err := st.EnrolUser(ctx, actor, scope, u.ID)
			return outcome{err: err, then: func(a *App) tea.Cmd { return a.showEnrolment(user, e) }}
		})
	}})
	return nil
}

// editUser opens the form. What is left as it is is not sent.
func (a *App) editUser(u models.Account) tea.Cmd {
	st, actor, scope := a.sh.Store, a.actor, a.userScope()
	onOff := func(b bool) string {
		if b {
			return models.On
		}
		return models.Off
	}
	form := &ui.Form{Title: "Account of " + u.Email, Send: "Save", Fields: []ui.FormField{
		ui.FormField{Name: "email", Label: "Email", Help: "a new address counts as not verified when an organization's admin sets it", Check: email}.With(u.Email),
		ui.FormField{Name: "name", Label: "Name", Check: name("name")}.With(u.Name),
	}}
	if a.me.SiteAdmin {
		form.Fields = append(form.Fields, ui.FormField{Name: "site_admin", Label: "Global admin", Kind: ui.SwitchField, Help: "may do everything in the whole installation"}.With(onOff(u.SiteAdmin)))
	}
	form.Submit = func(get func(string) string) tea.Cmd {
		var to, back models.AccountChange
		if v := get("email"); v != u.Email {
			to.Email, back.Email = &v, &u.Email
		}
		if v := get("name"); v != u.Name {
			to.Name, back.Name = &v, &u.Name
		}
		if v := get("site_admin"); v != "" && v != onOff(u.SiteAdmin) {
			admin := !u.SiteAdmin
			to.SiteAdmin, back.SiteAdmin = &admin, &u.SiteAdmin
		}
		edit := func(c models.AccountChange) func(ctx context.Context) error {
			return func(ctx context.Context) error {
				_, err := st.EditUser(ctx, actor, scope, u.ID, c)
				return err
			}
		}
		return a.actTop(func(ctx context.Context) outcome {
			if to == (models.AccountChange{}) {
				return outcome{}
			}
			if err := edit(to)(ctx); err != nil {
				return outcome{err: err}
			}
			text := "the account of " + u.Email + " is changed"
			return outcome{text: text, undo: &step{text: text, back: edit(back), again: edit(to)},
				then: func(a *App) tea.Cmd { a.users.own = true; return nil }}
		})
	}
	a.show(form.Prepare())
	return nil
}

// userStep is a suspension or its end, which undo each other.
func (a *App) userStep(dialog int, u models.Account, text string, do, back func(ctx context.Context) error) tea.Cmd {
	return a.act(dialog, func(ctx context.Context) outcome {
		if err := do(ctx); err != nil {
			return outcome{err: err}
		}
		return outcome{text: text, undo: &step{text: text, back: back, again: do}, then: func(a *App) tea.Cmd { a.users.own = true; return nil }}
	})
}

func (a *App) suspendUser(u models.Account) tea.Cmd {
	form := &ui.Form{Title: "Suspend " + u.Email + "?", Send: "Suspend", Intro: []ui.Line{
		{Text: "At once: they cannot sign in anywhere, and all their open sessions end."},
		{Text: "Account, keys and memberships stay, and reactivating brings everything back.", Style: theme.Muted},
	}, Fields: []ui.FormField{
		ui.FormField{Name: "reason", Label: "Reason", Help: "they are told; may be left empty", Check: long("reason")}.With(""),
	}, Submit: func(get func(string) string) tea.Cmd {
		on, off := a.userSwitch(u, get("reason"))
		return a.userStep(a.dialogs.TopID(), u, u.Email+" is suspended", off, on)
	}}
	a.show(form.Prepare())
	return nil
}

func (a *App) reactivateUser(u models.Account) tea.Cmd {
	on, off := a.userSwitch(u, u.SuspendReason)
	return a.userStep(0, u, u.Email+" can sign in again", on, off)
}

// userSwitch makes what lets somebody sign in, and what keeps them out.
func (a *App) userSwitch(u models.Account, why string) (on, off func(ctx context.Context) error) {
	st, actor, scope := a.sh.Store, a.actor, a.userScope()
	return func(ctx context.Context) error { _, err := st.ReactivateUser(ctx, actor, scope, u.ID); return err },
		func(ctx context.Context) error { _, err := st.SuspendUser(ctx, actor, scope, u.ID, why); return err }
}

func (a *App) deleteUser(u models.Account) tea.Cmd {
	st, actor, scope := a.sh.Store, a.actor, a.userScope()
	confirm := &ui.Confirm{Title: "Delete " + u.Email + " for good?", Danger: true, Word: u.Email, Yes: "delete", Do: func() tea.Cmd {
		return a.actTop(func(ctx context.Context) outcome {
			_, err := st.DeleteUser(ctx, actor, scope, u.ID, u.Email)
			return outcome{err: err, text: u.Email + " is deleted", then: func(a *App) tea.Cmd { a.users.own = true; return nil }}
		})
	}}
	return a.ask(confirm, func(ctx context.Context) ([]ui.Line, error) {
		c, err := st.UserDeletionConsequences(ctx, actor, scope, u.ID)
		if err != nil {
			return nil, err
		}
		lines := []ui.Line{{Text: models.SafeText(c.User.Name), Style: theme.Muted}, {Text: "This cannot be undone:", Style: theme.Text | theme.Bold}}
		point := func(s string) { lines = append(lines, ui.Line{Text: "• " + s}) }
		if c.Sessions > 0 {
			point(count(c.Sessions, "open session ends", "open sessions end"))
		}
		point("the account, its personal workspace and " + count(c.Keys, "key", "keys") + " are gone")
		if n := len(c.Organizations); n > 0 {
			codes := make([]string, 0, n)
			for _, o := range c.Organizations {
				codes = append(codes, o.Code)
			}
			point("they are taken out of " + strings.Join(codes, ", "))
		}
		if n := c.InvitationsRevoked; n > 0 {
			point(count(n, "invitation they sent is", "invitations they sent are") + " revoked")
		}
		if n := c.RequestsWithdrawn; n > 0 {
			point(count(n, "proposal of theirs is", "proposals of theirs are") + " withdrawn")
		}
		return append(lines, ui.Line{Text: "The audit log stays as it was written.", Style: theme.Muted}), nil
	})
}
