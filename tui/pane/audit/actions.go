package audit

import (
	"context"
	"strconv"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"muster/models"
	"muster/tui/host"
	"muster/tui/keys"
	"muster/tui/kit"
	"muster/tui/theme"
	"muster/tui/ui"
)

func auditBindings() []keys.Binding[host.Host] {
	selected := func(h host.Host) string {
		if _, ok := of(h).Table.Current(); !ok {
			return "no entry is selected"
		}
		return ""
	}
	whole := func(h host.Host) string {
		if of(h).whole(h) {
			return ""
		}
		return kit.Reason(h.Access.Require(models.PermAudit))
	}
	exportable := func(h host.Host) string {
		if why := whole(h); why != "" || of(h).filter.installation {
			return why
		}
		return kit.WhyFeature(h, models.FeatureAuditExport)
	}
	return []keys.Binding[host.Host]{
		{ID: "audit.open", Keys: []string{"enter"}, Title: "open", Scope: scopeAudit, Foot: 90, Enabled: selected,
			Help: "Shows the entry in full, with before and after side by side.",
			Run:  func(h host.Host) tea.Cmd { return of(h).open(h) }},
		{ID: "audit.filter", Keys: []string{"/"}, Title: "filter", Scope: scopeAudit, Foot: 85,
			Help: "Narrows the log to a person, an action, what was acted on, or a time. esc drops it.",
			Run:  func(h host.Host) tea.Cmd { return of(h).filterForm(h) }},
		{ID: "audit.action", Keys: []string{"f"}, Title: "by action", Scope: scopeAudit, Foot: 80,
			Help: "Chooses from the actions that are in the log.",
			Run:  func(h host.Host) tea.Cmd { return of(h).chooseAction(h) }},
		{ID: "audit.period", Keys: []string{"t"}, Title: "period", Scope: scopeAudit, Foot: 70,
			Help: "Looks over the last 7, 30 or 90 days, or all.",
			Run: func(h host.Host) tea.Cmd {
				f := of(h).filter
				if f.days = kit.NextPeriod(f.days); f.days == 7 && of(h).filter.days != 0 {
					f.days = 0
				}
				return of(h).show(h, f)
			}},
		{ID: "audit.verify", Keys: []string{"v"}, Title: "verify", Scope: scopeAudit, Foot: 65, Enabled: whole,
			Help: "Checks that no entry of the log was changed or taken out.",
			Run:  func(h host.Host) tea.Cmd { return of(h).verify(h) }},
		{ID: "audit.export", Keys: []string{"Y"}, Title: "copy export command", Scope: scopeAudit, Foot: 60, Enabled: exportable,
			Help: "Copies the command that writes these entries to a file, and shows it.",
			Run:  func(h host.Host) tea.Cmd { return of(h).export(h) }},
		{ID: "audit.installation", Keys: []string{"i"}, Title: "installation's log", Scope: scopeAudit, Foot: 50,
			Help:    "Goes to the log of the installation itself (users, keys), and back. For site admins.",
			Present: func(h host.Host) bool { return h.Me.SiteAdmin },
			Run:     func(h host.Host) tea.Cmd { return of(h).show(h, auditFilter{installation: !of(h).filter.installation}) }},
		{ID: "audit.copy", Keys: []string{"y"}, Title: "copy id", Scope: scopeAudit, Enabled: selected,
			Help: "Copies the id of what was acted on.",
			Run: func(h host.Host) tea.Cmd {
				e, _ := of(h).Table.Current()
				return h.Copy(e.TargetID, e.TargetID)
			}},
	}
}

// filterForm asks what to narrow the log to.
func (p *Pane) filterForm(h host.Host) tea.Cmd {
	f := p.filter
	form := &ui.Form{Title: "Filter the log", Send: "Show", Fields: []ui.FormField{
		ui.FormField{Name: "actor", Label: "Who", Help: "the address or user id of who acted, or was acted for; empty is everybody"}.With(f.actor),
		ui.FormField{Name: "action", Label: "Action", Help: "like invitation.approve, or invitation for all of them; empty is all (the list: f)"}.With(f.action),
		ui.FormField{Name: "target", Label: "On", Help: "the address, code or id of what was acted on; empty is everything"}.With(f.target),
		ui.FormField{Name: "days", Label: "Period", Kind: ui.ChoiceField, Choices: []ui.Choice{
			{Value: "0", Title: "all"}, {Value: "1", Title: "1 day"}, {Value: "7", Title: "7 days"}, {Value: "30", Title: "30 days"}, {Value: "90", Title: "90 days"},
		}}.With(strconv.Itoa(f.days)),
	}, Submit: func(get func(string) string) tea.Cmd {
		days, _ := strconv.Atoi(get("days")) // one of the choices
		next := auditFilter{actor: get("actor"), action: get("action"), target: get("target"), days: days, installation: f.installation}
		return h.ActTop(func(context.Context, models.Actor) host.Outcome {
			return host.Outcome{Then: func(h host.Host) tea.Cmd { return p.show(h, next) }}
		})
	}}
	h.Show(form.Prepare())
	return nil
}

