package users

import (
	"context"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"muster/internal/sshkey"
	"muster/models"
	"muster/tui/host"
	"muster/tui/keys"
	"muster/tui/kit"
	"muster/tui/list"
	"muster/tui/theme"
	"muster/tui/ui"
)

func userBindings() []keys.Binding[host.Host] {
	with := func(do func(h host.Host, u models.Account) tea.Cmd) func(h host.Host) tea.Cmd {
		return func(h host.Host) tea.Cmd {
			u, _ := of(h).Table.Current()
			return do(h, u)
		}
	}
	return []keys.Binding[host.Host]{
		{ID: "user.create", Keys: []string{"n"}, Title: "create", Scope: scopeUsers, Foot: 80, Changes: true,
			Help: "Creates an account directly, with a public key or a one-time code for one.", Run: createUserForm},
		{ID: "user.invite", Keys: []string{"I"}, Title: "invite by mail", Scope: scopeUsers, Changes: true,
			Present: func(h host.Host) bool { return h.Me.SiteAdmin },
			Help:    "Creates an account and mails its address a one-time code for a key.", Run: inviteUserForm},
		{ID: "user.edit", Keys: []string{"e"}, Title: "edit", Scope: scopeUsers, Foot: 78, Changes: true, Enabled: oneUser(models.AccountEdit),
			Help: "Changes address, name and, for site admins, who is a site admin.", Run: with(editUser)},
		{ID: "user.suspend", Keys: []string{"x"}, Title: "suspend", Scope: scopeUsers, Foot: 21, Changes: true, Many: true,
			Help:    "Suspends the account, or all marked ones, everywhere, with a reason. Can be undone.",
			Enabled: manyUsers(models.AccountSuspend), Run: func(h host.Host) tea.Cmd { return of(h).suspend(h) }},
		{ID: "user.reactivate", Keys: []string{"a"}, Title: "reactivate", Scope: scopeUsers, Foot: 20, Changes: true, Many: true,
			Help:    "Reactivates the account, or all marked ones. Can be undone.",
			Enabled: manyUsers(models.AccountReactivate), Run: func(h host.Host) tea.Cmd { return of(h).reactivate(h) }},
		{ID: "user.delete", Keys: []string{"d"}, Title: "delete", Scope: scopeUsers, Foot: 70, Changes: true, Many: true,
			Help:    "Deletes the account, or all marked ones, permanently, after a preview. Asks which.",
			Enabled: manyUsers(models.AccountDelete), Run: func(h host.Host) tea.Cmd { return of(h).remove(h) }},
		{ID: "user.enrol", Keys: []string{"P"}, Title: "code for a key", Scope: scopeUsers, Changes: true, Enabled: oneUser(models.AccountEnrol),
			Help: "Creates a one-time code with which the user adds a key; an earlier code stops working.", Run: with(enrolUser)},
		{ID: "user.reset_factor", Keys: []string{"F"}, Title: "reset two-factor", Scope: scopeUsers, Changes: true, Enabled: oneUser(""),
			Present: func(h host.Host) bool { return h.Me.SiteAdmin },
			Help:    "Resets the second factor of somebody who has lost both phone and recovery codes.", Run: with(resetFactor)},
		{ID: "user.verify", Keys: []string{"V"}, Title: "verify address", Scope: scopeUsers, Changes: true, Enabled: manyUsers(models.AccountVerify),
			Help: "Marks the address of the account, or of all marked ones, as verified; other accounts lose it.", Run: func(h host.Host) tea.Cmd { return of(h).verify(h) }},
		{ID: "user.copy", Keys: []string{"y"}, Title: "copy email", Scope: scopeUsers, Enabled: oneUser(""),
			Help: "Copies the address to your own clipboard.",
			Run:  with(func(h host.Host, u models.Account) tea.Cmd { return h.Copy(u.Email, u.Email) })},
	}
}

// manyUsers says why something cannot be done with the chosen users. Of marked
// ones each row tells for itself.
func manyUsers(action models.AccountAction) func(h host.Host) string {
	return func(h host.Host) string {
		if of(h).Table.Marked() > 0 {
			return ""
		}
		return whyUser(h, action)
	}
}

// oneUser is manyUsers for what is done with one user at a time.
func oneUser(action models.AccountAction) func(h host.Host) string {
	return func(h host.Host) string {
		if action != "" && of(h).Table.Marked() > 1 {
			return "this works on one user at a time · esc clears the marks"
		}
		return whyUser(h, action)
	}
}

