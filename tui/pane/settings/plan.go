package settings

import (
	"context"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"muster/models"
	"muster/tui/host"
	"muster/tui/keys"
	"muster/tui/kit"
	"muster/tui/theme"
	"muster/tui/ui"
)

// GovernBindings are about what an organization may use, and who may do what.
func governBindings() []keys.Binding[host.Host] {
	elsewhere := func(h host.Host) bool { return h.At != host.Settings || h.OnSwitcher }
	shared := func(h host.Host) bool { return h.Org.Kind != models.KindPersonal }
	return []keys.Binding[host.Host]{
		{ID: "settings.plan", Keys: []string{"P"}, Title: "plan", Scope: scopeSettings, Foot: 70,
			Help: "Shows the plans, with a preview of each.", Run: choosePlan},
		{ID: "settings.roles", Keys: []string{"r"}, Title: "roles", Scope: scopeSettings, Foot: 72, Present: shared,
			Help: "Shows the roles and what they allow; creates and changes custom ones.", Run: showRoles},
		{ID: "plan.choose", Title: "plan …", Scope: host.ScopeAll, Present: elsewhere,
			Help: "Shows the plans, with a preview of each.", Run: choosePlan},
		{ID: "role.list", Title: "roles …", Scope: host.ScopeAll, Present: func(h host.Host) bool { return shared(h) && elsewhere(h) },
			Help: "Shows the roles and what they allow; creates and changes custom ones.", Run: showRoles},
		{ID: "can_i", Title: "what may I do here?", Scope: host.ScopeAll,
			Help: "Shows for each action whether you may do it, which rule refuses it, and who can help.", Run: canI},
	}
}

// planWords is what the organization uses of its plan, in one line.
func planWords(h host.Host) string {
	words := "plan " + h.Org.Plan
	if h.Org.Kind != models.KindPersonal {
		words += " · " + ofMax(h.Org.Seats.Used, h.Org.Seats.Max, "seat", "seats")
	}
	if h.Org.Unpaid {
		words += " · no payment method"
	}
	return words
}

// ofMax is how many are used of how many there are; 0 is no limit.
func ofMax(used, most int, one, many string) string {
	if most == 0 {
		return kit.Count(used, one, many) + " in use"
	}
	return ui.Count(used, false) + " of " + kit.Count(most, one, many)
}

// choosePlan lists the plans for this kind of organization. One that cannot be
// set is shown too, with what stands against it.
func choosePlan(h host.Host) tea.Cmd {
	st, actor, org, personal := h.Store, h.Actor, h.Org.ID, h.Org.Kind == models.KindPersonal
	now, upgrades := h.Org.Plan, h.Me.CreatePlans
	pick := &ui.Picker{Title: "Plan of " + h.OrgName(), Empty: "there are no other plans", Choose: func(it ui.Item) tea.Cmd {
		if plan, ok := strings.CutPrefix(it.ID, upgradeTo); ok {
			return kit.Upgrade(h, plan)
		}
		return previewPlan(h, it.ID)
	}}
	return kit.PickFrom(h, pick, func(ctx context.Context, _ string) ([]ui.Item, error) {
		plans, err := st.Plans(ctx, actor, org)
		var items []ui.Item
		for _, v := range plans {
			if v.Personal != personal {
				continue
			}
			it := ui.Item{ID: v.Name, Title: v.Name, Note: kit.PlanNote(v.Plan), Mark: v.Current}
			if v.ReadOnly != "" {
				it.Right = "not now"
			}
			items = append(items, it)
		}
		// The present one comes first, where the cursor is: nothing is changed
		// by an early enter.
		slices.SortStableFunc(items, func(x, y ui.Item) int {
			switch {
			case x.ID == now && y.ID != now:
				return -1
			case y.ID == now && x.ID != now:
				return 1
			}
			return 0
		})
		if personal {
			for _, p := range upgrades {
				items = append(items, ui.Item{ID: upgradeTo + p.Name, Title: p.Name, Note: kit.PlanNote(p), Group: "In a shared organization"})
			}
		}
		return items, err
	})
}

// upgradeTo is put before the plans that a personal workspace is upgraded to, by
// making a shared organization.
const upgradeTo = "upgrade "

// previewPlan shows what a plan would bring before it is set.
func previewPlan(h host.Host, name string) tea.Cmd {
	st, actor, org, now := h.Store, h.Actor, h.Org.ID, h.Org.Plan
	if name == now {
		return showPlan(h)
	}
	access := h.Access
	set := func(to string) func(context.Context, models.Actor) error {
		return func(ctx context.Context, actor models.Actor) error {
			_, err := st.SetPlan(ctx, actor, org, to)
			return err
		}
	}
	confirm := &ui.Confirm{Title: "Change the plan to " + name + "?", Yes: "change the plan", Do: func() tea.Cmd {
		return h.ActTop(func(ctx context.Context, actor models.Actor) host.Outcome {
			return host.Reversible(ctx, actor, "the plan is now "+name+" now", set(name), set(now))
		})
	}}
	return kit.Ask(h, confirm, func(ctx context.Context) ([]ui.Line, error) {
		c, err := st.PlanPreview(ctx, actor, org, name)
		if err == nil && c.ReadOnly != "" {
			// The rule says more than the view does: what to do next.
			if err = access.CheckPlanChange(c.To, c.Usage, true); err == nil {
				err = models.Errorf(models.CodeDenied, "%s", c.ReadOnly).WithHint("ask a site admin")
			}
		}
		return kit.PlanLines(c), err
	})
}

// showPlan tells what the present plan has and how much of it is used.
func showPlan(h host.Host) tea.Cmd {
	st, actor, org := h.Store, h.Actor, h.Org.ID
	n := &ui.Notice{Title: "Plan " + h.Org.Plan, Lines: []ui.Line{{Text: "checking usage …", Style: theme.Muted}}}
	id := h.Show(n)
	return h.Bring(id, func(ctx context.Context) func(h host.Host) tea.Cmd {
		c, err := st.PlanPreview(ctx, actor, org, "")
		return func(h host.Host) tea.Cmd {
			if err != nil {
				h.Dismiss(id)
				return h.Complain(err)
			}
			n.Say(n.Title, kit.PlanLines(c))
			return nil
		}
	})
}

// canI tells what the person may do in the organization, and who can help with
// the rest.
func canI(h host.Host) tea.Cmd {
	st, actor, org := h.Store, h.Actor, h.Org.ID
	n := &ui.Notice{Title: "What you may do in " + h.OrgName(), Lines: []ui.Line{{Text: "checking permissions …", Style: theme.Muted}}}
	id := h.Show(n)
	return h.Bring(id, func(ctx context.Context) func(h host.Host) tea.Cmd {
		all, err := st.CanIAll(ctx, actor, org)
		return func(h host.Host) tea.Cmd {
			if err != nil {
				h.Dismiss(id)
				return h.Complain(err)
			}
			var lines []ui.Line
			for _, r := range all {
				if r.Allowed {
					lines = append(lines, ui.Line{Text: "✓ " + r.Does + " – " + r.Because, Style: theme.Text})
					continue
				}
				text := "✗ " + r.Does + " – " + r.Rule
				if r.Hint != "" {
					text += " · " + r.Hint
				}
				for i, h := range r.Helpers {
					text += []string{": ", ", ", ", "}[min(i, 2)] + h.Email
				}
				lines = append(lines, ui.Line{Text: text, Style: theme.Muted})
			}
			n.Say(n.Title, lines)
			return nil
		}
	})
}
