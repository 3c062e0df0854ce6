package tui

import (
	"context"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"muster/models"
	"muster/store"
	"muster/tui/keys"
	"muster/tui/theme"
	"muster/tui/ui"
)

// importBindings are for inviting many people at once.
func importBindings() []keys.Binding[*App] {
	return []keys.Binding[*App]{
		{ID: "import.new", Keys: []string{"I"}, Title: "import …", Scope: scopeInvitations, Foot: 22, Changes: true,
			Help:    "Invites everybody on a pasted list: CSV, or addresses as Name <address>. Shows first what would happen.",
			Enabled: whyInvite, Run: func(a *App) tea.Cmd { return a.importForm("") }},
	}
}

// maxPasted is how much text a paste brings at most; the terminal drops what is
// beyond it, so a list of that size may lack its end.
const maxPasted = 64 << 10

// importTimeout bounds an import and its dry run.
const importTimeout = 5 * time.Minute

// importForm asks for the list, and shows what it would bring about.
func (a *App) importForm(text string) tea.Cmd {
	form := &ui.Form{Title: "Invite many to " + a.org.Name, Send: "Try it first", Intro: []ui.Line{
		{Text: "Paste addresses, one a line, also as Name <address>, with a role after it if need be. Or CSV with a header: email,name,role,message,expires_in.", Style: theme.Muted}},
		Fields: []ui.FormField{
			ui.FormField{Name: "list", Label: "List", Kind: ui.LinesField, Lines: 8, Max: maxPasted, Check: func(v string) error {
				if len(v) >= maxPasted-1 {
					return models.Errorf(models.CodeLimit, "the list is longer than a paste can be, 64 KiB").WithHint("import it in parts, or as a file: muster invite import FILE")
				}
				_, err := models.ParseImport([]byte(v))
				return err
			}}.With(text),
		}, Submit: func(get func(string) string) tea.Cmd {
			text := get("list")
			return a.tryImport(a.dialogs.TopID(), text)
		}}
	a.show(form.Prepare())
	return nil
}

// tryImport runs an import dry, and shows what would come of each row.
func (a *App) tryImport(dialog int, text string) tea.Cmd {
	st, actor, org := a.sh.Store, a.actor, a.org.ID
	return a.act(dialog, func(ctx context.Context) outcome {
		list, err := models.ParseImport([]byte(text))
		if err != nil {
			return outcome{err: err}
		}
		r, err := st.ImportInvitations(ctx, actor, org, list.Rows, store.ImportOptions{DryRun: true})
		return outcome{err: err, then: func(a *App) tea.Cmd { return a.showDryRun(text, list, r) }}
	})
}

func (a *App) showDryRun(text string, list models.ImportList, r models.ImportReport) tea.Cmd {
	lines := []ui.Line{{Text: count(r.Done, "person would be", "people would be") + " invited or proposed, " + count(r.Skipped, "row skipped", "rows skipped") + ", " + count(r.Failed, "row has a mistake", "rows have a mistake") + ".", Style: theme.Text | theme.Bold}}
	if len(list.Ignored) > 0 {
		lines = append(lines, ui.Line{Text: "! columns that muster does not know: " + strings.Join(list.Ignored, ", "), Style: theme.Warn})
	}
	n := &ui.Notice{Title: "What would happen", Lines: append(lines, importLines(r)...)}
	if r.Done > 0 {
		n.Keys = append(n.Keys, ui.NoticeKey{Hint: ui.Hint{Key: "i", Title: "invite " + ui.Count(r.Done, false)}, Do: func() tea.Cmd { return a.runImport(list) }})
	}
	n.Keys = append(n.Keys, ui.NoticeKey{Hint: ui.Hint{Key: "e", Title: "edit the list"}, Do: func() tea.Cmd { return a.importForm(text) }})
	a.show(n.ByItself(a.now))
	return a.guarded()
}

// importLines has a line for each row: what is wrong first, then what is
// skipped, then the rest.
func importLines(r models.ImportReport) []ui.Line {
	lines := make([]ui.Line, 0, len(r.Results)+3)
	for _, part := range []struct {
		status models.ImportStatus
		sign   string
		style  theme.Style
	}{{models.ImportFailed, "✗", theme.Danger}, {models.ImportSkipped, "–", theme.Muted}, {models.ImportDone, "✓", theme.OK}} {
		first := true
		for _, x := range r.Results {
			if x.Status != part.status {
				continue
			}
			if first {
				lines, first = append(lines, ui.Line{}), false
			}
			lines = append(lines, ui.Line{Text: part.sign + " line " + ui.Count(x.Line, false) + "  " + importText(x), Style: part.style})
		}
	}
	return lines
}

