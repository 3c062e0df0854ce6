package tui

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"muster/internal/sshkey"
	"muster/models"
	"muster/store"
	"muster/tui/keys"
	"muster/tui/theme"
	"muster/tui/ui"
)

// youPane is the person: name, keys, invitations that wait, open sessions.
type youPane struct {
	list[youRow]
	factor *models.SecondFactor // nil until it is known
}

// youRow is one line of it; what it is about is the one field that is set.
type youRow struct {
	id     string
	what   string
	title  string
	note   string
	added  *time.Time
	used   *time.Time
	key    *models.Key
	invite *models.JoinOffer
	factor *models.SecondFactor
	// prefers names the preference that the row is.
	prefers string
}

type youMsg struct {
	request  int
	keys     []models.Key
	offers   []models.JoinOffer
	sessions []store.Session
	factor   models.SecondFactor
	err      error
}

func newYouPane(a *App) *youPane {
	p := &youPane{}
	p.pane = paneYou
	p.table.ID = func(r youRow) string { return r.id }
	when := func(t *time.Time, never string) (string, theme.Style) {
		if t == nil {
			return never, theme.Muted
		}
		return ago(a.now, *t), theme.Muted
	}
	p.table.Columns = []ui.Column[youRow]{
		{Title: "", Min: 10, Max: 10, Keep: 9, Cell: func(r youRow) (string, theme.Style) {
			if r.invite != nil {
				return r.what, theme.Warn
			}
			return r.what, theme.Muted
		}},
		{Title: "", Min: 14, Max: 34, Keep: -1, Cell: func(r youRow) (string, theme.Style) { return r.title, theme.Text }},
		{Title: "", Min: 16, Max: 62, Keep: 3, Cell: func(r youRow) (string, theme.Style) { return r.note, theme.Muted }},
		{Title: "SINCE", Min: 5, Max: 5, Keep: 1, Cell: func(r youRow) (string, theme.Style) { return when(r.added, "") }},
		{Title: "USED", Min: 5, Max: 5, Keep: 2, Cell: func(r youRow) (string, theme.Style) {
			if r.key == nil {
				return "", theme.Muted
			}
			return when(r.used, "never")
		}},
	}
	return p
}

func (p *youPane) id() paneID          { return paneYou }
func (p *youPane) title() string       { return "You" }
func (p *youPane) scope() keys.Scope   { return scopeYou }
func (p *youPane) fresh()              {}
func (p *youPane) more(*App) tea.Cmd   { return nil }
func (p *youPane) mark()               {}
func (p *youPane) markRange()          {}
func (p *youPane) markAll()            {}
func (p *youPane) startSearch()        {}
func (p *youPane) status(*App) string  { return "" }
func (p *youPane) first(*App) tea.Cmd  { p.table.First(); return nil }
func (p *youPane) last(*App) tea.Cmd   { p.table.Last(); return nil }
func (p *youPane) load(a *App) tea.Cmd { return p.refresh(a) }

func (p *youPane) count(a *App) string {
	n := 0
	for _, o := range a.orgs {
		if o.Relation == models.RelInvited {
			n++
		}
	}
	if n > 0 {
		return ui.Count(n, false)
	}
	return ""
}

func (p *youPane) refresh(a *App) tea.Cmd {
	p.request++
	if !p.loaded {
		p.table.SetLoading(a.now)
	}
	msg := youMsg{request: p.request}
	st, actor, parent := a.sh.Store, a.actor, a.ctx
	ask := func() tea.Msg {
		ctx, cancel := context.WithTimeout(parent, askTimeout)
		defer cancel()
		if msg.keys, msg.err = st.ListKeys(ctx, actor); msg.err != nil {
			return msg
		}
		if msg.factor, msg.err = st.SecondFactor(ctx, actor); msg.err != nil {
			return msg
		}
		if msg.offers, msg.err = st.MyInvitations(ctx, actor); msg.err != nil {
			return msg
		}
		msg.sessions, msg.err = st.Sessions(ctx, actor)
		return msg
	}
	if p.loaded {
		return ask
	}
	return tea.Batch(ask, a.wakeAt(a.now.Add(ui.LoadingAfter)))
}

