package organizations

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"muster/models"
	"muster/tui/host"
	"muster/tui/kit"
	"muster/tui/list"
	"muster/tui/theme"
	"muster/tui/ui"
)

// This file holds what is done with one or many of all organizations.

func (p *All) doEach(h host.Host, dialog int, chosen []models.OrgRow, d list.Bulk[models.OrgRow]) tea.Cmd {
	d.Label = func(o models.OrgRow) string { return o.Code }
	return list.Each(h, &p.List, dialog, chosen, d)
}

func whichOrganizations(chosen []models.OrgRow) string {
	if len(chosen) == 1 {
		return chosen[0].Code
	}
	return kit.Count(len(chosen), "organization", "organizations")
}

// codesOf names organizations by their codes.
func codesOf(chosen []models.OrgRow) string {
	codes := make([]string, len(chosen))
	for i, o := range chosen {
		codes[i] = o.Code
	}
	return kit.SomeOf(codes)
}

// choosePlan asks for the plan of the chosen organizations. What it would bring
// is shown before it is set.
func (p *All) choosePlan(h host.Host) tea.Cmd {
	chosen := p.Table.Chosen()
	st, actor := h.Store, h.Actor
	now := ""
	if len(chosen) == 1 {
		now = chosen[0].Plan
	}
	pick := &ui.Picker{Title: "Plan of " + whichOrganizations(chosen), Empty: "there are no plans for it", Choose: func(it ui.Item) tea.Cmd {
		return p.givePlan(h, chosen, it.ID)
	}}
	return kit.PickFrom(h, pick, func(ctx context.Context, _ string) ([]ui.Item, error) {
		plans, err := st.Plans(ctx, actor, chosen[0].ID)
		var items []ui.Item
		for _, v := range plans {
			if v.Personal {
				continue
			}
			it := ui.Item{ID: v.Name, Title: v.Name, Note: kit.PlanNote(v.Plan), Mark: v.Name == now}
			if v.Name == now {
				it.Why = chosen[0].Code + " has this plan"
			}
			items = append(items, it)
		}
		return items, err
	})
}

func (p *All) givePlan(h host.Host, chosen []models.OrgRow, plan string) tea.Cmd {
	st, actor := h.Store, h.Actor
	set := func(ctx context.Context, actor models.Actor, o models.OrgRow, to string) error {
		_, err := st.SetPlan(ctx, actor, o.ID, to)
		return err
	}
	confirm := &ui.Confirm{Title: "Change the plan of " + whichOrganizations(chosen) + " to " + plan + "?", Yes: "change the plan", Do: func() tea.Cmd {
		return p.doEach(h, h.TopID(), chosen, list.Bulk[models.OrgRow]{Verb: "changed", One: "has the plan " + plan + " now",
			Many: [2]string{"organization has the plan " + plan + " now", "organizations have the plan " + plan + " now"},
			Do:   func(ctx context.Context, actor models.Actor, o models.OrgRow) error { return set(ctx, actor, o, plan) },
			Undo: func(ctx context.Context, actor models.Actor, o models.OrgRow) error {
				return set(ctx, actor, o, o.Plan)
			}})
	}}
	return kit.Ask(h, confirm, func(ctx context.Context) ([]ui.Line, error) {
		if len(chosen) == 1 {
			c, err := st.PlanPreview(ctx, actor, chosen[0].ID, plan)
			if err != nil {
				return nil, err
			}
			return kit.PlanLines(c), nil
		}
		lines := []ui.Line{{Text: codesOf(chosen), Style: theme.Muted}, {}}
		short := 0
		for _, o := range chosen {
			if c, err := st.PlanPreview(ctx, actor, o.ID, plan); err != nil || c.ReadOnly != "" {
				short++
			}
		}
		if short > 0 {
			lines = append(lines, ui.Line{Text: "! " + kit.Count(short, "of them cannot have it and keeps its plan", "of them cannot have it and keep their plan"), Style: theme.Warn})
		}
		return append(lines, ui.Line{Text: "Nobody is removed: where the plan is now too small for what is in use, nothing changes.", Style: theme.Muted}), nil
	})
}

// remove deletes the chosen organizations. One wants its code typed, several
// their number.
func (p *All) remove(h host.Host) tea.Cmd {
	chosen := p.Table.Chosen()
	if len(chosen) == 1 {
		p.Table.ClearMarks()
		return deleteOrganization(h, chosen[0].Organization, chosen[0].ID == h.Org.ID)
	}
	st, actor := h.Store, h.Actor
	confirm := &ui.Confirm{Title: "Delete " + whichOrganizations(chosen) + "?", Danger: true, Word: whichOrganizations(chosen), Yes: "delete", Do: func() tea.Cmd {
		return p.doEach(h, h.TopID(), chosen, list.Bulk[models.OrgRow]{Verb: "deleted", One: "is deleted", Many: [2]string{"organization is deleted", "organizations are deleted"},
			Do: func(ctx context.Context, actor models.Actor, o models.OrgRow) error {
				_, err := st.DeleteOrganization(ctx, actor, o.ID, o.Code)
				return err
			},
			Then: func(h host.Host, done []models.OrgRow) tea.Cmd {
				for _, o := range done {
					if o.ID == h.Org.ID {
						return h.Open(host.Opening{Left: true, Stay: true, Word: kit.Count(len(done), "organization is deleted", "organizations are deleted")})
					}
				}
				return nil
			}})
	}}
	return kit.Ask(h, confirm, func(ctx context.Context) ([]ui.Line, error) {
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

func (p *All) restore(h host.Host) tea.Cmd {
	chosen := p.Table.Chosen()
	st := h.Store
	title, who := "Restore "+whichOrganizations(chosen)+"?", "Its"
	if len(chosen) == 1 {
		title = "Restore " + chosen[0].Name + "?"
	} else {
		who = "Their"
	}
	h.Show(&ui.Confirm{Title: title, Yes: "restore", Lines: []ui.Line{
		{Text: who + " members and invitations are as before. Mails that were not sent yet have to be resent."},
		{Text: "Where no active owner is left, you become one.", Style: theme.Muted},
	}, Do: func() tea.Cmd {
		return p.doEach(h, h.TopID(), chosen, list.Bulk[models.OrgRow]{Verb: "restored", One: "is back", Many: [2]string{"organization is back", "organizations are back"},
			Do: func(ctx context.Context, actor models.Actor, o models.OrgRow) error {
				_, err := st.RestoreOrganization(ctx, actor, o.ID)
				return err
			}})
	}})
	return nil
}

// purge asks for the code of a deleted organization, and removes it for good.
func purge(h host.Host, o models.OrgRow) tea.Cmd {
	st := h.Store
	h.Show(&ui.Confirm{Title: "Purge " + o.Name + "?", Danger: true, Word: o.Code, Yes: "purge", Lines: []ui.Line{
		{Text: "This cannot be undone:", Style: theme.Text | theme.Bold},
		{Text: "• it can no longer be restored, with its " + kit.Count(o.Members, "member", "members") + " and all its invitations and workspaces"},
		{Text: "• its code can be used by others"},
		{Text: "The audit log is kept.", Style: theme.Muted},
	}, Do: func() tea.Cmd {
		return h.ActTop(func(ctx context.Context, actor models.Actor) host.Outcome {
			_, err := st.PurgeOrganization(ctx, actor, o.ID, o.Code)
			return host.Outcome{Err: err, Text: o.Code + " is purged", Then: func(h host.Host) tea.Cmd { all(h).Own = true; return nil }}
		})
	}})
	return nil
}
