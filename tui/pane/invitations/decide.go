package invitations

import (
	"context"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"muster/models"
	"muster/tui/host"
	"muster/tui/kit"
	"muster/tui/list"
	"muster/tui/theme"
	"muster/tui/ui"
)

// approve decides the chosen requests. The cursor goes on to the next one that
// waits, so that a queue is cleared with one key.
func (p *Pane) approve(h host.Host, chosen []models.Invitation, role models.Role) tea.Cmd {
	st, org := h.Store, h.Org.ID
	h.Acted()
	return p.decide(h, chosen, decision{verb: "approved",
		do: func(ctx context.Context, actor models.Actor, i models.Invitation) (models.Invitation, error) {
			return st.ApproveInvitation(ctx, actor, org, i.ID, role)
		},
		one: func(i models.Invitation) string { return i.Email + " approved as " + i.Given().Label() },
		note: func(i models.Invitation) string {
			if h.NoMail {
				return " · " + h.KeyOf("invitation.copy_join") + " copies the join command"
			}
			if i.Delivery.State == models.DeliveryQueued {
				return " · the mail is sent in 10 s"
			}
			return ""
		},
		repeat: func(h host.Host) tea.Cmd { return p.approve(h, chosen, role) }})
}

func (p *Pane) reject(h host.Host, chosen []models.Invitation, why string) tea.Cmd {
	st, org := h.Store, h.Org.ID
	return p.decide(h, chosen, decision{verb: "rejected",
		do: func(ctx context.Context, actor models.Actor, i models.Invitation) (models.Invitation, error) {
			return st.RejectInvitation(ctx, actor, org, i.ID, why)
		},
		one:    func(i models.Invitation) string { return i.Email + " rejected" },
		note:   func(models.Invitation) string { return "" },
		repeat: func(h host.Host) tea.Cmd { return p.reject(h, chosen, why) }})
}

// decision is what approving and rejecting differ in.
type decision struct {
	verb   string
	do     func(context.Context, models.Actor, models.Invitation) (models.Invitation, error)
	one    func(decided models.Invitation) string // what is said of a single one
	note   func(decided models.Invitation) string // and added to it
	repeat func(h host.Host) tea.Cmd
}

func (p *Pane) decide(h host.Host, chosen []models.Invitation, d decision) tea.Cmd {
	p.goOn(chosen)
	st, org := h.Store, h.Org.ID
	var decided []models.Invitation
	return list.Each(h, &p.List, h.TopID(), chosen, list.Bulk[models.Invitation]{Label: address, Verb: d.verb,
		Do: func(ctx context.Context, actor models.Actor, i models.Invitation) error {
			v, err := d.do(ctx, actor, i)
			if err == nil {
				decided = append(decided, v)
			}
			return err
		},
		Say: func([]models.Invitation) string {
			if len(decided) == 1 {
				return d.one(decided[0])
			}
			return kit.Count(len(decided), "request", "requests") + " " + d.verb
		},
		Note: func() string {
			if len(decided) == 1 {
				return d.note(decided[0])
			}
			return ""
		},
		Undo: func(ctx context.Context, actor models.Actor, i models.Invitation) error {
			_, err := st.UndoDecision(ctx, actor, org, i.ID)
			return err
		},
		Until:  func() time.Time { return undoUntil(decided) },
		Repeat: d.repeat,
		Always: func() { p.show(chosen, decided) },
	})
}

// undoUntil is how long all of the decisions can be taken back, zero where they
// cannot.
func undoUntil(decided []models.Invitation) (until time.Time) {
	for _, i := range decided {
		if i.UndoUntil != nil && (until.IsZero() || i.UndoUntil.Before(until)) {
			until = *i.UndoUntil
		}
	}
	return until
}

func address(i models.Invitation) string { return i.Email }

// show takes the decided rows in at once; the list itself follows.
func (p *Pane) show(chosen, decided []models.Invitation) {
	for _, i := range chosen {
		delete(p.deciding, i.ID)
	}
	p.Table.Patch(decided)
}

// goOn puts the cursor on the next request that is not among the chosen, and
// takes the marks off.
func (p *Pane) goOn(chosen []models.Invitation) {
	p.Table.ClearMarks()
	if p.deciding == nil {
		p.deciding = map[string]bool{}
	}
	for _, i := range chosen {
		p.deciding[i.ID] = true
	}
	rows := p.Table.Rows()
	at, _ := p.Table.Index()
	waits := func(n int) bool { return rows[n].State == models.StateRequested && !p.deciding[rows[n].ID] }
	for n := at; n < len(rows); n++ {
		if waits(n) {
			p.Table.Select(rows[n].ID)
			return
		}
	}
	for n := min(at, len(rows)) - 1; n >= 0; n-- {
		if waits(n) {
			p.Table.Select(rows[n].ID)
			return
		}
	}
}

