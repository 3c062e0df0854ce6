package tui

import (
	"context"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"muster/models"
	"muster/store"
	"muster/tui/theme"
	"muster/tui/ui"
)

// approve decides the chosen requests. The cursor goes on to the next one that
// waits, so that a queue is cleared with one key.
func (p *invitationsPane) approve(a *App, chosen []models.Invitation, role models.Role) tea.Cmd {
	p.goOn(chosen)
	st, actor, org := a.sh.Store, a.actor, a.org.ID
	a.history.at = a.now
	return a.act(a.dialogs.TopID(), func(ctx context.Context) outcome {
		o := decideAll(ctx, chosen, "approved", func(ctx context.Context, i models.Invitation) (models.Invitation, error) {
			return st.ApproveInvitation(ctx, actor, org, i.ID, role)
		})
		if n := len(o.decided); n == 1 {
			o.text = o.decided[0].Email + " approved as " + o.decided[0].Given().Label()
		}
		done := o.done(p, st, actor, org, func(a *App) tea.Cmd { return p.approve(a, chosen, role) })
		if len(o.decided) == 1 && o.decided[0].Delivery.State == models.DeliveryQueued {
			done.text += " · the mail leaves in 10 s"
		}
		return done
	})
}

func (p *invitationsPane) reject(a *App, chosen []models.Invitation, why string) tea.Cmd {
	p.goOn(chosen)
	return a.act(a.dialogs.TopID(), p.rejecting(a, chosen, why))
}

func (p *invitationsPane) rejecting(a *App, chosen []models.Invitation, why string) func(context.Context) outcome {
	st, actor, org := a.sh.Store, a.actor, a.org.ID
	return func(ctx context.Context) outcome {
		o := decideAll(ctx, chosen, "rejected", func(ctx context.Context, i models.Invitation) (models.Invitation, error) {
			return st.RejectInvitation(ctx, actor, org, i.ID, why)
		})
		if len(o.decided) == 1 {
			o.text = o.decided[0].Email + " rejected"
		}
		return o.done(p, st, actor, org, func(a *App) tea.Cmd { return p.reject(a, chosen, why) })
	}
}

// settled takes the decided rows in at once; the list itself follows.
func (p *invitationsPane) settled(chosen, decided []models.Invitation) {
	for _, i := range chosen {
		delete(p.deciding, i.ID)
	}
	p.table.Patch(decided)
}

// goOn puts the cursor on the next request that is not among the chosen, and
// takes the marks off.
func (p *invitationsPane) goOn(chosen []models.Invitation) {
	p.table.ClearMarks()
	if p.deciding == nil {
		p.deciding = map[string]bool{}
	}
	for _, i := range chosen {
		p.deciding[i.ID] = true
	}
	rows := p.table.Rows()
	at, _ := p.table.Index()
	waits := func(n int) bool { return rows[n].State == models.StateRequested && !p.deciding[rows[n].ID] }
	for n := at; n < len(rows); n++ {
		if waits(n) {
			p.table.Select(rows[n].ID)
			return
		}
	}
	for n := min(at, len(rows)) - 1; n >= 0; n-- {
		if waits(n) {
			p.table.Select(rows[n].ID)
			return
		}
	}
}

// decision is the outcome of deciding one or many requests.
type decision struct {
	outcome
	chosen, decided []models.Invitation
}

func decideAll(ctx context.Context, chosen []models.Invitation, verb string, decide func(context.Context, models.Invitation) (models.Invitation, error)) decision {
	d := decision{outcome: outcome{verb: verb}, chosen: chosen}
	for _, i := range chosen {
		v, err := decide(ctx, i)
		d.results = append(d.results, models.Result{ID: i.ID, Label: i.Email, Err: err})
		if err == nil {
			d.decided = append(d.decided, v)
		}
	}
	if n := len(d.decided); n > 1 {
		d.text = count(n, "request", "requests") + " " + verb
	}
	return d
}

// done adds how to take the decision back while that is possible.
func (d decision) done(p *invitationsPane, st *store.Store, actor models.Actor, org string, repeat func(a *App) tea.Cmd) outcome {
	chosen, decided := d.chosen, d.decided
	d.always = func() { p.settled(chosen, decided) }
	if len(d.decided) == 0 {
		if len(d.results) == 1 {
			d.err, d.results = d.results[0].Err, nil
		}
		return d.outcome
	}
	var until time.Time
	for _, i := range d.decided {
		if i.UndoUntil != nil && (until.IsZero() || i.UndoUntil.Before(until)) {
			until = *i.UndoUntil
		}
	}
	if until.IsZero() {
		return d.outcome
	}
	d.undo = &step{text: d.text, until: until, repeat: repeat, back: func(ctx context.Context) error {
		for _, i := range decided {
			if _, err := st.UndoDecision(ctx, actor, org, i.ID); err != nil {
				return err
			}
		}
		return nil
	}}
	return d.outcome
}

