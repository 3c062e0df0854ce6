package audit

import (
	"context"
	"strconv"
	"strings"

	tea "charm.land/bubbletea/v2"

	"muster/models"
	"muster/tui/host"
	"muster/tui/keys"
	"muster/tui/kit"
	"muster/tui/list"
	"muster/tui/theme"
	"muster/tui/ui"
)

const scopeAudit keys.Scope = "audit"

// Pane is what was done and refused, newest first: the whole log for those
// who may read it, their own actions for everybody else, and for site admins the
// installation's log as well.
type Pane struct {
	list.List[models.AuditEntry]
	installation bool // shows the installation's log
}

func New(h host.Host) *Pane {
	p := &Pane{}
	p.columns(h)
	p.Pane = host.Audit
	p.Matches = -1
	p.Filters = models.AuditFilter
	p.Log = p.log
	p.Fetch = func(h host.Host) func(context.Context, list.Query) (models.Page[models.AuditEntry], error) {
		st, actor, org, now := h.Store, h.Actor, p.log(h), h.Now
		return func(ctx context.Context, q list.Query) (models.Page[models.AuditEntry], error) {
			aq, err := models.AuditQuery{Limit: q.Limit, After: q.After, Before: q.Before}.Filter(q.Search, now)
			if err != nil {
				return models.Page[models.AuditEntry]{}, err
			}
			return st.ListAudit(ctx, actor, org, aq)
		}
	}
	p.Table.ID = func(e models.AuditEntry) string { return e.ID }
	return p
}

// log is the organization whose log is shown, or the installation.
func (p *Pane) log(h host.Host) string {
	if p.installation {
		return models.InstallationLog
	}
	return h.Org.ID
}

// whole says whether the person reads the whole log or only their own actions.
func (p *Pane) whole(h host.Host) bool {
	return p.installation || h.Access.Require(models.PermAudit) == nil
}

func (p *Pane) columns(h host.Host) {
	p.Table.Columns = []ui.Column[models.AuditEntry]{
		{Title: "WHEN", Min: 16, Max: 16, Keep: 9, Cell: func(e models.AuditEntry) (string, theme.Style) { return kit.Minute(h, e.At), theme.Muted }},
		{Title: "WHO", Min: 26, Max: 32, Keep: -1, Cell: func(e models.AuditEntry) (string, theme.Style) { return whoActed(e), theme.Text }},
		{Title: "", Min: 1, Max: 1, Keep: 9, Cell: func(e models.AuditEntry) (string, theme.Style) {
			if e.Outcome == models.OutcomeRefused {
				return "✗", theme.Danger
			}
			return "✓", theme.OK
		}},
		{Title: "ACTION", Min: 20, Max: 26, Keep: 9, Cell: func(e models.AuditEntry) (string, theme.Style) { return e.Action, theme.Text | theme.Bold }},
		{Title: "ON", Min: 11, Max: 38, Keep: 8, Cell: func(e models.AuditEntry) (string, theme.Style) { return onWhat(e), theme.Text }},
	}
}

// whoActed is who stands behind an entry. Nobody is the system itself.
func whoActed(e models.AuditEntry) string {
	switch {
	case e.ActorEmail == "" && e.ActingAs == models.AsSystem:
		return "muster"
	case e.ActorEmail == "":
		return "somebody without an account"
	}
	return e.ShownActor()
}

func onWhat(e models.AuditEntry) string {
	if e.TargetLabel != "" {
		return models.SafeText(e.TargetLabel)
	}
	return e.TargetID
}

func (p *Pane) ID() host.PaneID { return host.Audit }

func (p *Pane) Title() string { return "Audit" }

func (p *Pane) Scope() keys.Scope { return scopeAudit }

func (p *Pane) Count(host.Host) string { return "" }

func (p *Pane) Mark() {}

func (p *Pane) MarkRange() {}

func (p *Pane) MarkAll(host.Host) {}

func (p *Pane) Sorts() []host.SortChoice { return nil }

// show narrows the log to a filter.
func (p *Pane) show(h host.Host, text string) tea.Cmd {
	p.say(h)
	return p.Filtered(h, text)
}

// turn goes to the log of the installation, and back.
func (p *Pane) turn(h host.Host) tea.Cmd {
	p.installation = !p.installation
	return p.show(h, "")
}

// Back leaves the log of the installation.
func (p *Pane) Back(h host.Host) (tea.Cmd, bool) {
	if !p.installation {
		return nil, false
	}
	return p.turn(h), true
}

func (p *Pane) Fresh() {
	p.installation = false
	p.Forget()
}

func (p *Pane) Load(h host.Host) tea.Cmd {
	p.say(h)
	return p.Refresh(h)
}

func (p *Pane) say(h host.Host) {
	p.Table.Empty, p.Table.Hint = "no entries yet", "every change and every refused attempt is listed here"
	if !p.whole(h) {
		p.Table.Empty, p.Table.Hint = "no entries by you yet", "your own actions are listed here; owners and admins see all"
	}
}

