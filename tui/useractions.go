package tui

import (
	"context"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"muster/internal/sshkey"
	"muster/models"
	"muster/tui/keys"
	"muster/tui/theme"
	"muster/tui/ui"
)

func userBindings() []keys.Binding[*App] {
	with := func(do func(a *App, u models.Account) tea.Cmd) func(a *App) tea.Cmd {
		return func(a *App) tea.Cmd {
			u, _ := a.users.table.Current()
			return do(a, u)
		}
	}
	return []keys.Binding[*App]{
		{ID: "user.create", Keys: []string{"n"}, Title: "create", Scope: scopeUsers, Foot: 80, Changes: true,
			Help: "Creates an account directly, with a public key or a one-time code that brings one in.", Run: (*App).createUserForm},
		{ID: "user.edit", Keys: []string{"e"}, Title: "edit", Scope: scopeUsers, Foot: 78, Changes: true, Enabled: oneUser(models.AccountEdit),
			Help: "Changes address, name and, for site admins, who administers the installation.", Run: with((*App).editUser)},
		{ID: "user.suspend", Keys: []string{"x"}, Title: "suspend", Scope: scopeUsers, Foot: 21, Changes: true,
			Help:    "Keeps the account, or all marked ones, from signing in anywhere, with a reason. Can be undone.",
			Enabled: manyUsers(models.AccountSuspend), Run: func(a *App) tea.Cmd { return a.users.suspend(a) }},
		{ID: "user.reactivate", Keys: []string{"a"}, Title: "reactivate", Scope: scopeUsers, Foot: 20, Changes: true,
			Help:    "Lets a suspended account, or all marked ones, sign in again. Can be undone.",
			Enabled: manyUsers(models.AccountReactivate), Run: func(a *App) tea.Cmd { return a.users.reactivate(a) }},
		{ID: "user.delete", Keys: []string{"d"}, Title: "delete", Scope: scopeUsers, Foot: 70, Changes: true,
			Help:    "Deletes the account, or all marked ones, for good, after showing what that means and typing which.",
			Enabled: manyUsers(models.AccountDelete), Run: func(a *App) tea.Cmd { return a.users.remove(a) }},
		{ID: "user.enrol", Keys: []string{"P"}, Title: "code for a key", Scope: scopeUsers, Changes: true, Enabled: oneUser(models.AccountEnrol),
			Help: "Gives a one-time code by which the user brings in a key; the code before stops working.", Run: with((*App).enrolUser)},
		{ID: "user.show", Keys: []string{"f"}, Title: "show only", Scope: scopeUsers, Foot: 39,
			Help: "Keeps the list to global administrators, a status, a role or an organization. esc shows all again.",
			Run:  func(a *App) tea.Cmd { return a.users.chooseView(a) }},
		{ID: "user.copy", Keys: []string{"y"}, Title: "copy email", Scope: scopeUsers, Enabled: oneUser(""),
			Help: "Copies the address to your own clipboard.",
			Run:  with(func(a *App, u models.Account) tea.Cmd { return a.copy(u.Email, u.Email) })},
	}
}

// manyUsers says why something cannot be done with the chosen users. Of marked
// ones each row tells for itself.
func manyUsers(action models.AccountAction) func(a *App) string {
	return func(a *App) string {
		if a.users.table.Marked() > 0 {
			return ""
		}
		return whyUser(a, action)
	}
}

// oneUser is manyUsers for what is done with one user at a time.
func oneUser(action models.AccountAction) func(a *App) string {
	return func(a *App) string {
		if action != "" && a.users.table.Marked() > 1 {
			return "this is done with one user at a time · esc takes the marks off"
		}
		return whyUser(a, action)
	}
}