func whyUser(h host.Host, action models.AccountAction) string {
	u, ok := of(h).Table.Current()
	if !ok {
		return "no user is selected"
	}
	if err := action.CheckRow(h.Actor.Subject(), u.User); err != nil {
		return models.AsError(err).Message
	}
	return of(h).whyNot(u, action)
}

// createUserForm asks for a new account. Its organization is the open one; site
// admins name any other, or none.
func createUserForm(h host.Host) tea.Cmd {
	st, scope := h.Store, userScope(h)
	org := ui.FormField{Name: "organization", Label: "Organization", Help: "its code; empty for none"}
	code := ""
	if h.Org.Kind == models.KindShared {
		code = h.Org.Code
	}
	if scope != "" {
		org.ReadOnly = "you administer this one"
	}
	role := ""
	var form *ui.Form
	roles := ui.FormField{Name: "role", Label: "Role there", Kind: ui.PickField, None: "its default", Help: "enter shows the roles of that organization", Pick: func() tea.Cmd {
		ref := form.Get("organization")
		if scope != "" {
			ref = h.Org.Code // that of scope
		}
		return pickRoleIn(h, ref, role, func(id, label string) {
			if role = id; id == "" {
				label = ""
			}
			form.Set("role", label)
		})
	}}
	form = &ui.Form{Title: "New user", Send: "Create", Fields: []ui.FormField{
		ui.FormField{Name: "email", Label: "Email", Help: "creates the account at once; people who should accept first are invited instead", Check: kit.Email}.With(""),
		ui.FormField{Name: "name", Label: "Name", Help: "as others see them", Check: kit.Name("name")}.With(""),
		org.With(code),
		roles.With(""),
		ui.FormField{Name: "key", Label: "Public key", Kind: ui.LinesField, Help: "its line; empty for a one-time code to add one", Check: func(v string) error {
			if strings.TrimSpace(v) == "" {
				return nil
			}
			_, err := sshkey.Parse([]byte(v))
			return err
		}}.With(""),
	}}
	if h.Me.SiteAdmin {
		form.Fields = append(form.Fields, ui.FormField{Name: "site_admin", Label: "Site admin", Kind: ui.SwitchField, Help: "may do everything in this installation"}.With(models.Off))
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
		return h.ActTop(func(ctx context.Context, actor models.Actor) host.Outcome {
			if strings.TrimSpace(text) != "" {
				k, err := sshkey.Parse([]byte(text))
				if err != nil {
					return host.Outcome{Err: err}
				}
				n.Key = &k
			}
			return accountMade(st.CreateUser(ctx, actor, n))
		})
	}
	h.Show(form.Prepare())
	return nil
}

// accountMade says what came of making a user.
func accountMade(d models.AccountDetail, e *models.Enrolment, err error) host.Outcome {
	if err != nil {
		return host.Outcome{Err: err}
	}
	if inv := d.Request; inv != nil {
		return host.Outcome{Text: "no account yet: inviting " + inv.Email + " as " + inv.Given().Label() + " is waiting for approval"}
	}
	return host.Outcome{Text: d.Email + " has an account", Then: func(h host.Host) tea.Cmd {
		of(h).Own = true
		return showEnrolment(h, d.User, e)
	}}
}

// showEnrolment shows the one-time code, once.
func showEnrolment(h host.Host, u models.User, e *models.Enrolment) tea.Cmd {
	if e == nil {
		return nil
	}
	command := h.JoinCommand(e.Code)
	h.Show((&ui.Notice{Title: "A key for " + u.Email, Lines: []ui.Line{
		{Text: "They run this with the key they want to use:"}, {},
		{Text: command, Style: theme.Accent}, {},
		{Text: "It works once, until " + kit.Moment(h, e.ExpiresAt) + ", and is not shown again. Anyone who runs it can sign in as " + u.Email + ".", Style: theme.Warn},
	}}).ByItself(h.Now))
	return tea.Batch(h.Clip(command), h.Guarded())
}

func enrolUser(h host.Host, u models.Account) tea.Cmd {
	st, scope := h.Store, userScope(h)
	h.Show(&ui.Confirm{Title: "A code for " + u.Email + "?", Yes: "create a code", Lines: []ui.Line{
		{Text: "Anyone who runs it adds their key to this account and can sign in as " + u.Email + "."},
		{Text: "It works once, within 48 hours. An earlier code stops working.", Style: theme.Muted},
	}, Do: func() tea.Cmd {
		return h.ActTop(func(ctx context.Context, actor models.Actor) host.Outcome {
			user, e, err := st.EnrolUser(ctx, actor, scope, u.ID)
			return host.Outcome{Err: err, Then: func(h host.Host) tea.Cmd { return showEnrolment(h, user, e) }}
		})
	}})
	return nil
}

