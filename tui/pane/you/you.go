package you

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"muster/models"
	"muster/store"
	"muster/tui/host"
	"muster/tui/keys"
	"muster/tui/kit"
	"muster/tui/list"
	"muster/tui/theme"
	"muster/tui/ui"
)

const scopeYou keys.Scope = "you"

// Pane is the person: name, keys, invitations that wait, open sessions.
type Pane struct {
	list.List[youRow]
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
	asked  *models.JoinOffer // a request of one's own that waits
	factor *models.SecondFactor
	// prefers names the preference that the row is.
	prefers string
}

type youMsg struct {
	request  int
	keys     []models.Key
	offers   []models.JoinOffer
	asked    []models.JoinOffer
	sessions []store.Session
	factor   models.SecondFactor
	err      error
}

func New(h host.Host) *Pane {
	p := &Pane{}
	p.Pane = host.You
	p.Table.ID = func(r youRow) string { return r.id }
	when := func(t *time.Time, never string) (string, theme.Style) {
		if t == nil {
			return never, theme.Muted
		}
		return kit.Ago(h.Now, *t), theme.Muted
	}
	p.Table.Columns = []ui.Column[youRow]{
		{Title: "", Min: 10, Max: 10, Keep: 9, Cell: func(r youRow) (string, theme.Style) {
			if r.invite != nil {
				return r.what, theme.Warn
			}
			return r.what, theme.Muted
		}},
		{Title: "", Min: 14, Max: 34, Keep: -1, Cell: func(r youRow) (string, theme.Style) { return r.title, theme.Text }},
		{Title: "", Min: 21, Max: 62, Keep: 3, Cell: func(r youRow) (string, theme.Style) { return r.note, theme.Muted }},
		{Title: "SINCE", Right: true, Min: 5, Max: 5, Keep: 1, Cell: func(r youRow) (string, theme.Style) { return when(r.added, "") }},
		{Title: "USED", Right: true, Min: 5, Max: 5, Keep: 2, Cell: func(r youRow) (string, theme.Style) {
			if r.key == nil {
				return "", theme.Muted
			}
			return when(r.used, "never")
		}},
	}
	return p
}

func (p *Pane) ID() host.PaneID { return host.You }

func (p *Pane) Title() string { return "You" }

func (p *Pane) Scope() keys.Scope { return scopeYou }

func (p *Pane) Fresh() {}

func (p *Pane) More(host.Host) tea.Cmd { return nil }

func (p *Pane) Mark() {}

func (p *Pane) MarkRange() {}

func (p *Pane) MarkAll(host.Host) {}

func (p *Pane) StartSearch() {}

func (p *Pane) Status(host.Host) string { return "" }

func (p *Pane) First(host.Host) tea.Cmd { p.Table.First(); return nil }

func (p *Pane) Last(host.Host) tea.Cmd { p.Table.Last(); return nil }

func (p *Pane) Load(h host.Host) tea.Cmd { return p.Refresh(h) }

func (p *Pane) Count(h host.Host) string {
	n := 0
	for _, o := range h.Orgs {
		if o.Relation == models.RelInvited {
			n++
		}
	}
	if n > 0 {
		return ui.Count(n, false)
	}
	return ""
}

func (p *Pane) Refresh(h host.Host) tea.Cmd {
	p.Request++
	if !p.Loaded {
		p.Table.SetLoading(h.Now)
	}
	msg := youMsg{request: p.Request}
	st, actor, parent := h.Store, h.Actor, h.Context
	ask := func() tea.Msg {
		ctx, cancel := context.WithTimeout(parent, host.AskTimeout)
		defer cancel()
		if msg.keys, msg.err = st.ListKeys(ctx, actor); msg.err != nil {
			return msg
		}
		if msg.factor, msg.err = st.SecondFactor(ctx, actor); msg.err != nil {
			return msg
		}
		if msg.offers, msg.err = st.OwnInvitations(ctx, actor); msg.err != nil {
			return msg
		}
		if msg.asked, msg.err = st.OwnRequests(ctx, actor); msg.err != nil {
			return msg
		}
		msg.sessions, msg.err = st.Sessions(ctx, actor)
		return msg
	}
	if p.Loaded {
		return ask
	}
	return tea.Batch(ask, h.WakeAt(h.Now.Add(ui.LoadingAfter)))
}

