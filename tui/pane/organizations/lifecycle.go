package organizations

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"muster/models"
	"muster/tui/host"
	"muster/tui/keys"
	"muster/tui/kit"
	"muster/tui/theme"
	"muster/tui/ui"
)

func organizationLifeBindings() []keys.Binding[host.Host] {
	shared := func(h host.Host) bool { return h.Org.Kind == models.KindShared }
	return []keys.Binding[host.Host]{
		{ID: "organization.create", Title: "new organization …", Scope: host.ScopeAll, Enabled: whyCreate, Help: "Creates a shared organization, with you as its owner.", Run: createForm},
		{ID: "organization.transfer", Title: "transfer ownership …", Scope: host.ScopeAll, Changes: true,
			Help:    "Nominates a member as owner in your place; they accept or decline within seven days.",
			Present: shared, Enabled: func(h host.Host) string { return kit.Reason(h.Access.MayTransfer()) }, Run: chooseNominee},
		{ID: "organization.cancel_transfer", Title: "cancel the transfer …", Scope: host.ScopeAll, Changes: true,
			Help:    "Cancels a nomination that is waiting for its answer.",
			Present: func(h host.Host) bool { return len(cancellable(h)) > 0 },
			Enabled: func(h host.Host) string { return kit.Reason(h.Access.MayTransfer()) }, Run: cancelTransfer},
		{ID: "organization.delete", Title: "delete the organization …", Scope: host.ScopeAll, Changes: true,
			Help:    "Deletes the organization for everybody, after a preview. Asks for its code.",
			Present: shared, Enabled: func(h host.Host) string { return kit.Reason(h.Access.MayDelete()) },
			Run: func(h host.Host) tea.Cmd { return deleteOrganization(h, h.Org.Organization, true) }},
		{ID: "organization.upgrade", Title: "create a shared organization from it …", Scope: host.ScopeAll,
			Help:    "Creates a shared organization from your personal workspace, which stays.",
			Present: func(h host.Host) bool { return h.Org.Kind == models.KindPersonal }, Enabled: whyCreate, Run: func(h host.Host) tea.Cmd { return kit.Upgrade(h, "") }},
	}
}

// ---- handing over

// cancellable are the nominations that wait for somebody else's answer.
func cancellable(h host.Host) (open []models.Transfer) {
	for _, x := range h.Org.Transfers {
		if x.Status == models.TransferPending && !x.IsNominee {
			open = append(open, x)
		}
	}
	return open
}

// chooseNominee looks for the member to nominate.
func chooseNominee(h host.Host) tea.Cmd {
	st, actor, org := h.Store, h.Actor, h.Org.ID
	known := map[string]models.Member{}
	var id int
	pick := &ui.Picker{Title: "Transfer ownership to", Find: true, Prompt: "a member by name or address", Empty: "No matches",
		Choose: func(it ui.Item) tea.Cmd { return kit.Nominate(h, known[it.ID]) }}
	look := func(text string) tea.Cmd {
		pick.Await()
		return h.Bring(id, func(ctx context.Context) func(h host.Host) tea.Cmd {
			page, err := st.ListMembers(ctx, actor, org, models.MemberQuery{Search: text, Status: models.MemberActive, Limit: models.DefaultLimit})
			return func(h host.Host) tea.Cmd {
				var items []ui.Item
				for _, m := range page.Items {
					known[m.ID] = m
					items = append(items, ui.Item{ID: m.ID, Title: m.Email, Note: m.Name, Right: m.Given().Label(), Why: kit.WhyNominate(h, m)})
				}
				kit.Offer(pick, text, items, err)
				return nil
			}
		})
	}
	pick.Query = look
	id = h.Show(pick)
	return look("")
}