func (p *youPane) answer(a *App, msg tea.Msg) (tea.Cmd, bool) {
	m, ok := msg.(youMsg)
	if !ok {
		return nil, false
	}
	if m.request != p.request {
		return nil, true
	}
	if m.err != nil {
		p.failed(a, m.err)
		return nil, true
	}
	rows := []youRow{{id: "name", what: "Name", title: a.me.Name}, {id: "email", what: "Email", title: a.me.Email}, {id: "handle", what: "Handle", title: a.me.Handle}}
	p.factor = &m.factor
	rows = append(rows, factorRow(a, p.factor))
	rows = append(rows, a.preferenceRows()...)
	for i := range m.offers {
		o := &m.offers[i]
		rows = append(rows, youRow{id: o.Invitation.ID, what: "Invitation", title: o.OrgName, invite: o, added: &o.Invitation.CreatedAt,
			note: "as " + string(o.Invitation.Role) + ", from " + from(o.Invitation)})
	}
	for i := range m.keys {
		k := &m.keys[i]
		what := "Key"
		if k.Fingerprint == a.actor.Key {
			what = "Key · here"
		}
		rows = append(rows, youRow{id: k.ID, what: what, title: k.Label, note: k.Fingerprint, key: k, added: &k.AddedAt, used: k.LastUsedAt})
	}
	for i := range m.sessions {
		s := &m.sessions[i]
		where := s.Address
		if where == "" {
			where = "on this machine"
		}
		rows = append(rows, youRow{id: s.ID, what: "Session", title: where, note: string(s.Via), added: &s.Since})
	}
	p.table.SetRows(rows, false, false, !p.loaded, a.now)
	p.loaded = true
	return nil, true
}

// set takes in what the session's context says of the person.
func (p *youPane) set(a *App) {
	rows := p.table.Rows()
	if len(rows) == 0 {
		return
	}
	preferences := a.preferenceRows()
	for i := range rows {
		switch rows[i].id {
		case "name":
			rows[i].title = a.me.Name
		case "email":
			rows[i].title = a.me.Email
		}
		for _, r := range preferences {
			if rows[i].id == r.id {
				rows[i] = r
			}
		}
	}
}

func (p *youPane) draw(a *App, r ui.Region, focused bool) {
	p.table.Draw(r, focused, a.now)
	r.Zone(tableZone{paneYou})
}

func (p *youPane) detail(a *App) (string, []ui.Line) {
	r, ok := p.table.Current()
	if !ok {
		return "", nil
	}
	switch {
	case r.key != nil:
		used := "never"
		if r.key.LastUsedAt != nil {
			used = a.moment(*r.key.LastUsedAt)
		}
		return r.key.Label, facts("Type", r.key.Type, "Fingerprint", r.key.Fingerprint, "Added", a.moment(r.key.AddedAt), "Last used", used, "Id", r.key.ID)
	case r.invite != nil:
		i := r.invite.Invitation
		expires := ""
		if i.ExpiresAt != nil {
			expires = a.moment(*i.ExpiresAt)
		}
		return r.invite.OrgName, facts("Code", r.invite.OrgCode, "Role", i.Given().Label(), "Workspaces", placeWords(i.Workspaces), "From", i.InviterName+" <"+i.InviterEmail+">", "Expires", expires, "Message", i.Message)
	}
	for _, d := range models.PreferenceList() {
		if d.Name == r.prefers {
			return r.what, facts(r.what, r.title, "From", r.note, "What it does", d.Help)
		}
	}
	if r.factor != nil {
		return "Two-factor", factorFacts(a, r.factor)
	}
	return r.what, facts(r.what, r.title, "More", r.note)
}