func (p *Pane) Answer(h host.Host, msg tea.Msg) (tea.Cmd, bool) {
	m, ok := msg.(list.Answer[models.AuditEntry])
	if !ok {
		return nil, false
	}
	m.Page.Total, m.Page.Matches = -1, -1 // a log is not counted
	return p.Got(h, m), true
}

func (p *Pane) Draw(h host.Host, r ui.Region, focused bool) {
	p.Table.Draw(r, focused, h.Now)
	r.Zone(host.TableZone(host.Audit))
}

func (p *Pane) Status(h host.Host) string {
	var words []string
	if p.installation {
		words = append(words, "only installation")
	} else if !p.whole(h) {
		words = append(words, "your own actions")
	}
	if e, ok := p.Table.Current(); ok {
		words = append(words, "entry "+strconv.FormatInt(e.Seq, 10))
	}
	return strings.Join(words, " · ")
}

func (p *Pane) Detail(h host.Host) (string, []ui.Line) {
	e, ok := p.Table.Current()
	if !ok {
		return "", nil
	}
	lines := auditFacts(h, e)
	for _, c := range e.Changes() {
		lines = append(lines, ui.Line{Text: changeName(c), Style: theme.Muted}, ui.Line{Text: changeText(c)})
	}
	return e.Action, lines
}

// auditFacts is everything of an entry but what changed.
func auditFacts(h host.Host, e models.AuditEntry) []ui.Line {
	who := whoActed(e) + ", as " + strings.ReplaceAll(string(e.ActingAs), "_", " ")
	if e.OnBehalfOf != "" {
		who += ", for " + e.OnBehalfOf
	}
	outcome := "✓ done"
	if e.Outcome == models.OutcomeRefused {
		outcome = "✗ refused: " + e.Reason
	}
	way := string(e.Via)
	if e.Address != "" {
		way += " from " + e.Address
	}
	on := onWhat(e)
	if e.TargetType != "" {
		on = strings.ReplaceAll(e.TargetType, "_", " ") + " " + on
	}
	return kit.Facts("When", kit.Moment(h, e.At), "Who", who, "On", on, "Outcome", outcome, "Via", way, "With the key", e.Key, "Entry", strconv.FormatInt(e.Seq, 10))
}

func changeName(c models.AuditChange) string {
	if c.Field == "" {
		return "change"
	}
	return strings.ReplaceAll(c.Field, "_", " ")
}

func changeText(c models.AuditChange) string {
	return changeValue(c.Before) + " → " + changeValue(c.After)
}

func changeValue(s string) string {
	if s == "" {
		return "–"
	}
	return models.SafeText(s)
}

// open shows an entry in full, with before and after side by side.
func (p *Pane) open(h host.Host) tea.Cmd {
	e, ok := p.Table.Current()
	if !ok {
		return nil
	}
	var lines []ui.Line
	pairs := auditFacts(h, e)
	for i := 0; i+1 < len(pairs); i += 2 {
		lines = append(lines, ui.Line{Text: ui.Pad(pairs[i].Text, 14) + pairs[i+1].Text})
	}
	if changes := e.Changes(); len(changes) > 0 {
		lines = append(append(lines, ui.Line{}), sideBySide(changes, min(noticeWidth, h.Width-6))...)
	}
	h.Show(&ui.Notice{Title: e.Action, Lines: lines, Keys: []ui.NoticeKey{
		{Hint: ui.Hint{Key: "w", Title: "by this person"}, Do: func() tea.Cmd {
			return p.show(h, models.AuditFilter().With("", "actor", e.ActorEmail))
		}},
		{Hint: ui.Hint{Key: "o", Title: "on this item"}, Do: func() tea.Cmd {
			return p.show(h, models.AuditFilter().With("", "target", e.TargetID))
		}},
	}})
	return nil
}

// noticeWidth is the widest text of a notice.
const noticeWidth = 76

// sideBySide lays out what changed as three columns: field, before, after.
func sideBySide(changes []models.AuditChange, width int) []ui.Line {
	name := 0
	for _, c := range changes {
		name = max(name, min(ui.Width(changeName(c)), width/4))
	}
	name += 2
	half := (width - name - 2) / 2
	lines := []ui.Line{{Text: ui.Pad("", name) + ui.Pad("BEFORE", half+2) + "AFTER", Style: theme.Header}}
	for _, c := range changes {
		names, before, after := ui.Wrap(changeName(c), name-2), ui.Wrap(changeValue(c.Before), half), ui.Wrap(changeValue(c.After), half)
		at := func(list []string, i int) string {
			if i < len(list) {
				return list[i]
			}
			return ""
		}
		for i := range max(len(names), len(before), len(after)) {
			lines = append(lines, ui.Line{Text: strings.TrimRight(ui.Pad(at(names, i), name)+ui.Pad(at(before, i), half+2)+at(after, i), " ")})
		}
	}
	return lines
}