func (p *Pane) Answer(h host.Host, msg tea.Msg) (tea.Cmd, bool) {
	m, ok := msg.(youMsg)
	if !ok {
		return nil, false
	}
	if m.request != p.Request {
		return nil, true
	}
	if m.err != nil {
		p.Failed(h, m.err)
		return nil, true
	}
	rows := []youRow{{id: "name", what: "Name", title: h.Me.Name}, {id: "email", what: "Email", title: h.Me.ShownEmail()}, {id: "handle", what: "Handle", title: h.Me.Handle}}
	p.factor = &m.factor
	rows = append(rows, factorRow(h, p.factor))
	rows = append(rows, preferenceRows(h)...)
	for i := range m.offers {
		o := &m.offers[i]
		rows = append(rows, youRow{id: o.Invitation.ID, what: "Invitation", title: o.OrgName, invite: o, added: &o.Invitation.CreatedAt,
			note: "as " + string(o.Invitation.Role) + ", from " + kit.InvitationFrom(o.Invitation)})
	}
	for i := range m.asked {
		o := &m.asked[i]
		rows = append(rows, youRow{id: o.Invitation.ID, what: "Request", title: o.OrgName, asked: o, added: &o.Invitation.CreatedAt, note: "waiting for a decision"})
	}
	for i := range m.keys {
		k := &m.keys[i]
		what := "Key"
		if k.Fingerprint == h.Actor.Key {
			what = "Key · here"
		}
		rows = append(rows, youRow{id: k.ID, what: what, title: k.Label, note: keyNote(h, k), key: k, added: &k.AddedAt, used: k.LastUsedAt})
	}
	for i := range m.sessions {
		s := &m.sessions[i]
		where := s.Address
		if where == "" {
			where = "on this machine"
		}
		rows = append(rows, youRow{id: s.ID, what: "Session", title: where, note: string(s.Via), added: &s.Since})
	}
	p.Table.SetRows(rows, false, false, !p.Loaded, h.Now)
	p.Loaded = true
	return nil, true
}

// keyNote is the fingerprint of a key, and that it was only pasted so far. That of
// the session is proven, whether or not that is written yet.
func keyNote(h host.Host, k *models.Key) string {
	if k.ProvenAt == nil && k.Fingerprint != h.Actor.Key {
		return "unproven  " + k.Fingerprint
	}
	return k.Fingerprint
}

// Follow takes in what the session's context says of the person.
func (p *Pane) Follow(h host.Host) {
	rows := p.Table.Rows()
	if len(rows) == 0 {
		return
	}
	preferences := preferenceRows(h)
	for i := range rows {
		switch rows[i].id {
		case "name":
			rows[i].title = h.Me.Name
		case "email":
			rows[i].title = h.Me.ShownEmail()
		}
		for _, r := range preferences {
			if rows[i].id == r.id {
				rows[i] = r
			}
		}
	}
}

func (p *Pane) Draw(h host.Host, r ui.Region, focused bool) {
	p.Table.Draw(r, focused, h.Now)
	r.Zone(host.TableZone(host.You))
}

func (p *Pane) Detail(h host.Host) (string, []ui.Line) {
	r, ok := p.Table.Current()
	if !ok {
		return "", nil
	}
	switch {
	case r.key != nil:
		used := "never"
		if r.key.LastUsedAt != nil {
			used = kit.Moment(h, *r.key.LastUsedAt)
		}
		if r.key.ProvenAt == nil && r.key.Fingerprint != h.Actor.Key {
			used += ": " + models.UnprovenKey
		}
		return r.key.Label, kit.Facts("Type", r.key.Type, "Fingerprint", r.key.Fingerprint, "Added", kit.Moment(h, r.key.AddedAt), "Last used", used, "Id", r.key.ID)
	case r.invite != nil:
		i := r.invite.Invitation
		expires := ""
		if i.ExpiresAt != nil {
			expires = kit.Moment(h, *i.ExpiresAt)
		}
		return r.invite.OrgName, kit.Facts("Code", r.invite.OrgCode, "Role", i.Given().Label(), "Workspaces", kit.WorkspaceWords(i.Workspaces), "From", i.InviterName+" <"+i.InviterEmail+">"+models.UnverifiedMark(i.InviterVerified), "Expires", expires, "Message", i.Message)
	}
	if r.asked != nil {
		return r.asked.OrgName, kit.Facts("Code", r.asked.OrgCode, "Request", "to join, waiting for a decision", "Since", kit.Moment(h, r.asked.Invitation.CreatedAt), "Message", r.asked.Invitation.Message)
	}
	for _, d := range models.PreferenceList() {
		if d.Name == r.prefers {
			return r.what, kit.Facts(r.what, r.title, "From", r.note, "What it does", d.Help)
		}
	}
	if r.id == bindings {
		return "Your keys", ownKeys(h)
	}
	if r.factor != nil {
		return "Two-factor", factorFacts(h, r.factor)
	}
	return r.what, kit.Facts(r.what, r.title, "More", r.note)
}