func importText(x models.ImportResult) string {
	text := x.Email
	switch {
	case x.Err != nil:
		e := models.AsError(x.Err)
		if text != "" {
			text += ": "
		}
		text += e.Message
	case x.State == models.StateRequested:
		text += "  proposed as " + x.Label()
	default:
		text += "  invited as " + x.Label()
	}
	for i, p := range x.Workspaces {
		before := ", "
		if i == 0 {
			before = " into "
		}
		text += before + p.Name + " (" + p.Given().Label() + ")"
	}
	return text
}

// importMsg is the end of an import.
type importMsg struct {
	dialog  int
	report  models.ImportReport // of what was done until then
	stopped bool
	err     error
}

// importNews is one word of how far an import is, with where the next comes
// from.
type importNews struct {
	dialog      int
	done, total int
	next        <-chan importNews
}

// runImport invites everybody on the list. What is through is told as it goes
// on, and it can be stopped after the rows that are under way.
func (a *App) runImport(list models.ImportList) tea.Cmd {
	st, actor, org := a.sh.Store, a.actor, a.org.ID
	ctx, cancel := context.WithTimeout(a.ctx, importTimeout)
	n := &ui.Notice{Title: "Inviting", Fixed: true, Keys: []ui.NoticeKey{{Hint: ui.Hint{Key: "x", Title: "stop"}, Stay: true, Do: func() tea.Cmd {
		cancel()
		return nil
	}}}}
	id := a.show(n)
	a.sayImport(n, 0, len(list.Rows))
	a.history.at = a.now
	news := make(chan importNews, 1)
	run := func() tea.Msg {
		defer cancel()
		r, err := st.ImportInvitations(ctx, actor, org, list.Rows, store.ImportOptions{Progress: func(done, total int) {
			select { // what nobody has taken yet is old
			case <-news:
			default:
			}
			news <- importNews{dialog: id, done: done, total: total, next: news}
		}})
		close(news)
		return importMsg{dialog: id, report: r, stopped: ctx.Err() != nil, err: err}
	}
	return tea.Batch(run, awaitImport(news))
}

func awaitImport(news <-chan importNews) tea.Cmd {
	return func() tea.Msg {
		if m, ok := <-news; ok {
			return m
		}
		return nil
	}
}

func (a *App) sayImport(n *ui.Notice, done, total int) {
	const width = 40
	filled := 0
	if total > 0 {
		filled = done * width / total
	}
	n.Say("Inviting", []ui.Line{{Text: ui.Count(done, false) + " of " + count(total, "row", "rows")}, {},
		{Text: strings.Repeat("█", filled) + strings.Repeat("░", width-filled), Style: theme.Accent &^ theme.Bold}, {},
		{Text: "What is done stays when you stop; the same list can be imported again.", Style: theme.Muted}})
}

// gotImportNews shows how far it is.
func (a *App) gotImportNews(m importNews) tea.Cmd {
	if n, ok := a.dialogs.Top().(*ui.Notice); ok && a.dialogs.TopID() == m.dialog {
		a.sayImport(n, m.done, m.total)
	}
	return awaitImport(m.next)
}

// gotImport shows what came of each row.
func (a *App) gotImport(m importMsg) tea.Cmd {
	a.dialogs.Close(m.dialog)
	r := m.report
	if m.err != nil && !m.stopped && len(r.Results) == 0 {
		return tea.Batch(a.complain(m.err), a.refresh())
	}
	a.invites.own = true
	lines := []ui.Line{{Text: count(r.Done, "person", "people") + " invited or proposed, " + count(r.Skipped, "row", "rows") + " skipped, " + count(r.Failed, "row", "rows") + " with a mistake.", Style: theme.Text | theme.Bold}}
	switch {
	case m.err != nil && m.stopped:
		lines = append(lines, ui.Line{Text: "! stopped before the end of the list; import it again to go on", Style: theme.Warn})
	case m.err != nil:
		lines = append(lines, ui.Line{Text: "✗ " + sentence(models.AsError(m.err)), Style: theme.Danger})
	}
	a.show((&ui.Notice{Title: "Imported", Lines: append(lines, importLines(r)...)}).ByItself(a.now))
	return tea.Batch(a.refresh(), a.guarded())
}
