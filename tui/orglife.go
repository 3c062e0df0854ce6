package tui

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"muster/models"
	"muster/store"
	"muster/tui/keys"
	"muster/tui/theme"
	"muster/tui/ui"
)

func organizationLifeBindings() []keys.Binding[*App] {
	shared := func(a *App) bool { return a.org.Kind == models.KindShared }
	return []keys.Binding[*App]{
		{ID: "organization.transfer", Title: "hand over the ownership …", Scope: scopeAll, Changes: true,
			Help:    "Nominates a member to follow you as the owner; they accept or decline within seven days.",
			Present: shared, Enabled: func(a *App) string { return reason(a.access.MayTransfer()) }, Run: (*App).chooseNominee},
		{ID: "organization.cancel_transfer", Title: "take back the handing over …", Scope: scopeAll, Changes: true,
			Help:    "Takes back a nomination that waits for its answer.",
			Present: func(a *App) bool { return len(a.cancellable()) > 0 },
			Enabled: func(a *App) string { return reason(a.access.MayTransfer()) }, Run: (*App).cancelTransfer},
		{ID: "organization.delete", Title: "delete the organization …", Scope: scopeAll, Changes: true,
			Help:    "Makes the organization disappear for everybody, after showing what that means and typing its code.",
			Present: shared, Enabled: func(a *App) string { return reason(a.access.MayDelete()) },
			Run: func(a *App) tea.Cmd { return a.deleteOrganization(a.org.Organization, true) }},
		{ID: "organization.upgrade", Title: "make it a shared organization …", Scope: scopeAll,
			Help:    "Makes a shared organization from your personal workspace, which stays.",
			Present: func(a *App) bool { return a.org.Kind == models.KindPersonal }, Enabled: whyCreate, Run: (*App).upgradeForm},
	}
}

// ---- handing over

// cancellable are the nominations that wait for somebody else's answer.
func (a *App) cancellable() (open []models.Transfer) {
	for _, x := range a.org.Transfers {
		if x.Status == models.TransferPending && !x.Mine {
			open = append(open, x)
		}
	}
	return open
}

// nomination says that a member is asked to become owner.
func (a *App) nomination(m models.Member) string {
	for _, x := range a.org.Transfers {
		if x.NomineeID == m.ID && x.Status == models.TransferPending {
			return "to follow " + x.FromEmail + " as owner; answers until " + a.moment(x.ExpiresAt)
		}
	}
	return ""
}

func (a *App) whyNominate(m models.Member) string {
	from := models.Standing{UserID: a.actor.Subject()}
	primary := a.org.PrimaryOwner == from.UserID
	if a.org.Role != models.RoleOwner { // a site admin acts for the primary owner
		from.UserID, primary = a.org.PrimaryOwner, true
	}
	return reason(a.access.CheckNominate(from, m.Standing(), primary))
}

// chooseNominee looks for the member to nominate.
func (a *App) chooseNominee() tea.Cmd {
	st, actor, org := a.sh.Store, a.actor, a.org.ID
	known := map[string]models.Member{}
	var id int
	pick := &ui.Picker{Title: "Who shall be the owner?", Find: true, Prompt: "a member by name or address", Empty: "no member fits",
		Choose: func(it ui.Item) tea.Cmd { return a.nominate(known[it.ID]) }}
	look := func(text string) tea.Cmd {
		pick.Await()
		return a.bring(id, func(ctx context.Context) func(a *App) tea.Cmd {
			page, err := st.ListMembers(ctx, actor, org, models.MemberQuery{Search: text, Status: models.MemberActive, Limit: models.DefaultLimit})
			return func(a *App) tea.Cmd {
				var items []ui.Item
				for _, m := range page.Items {
					known[m.ID] = m
					items = append(items, ui.Item{ID: m.ID, Title: m.Email, Note: m.Name, Right: m.Given().Label(), Why: a.whyNominate(m)})
				}
				offer(pick, text, items, err)
				return nil
			}
		})
	}
	pick.Query = look
	id = a.show(pick)
	return look("")
}

func (a *App) nominate(m models.Member) tea.Cmd {
	st, actor, org := a.sh.Store, a.actor, a.org.ID
	a.show(&ui.Confirm{Title: "Hand " + a.org.Name + " over to " + m.Email + "?", Danger: true, Yes: "nominate", Lines: []ui.Line{
		{Text: models.SafeText(m.Name) + ", " + m.Given().Label(), Style: theme.Muted}, {},
		{Text: "• they have seven days to accept or decline"},
		{Text: "• when they accept they are owner, and the owner who hands over is an admin"},
		{Text: "• until then nothing changes, and it can be taken back"},
	}, Do: func() tea.Cmd {
		return a.actTop(func(ctx context.Context) outcome {
			x, err := st.Nominate(ctx, actor, org, m.ID)
			if err != nil {
				return outcome{err: err}
			}
			text := m.Email + " is asked to become the owner"
			return outcome{text: text, undo: &step{text: text, back: func(ctx context.Context) error {
				_, err := st.CancelTransfer(ctx, actor, x.ID)
				return err
			}}}
		})
	}})
	return nil
}