// ---- bindings

func youBindings() []keys.Binding[host.Host] {
	row := func(h host.Host) youRow { r, _ := of(h).Table.Current(); return r }
	onKey := func(h host.Host) string {
		if row(h).key == nil {
			return "no key is selected"
		}
		return ""
	}
	onInvite := func(h host.Host) string {
		if row(h).invite == nil {
			return "no invitation is selected"
		}
		return ""
	}
	invited := func(h host.Host) bool { return of(h).Count(h) != "" }
	return []keys.Binding[host.Host]{
		{ID: "you.accept", Keys: []string{"a"}, Title: "accept", Scope: scopeYou, Foot: 95, Changes: true, Present: invited, Enabled: onInvite,
			Help: "Accepts the invitation.",
			Run: func(h host.Host) tea.Cmd {
				i := row(h).invite
				return kit.AcceptInvitation(h, i.Invitation.ID, i.OrgName)
			}},
		{ID: "you.decline", Keys: []string{"x"}, Title: "decline", Scope: scopeYou, Foot: 94, Changes: true, Present: invited, Enabled: onInvite,
			Help: "Declines the invitation.",
			Run: func(h host.Host) tea.Cmd {
				i := row(h).invite
				return kit.DeclineInvitation(h, i.Invitation.ID, i.OrgName)
			}},
		{ID: "you.withdraw", Keys: []string{"w"}, Title: "withdraw", Scope: scopeYou, Foot: 93, Changes: true,
			Help:    "Withdraws your request to join an organization.",
			Present: func(h host.Host) bool { return row(h).asked != nil },
			Run:     func(h host.Host) tea.Cmd { return withdraw(h, *row(h).asked) }},
		{ID: "key.add", Keys: []string{"n"}, Title: "add key", Scope: scopeYou, Foot: 80,
			Help: "Adds an SSH public key to your account: paste its line.", Run: addKeyForm},
		{ID: "key.pair", Keys: []string{"P"}, Title: "pair a machine", Scope: scopeYou, Foot: 78,
			Help: "Shows a one-time code that adds the key of another machine.", Run: pair},
		{ID: "you.edit", Keys: []string{"e"}, Title: "edit", Scope: scopeYou, Foot: 70,
			Help: "Changes your name, the label of the selected key, a preference, or your keys of the app.",
			Enabled: func(h host.Host) string {
				if r := row(h); r.key == nil && r.id != "name" && r.id != bindings && r.prefers == "" {
					return "only your name, key labels and preferences can be changed"
				}
				return ""
			},
			Run: func(h host.Host) tea.Cmd {
				if k := row(h).key; k != nil {
					return renameKey(h, *k)
				}
				if row(h).id == bindings {
					return h.Do(bindings)
				}
				if p := row(h).prefers; p != "" {
					return h.ChoosePreference(p)
				}
				return renameMe(h)
			}},
		{ID: "key.remove", Keys: []string{"d"}, Title: "remove key", Scope: scopeYou, Foot: 60, Changes: true, Enabled: func(h host.Host) string {
			if why := onKey(h); why != "" {
				return why
			}
			return kit.Reason(models.CheckRemoveKey(h.Me.Keys))
		},
			Help: "Removes the key: it can no longer sign in.",
			Run:  func(h host.Host) tea.Cmd { return removeKey(h, *row(h).key) }},
		{ID: "you.copy", Keys: []string{"y"}, Title: "copy", Scope: scopeYou,
			Help: "Copies the fingerprint, address or name of the row.",
			Run: func(h host.Host) tea.Cmd {
				r := row(h)
				text := r.title
				if r.key != nil {
					text = r.key.Fingerprint
				}
				return h.Copy(text, text)
			}},
	}
}

