package tui

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"muster/models"
	"muster/tui/theme"
	"muster/tui/ui"
)

// This file holds what is done with one or many of all organizations.

func (p *allOrgsPane) doEach(a *App, dialog int, chosen []models.OrgRow, d bulk[models.OrgRow]) tea.Cmd {
	d.label = func(o models.OrgRow) string { return o.Code }
	return doEach(a, &p.list, dialog, chosen, d)
}

func whichOrganizations(chosen []models.OrgRow) string {
	if len(chosen) == 1 {
		return chosen[0].Code
	}
	return count(len(chosen), "organization", "organizations")
}

// codesOf names organizations by their codes.
func codesOf(chosen []models.OrgRow) string {
	codes := make([]string, len(chosen))
	for i, o := range chosen {
		codes[i] = o.Code
	}
	return someOf(codes)
}

// choosePlan asks for the plan of the chosen organizations. What it would bring
// is shown before it is set.
func (p *allOrgsPane) choosePlan(a *App) tea.Cmd {
	chosen := p.table.Chosen()
	st, actor := a.sh.Store, a.actor
	now := ""
	if len(chosen) == 1 {
		now = chosen[0].Plan
	}
	pick := &ui.Picker{Title: "Plan of " + whichOrganizations(chosen), Empty: "this installation has no plan for it", Choose: func(it ui.Item) tea.Cmd {
		return p.givePlan(a, chosen, it.ID)
	}}
	return a.pickFrom(pick, func(ctx context.Context, _ string) ([]ui.Item, error) {
		plans, err := st.Plans(ctx, actor, chosen[0].ID)
		var items []ui.Item
		for _, v := range plans {
			if v.Personal {
				continue
			}
			it := ui.Item{ID: v.Name, Title: v.Name, Note: planNote(v.Plan), Mark: v.Name == now}
			if v.Name == now {
				it.Why = chosen[0].Code + " has this plan"
			}
			items = append(items, it)
		}
		return items, err
	})
}

func (p *allOrgsPane) givePlan(a *App, chosen []models.OrgRow, plan string) tea.Cmd {
	st, actor := a.sh.Store, a.actor
	set := func(ctx context.Context, o models.OrgRow, to string) error {
		_, err := st.SetPlan(ctx, actor, o.ID, to)
		return err
	}
	confirm := &ui.Confirm{Title: "Change the plan of " + whichOrganizations(chosen) + " to " + plan + "?", Yes: "change the plan", Do: func() tea.Cmd {
		return p.doEach(a, a.dialogs.TopID(), chosen, bulk[models.OrgRow]{verb: "changed", one: "has the plan " + plan + " now",
			many: [2]string{"organization has the plan " + plan + " now", "organizations have the plan " + plan + " now"},
			do:   func(ctx context.Context, o models.OrgRow) error { return set(ctx, o, plan) },
			back: func(ctx context.Context, o models.OrgRow) error { return set(ctx, o, o.Plan) }})
	}}
	return a.ask(confirm, func(ctx context.Context) ([]ui.Line, error) {
		if len(chosen) == 1 {
			c, err := st.PlanPreview(ctx, actor, chosen[0].ID, plan)
			if err != nil {
				return nil, err
			}
			return planLines(c), nil
		}
		lines := []ui.Line{{Text: codesOf(chosen), Style: theme.Muted}, {}}
		short := 0
		for _, o := range chosen {
			if c, err := st.PlanPreview(ctx, actor, o.ID, plan); err != nil || c.ReadOnly != "" {
				short++
			}
		}
		if short > 0 {
			lines = append(lines, ui.Line{Text: "! " + count(short, "of them cannot have it and keeps its plan", "of them cannot have it and keep their plan"), Style: theme.Warn})
		}
		return append(lines, ui.Line{Text: "Nobody is taken out: where more is in use than the plan has, nothing changes.", Style: theme.Muted}), nil
	})
}

// remove deletes the chosen organizations. One wants its code typed, several
// their number.
func (p *allOrgsPane) remove(a *App) tea.Cmd {
	chosen := p.table.Chosen()
	if len(chosen) == 1 {
		p.table.ClearMarks()
		return a.deleteOrganization(chosen[0].Organization, chosen[0].ID == a.org.ID)
	}
	st, actor := a.sh.Store, a.actor
	confirm := &ui.Confirm{Title: "Delete " + whichOrganizations(chosen) + "?", Danger: true, Word: whichOrganizations(chosen), Yes: "delete", Do: func() tea.Cmd {
		return p.doEach(a, a.dialogs.TopID(), chosen, bulk[models.OrgRow]{verb: "deleted", one: "is deleted", many: [2]string{"organization is deleted", "organizations are deleted"},
			do: func(ctx context.Context, o models.OrgRow) error {
				_, err := st.DeleteOrganization(ctx, actor, o.ID, o.Code)
				return err
			},
			then: func(a *App, done []models.OrgRow) tea.Cmd {
				for _, o := range done {
					if o.ID == a.org.ID { // what comes next is no loss of somebody else's making
						a.org.ID = ""
						a.staying = true
						a.arrival = count(len(done), "organization is deleted", "organizations are deleted")
						return a.enter("")
					}
				}
				return nil
			}})
	}}
	return a.ask(confirm, func(ctx context.Context) ([]ui.Line, error) {
		var sum models.OrgConsequences
		for _, o := range chosen {
			c, err := st.DeletionConsequences(ctx, actor, o.ID)
			if err != nil {
				continue // its row will tell
			}
			sum.Members += c.Members
			sum.Sessions += c.Sessions
			sum.Invitations += c.Invitations
			sum.Requests += c.Requests
			sum.RestorableUntil = c.RestorableUntil
		}
		return append([]ui.Line{{Text: codesOf(chosen), Style: theme.Muted}, {}}, orgDeletionLines(sum, "They disappear for everybody at once:", "them")...), nil
	})
}

func (p *allOrgsPane) restore(a *App) tea.Cmd {
	chosen := p.table.Chosen()
	st, actor := a.sh.Store, a.actor
	title, who := "Restore "+whichOrganizations(chosen)+"?", "Its"
	if len(chosen) == 1 {
		title = "Restore " + chosen[0].Name + "?"
	} else {
		who = "Their"
	}
	a.show(&ui.Confirm{Title: title, Yes: "restore", Lines: []ui.Line{
		{Text: who + " members and invitations are as they were. Mails that had not left have to be sent again."},
		{Text: "Where no active owner is left, you become one.", Style: theme.Muted},
	}, Do: func() tea.Cmd {
		return p.doEach(a, a.dialogs.TopID(), chosen, bulk[models.OrgRow]{verb: "restored", one: "is back", many: [2]string{"organization is back", "organizations are back"},
			do: func(ctx context.Context, o models.OrgRow) error {
				_, err := st.RestoreOrganization(ctx, actor, o.ID)
				return err
			}})
	}})
	return nil
}
