package tui

import (
	"context"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"muster/models"
	"muster/tui/keys"
	"muster/tui/theme"
	"muster/tui/ui"
)

// governBindings are about what an organization may use, and who may do what.
func governBindings() []keys.Binding[*App] {
	elsewhere := func(a *App) bool { return a.at != paneSettings || a.orgsFocus }
	shared := func(a *App) bool { return a.org.Kind != models.KindPersonal }
	return []keys.Binding[*App]{
		{ID: "settings.plan", Keys: []string{"P"}, Title: "plan", Scope: scopeSettings, Foot: 70,
			Help: "Shows the plans, and what another one would bring before it is chosen.", Run: (*App).choosePlan},
		{ID: "settings.roles", Keys: []string{"r"}, Title: "roles", Scope: scopeSettings, Foot: 72, Present: shared,
			Help: "Shows the roles and what they allow; makes and changes custom ones.", Run: (*App).showRoles},
		{ID: "plan.choose", Title: "plan …", Scope: scopeAll, Present: elsewhere,
			Help: "Shows the plans, and what another one would bring before it is chosen.", Run: (*App).choosePlan},
		{ID: "role.list", Title: "roles …", Scope: scopeAll, Present: func(a *App) bool { return shared(a) && elsewhere(a) },
			Help: "Shows the roles and what they allow; makes and changes custom ones.", Run: (*App).showRoles},
		{ID: "can_i", Title: "what may I do here?", Scope: scopeAll,
			Help: "Says for each action whether you may do it, which rule refuses it, and who can help.", Run: (*App).canI},
	}
}

// payHint is why an organization without a payment method has to wait with
// something, with the way that this app has to set one.
func (a *App) payHint(err error) string {
	e := models.AsError(err)
	if a.access.Can(models.PermBilling) {
		return e.Message + " · set one in Settings (" + a.keyOf("pane.settings") + "), at Payment method"
	}
	return reason(err)
}

// whyFeature says what the plan lacks, with the way that this app has to
// another one.
func (a *App) whyFeature(f models.Feature) string {
	err := a.org.RequireFeature(f)
	if err == nil {
		return ""
	}
	hint := "ask an owner or a site admin"
	if a.access.Can(models.PermBilling) {
		hint = "Settings (" + a.keyOf("pane.settings") + ") has the plans, at " + a.keyOf("settings.plan")
	}
	return models.AsError(err).Message + " · " + hint
}

// planWords is what the organization uses of its plan, in one line.
func (a *App) planWords() string {
	words := "plan " + a.org.Plan
	if a.org.Kind != models.KindPersonal {
		words += " · " + ofMax(a.org.Seats.Used, a.org.Seats.Max, "seat", "seats")
	}
	if a.org.Unpaid {
		words += " · no payment method"
	}
	return words
}

// ofMax is how many are used of how many there are; 0 is no limit.
func ofMax(used, most int, one, many string) string {
	if most == 0 {
		return count(used, one, many) + " in use"
	}
	return ui.Count(used, false) + " of " + count(most, one, many)
}

