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
		if why := whole(h); why != "" || of(h).installation {
			return why
		}
		return kit.WhyFeature(h, models.FeatureAuditExport)
	}
	return []keys.Binding[host.Host]{
		{ID: "audit.open", Keys: []string{"enter"}, Title: "open", Scope: scopeAudit, Foot: 90, Enabled: selected,
			Help: "Shows the entry in full, with before and after side by side.",
			Run:  func(h host.Host) tea.Cmd { return of(h).open(h) }},
		{ID: "audit.filter", Keys: []string{"/"}, Title: "filter", Scope: scopeAudit, Foot: 85,
			Help: "Filters the log: actor:ada@example.com action:invitation period:7d. tab completes, enter applies, esc clears.",
			Run:  func(h host.Host) tea.Cmd { of(h).StartSearch(); return nil }},
		{ID: "audit.only", Keys: []string{"f"}, Title: "show only", Scope: scopeAudit, Foot: 80,
			Help: "Shows only chosen actions, people or periods.",
			Run:  func(h host.Host) tea.Cmd { return of(h).ShowOnly(h) }},
		{ID: "audit.dates", Keys: []string{"D"}, Title: "dates …", Scope: scopeAudit, Foot: 71,
			Help: "Shows the log between two dates.",
			Run:  func(h host.Host) tea.Cmd { return of(h).dates(h) }},
		{ID: "audit.period", Keys: []string{"t"}, Title: "period", Scope: scopeAudit, Foot: 70,
			Help: "Shows the last 7, 30 or 90 days, or all.",
			Run:  func(h host.Host) tea.Cmd { return of(h).period(h) }},
		{ID: "audit.verify", Keys: []string{"v"}, Title: "verify", Scope: scopeAudit, Foot: 65, Enabled: whole,
			Help: "Checks that no entry of the log was changed or removed.",
			Run:  func(h host.Host) tea.Cmd { return of(h).verify(h) }},
		{ID: "audit.export", Keys: []string{"Y"}, Title: "copy export command", Scope: scopeAudit, Foot: 60, Enabled: exportable,
			Help: "Copies the command that writes these entries to a file, and shows it.",
			Run:  func(h host.Host) tea.Cmd { return of(h).export(h) }},
		{ID: "audit.installation", Keys: []string{"i"}, Title: "installation's log", Scope: scopeAudit, Foot: 50,
			Help:    "Switches to the installation's own log (users, keys) and back. For site admins.",
			Present: func(h host.Host) bool { return h.Me.SiteAdmin },
			Run:     func(h host.Host) tea.Cmd { return of(h).turn(h) }},
		{ID: "audit.copy", Keys: []string{"y"}, Title: "copy id", Scope: scopeAudit, Enabled: selected,
			Help: "Copies the id of the target.",
			Run: func(h host.Host) tea.Cmd {
				e, _ := of(h).Table.Current()
				return h.Copy(e.TargetID, e.TargetID)
			}},
	}
}

// period goes from one period to the next, and to all.
func (p *Pane) period(h host.Host) tea.Cmd {
	f, text := models.AuditFilter(), p.Search()
	next := map[string]string{"": "7d", "7d": "30d", "30d": "90d"}[f.Value(text, "period")]
	return p.show(h, f.With(text, "period", next))
}

// dates asks for the days from which and until which to show the log.
func (p *Pane) dates(h host.Host) tea.Cmd {
	f, text := models.AuditFilter(), p.Search()
	day := "a day like " + h.Now.Format(time.DateOnly) + ", or 7d for 7 days ago (UTC); empty for no limit"
	form := &ui.Form{Title: "Show the log", Send: "Show", Fields: []ui.FormField{
		ui.FormField{Name: "from", Label: "From", Help: day}.With(f.Value(text, "from")),
		ui.FormField{Name: "until", Label: "Before", Help: day}.With(f.Value(text, "until")),
	}, Submit: func(get func(string) string) tea.Cmd {
		next := f.With(text, "period", "")
		for _, name := range []string{"from", "until"} {
			next = f.With(next, name, strings.TrimSpace(get(name)))
		}
		return h.ActTop(func(context.Context, models.Actor) host.Outcome {
			_, err := models.AuditQuery{}.Filter(next, h.Now)
			return host.Outcome{Err: err, Then: func(h host.Host) tea.Cmd { return p.show(h, next) }}
		})
	}}
	h.Show(form.Prepare())
	return nil
}

// verifyTimeout bounds the reading of a whole log.
const verifyTimeout = 2 * time.Minute

// verify reads the whole chain and says what it found.
func (p *Pane) verify(h host.Host) tea.Cmd {
	st, actor, log, name, parent := h.Store, h.Actor, p.log(h), h.Org.Code, h.Context
	if p.installation {
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
	entries := kit.Count(int(r.Entries), "entry", "entries") + " verified"
	if r.OK {
		return []ui.Line{{Text: "✓ The log is intact: " + entries + ".", Style: theme.OK}, {},
			{Text: "No entry was changed, removed or inserted.", Style: theme.Muted}}
	}
	return []ui.Line{{Text: "✗ The log is broken at entry " + strconv.FormatInt(r.Broken, 10) + ": " + r.Why + ".", Style: theme.Danger}, {},
		{Text: "Somebody changed the database outside muster. Compare it with a backup."}}
}

// export shows the command that writes what is shown to a file: a file is made
// where the person is, not where the app runs.
func (p *Pane) export(h host.Host) tea.Cmd {
	command := exportCommand(p.Search(), p.installation, h.Org.Code)
	h.Show(&ui.Notice{Title: "Export these entries", Lines: []ui.Line{
		{Text: "This was sent to your clipboard. Run it in a shell:"}, {},
		{Text: command, Style: theme.Accent}, {},
		{Text: "From your own machine, write ssh HOST in place of muster. --format csv is for spreadsheets. The export itself is recorded in the log.", Style: theme.Muted},
	}})
	return h.Clip(command)
}

// exportCommand is the command for a filter, which is quoted as a shell wants it.
func exportCommand(filter string, installation bool, org string) string {
	words := []string{"muster", "audit", "export"}
	if installation {
		words = append(words, "--installation")
	} else {
		words = append(words, "--org", org)
	}
	if filter != "" {
		words = append(words, shellWord(filter))
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