// ---- bindings

func youBindings() []keys.Binding[*App] {
	row := func(a *App) youRow { r, _ := a.you.table.Current(); return r }
	onKey := func(a *App) string {
		if row(a).key == nil {
			return "no key is selected"
		}
		return ""
	}
	onInvite := func(a *App) string {
		if row(a).invite == nil {
			return "no invitation is selected"
		}
		return ""
	}
	invited := func(a *App) bool { return a.you.count(a) != "" }
	return []keys.Binding[*App]{
		{ID: "you.accept", Keys: []string{"a"}, Title: "accept", Scope: scopeYou, Foot: 95, Changes: true, Present: invited, Enabled: onInvite,
			Help: "Accepts the invitation that waits for you.",
			Run: func(a *App) tea.Cmd {
				i := row(a).invite
				return a.acceptInvitation(i.Invitation.ID, i.OrgName)
			}},
		{ID: "you.decline", Keys: []string{"x"}, Title: "decline", Scope: scopeYou, Foot: 94, Changes: true, Present: invited, Enabled: onInvite,
			Help: "Declines the invitation that waits for you.",
			Run: func(a *App) tea.Cmd {
				i := row(a).invite
				return a.declineInvitation(i.Invitation.ID, i.OrgName)
			}},
		{ID: "key.add", Keys: []string{"n"}, Title: "add key", Scope: scopeYou, Foot: 80,
			Help: "Adds an SSH public key to your account: paste its line.", Run: (*App).addKeyForm},
		{ID: "key.pair", Keys: []string{"P"}, Title: "pair a machine", Scope: scopeYou, Foot: 78,
			Help: "Shows a one-time code that adds the key of another machine.", Run: (*App).pair},
		{ID: "you.edit", Keys: []string{"e"}, Title: "edit", Scope: scopeYou, Foot: 70,
			Help: "Changes your name, the label of the selected key, or how you want the app.",
			Enabled: func(a *App) string {
				if r := row(a); r.key == nil && r.id != "name" && r.prefers == "" {
					return "your name, your keys' labels and how you want the app can be changed"
				}
				return ""
			},
			Run: func(a *App) tea.Cmd {
				if k := row(a).key; k != nil {
					return a.renameKey(*k)
				}
				if p := row(a).prefers; p != "" {
					return a.choosePreference(p)
				}
				return a.renameMe()
			}},
		{ID: "key.remove", Keys: []string{"d"}, Title: "remove key", Scope: scopeYou, Foot: 60, Changes: true, Enabled: func(a *App) string {
			if why := onKey(a); why != "" || a.me.Keys > 1 {
				return why
			}
			return "your last key cannot be removed · add another one first"
		},
			Help: "Removes the key: it cannot sign in any more.",
			Run:  func(a *App) tea.Cmd { return a.removeKey(*row(a).key) }},
		{ID: "you.copy", Keys: []string{"y"}, Title: "copy", Scope: scopeYou,
			Help: "Copies the fingerprint, address or name of the row.",
			Run: func(a *App) tea.Cmd {
				r := row(a)
				text := r.title
				if r.key != nil {
					text = r.key.Fingerprint
				}
				return a.copy(text, text)
			}},
	}
}

// askLine opens a form with one field.
func (a *App) askLine(title, send string, f ui.FormField, value string, do func(ctx context.Context, value string) outcome) tea.Cmd {
	form := &ui.Form{Title: title, Send: send, Fields: []ui.FormField{f.With(value)}, Submit: func(get func(string) string) tea.Cmd {
		v := get(f.Name)
		return a.actTop(func(ctx context.Context) outcome { return do(ctx, v) })
	}}
	a.show(form.Prepare())
	return nil
}