// choosePlan lists the plans for this kind of organization. One that cannot be
// set is shown too, with what stands against it.
func (a *App) choosePlan() tea.Cmd {
	pick := &ui.Picker{Title: "Plan of " + a.orgName(), Empty: "this installation has no other plan", Choose: func(it ui.Item) tea.Cmd { return a.previewPlan(it.ID) }}
	st, actor, org, personal := a.sh.Store, a.actor, a.org.ID, a.org.Kind == models.KindPersonal
	now := a.org.Plan
	return a.pickFrom(pick, func(ctx context.Context, _ string) ([]ui.Item, error) {
		plans, err := st.Plans(ctx, actor, org)
		var items []ui.Item
		for _, v := range plans {
			if v.Personal != personal {
				continue
			}
			it := ui.Item{ID: v.Name, Title: v.Name, Note: planNote(v.Plan), Mark: v.Current}
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
		return items, err
	})
}

func planNote(p models.Plan) string {
	limit := func(n int, one, many string) string {
		if n == 0 {
			return "unlimited " + many
		}
		return count(n, one, many)
	}
	return strings.Join([]string{models.SafeText(p.Price), limit(p.Seats, "seat", "seats"), limit(p.WorkspaceLimit(), "workspace", "workspaces")}, " · ")
}

// previewPlan shows what a plan would bring before it is set.
func (a *App) previewPlan(name string) tea.Cmd {
	st, actor, org, now := a.sh.Store, a.actor, a.org.ID, a.org.Plan
	if name == now {
		return a.showPlan()
	}
	access := a.access
	set := func(to string) func(context.Context) error {
		return func(ctx context.Context) error { _, err := st.SetPlan(ctx, actor, org, to); return err }
	}
	confirm := &ui.Confirm{Title: "Change the plan to " + name + "?", Yes: "change the plan", Do: func() tea.Cmd {
		return a.actTop(func(ctx context.Context) outcome {
			return reversible(ctx, "the plan is "+name+" now", set(name), set(now))
		})
	}}
	return a.ask(confirm, func(ctx context.Context) ([]ui.Line, error) {
		c, err := st.PlanPreview(ctx, actor, org, name)
		if err == nil && c.ReadOnly != "" {
			// The rule says more than the view does: what to do next.
			if err = access.CheckPlanChange(c.To, c.Usage, true); err == nil {
				err = models.Errorf(models.CodeDenied, "%s", c.ReadOnly).WithHint("ask a site admin")
			}
		}
		return planLines(c), err
	})
}

// showPlan tells what the present plan has and how much of it is used.
func (a *App) showPlan() tea.Cmd {
	st, actor, org := a.sh.Store, a.actor, a.org.ID
	n := &ui.Notice{Title: "Plan " + a.org.Plan, Lines: []ui.Line{{Text: "looking up what is used …", Style: theme.Muted}}}
	id := a.show(n)
	return a.bring(id, func(ctx context.Context) func(a *App) tea.Cmd {
		c, err := st.PlanPreview(ctx, actor, org, "")
		return func(a *App) tea.Cmd {
			if err != nil {
				a.dialogs.Close(id)
				return a.complain(err)
			}
			n.Say(n.Title, planLines(c))
			return nil
		}
	})
}

// planLines is a change of plan in numbers and words; from a plan to itself it
// is what the plan has.
func planLines(c models.PlanChange) []ui.Line {
	same := c.From.Name == c.To.Name
	number := func(n int) string {
		if n == 0 {
			return "no limit"
		}
		return ui.Count(n, false)
	}
	var lines []ui.Line
	row := func(what, used string, from, to int) {
		text := what + "            "[:max(14-ui.Width(what), 1)] + number(from)
		if !same && from != to {
			text += " → " + number(to)
		}
		if used != "" {
			text += ", " + used + " in use"
		}
		lines = append(lines, ui.Line{Text: text})
	}
	row("Seats", ui.Count(c.Usage.Seats(), false), c.From.Seats, c.To.Seats)
	row("Workspaces", ui.Count(c.Usage.Workspaces, false), c.From.WorkspaceLimit(), c.To.WorkspaceLimit())
	row("Credits", "", c.From.Credits, c.To.Credits)
	price := c.From.Price
	if !same && price != c.To.Price {
		price += " → " + c.To.Price
	}
	lines = append(lines, ui.Line{Text: "Price         " + models.SafeText(price)}, ui.Line{})
	features := func(sign string, style theme.Style, all []models.Feature) {
		for _, f := range all {
			lines = append(lines, ui.Line{Text: sign + " " + f.Label(), Style: style})
		}
	}
	if same {
		features("✓", theme.OK, c.From.Features)
		return lines
	}
	features("+", theme.OK, c.Gains)
	features("–", theme.Warn, c.Loses)
	for _, e := range c.Effects {
		lines = append(lines, ui.Line{Text: "• " + e})
	}
	return lines
}

// canI tells what the person may do in the organization, and who can help with
// the rest.
func (a *App) canI() tea.Cmd {
	st, actor, org := a.sh.Store, a.actor, a.org.ID
	n := &ui.Notice{Title: "What you may do in " + a.orgName(), Lines: []ui.Line{{Text: "asking the rules …", Style: theme.Muted}}}
	id := a.show(n)
	return a.bring(id, func(ctx context.Context) func(a *App) tea.Cmd {
		all, err := st.CanIAll(ctx, actor, org)
		return func(a *App) tea.Cmd {
			if err != nil {
				a.dialogs.Close(id)
				return a.complain(err)
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