func cancelTransfer(h host.Host) tea.Cmd {
	open := cancellable(h)
	st := h.Store
	confirm := func(x models.Transfer) tea.Cmd {
		h.Show(&ui.Confirm{Title: "Cancel the transfer to " + x.NomineeEmail + "?", Yes: "cancel transfer", Lines: []ui.Line{
			{Text: "Nominated by " + x.NominatedBy + " " + kit.Moment(h, x.CreatedAt) + ".", Style: theme.Muted},
			{Text: "They can no longer accept. Somebody else can be nominated."},
		}, Do: func() tea.Cmd {
			return h.ActTop(func(ctx context.Context, actor models.Actor) host.Outcome {
				_, err := st.CancelTransfer(ctx, actor, x.ID)
				return host.Outcome{Err: err, Text: "the nomination of " + x.NomineeEmail + " is cancelled"}
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
		pick.Items = append(pick.Items, ui.Item{ID: x.ID, Title: x.NomineeEmail, Note: "in place of " + x.FromEmail})
	}
	h.Show(pick)
	return nil
}

func acceptTransfer(h host.Host, o models.OrgEntry) tea.Cmd {
	st := h.Store
	h.Show(&ui.Confirm{Title: "Become the owner of " + o.Name + "?", Yes: "accept", Lines: []ui.Line{
		{Text: kit.OrDeleted(o.NominatedBy) + " transfers it to you.", Style: theme.Muted}, {},
		{Text: "• you may do everything there, including billing and deletion"},
		{Text: "• the current owner becomes an admin"},
	}, Do: func() tea.Cmd {
		return h.ActTop(func(ctx context.Context, actor models.Actor) host.Outcome {
			actor.OwnerConfirmed = true
			v, err := st.AcceptTransfer(ctx, actor, o.NominationID)
			return host.Outcome{Err: err, Text: "you are the owner of " + v.Name + " now", Then: func(h host.Host) tea.Cmd { return h.SwitchTo(v.ID) }}
		})
	}})
	return nil
}

func declineTransfer(h host.Host, o models.OrgEntry) tea.Cmd {
	st := h.Store
	h.Show(&ui.Confirm{Title: "Decline to own " + o.Name + "?", Yes: "decline", Lines: []ui.Line{
		{Text: "Your role there does not change. An owner can nominate again."},
	}, Do: func() tea.Cmd {
		return h.ActTop(func(ctx context.Context, actor models.Actor) host.Outcome {
			_, err := st.DeclineTransfer(ctx, actor, o.NominationID)
			return host.Outcome{Err: err, Text: "you declined to own " + o.Name}
		})
	}})
	return nil
}

// ---- its end and its beginning

// deleteOrganization asks for the code. here says that it is the one that is
// open.
func deleteOrganization(h host.Host, o models.Organization, here bool) tea.Cmd {
	st, actor := h.Store, h.Actor
	confirm := &ui.Confirm{Title: "Delete " + o.Name + "?", Danger: true, Word: o.Code, Yes: "delete", Do: func() tea.Cmd {
		return h.ActTop(func(ctx context.Context, actor models.Actor) host.Outcome {
			c, err := st.DeleteOrganization(ctx, actor, o.ID, o.Code)
			return host.Outcome{Err: err, Then: func(h host.Host) tea.Cmd {
				word := o.Name + " is deleted; a site admin can restore it until " + kit.Date(h, c.RestorableUntil)
				if !here {
					all(h).Own = true
					return h.Say(ui.Done, word)
				}
				return h.Open(host.Opening{Left: true, Stay: h.At == host.AllOrganizations, Word: word})
			}}
		})
	}}
	return kit.Ask(h, confirm, func(ctx context.Context) ([]ui.Line, error) {
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
	lines := []ui.Line{{Text: first, Style: theme.Text | theme.Bold}, {Text: "• " + kit.Count(c.Members, "member loses", "members lose") + " access"}}
	if c.Sessions > 0 {
		lines = append(lines, ui.Line{Text: "• " + kit.Count(c.Sessions, "open session leaves", "open sessions leave") + " " + them})
	}
	if n := c.Invitations + c.Requests; n > 0 {
		lines = append(lines, ui.Line{Text: "• " + kit.Count(n, "invitation or request stops", "invitations and requests stop") + " working"})
	}
	return append(lines, ui.Line{Text: "A site admin can restore " + them + " until " + c.RestorableUntil.UTC().Format("2006-01-02") + "; after that it is gone.", Style: theme.Muted})
}