// editUser opens the form. What is left as it is is not sent.
func editUser(h host.Host, u models.Account) tea.Cmd {
	st, scope := h.Store, userScope(h)
	onOff := func(b bool) string {
		if b {
			return models.On
		}
		return models.Off
	}
	form := &ui.Form{Title: "Account of " + u.Email, Send: "Save", Fields: []ui.FormField{
		ui.FormField{Name: "email", Label: "Email", Help: "a new address counts as not verified", Check: kit.Email}.With(u.Email),
		ui.FormField{Name: "name", Label: "Name", Check: kit.Name("name")}.With(u.Name),
	}}
	if h.Me.SiteAdmin {
		form.Fields = append(form.Fields, ui.FormField{Name: "site_admin", Label: "Site admin", Kind: ui.SwitchField, Help: "may do everything in this installation"}.With(onOff(u.SiteAdmin)))
	}
	if u.ID == h.Actor.Subject() && !h.Actor.Local() {
		form.Fields = append(form.Fields, ui.FormField{Name: "code", Label: "Code", Help: "from your authenticator app; needed for a new address if you have two-factor"}.With(""))
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
		edit := func(c models.AccountChange) func(ctx context.Context, actor models.Actor) error {
			return func(ctx context.Context, actor models.Actor) error {
				_, err := st.EditUser(ctx, actor, scope, u.ID, c)
				return err
			}
		}
		return h.ActTop(func(ctx context.Context, actor models.Actor) host.Outcome {
			if to == (models.AccountChange{}) {
				return host.Outcome{}
			}
			given := to
			given.Code = get("code")
			if err := edit(given)(ctx, actor); err != nil {
				return host.Outcome{Err: err}
			}
			text := "the account of " + u.Email + " is changed"
			if given.Code != "" { // taking it back would want another one
				return host.Outcome{Text: text, Then: func(h host.Host) tea.Cmd { of(h).Own = true; return nil }}
			}
			return host.Outcome{Text: text, Undo: &host.Step{Text: text, Undo: edit(back), Redo: edit(to)},
				Then: func(h host.Host) tea.Cmd { of(h).Own = true; return nil }}
		})
	}
	h.Show(form.Prepare())
	return nil
}

func (p *Pane) doEach(h host.Host, dialog int, chosen []models.Account, d list.Bulk[models.Account]) tea.Cmd {
	d.Label = func(u models.Account) string { return u.Email }
	return list.Each(h, &p.List, dialog, chosen, d)
}

func whichUsers(chosen []models.Account) string {
	if len(chosen) == 1 {
		return chosen[0].Email
	}
	return kit.Count(len(chosen), "user", "users")
}

// verify asks first: of two accounts with an address the other one loses it.
func (p *Pane) verify(h host.Host) tea.Cmd {
	chosen := p.Table.Chosen()
	h.Show(&ui.Confirm{Title: "Verify the address of " + whichUsers(chosen) + "?", Yes: "verify", Lines: []ui.Line{
		{Text: "Only if you know that it is theirs: they get every invitation sent to it."},
		{Text: "Other accounts with the same address lose it, and are told.", Style: theme.Muted},
	}, Do: func() tea.Cmd {
		st, scope := h.Store, userScope(h)
		return p.doEach(h, h.TopID(), chosen, list.Bulk[models.Account]{Verb: "verified", Do: func(ctx context.Context, actor models.Actor, u models.Account) error {
			_, err := st.VerifyUser(ctx, actor, scope, u.ID)
			return err
		}})
	}})
	return nil
}

func (p *Pane) suspend(h host.Host) tea.Cmd {
	chosen := p.Table.Chosen()
	form := &ui.Form{Title: "Suspend " + whichUsers(chosen) + "?", Send: "Suspend", Intro: []ui.Line{
		{Text: "At once, they cannot sign in anywhere, and all their sessions end."},
		{Text: "Account, keys and memberships are kept, and reactivating restores access.", Style: theme.Muted},
	}, Fields: []ui.FormField{
		ui.FormField{Name: "reason", Label: "Reason", Help: "they are told (optional)", Check: kit.Long("reason")}.With(""),
	}, Submit: func(get func(string) string) tea.Cmd {
		why := get("reason")
		on, off := userSwitch(h, func(models.Account) string { return why })
		return p.doEach(h, h.TopID(), chosen, list.Bulk[models.Account]{Verb: "suspended", One: "is suspended",
			Many: [2]string{"user is suspended", "users are suspended"}, Do: off, Undo: on})
	}}
	h.Show(form.Prepare())
	return nil
}