func (a *App) cancelTransfer() tea.Cmd {
	open := a.cancellable()
	st, actor := a.sh.Store, a.actor
	confirm := func(x models.Transfer) tea.Cmd {
		a.show(&ui.Confirm{Title: "Take the handing over to " + x.NomineeEmail + " back?", Yes: "take back", Lines: []ui.Line{
			{Text: "Nominated by " + x.NominatedBy + " " + a.moment(x.CreatedAt) + ".", Style: theme.Muted},
			{Text: "They cannot accept any more. Somebody can be nominated again."},
		}, Do: func() tea.Cmd {
			return a.actTop(func(ctx context.Context) outcome {
				_, err := st.CancelTransfer(ctx, actor, x.ID)
				return outcome{err: err, text: "the nomination of " + x.NomineeEmail + " is taken back"}
			})
		}})
		return nil
	}
	if len(open) == 1 {
		return confirm(open[0])
	}
	pick := &ui.Picker{Title: "Which one?", Choose: func(it ui.Item) tea.Cmd {
		for _, x := range open {
			if x.ID == it.ID {
				return confirm(x)
			}
		}
		return nil
	}}
	for _, x := range open {
		pick.Items = append(pick.Items, ui.Item{ID: x.ID, Title: x.NomineeEmail, Note: "to follow " + x.FromEmail})
	}
	a.show(pick)
	return nil
}

func (a *App) acceptTransfer(o models.OrgEntry) tea.Cmd {
	st, actor := a.sh.Store, a.actor
	a.show(&ui.Confirm{Title: "Become the owner of " + o.Name + "?", Yes: "accept", Lines: []ui.Line{
		{Text: orFormer(o.NominatedBy) + " hands it over to you.", Style: theme.Muted}, {},
		{Text: "• you may do everything there, billing and deletion included"},
		{Text: "• the owner who hands over becomes an admin"},
	}, Do: func() tea.Cmd {
		return a.actTop(func(ctx context.Context) outcome {
			v, err := st.AcceptTransfer(ctx, actor, o.NominationID)
			return outcome{err: err, text: "you are the owner of " + v.Name + " now", then: func(a *App) tea.Cmd { return a.switchTo(v.ID) }}
		})
	}})
	return nil
}

func (a *App) declineTransfer(o models.OrgEntry) tea.Cmd {
	st, actor := a.sh.Store, a.actor
	a.show(&ui.Confirm{Title: "Decline to own " + o.Name + "?", Yes: "decline", Lines: []ui.Line{
		{Text: "Your role there stays as it is. An owner can nominate again."},
	}, Do: func() tea.Cmd {
		return a.actTop(func(ctx context.Context) outcome {
			_, err := st.DeclineTransfer(ctx, actor, o.NominationID)
			return outcome{err: err, text: "you declined to own " + o.Name}
		})
	}})
	return nil
}

// nominations is how many organizations are offered to the person.
func nominations(orgs []models.OrgEntry) (n int) {
	for _, o := range orgs {
		if o.NominationID != "" {
			n++
		}
	}
	return n
}

// ---- its end and its beginning

// deleteOrganization asks for the code. here says that it is the one that is
// open.
func (a *App) deleteOrganization(o models.Organization, here bool) tea.Cmd {
	st, actor := a.sh.Store, a.actor
	confirm := &ui.Confirm{Title: "Delete " + o.Name + "?", Danger: true, Word: o.Code, Yes: "delete", Do: func() tea.Cmd {
		return a.actTop(func(ctx context.Context) outcome {
			c, err := st.DeleteOrganization(ctx, actor, o.ID, o.Code)
			return outcome{err: err, then: func(a *App) tea.Cmd {
				word := o.Name + " is deleted; a site admin can restore it until " + a.date(c.RestorableUntil)
				if !here {
					a.allOrgs.own = true
					return a.say(ui.Done, word)
				}
				a.org.ID = "" // what comes next is no loss of somebody else's making
				a.arrival, a.staying = word, a.at == paneAllOrgs
				return a.enter("")
			}}
		})
	}}
	return a.ask(confirm, func(ctx context.Context) ([]ui.Line, error) {
		c, err := st.DeletionConsequences(ctx, actor, o.ID)
		if err != nil {
			return nil, err
		}
		return orgDeletionLines(c, "It disappears for everybody at once:", "it"), nil
	})
}

// orgDeletionLines is what deleting one or several organizations means; them is
// what they are called after the first line.
func orgDeletionLines(c models.OrgConsequences, first, them string) []ui.Line {
	lines := []ui.Line{{Text: first, Style: theme.Text | theme.Bold}, {Text: "• " + count(c.Members, "member loses", "members lose") + " access"}}
	if c.Sessions > 0 {
		lines = append(lines, ui.Line{Text: "• " + count(c.Sessions, "open session leaves", "open sessions leave") + " " + them})
	}
	if n := c.Invitations + c.Requests; n > 0 {
		lines = append(lines, ui.Line{Text: "• " + count(n, "invitation or request stops", "invitations and requests stop") + " working"})
	}
	return append(lines, ui.Line{Text: "A site admin can restore " + them + " until " + c.RestorableUntil.UTC().Format("2006-01-02") + "; after that there is no way back.", Style: theme.Muted})
}

func (a *App) upgradeForm() tea.Cmd {
	st, actor := a.sh.Store, a.actor
	form := &ui.Form{Title: "A shared organization", Send: "Create", Fields: organizationFields(), Intro: []ui.Line{
		{Text: "A personal workspace has one member. A shared organization has members, invitations and roles, and you own it."},
		{Text: "Your personal workspace stays as it is.", Style: theme.Muted},
	}, Submit: func(get func(string) string) tea.Cmd {
		n := store.NewOrganization{Name: get("name"), Code: get("code"), Description: get("description")}
		return a.actTop(func(ctx context.Context) outcome {
			v, err := st.UpgradePersonal(ctx, actor, n)
			return outcome{err: err, then: func(a *App) tea.Cmd {
				a.arrival = v.Name + " is created, and you are its owner"
				return a.switchTo(v.ID)
			}}
		})
	}}
	a.show(form.Prepare())
	return nil
}