// askLine opens a form with one field.
func askLine(h host.Host, title, send string, f ui.FormField, value string, do func(ctx context.Context, actor models.Actor, value string) host.Outcome) tea.Cmd {
	form := &ui.Form{Title: title, Send: send, Fields: []ui.FormField{f.With(value)}, Submit: func(get func(string) string) tea.Cmd {
		v := get(f.Name)
		return h.ActTop(func(ctx context.Context, actor models.Actor) host.Outcome { return do(ctx, actor, v) })
	}}
	h.Show(form.Prepare())
	return nil
}

func renameMe(h host.Host) tea.Cmd {
	st := h.Store
	return askLine(h, "Your name", "Save", ui.FormField{Name: "name", Label: "Name", Help: "as others see you", Check: kit.Name("name")}, h.Me.Name,
		func(ctx context.Context, actor models.Actor, v string) host.Outcome {
			u, err := st.UpdateMe(ctx, actor, v)
			return host.Outcome{Err: err, Text: "you are " + u.Name + " now"}
		})
}

func renameKey(h host.Host, k models.Key) tea.Cmd {
	st := h.Store
	return askLine(h, "Label of the key", "Save", ui.FormField{Name: "label", Label: "Label", Help: k.Fingerprint, Check: kit.Name("label")}, k.Label,
		func(ctx context.Context, actor models.Actor, v string) host.Outcome {
			_, err := st.RenameKey(ctx, actor, k.ID, v)
			return host.Outcome{Err: err, Text: "the key is called " + v + " now"}
		})
}

func removeKey(h host.Host, k models.Key) tea.Cmd {
	st := h.Store
	lines := []ui.Line{{Text: k.Type + "  " + k.Fingerprint, Style: theme.Muted}, {}, {Text: "It can no longer sign in. Your other keys still can."}}
	if k.Fingerprint == h.Actor.Key {
		lines = append(lines, ui.Line{Text: "! This session uses it.", Style: theme.Warn})
	}
	h.Show(&ui.Confirm{Title: "Remove the key " + k.Label + "?", Danger: true, Yes: "remove", Lines: lines, Do: func() tea.Cmd {
		return h.ActTop(func(ctx context.Context, actor models.Actor) host.Outcome {
			_, err := st.RemoveKey(ctx, actor, k.ID)
			return host.Outcome{Err: err, Text: "the key " + k.Label + " is removed", Then: func(h host.Host) tea.Cmd { of(h).Own = true; return nil }}
		})
	}})
	return nil
}

// asksCode tells whether changing how the person signs in wants a code.
func asksCode(h host.Host) bool {
	v := of(h).factor
	return v != nil && v.Enrolled && !v.Local
}

// pair makes a one-time code for another machine, for a code of the second
// factor where there is one.
func pair(h host.Host) tea.Cmd {
	st, join := h.Store, h.JoinCommand
	create := func(ctx context.Context, actor models.Actor, factorCode string) host.Outcome {
		code, expires, err := st.CreatePairing(ctx, actor, factorCode)
		if err != nil {
			return host.Outcome{Err: err}
		}
		return showPairing(join(code), expires)
	}
	if !asksCode(h) {
		return h.Act(0, func(ctx context.Context, actor models.Actor) host.Outcome { return create(ctx, actor, "") })
	}
	h.Show(codeForm(h, "Pair another machine", "Continue", []ui.Line{{Text: "Adding a way to sign in needs a two-factor code."}}, create))
	return nil
}

func showPairing(command string, expires time.Time) host.Outcome {
	return host.Outcome{Then: func(h host.Host) tea.Cmd {
		h.Show(&ui.Notice{Title: "Pair another machine", Lines: []ui.Line{
			{Text: "Run this there, with the key you want to add:"}, {},
			{Text: command, Style: theme.Accent}, {},
			{Text: "It works once, until " + kit.Moment(h, expires) + ", while this session is open. Anyone who runs it can sign in as you.", Style: theme.Warn},
		}})
		return h.Clip(command)
	}}
}