func (p *Pane) approveAs(h host.Host) tea.Cmd {
	chosen := p.Table.Chosen()
	title := "Approve " + chosen[0].Email + " as"
	if len(chosen) > 1 {
		title = "Approve " + kit.Count(len(chosen), "request", "requests") + " as"
	}
	pick := &ui.Picker{Title: title, Choose: func(it ui.Item) tea.Cmd {
		return p.approve(h, chosen, models.Role(it.ID))
	}}
	for _, r := range models.Roles() {
		pick.Items = append(pick.Items, ui.Item{ID: string(r), Title: string(r), Note: kit.RoleMeans(r),
			Mark: r == invitedAs(chosen[0]), Why: kit.Granting(h)(r)})
	}
	id := h.Show(pick.Start(string(invitedAs(chosen[0]))))
	return kit.CustomRoles(h, id, invitedAs(chosen[0]), kit.Granting(h))
}

// invitedAs is the role of an invitation as a store wants it: a custom one by
// its id.
func invitedAs(i models.Invitation) models.Role {
	if i.CustomRole != nil {
		return models.Role(i.CustomRole.ID)
	}
	return i.Role
}

func (p *Pane) rejectBecause(h host.Host) tea.Cmd {
	chosen := p.Table.Chosen()
	title := "Reject " + chosen[0].Email
	if len(chosen) > 1 {
		title = "Reject " + kit.Count(len(chosen), "request", "requests")
	}
	form := &ui.Form{Title: title, Send: "Reject", Fields: []ui.FormField{
		ui.FormField{Name: "reason", Label: "Reason", Help: "shown to the proposer (optional)", Check: kit.Long("reason")}.With(""),
	}, Submit: func(get func(string) string) tea.Cmd { return p.reject(h, chosen, get("reason")) }}
	h.Show(form.Prepare())
	return nil
}

// ---- what happens to pending ones

// each runs an action on the chosen invitations and says what became of them.
func (p *Pane) each(h host.Host, chosen []models.Invitation, verb, one string, do func(context.Context, models.Actor, models.Invitation) error) tea.Cmd {
	return list.Each(h, &p.List, h.TopID(), chosen, list.Bulk[models.Invitation]{Label: address, Verb: verb, One: one,
		Many: [2]string{"invitation " + verb, "invitations " + verb}, Do: do})
}

func (p *Pane) resend(h host.Host) tea.Cmd {
	st, org := h.Store, h.Org.ID
	return p.each(h, p.Table.Chosen(), "resent", "gets the invitation again, with the full time to accept", func(ctx context.Context, actor models.Actor, i models.Invitation) error {
		_, err := st.ResendInvitation(ctx, actor, org, i.ID)
		return err
	})
}

func (p *Pane) regenerate(h host.Host) tea.Cmd {
	chosen := p.Table.Chosen()
	st, org := h.Store, h.Org.ID
	h.Show(&ui.Confirm{Title: "A new code for " + named(chosen) + "?", Yes: "create a new code", Lines: []ui.Line{
		{Text: "The old code stops working at once, also in mails already sent. A mail with the new one is sent."},
	}, Do: func() tea.Cmd {
		return p.each(h, chosen, "renewed", "has a new code", func(ctx context.Context, actor models.Actor, i models.Invitation) error {
			_, err := st.RegenerateInvitation(ctx, actor, org, i.ID)
			return err
		})
	}})
	return nil
}

func named(chosen []models.Invitation) string {
	if len(chosen) == 1 {
		return chosen[0].Email
	}
	return kit.Count(len(chosen), "invitation", "invitations")
}

// revoke takes pending invitations back, and proposals of one's own.
func (p *Pane) revoke(h host.Host) tea.Cmd {
	chosen := p.Table.Chosen()
	st, org := h.Store, h.Org.ID
	title, verb, past, text := "Revoke", "revoke", "revoked", "The code stops working at once."
	if len(chosen) == 1 && chosen[0].State == models.StateRequested {
		title, verb, past, text = "Withdraw", "withdraw", "withdrawn", "It leaves the queue without a decision."
	}
	h.Show(&ui.Confirm{Title: title + " the invitation of " + named(chosen) + "?", Danger: true, Yes: verb, Lines: []ui.Line{{Text: text},
		{Text: "The address can be invited again.", Style: theme.Muted}},
		Do: func() tea.Cmd {
			return list.Each(h, &p.List, h.TopID(), chosen, list.Bulk[models.Invitation]{Label: address, Verb: past, One: "is no longer invited",
				Many: [2]string{"invitation " + past, "invitations " + past}, Stays: "the code stays invalid; press n to invite again", Do: func(ctx context.Context, actor models.Actor, i models.Invitation) error {
					var err error
					if i.State == models.StateRequested {
						_, err = st.WithdrawInvitation(ctx, actor, org, i.ID)
					} else {
						_, err = st.RevokeInvitation(ctx, actor, org, i.ID)
					}
					return err
				}})
		}})
	return nil
}