func (p *invitationsPane) approveAs(a *App) tea.Cmd {
	chosen := p.table.Chosen()
	title := "Approve " + chosen[0].Email + " as"
	if len(chosen) > 1 {
		title = "Approve " + count(len(chosen), "request", "requests") + " as"
	}
	pick := &ui.Picker{Title: title, Choose: func(it ui.Item) tea.Cmd {
		return p.approve(a, chosen, models.Role(it.ID))
	}}
	for _, r := range models.Roles() {
		pick.Items = append(pick.Items, ui.Item{ID: string(r), Title: string(r), Note: roleMeans(r),
			Mark: r == invitedAs(chosen[0]), Why: a.whyGrant(r)})
	}
	id := a.show(pick.Start(string(chosen[0].Role)))
	return a.customRoles(id, invitedAs(chosen[0]), a.whyGrant)
}

// invitedAs is the role of an invitation as a store wants it: a custom one by
// its id.
func invitedAs(i models.Invitation) models.Role {
	if i.CustomRole != nil {
		return models.Role(i.CustomRole.ID)
	}
	return i.Role
}

func (p *invitationsPane) rejectBecause(a *App) tea.Cmd {
	chosen := p.table.Chosen()
	title := "Reject " + chosen[0].Email
	if len(chosen) > 1 {
		title = "Reject " + count(len(chosen), "request", "requests")
	}
	form := &ui.Form{Title: title, Send: "Reject", Fields: []ui.FormField{
		ui.FormField{Name: "reason", Label: "Reason", Help: "the proposer can read it; may be left empty", Check: long("reason")}.With(""),
	}, Submit: func(get func(string) string) tea.Cmd { return p.reject(a, chosen, get("reason")) }}
	a.show(form.Prepare())
	return nil
}

// ---- what happens to pending ones

// each runs an action on the chosen invitations and says what was done.
func (p *invitationsPane) each(a *App, chosen []models.Invitation, verb, one string, do func(context.Context, models.Invitation) error) tea.Cmd {
	p.table.ClearMarks()
	return a.act(a.dialogs.TopID(), func(ctx context.Context) outcome {
		o := outcome{verb: verb}
		n, last := 0, ""
		for _, i := range chosen {
			err := do(ctx, i)
			o.results = append(o.results, models.Result{ID: i.ID, Label: i.Email, Err: err})
			if err == nil {
				n, last = n+1, i.Email
			}
		}
		switch {
		case len(chosen) == 1 && n == 0:
			return outcome{err: o.results[0].Err}
		case n == 1:
			o.text = last + one
		case n > 1:
			o.text = count(n, "invitation", "invitations") + " " + verb
		}
		return o
	})
}

func (p *invitationsPane) resend(a *App) tea.Cmd {
	st, actor, org := a.sh.Store, a.actor, a.org.ID
	return p.each(a, p.table.Chosen(), "resent", " gets the invitation again, and the full time to accept it", func(ctx context.Context, i models.Invitation) error {
		_, err := st.ResendInvitation(ctx, actor, org, i.ID)
		return err
	})
}

