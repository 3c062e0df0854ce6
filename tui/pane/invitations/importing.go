package invitations

import (
	"context"
	"strconv"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"muster/models"
	"muster/store"
	"muster/tui/host"
	"muster/tui/keys"
	"muster/tui/kit"
	"muster/tui/screen"
	"muster/tui/theme"
	"muster/tui/ui"
)

// ImportBindings are for inviting many people at once.
func importBindings() []keys.Binding[host.Host] {
	return []keys.Binding[host.Host]{
		{ID: "import.new", Keys: []string{"I"}, Title: "import …", Scope: scopeInvitations, Allowed: kit.MayInvite, Foot: 22, Changes: true,
			Help:    "Invites everybody on a list, pasted or from a file: CSV, or addresses as Name <address>. Shows a preview first.",
			Enabled: whyInvite, Run: func(h host.Host) tea.Cmd { return importForm(h, importSource{role: string(kit.UsualRole(h))}) }},
	}
}

// maxPasted is how much text a paste brings at most; the terminal drops what is
// beyond it, so a list of that size may lack its end.
const maxPasted = 64 << 10

// importTimeout bounds an import and its dry run.
const importTimeout = 5 * time.Minute

// importSource is where the people come from, as it was typed.
type importSource struct {
	file, text string
	role       string // of rows that name none
}

// read gives the rows. It may read a file.
func (src importSource) read(readFile func(string) ([]byte, error)) (list models.ImportList, err error) {
	data := []byte(src.text)
	if src.file != "" {
		if data, err = readFile(src.file); err != nil {
			e := *models.AsError(err)
			e.Field = "file"
			return list, &e
		}
	}
	list, err = models.ParseImport(data)
	if err != nil && src.file != "" {
		e := *models.AsError(err)
		e.Field = "file"
		return list, &e
	}
	for i := range list.Rows {
		list.Rows[i] = list.Rows[i].Or(models.ImportRow{Role: models.Role(src.role)})
	}
	return list, err
}

// importForm asks for the list, and shows what it would bring about.
func importForm(h host.Host, src importSource) tea.Cmd {
	form := &ui.Form{Title: "Invite many to " + h.Org.Name, Send: "Preview"}
	tooLong := "import it in parts, or as a file: ssh HOST invite import - < FILE"
	intro := "Paste addresses, one per line, also as Name <address>, optionally followed by a role. Or CSV with a header: email,name,role,message,expires_in,workspaces."
	lines := 8
	if h.ReadList != nil {
		lines, tooLong = 6, "import it in parts, or as a file: its path goes into the field above"
		intro = "Name a file or paste a list: addresses, one per line, also as Name <address>, optionally followed by a role. Or CSV with a header: email,name,role,message,expires_in,workspaces."
		form.Fields = append(form.Fields, ui.FormField{Name: "file", Label: "File", Help: "path on this machine, like ~/people.csv; empty to paste a list",
			Pick: func() tea.Cmd { return browse(h, "File to import", func(path string) { form.Set("file", path) }) }}.With(src.file))
	}
	form.Intro = []ui.Line{{Text: intro, Style: theme.Muted}}
	form.Fields = append(form.Fields,
		ui.FormField{Name: "list", Label: "List", Kind: ui.LinesField, Lines: lines, Max: maxPasted, Check: func(v string) error {
			switch file := strings.TrimSpace(form.Get("file")); {
			case file != "" && strings.TrimSpace(v) != "":
				return models.Errorf(models.CodeInvalid, "a file or a list, not both")
			case file != "":
				return nil
			case len(v) >= maxPasted-1:
				return models.Errorf(models.CodeLimit, "the list is too long to paste: at most 64 KiB").WithHint("%s", tooLong)
			}
			_, err := models.ParseImport([]byte(v))
			return err
		}}.With(src.text),
		ui.FormField{Name: "role", Label: "Role", Kind: ui.ChoiceField, Help: "for rows that give none", Choices: kit.RoleChoices(kit.Granting(h))}.With(src.role))
	form.Submit = func(get func(string) string) tea.Cmd {
		return tryImport(h, h.TopID(), importSource{file: strings.TrimSpace(get("file")), text: get("list"), role: get("role")})
	}
	if src.file == "" && src.text == "" {
		form.Focus("list") // where a paste goes
	}
	return kit.AddRoles(h, h.Show(form.Prepare()), form, "role", kit.Granting(h))
}

// browse opens the files of this machine, for somebody who sits at it.
func browse(h host.Host, title string, chosen func(path string)) tea.Cmd {
	p := ui.NewFilePicker(title, "")
	p.Choose = func(path string) tea.Cmd {
		chosen(path)
		return nil
	}
	h.Show(p)
	return p.Open()
}

// tryImport runs an import dry, and shows what would come of each row.
func tryImport(h host.Host, dialog int, src importSource) tea.Cmd {
	st, org, readFile := h.Store, h.Org.ID, h.ReadList
	return h.Start(host.Action{Dialog: dialog, Within: importTimeout, Do: func(ctx context.Context, actor models.Actor) host.Outcome {
		list, err := src.read(readFile)
		if err != nil {
			return host.Outcome{Err: err}
		}
		r, err := st.ImportInvitations(ctx, actor, org, list.Rows, store.ImportOptions{DryRun: true})
		return host.Outcome{Err: err, Then: func(h host.Host) tea.Cmd { return showDryRun(h, src, list, r) }}
	}})
}