func (p *Pane) copyJoin(h host.Host) tea.Cmd {
	i, ok := p.Table.Current()
	if !ok {
		return nil
	}
	st, org, join := h.Store, h.Org.ID, h.JoinCommand
	return h.Act(0, func(ctx context.Context, actor models.Actor) host.Outcome {
		code, err := st.JoinCode(ctx, actor, org, i.ID)
		if err != nil {
			return host.Outcome{Err: err}
		}
		return host.Outcome{Then: func(h host.Host) tea.Cmd { return showJoin(h, i.Email, join(code)) }}
	})
}

// showJoin copies the join command and shows it, since a terminal may refuse to
// copy.
func showJoin(h host.Host, email, command string) tea.Cmd {
	h.Show(&ui.Notice{Title: "Join command for " + email, Lines: []ui.Line{
		{Text: "It was copied to your clipboard. If that did not work, select it with shift held:"}, {},
		{Text: command, Style: theme.Accent}, {},
		{Text: "Anyone with this line can join as " + email + ". Send it to nobody else.", Style: theme.Muted},
	}})
	return h.Clip(command)
}

// ---- inviting

func inviteForm(h host.Host) tea.Cmd {
	st, org, noMail, join := h.Store, h.Org.ID, h.NoMail, h.JoinCommand
	set := h.Org.Settings
	state, err := h.Access.CheckInvite(set, models.RoleViewer)
	if err != nil {
		return h.Complain(err)
	}
	title, send := "Invite to "+h.Org.Name, "Invite"
	var intro []ui.Line
	if state == models.StateRequested {
		title, send = "Propose somebody for "+h.Org.Name, "Propose"
		intro = []ui.Line{{Text: "An owner or admin decides. You see the decision here.", Style: theme.Muted}}
	}
	role := kit.UsualRole(h)
	picks := &workspacePicks{}
	form := &ui.Form{Title: title, Intro: intro, Send: send}
	form.Fields = []ui.FormField{
		ui.FormField{Name: "email", Label: "Email", Help: "Only this address can use it", Check: func(v string) error {
			_, v, err := models.CheckAddress("email", v)
			if err != nil {
				return err
			}
			return set.CheckEmailDomain(v)
		}}.With(""),
		ui.FormField{Name: "role", Label: "Role", Kind: ui.ChoiceField, Choices: kit.RoleChoices(kit.Granting(h))}.With(string(role)),
		workspacesField(h, form, picks, state == models.StateRequested),
		ui.FormField{Name: "expires_in", Label: "Expires after", Help: "seconds, or a number with m, h or d, from 60 seconds to 30 days; counted from approval", Check: func(v string) error {
			_, err := models.ParseExpiry("expires_in", v)
			return err
		}}.With(models.FormatExpiry(set.InvitationExpiry)),
		ui.FormField{Name: "message", Label: "Message", Kind: ui.LinesField, Help: "Included in the mail (optional)", Check: kit.Long("message")}.With(""),
	}
	form.Submit = func(get func(string) string) tea.Cmd {
		n := models.NewInvitation{Email: get("email"), Role: models.Role(get("role")), Message: get("message"), Workspaces: slices.Clone(picks.grants)}
		n.TTL, _ = models.ParseExpiry("expires_in", get("expires_in")) // checked by its field
		return h.ActTop(func(ctx context.Context, actor models.Actor) host.Outcome {
			i, err := st.CreateInvitation(ctx, actor, org, n)
			if err == nil && noMail && i.State == models.StatePending {
				return handOver(ctx, st, actor, i, join)
			}
			o := host.Outcome{Err: err, Text: i.Email + " invited as " + i.Given().Label()}
			if i.State == models.StateRequested {
				o.Text = i.Email + " proposed as " + i.Given().Label() + " · an owner or admin decides"
			}
			return o
		})
	}
	id := h.Show(form.Prepare())
	return kit.AddRoles(h, id, form, "role", kit.Granting(h))
}
