package kit

import (
	"errors"
	"strings"

	"muster/models"
	"muster/tui/host"
	"muster/tui/theme"
	"muster/tui/ui"
)

// Why is a refusal as one line, with the way that this app has out of it where
// the error only knows that of commands.
func Why(h host.Host, err error) string {
	if errors.Is(err, models.Unpaid{}) && h.Access.Can(models.PermBilling) {
		return models.AsError(err).Message + " · set one in Settings (" + h.KeyOf("pane.settings") + ") under Payment method"
	}
	return Reason(err)
}

// WhyFeature says what the plan lacks, with the way that this app has to
// another one.
func WhyFeature(h host.Host, f models.Feature) string {
	err := h.Org.RequireFeature(f)
	if err == nil {
		return ""
	}
	hint := "ask an owner or a site admin"
	if h.Access.Can(models.PermBilling) {
		hint = "Settings (" + h.KeyOf("pane.settings") + ") has the plans, under " + h.KeyOf("settings.plan")
	}
	return models.AsError(err).Message + " · " + hint
}

// PlanNote says in a picker what a plan costs and holds.
func PlanNote(p models.Plan) string {
	limit := func(n int, one, many string) string {
		if n == 0 {
			return "unlimited " + many
		}
		return Count(n, one, many)
	}
	return strings.Join([]string{models.SafeText(p.Price), limit(p.Seats, "seat", "seats"), limit(p.WorkspaceLimit(), "workspace", "workspaces")}, " · ")
}

// PlanLines is a change of plan in numbers and words; from a plan to itself it
// is what the plan has.
func PlanLines(c models.PlanChange) []ui.Line {
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