// chooseAction offers the actions that stand in the log, with those of one kind
// together before them.
func (p *Pane) chooseAction(h host.Host) tea.Cmd {
	st, log := h.Store, p.log(h)
	return h.Act(0, func(ctx context.Context, actor models.Actor) host.Outcome {
		actions, err := st.AuditActions(ctx, actor, log)
		return host.Outcome{Err: err, Then: func(h host.Host) tea.Cmd {
			h.Show(p.actionPicker(h, actions).Start(p.filter.action))
			return nil
		}}
	})
}

func (p *Pane) actionPicker(h host.Host, actions []string) *ui.Picker {
	f := p.filter
	pick := &ui.Picker{Title: "Actions in the log", Find: true, Prompt: "type to filter", Empty: "no action fits",
		Choose: func(it ui.Item) tea.Cmd {
			f.action = it.ID
			return p.show(h, f)
		}}
	pick.Items = append(pick.Items, ui.Item{Title: "all actions", Mark: f.action == ""})
	kind := ""
	for i, action := range actions {
		k, _, _ := strings.Cut(action, ".")
		if k != kind && i+1 < len(actions) && strings.HasPrefix(actions[i+1], k+".") {
			pick.Items = append(pick.Items, ui.Item{ID: k, Title: k, Note: "all of them", Mark: f.action == k})
		}
		kind = k
		pick.Items = append(pick.Items, ui.Item{ID: action, Title: action, Mark: f.action == action})
	}
	return pick
}

// verifyTimeout bounds the reading of a whole log.
const verifyTimeout = 2 * time.Minute

// verify reads the whole chain and says what it found.
func (p *Pane) verify(h host.Host) tea.Cmd {
	st, actor, log, name, parent := h.Store, h.Actor, p.log(h), h.Org.Code, h.Context
	if p.filter.installation {
		name = "the installation"
	}
	check := func() tea.Msg {
		ctx, cancel := context.WithTimeout(parent, verifyTimeout)
		defer cancel()
		r, err := st.VerifyAudit(ctx, actor, log)
		return host.Outcome{Err: err, Then: func(h host.Host) tea.Cmd {
			h.Toast(ui.Toast{})
			h.Show((&ui.Notice{Title: "Audit log of " + name, Lines: reportLines(r)}).ByItself(h.Now))
			return h.Guarded()
		}}
	}
	h.Toast(ui.Toast{Tone: ui.Info, Text: "reading the whole log …"})
	return check
}

func reportLines(r models.ChainReport) []ui.Line {
	entries := "its " + kit.Count(int(r.Entries), "entry fits", "entries fit") + " together"
	if r.OK {
		return []ui.Line{{Text: "✓ The log is intact: " + entries + ".", Style: theme.OK}, {},
			{Text: "None was changed, taken out or put in since it was written.", Style: theme.Muted}}
	}
	return []ui.Line{{Text: "✗ The log is broken at entry " + strconv.FormatInt(r.Broken, 10) + ": " + r.Why + ".", Style: theme.Danger}, {},
		{Text: "Somebody changed the database beside muster. Compare it with a backup."}}
}

// export shows the command that writes what is shown to a file: a file is made
// where the person is, not where the app runs.
func (p *Pane) export(h host.Host) tea.Cmd {
	command := exportCommand(p.filter, h.Org.Code, h.Now)
	h.Show(&ui.Notice{Title: "Export these entries", Lines: []ui.Line{
		{Text: "This was sent to your clipboard. Run it in a shell:"}, {},
		{Text: command, Style: theme.Accent}, {},
		{Text: "From your own machine, write ssh HOST in place of muster. --format csv is for spreadsheets. The export itself is an entry of the log.", Style: theme.Muted},
	}})
	return h.Clip(command)
}

// exportCommand is the command for a filter. Values are people's text and are
// quoted as a shell wants it.
func exportCommand(f auditFilter, org string, now time.Time) string {
	words := []string{"muster", "audit", "export"}
	if f.installation {
		words = append(words, "--installation")
	} else {
		words = append(words, "--org", org)
	}
	for _, x := range [...][2]string{{"--actor", f.actor}, {"--action", f.action}, {"--target", f.target}} {
		if x[1] != "" {
			words = append(words, x[0], shellWord(x[1]))
		}
	}
	if f.days > 0 {
		words = append(words, "--from", now.AddDate(0, 0, -f.days).UTC().Format(time.DateOnly))
	}
	return strings.Join(words, " ") + " > audit.jsonl"
}

// shellWord is a text as one word of a POSIX shell.
func shellWord(s string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("@%+=:,./-_", r)
	}
	if strings.IndexFunc(s, func(r rune) bool { return !plain(r) }) < 0 {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