func (p *invitationsPane) regenerate(a *App) tea.Cmd {
	chosen := p.table.Chosen()
	st, actor, org := a.sh.Store, a.actor, a.org.ID
	a.show(&ui.Confirm{Title: "A new code for " + named(chosen) + "?", Yes: "make a new code", Lines: []ui.Line{
		{Text: "The old code stops working at once, also in mails that were sent. A mail with the new one is sent."},
	}, Do: func() tea.Cmd {
		return p.each(a, chosen, "renewed", " has a new code", func(ctx context.Context, i models.Invitation) error {
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
	return count(len(chosen), "invitation", "invitations")
}

// revoke takes pending invitations back, and proposals of one's own.
func (p *invitationsPane) revoke(a *App) tea.Cmd {
	chosen := p.table.Chosen()
	st, actor, org := a.sh.Store, a.actor, a.org.ID
	verb, text := "revoke", "The code stops working at once."
	if len(chosen) == 1 && chosen[0].State == models.StateRequested {
		verb, text = "withdraw", "Nobody will decide it any more."
	}
	a.show(&ui.Confirm{Title: "Take back the invitation of " + named(chosen) + "?", Danger: true, Yes: verb, Lines: []ui.Line{{Text: text},
		{Text: "The address can be invited again.", Style: theme.Muted}},
		Do: func() tea.Cmd {
			return p.each(a, chosen, "taken back", " is not invited any more", func(ctx context.Context, i models.Invitation) error {
				var err error
				if i.State == models.StateRequested {
					_, err = st.WithdrawInvitation(ctx, actor, org, i.ID)
				} else {
					_, err = st.RevokeInvitation(ctx, actor, org, i.ID)
				}
				return err
			})
		}})
	return nil
}

func (p *invitationsPane) copyJoin(a *App) tea.Cmd {
	i, ok := p.table.Current()
	if !ok {
		return nil
	}
	st, actor, org, join := a.sh.Store, a.actor, a.org.ID, a.sh.JoinCommand
	return a.act(0, func(ctx context.Context) outcome {
		code, err := st.JoinCode(ctx, actor, org, i.ID)
		if err != nil {
			return outcome{err: err}
		}
		return outcome{then: func(a *App) tea.Cmd { return a.showJoin(i.Email, join(code)) }}
	})
}

// showJoin copies the join command and shows it, since a terminal may refuse to
// copy.
func (a *App) showJoin(email, command string) tea.Cmd {
	a.show(&ui.Notice{Title: "Join command for " + email, Lines: []ui.Line{
		{Text: "It was sent to your clipboard. If your terminal refused, select it here (with shift):"}, {},
		{Text: command, Style: theme.Accent}, {},
		{Text: "Whoever has this line can join as " + email + ". Send it to nobody else.", Style: theme.Muted},
	}})
	return a.clip(command)
}

// ---- inviting

func (a *App) inviteForm() tea.Cmd {
	st, actor, org := a.sh.Store, a.actor, a.org.ID
	set := a.org.Settings
	state, err := a.access.CheckInvite(set, models.RoleViewer)
	if err != nil {
		return a.complain(err)
	}
	title, send := "Invite to "+a.org.Name, "Invite"
	var intro []ui.Line
	if state == models.StateRequested {
		title, send = "Propose somebody for "+a.org.Name, "Propose"
		intro = []ui.Line{{Text: "An owner or admin decides; you see here what they say.", Style: theme.Muted}}
	}
	role := a.usualRole()
	picks := &placePicks{}
	form := &ui.Form{Title: title, Intro: intro, Send: send}
	form.Fields = []ui.FormField{
		ui.FormField{Name: "email", Label: "Email", Help: "the invitation works for this address only", Check: func(v string) error {
			_, v, err := models.CheckAddress("email", v)
			if err != nil {
				return err
			}
			return set.CheckEmailDomain(v)
		}}.With(""),
		ui.FormField{Name: "role", Label: "Role", Kind: ui.ChoiceField, Choices: roleChoices(a.whyGrant)}.With(string(role)),
		a.placesField(form, picks, state == models.StateRequested),
		ui.FormField{Name: "expires_in", Label: "Holds for", Help: "seconds, or a number with m, h or d, from 60 seconds to 30 days; counted from approval", Check: func(v string) error {
			_, err := models.ParseExpiry("expires_in", v)
			return err
		}}.With(models.FormatExpiry(set.InvitationExpiry)),
		ui.FormField{Name: "message", Label: "Message", Kind: ui.LinesField, Help: "stands in the mail; may be left empty", Check: long("message")}.With(""),
	}
	form.Submit = func(get func(string) string) tea.Cmd {
		n := models.NewInvitation{Email: get("email"), Role: models.Role(get("role")), Message: get("message"), Workspaces: slices.Clone(picks.grants)}
		n.TTL, _ = models.ParseExpiry("expires_in", get("expires_in")) // checked by its field
		return a.actTop(func(ctx context.Context) outcome {
			i, err := st.CreateInvitation(ctx, actor, org, n)
			o := outcome{err: err, text: i.Email + " is invited as " + i.Given().Label()}
			if i.State == models.StateRequested {
				o.text = i.Email + " is proposed as " + i.Given().Label() + " · an owner or admin decides"
			}
			return o
		})
	}
	id := a.show(form.Prepare())
	return a.addRoles(id, form, "role", a.whyGrant)
}

// long checks a text of several lines.
func long(field string) func(string) error {
	return func(v string) error { _, err := models.CheckLong(field, v); return err }
}