func (p *Pane) reactivate(h host.Host) tea.Cmd {
	on, off := userSwitch(h, func(u models.Account) string { return u.SuspendReason })
	return p.doEach(h, 0, p.Table.Chosen(), list.Bulk[models.Account]{Verb: "reactivated", One: "can sign in again",
		Many: [2]string{"user can sign in again", "users can sign in again"}, Do: on, Undo: off})
}

// userSwitch makes what lets somebody sign in, and what keeps them out.
func userSwitch(h host.Host, why func(models.Account) string) (on, off func(ctx context.Context, actor models.Actor, u models.Account) error) {
	st, scope := h.Store, userScope(h)
	return func(ctx context.Context, actor models.Actor, u models.Account) error {
			_, err := st.ReactivateUser(ctx, actor, scope, u.ID)
			return err
		}, func(ctx context.Context, actor models.Actor, u models.Account) error {
			_, err := st.SuspendUser(ctx, actor, scope, u.ID, why(u))
			return err
		}
}

// remove deletes the chosen accounts. One wants its address typed, several their
// number.
func (p *Pane) remove(h host.Host) tea.Cmd {
	chosen := p.Table.Chosen()
	st, actor, scope := h.Store, h.Actor, userScope(h)
	confirm := &ui.Confirm{Title: "Delete " + whichUsers(chosen) + " permanently?", Danger: true, Word: whichUsers(chosen), Yes: "delete", Do: func() tea.Cmd {
		return p.doEach(h, h.TopID(), chosen, list.Bulk[models.Account]{Verb: "deleted", One: "is deleted", Many: [2]string{"user is deleted", "users are deleted"},
			Do: func(ctx context.Context, actor models.Actor, u models.Account) error {
				_, err := st.DeleteUser(ctx, actor, scope, u.ID, u.Email)
				return err
			}})
	}}
	return kit.Ask(h, confirm, func(ctx context.Context) ([]ui.Line, error) {
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
		sum.InvitationsReturned += c.InvitationsReturned
		sum.RequestsWithdrawn += c.RequestsWithdrawn
		sum.InvitationsClosed += c.InvitationsClosed
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
		lines = append(lines, ui.Line{Text: kit.SomeOf(names), Style: theme.Muted})
	}
	if n := chosen - len(all); n > 0 {
		lines = append(lines, ui.Line{Text: "! " + kit.Count(n, "of them cannot be deleted and stays", "of them cannot be deleted and stay"), Style: theme.Warn})
	}
	lines = append(lines, ui.Line{Text: "This cannot be undone:", Style: theme.Text | theme.Bold})
	point := func(s string) { lines = append(lines, ui.Line{Text: "• " + s}) }
	if n := sum.Sessions; n > 0 {
		point(kit.Count(n, "open session ends", "open sessions end"))
	}
	if len(all) == 1 {
		point("the account, its personal workspace and " + kit.Count(sum.Keys, "key", "keys") + " are deleted")
	} else {
		point(kit.Count(len(all), "account", "accounts") + ", their personal workspaces and " + kit.Count(sum.Keys, "key", "keys") + " are deleted")
	}
	if len(codes) > 0 {
		point("they are removed from " + kit.SomeOf(codes))
	}
	if n := sum.InvitationsRevoked; n > 0 {
		point(kit.Count(n, "invitation they sent is", "invitations they sent are") + " revoked")
	}
	if n := sum.InvitationsReturned; n > 0 {
		point(kit.Count(n, "pending invitation they approved needs", "pending invitations they approved need") + " a new decision")
	}
	if n := sum.RequestsWithdrawn; n > 0 {
		point(kit.Count(n, "proposal by them is", "proposals by them are") + " withdrawn")
	}
	if n := sum.InvitationsClosed; n > 0 {
		point(kit.Count(n, "open invitation to their address is", "open invitations to their address are") + " revoked")
	}
	return append(lines, ui.Line{Text: "The audit log is kept.", Style: theme.Muted})
}