func whyUser(a *App, action models.AccountAction) string {
	u, ok := a.users.table.Current()
	switch {
	case !ok:
		return "no user is selected"
	case action == models.AccountSuspend && u.Status == models.UserSuspended:
		return u.Email + " is suspended already"
	case action == models.AccountReactivate && u.Status != models.UserSuspended:
		return u.Email + " is not suspended"
	case action == models.AccountSuspend && u.ID == a.actor.Subject():
		return "you cannot suspend your own account"
	case action == models.AccountDelete && u.ID == a.actor.Subject():
		return "you cannot delete your own account"
	}
	return a.users.whyNot(u, action)
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
	role := ""
	var form *ui.Form
	roles := ui.FormField{Name: "role", Label: "Role there", Kind: ui.PickField, None: "its default", Help: "enter shows the roles of that organization", Pick: func() tea.Cmd {
		ref := form.Get("organization")
		if scope != "" {
			ref = a.org.Code // that of scope
		}
		return a.pickRoleIn(ref, role, func(id, label string) {
			if role = id; id == "" {
				label = ""
			}
			form.Set("role", label)
		})
	}}
	form = &ui.Form{Title: "New user", Send: "Create", Fields: []ui.FormField{
		ui.FormField{Name: "email", Label: "Email", Help: "where people are invited, they join by themselves; this makes the account at once", Check: email}.With(""),
		ui.FormField{Name: "name", Label: "Name", Help: "as others see them", Check: name("name")}.With(""),
		org.With(code),
		roles.With(""),
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
		n := models.NewAccount{Email: get("email"), Name: get("name"), Org: strings.TrimSpace(get("organization")), Role: models.Role(role), SiteAdmin: get("site_admin") == models.On}
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

func (p *usersPane) doEach(a *App, dialog int, chosen []models.Account, d bulk[models.Account]) tea.Cmd {
	d.label = func(u models.Account) string { return u.Email }
	return doEach(a, &p.list, dialog, chosen, d)
}

func whichUsers(chosen []models.Account) string {
	if len(chosen) == 1 {
		return chosen[0].Email
	}
	return count(len(chosen), "user", "users")
}

func (p *usersPane) suspend(a *App) tea.Cmd {
	chosen := p.table.Chosen()
	form := &ui.Form{Title: "Suspend " + whichUsers(chosen) + "?", Send: "Suspend", Intro: []ui.Line{
		{Text: "At once: they cannot sign in anywhere, and all their open sessions end."},
		{Text: "Account, keys and memberships stay, and reactivating brings everything back.", Style: theme.Muted},
	}, Fields: []ui.FormField{
		ui.FormField{Name: "reason", Label: "Reason", Help: "they are told; may be left empty", Check: long("reason")}.With(""),
	}, Submit: func(get func(string) string) tea.Cmd {
		why := get("reason")
		on, off := a.userSwitch(func(models.Account) string { return why })
		return p.doEach(a, a.dialogs.TopID(), chosen, bulk[models.Account]{verb: "suspended", one: "is suspended",
			many: [2]string{"user is suspended", "users are suspended"}, do: off, back: on})
	}}
	a.show(form.Prepare())
	return nil
}

func (p *usersPane) reactivate(a *App) tea.Cmd {
	on, off := a.userSwitch(func(u models.Account) string { return u.SuspendReason })
	return p.doEach(a, 0, p.table.Chosen(), bulk[models.Account]{verb: "reactivated", one: "can sign in again",
		many: [2]string{"user can sign in again", "users can sign in again"}, do: on, back: off})
}

// userSwitch makes what lets somebody sign in, and what keeps them out.
func (a *App) userSwitch(why func(models.Account) string) (on, off func(ctx context.Context, u models.Account) error) {
	st, actor, scope := a.sh.Store, a.actor, a.userScope()
	return func(ctx context.Context, u models.Account) error {
			_, err := st.ReactivateUser(ctx, actor, scope, u.ID)
			return err
		}, func(ctx context.Context, u models.Account) error {
			_, err := st.SuspendUser(ctx, actor, scope, u.ID, why(u))
			return err
		}
}

// remove deletes the chosen accounts. One wants its address typed, several their
// number.
func (p *usersPane) remove(a *App) tea.Cmd {
	chosen := p.table.Chosen()
	st, actor, scope := a.sh.Store, a.actor, a.userScope()
	confirm := &ui.Confirm{Title: "Delete " + whichUsers(chosen) + " for good?", Danger: true, Word: whichUsers(chosen), Yes: "delete", Do: func() tea.Cmd {
		return p.doEach(a, a.dialogs.TopID(), chosen, bulk[models.Account]{verb: "deleted", one: "is deleted", many: [2]string{"user is deleted", "users are deleted"},
			do: func(ctx context.Context, u models.Account) error {
				_, err := st.DeleteUser(ctx, actor, scope, u.ID, u.Email)
				return err
			}})
	}}
	return a.ask(confirm, func(ctx context.Context) ([]ui.Line, error) {
		var all []models.AccountConsequences
		for _, u := range chosen {
			c, err := st.UserDeletionConsequences(ctx, actor, scope, u.ID)
			if err == nil {
				all = append(all, c)
			} else if len(chosen) == 1 {
				return nil, err
			} // else its row will tell
		}
		return userDeletionLines(all, len(chosen)), nil
	})
}

func userDeletionLines(all []models.AccountConsequences, chosen int) []ui.Line {
	var sum models.AccountConsequences
	var names, codes []string
	for _, c := range all {
		sum.Sessions += c.Sessions
		sum.Keys += c.Keys
		sum.InvitationsRevoked += c.InvitationsRevoked
		sum.RequestsWithdrawn += c.RequestsWithdrawn
		names = append(names, c.User.Email)
		for _, o := range c.Organizations {
			if !slices.Contains(codes, o.Code) {
				codes = append(codes, o.Code)
			}
		}
	}
	var lines []ui.Line
	if chosen == 1 {
		lines = append(lines, ui.Line{Text: models.SafeText(all[0].User.Name), Style: theme.Muted})
	} else {
		lines = append(lines, ui.Line{Text: someOf(names), Style: theme.Muted})
	}
	if n := chosen - len(all); n > 0 {
		lines = append(lines, ui.Line{Text: "! " + count(n, "of them cannot be deleted and stays", "of them cannot be deleted and stay"), Style: theme.Warn})
	}
	lines = append(lines, ui.Line{Text: "This cannot be undone:", Style: theme.Text | theme.Bold})
	point := func(s string) { lines = append(lines, ui.Line{Text: "• " + s}) }
	if n := sum.Sessions; n > 0 {
		point(count(n, "open session ends", "open sessions end"))
	}
	if len(all) == 1 {
		point("the account, its personal workspace and " + count(sum.Keys, "key", "keys") + " are gone")
	} else {
		point(count(len(all), "account", "accounts") + ", their personal workspaces and " + count(sum.Keys, "key", "keys") + " are gone")
	}
	if len(codes) > 0 {
		point("they are taken out of " + someOf(codes))
	}
	if n := sum.InvitationsRevoked; n > 0 {
		point(count(n, "invitation they sent is", "invitations they sent are") + " revoked")
	}
	if n := sum.RequestsWithdrawn; n > 0 {
		point(count(n, "proposal of theirs is", "proposals of theirs are") + " withdrawn")
	}
	return append(lines, ui.Line{Text: "The audit log stays as it was written.", Style: theme.Muted})
}