func (a *App) renameMe() tea.Cmd {
	st, actor := a.sh.Store, a.actor
	return a.askLine("Your name", "Save", ui.FormField{Name: "name", Label: "Name", Help: "as others see you", Check: name("name")}, a.me.Name,
		func(ctx context.Context, v string) outcome {
			u, err := st.UpdateMe(ctx, actor, v)
			return outcome{err: err, text: "you are " + u.Name + " now"}
		})
}

func (a *App) addKeyForm() tea.Cmd {
	st, actor := a.sh.Store, a.actor
	form := &ui.Form{Title: "Add a key", Send: "Add", Intro: []ui.Line{{Text: "Paste the line of the public key, from a file like ~/.ssh/id_ed25519.pub. Never the private key.", Style: theme.Muted}},
		Fields: []ui.FormField{
			ui.FormField{Name: "key", Label: "Public key", Kind: ui.LinesField, Help: "like ssh-ed25519 AAAAC3… ada@laptop", Check: func(v string) error {
				_, err := sshkey.Parse([]byte(v))
				return err
			}}.With(""),
			ui.FormField{Name: "label", Label: "Label", Help: "what you call the machine it is on", Check: name("label"), Follow: func(get func(string) string) string {
				k, err := sshkey.Parse([]byte(get("key")))
				if err != nil {
					return ""
				}
				return k.Label
			}}.With(""),
		}, Submit: func(get func(string) string) tea.Cmd {
			k, err := sshkey.Parse([]byte(get("key")))
			k.Label = get("label")
			return a.actTop(func(ctx context.Context) outcome {
				if err != nil {
					return outcome{err: err}
				}
				added, err := st.AddKey(ctx, actor, k)
				return outcome{err: err, text: "the key " + added.Label + " can sign in now"}
			})
		}}
	a.show(form.Prepare())
	return nil
}

func (a *App) renameKey(k models.Key) tea.Cmd {
	st, actor := a.sh.Store, a.actor
	return a.askLine("Label of the key", "Save", ui.FormField{Name: "label", Label: "Label", Help: k.Fingerprint, Check: name("label")}, k.Label,
		func(ctx context.Context, v string) outcome {
			_, err := st.RenameKey(ctx, actor, k.ID, v)
			return outcome{err: err, text: "the key is called " + v + " now"}
		})
}

func (a *App) removeKey(k models.Key) tea.Cmd {
	st, actor := a.sh.Store, a.actor
	lines := []ui.Line{{Text: k.Type + "  " + k.Fingerprint, Style: theme.Muted}, {}, {Text: "It cannot sign in any more. Your other keys still can."}}
	if k.Fingerprint == a.actor.Key {
		lines = append(lines, ui.Line{Text: "! This session was opened with it.", Style: theme.Warn})
	}
	a.show(&ui.Confirm{Title: "Remove the key " + k.Label + "?", Danger: true, Yes: "remove", Lines: lines, Do: func() tea.Cmd {
		return a.actTop(func(ctx context.Context) outcome {
			_, err := st.RemoveKey(ctx, actor, k.ID)
			return outcome{err: err, text: "the key " + k.Label + " is removed", then: func(a *App) tea.Cmd { a.you.own = true; return nil }}
		})
	}})
	return nil
}

// pair shows a one-time code for another machine.
func (a *App) pair() tea.Cmd {
	st, actor, join := a.sh.Store, a.actor, a.sh.JoinCommand
	return a.act(0, func(ctx context.Context) outcome {
		code, expires, err := st.CreatePairing(ctx, actor)
		if err != nil {
			return outcome{err: err}
		}
		return outcome{then: func(a *App) tea.Cmd {
			command := join(code)
			a.show(&ui.Notice{Title: "Pair another machine", Lines: []ui.Line{
				{Text: "Run this there, with the key that you want to add:"}, {},
				{Text: command, Style: theme.Accent}, {},
				{Text: "It works once, until " + a.moment(expires) + ". Whoever runs it can sign in as you.", Style: theme.Warn},
			}})
			return a.clip(command)
		}}
	})
}