func showDryRun(h host.Host, src importSource, list models.ImportList, r models.ImportReport) tea.Cmd {
	lines := []ui.Line{{Text: kit.Count(r.Done, "person would be", "people would be") + " invited or proposed, " + kit.Count(r.Skipped, "row skipped", "rows skipped") + ", " + kit.Count(r.Failed, "row has errors", "rows have errors") + ".", Style: theme.Text | theme.Bold}}
	for _, said := range list.Remarks() {
		lines = append(lines, ui.Line{Text: "! " + said, Style: theme.Warn})
	}
	n := &ui.Notice{Title: "Preview", Lines: append(lines, importLines(r)...)}
	if r.Done > 0 {
		n.Keys = append(n.Keys, ui.NoticeKey{Hint: ui.Hint{Key: "i", Title: "invite " + ui.Count(r.Done, false)}, Do: func() tea.Cmd { return runImport(h, list) }})
	}
	n.Keys = append(n.Keys, ui.NoticeKey{Hint: ui.Hint{Key: "e", Title: "edit the list"}, Do: func() tea.Cmd { return importForm(h, src) }}, copyResults(h, r))
	h.Show(n.ByItself(h.Now))
	return h.Guarded()
}

// copyResults puts the results on the clipboard, a row a line with tabs between
// its cells. Where that is more than a clipboard takes, it is those rows that
// need a look, and of them as many as fit.
func copyResults(h host.Host, r models.ImportReport) ui.NoticeKey {
	write := func(wanted func(models.ImportResult) bool) (text string, rows, left int) {
		var b strings.Builder
		b.WriteString("line\temail\tresult\trole\twhy\n")
		for _, x := range r.Results {
			if !wanted(x) {
				continue
			}
			why := ""
			if x.Err != nil {
				why = models.AsError(x.Err).Message
			}
			line := strings.Join([]string{strconv.Itoa(x.Line), models.SafeText(x.Email), string(x.Status), x.Label(), models.SafeText(why)}, "\t") + "\n"
			if b.Len()+len(line) > screen.MaxCopy {
				left++
				continue
			}
			b.WriteString(line)
			rows++
		}
		return b.String(), rows, left
	}
	return ui.NoticeKey{Hint: ui.Hint{Key: "y", Title: "copy"}, Stay: true, Do: func() tea.Cmd {
		text, rows, left := write(func(models.ImportResult) bool { return true })
		said := "copied: " + kit.Count(rows, "row", "rows")
		if left > 0 {
			text, rows, left = write(func(x models.ImportResult) bool { return x.Status == models.ImportFailed })
			said = "copied: " + kit.Count(rows, "row with errors", "rows with errors") + "; all rows are too much for the clipboard"
			if left > 0 {
				said = "copied: the first " + kit.Count(rows, "row", "rows") + " with errors; more is too much for the clipboard"
			}
		}
		return tea.Batch(h.Clip(text), h.Say(ui.Done, said))
	}}
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
func runImport(h host.Host, list models.ImportList) tea.Cmd {
	st, actor, org := h.Store, h.Actor, h.Org.ID
	ctx, cancel := context.WithTimeout(h.Context, importTimeout)
	n := &ui.Notice{Title: "Inviting", Fixed: true, Keys: []ui.NoticeKey{{Hint: ui.Hint{Key: "x", Title: "stop"}, Stay: true, Do: func() tea.Cmd {
		cancel()
		return nil
	}}}}
	id := h.Show(n)
	sayImport(h, n, 0, len(list.Rows))
	h.Acted()
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

func sayImport(h host.Host, n *ui.Notice, done, total int) {
	n.Say("Inviting", []ui.Line{{Text: ui.Count(done, false) + " of " + kit.Count(total, "row", "rows")}, {},
		ui.Progress(40, done, total), {},
		{Text: "Rows already invited stay when you stop; the same list can be imported again.", Style: theme.Muted}})
}

// gotImportNews shows how far it is.
func gotImportNews(h host.Host, m importNews) tea.Cmd {
	if n, ok := h.Top().(*ui.Notice); ok && h.TopID() == m.dialog {
		sayImport(h, n, m.done, m.total)
	}
	return awaitImport(m.next)
}

// gotImport shows what came of each row.
func (p *Pane) gotImport(h host.Host, m importMsg) tea.Cmd {
	h.Dismiss(m.dialog)
	r := m.report
	if m.err != nil && !m.stopped && len(r.Results) == 0 {
		return tea.Batch(h.Complain(m.err), h.Refresh())
	}
	p.Own = true
	lines := []ui.Line{{Text: kit.Count(r.Done, "person", "people") + " invited or proposed, " + kit.Count(r.Skipped, "row", "rows") + " skipped, " + kit.Count(r.Failed, "row", "rows") + " with errors.", Style: theme.Text | theme.Bold}}
	switch {
	case m.err != nil && m.stopped:
		lines = append(lines, ui.Line{Text: "! stopped before the end of the list; import it again to continue", Style: theme.Warn})
	case m.err != nil:
		lines = append(lines, ui.Line{Text: "✗ " + kit.Sentence(models.AsError(m.err)), Style: theme.Danger})
	}
	h.Show((&ui.Notice{Title: "Imported", Lines: append(lines, importLines(r)...), Keys: []ui.NoticeKey{copyResults(h, r)}}).ByItself(h.Now))
	return tea.Batch(h.Refresh(), h.Guarded())
}
