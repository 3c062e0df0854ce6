package tui

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"muster/models"
	"muster/store"
	"muster/tui/screen"
	"muster/tui/ui"
)

// ring calls for attention the way the person chose.
func (a *App) ring(text string) tea.Cmd {
	switch a.attention {
	case Bell:
		return screen.Bell
	case Desktop:
		return screen.Notify(text)
	}
	return nil
}

type (
	// signalMsg says that something changed that the session shows, hereMsg
	// that people came or went, and othersMsg how many are here now.
	signalMsg struct{}
	hereMsg   struct{}
	othersMsg struct {
		org string
		n   int
	}
	noticeMsg string
	// contextMsg is what every screen needs to know at once.
	contextMsg struct {
		request int
		me      store.Me
		orgs    []models.OrgEntry
		org     models.OrgView
		members *models.Page[models.Member] // the first page, when an organization is opened
		lost    string                      // the organization that is no longer the person's
		missing string                      // the organization asked for that is not there
		barred  error                       // why an organization keeps this session out
		from    string                      // that organization
		err     error
	}
)

// settleTime is the least time between two refreshes: changes that come faster
// are seen together. After a quiet time a few are seen at once, since one change
// often brings others about, such as a mail that goes out, and the next one that
// a person makes should not wait for those.
const (
	settleTime = 30 * time.Millisecond
	quietTime  = 10 * settleTime
	prompt     = 2
)

// signalled notes that a signal has come.
func (a *App) signalled() {
	if a.now.Sub(a.signal) > quietTime {
		a.prompt = prompt
	} else {
		a.prompt = max(a.prompt-1, 0)
	}
	a.signal = a.now
}

// hereTime is how long people may come and go before the screen says so. Many
// do at once when a server has started.
const hereTime = 2 * time.Second

// await waits for the next signal of the feed or word of the owner.
func (a *App) await() tea.Cmd {
	c, here, notices, ctx, settle := a.sub.C, a.nearby.C, a.opt.Notices, a.ctx, settleTime
	if a.prompt > 0 {
		settle = 0
	}
	return func() tea.Msg {
		pause := time.NewTimer(settle)
		defer pause.Stop()
		var changed <-chan struct{} // not before the pause is over
		var looked <-chan time.Time // people came or went: when to look
		for {
			select {
			case <-pause.C:
				changed = c
			case <-changed:
				return signalMsg{} // which looks who is here as well
			case <-here:
				here, looked = nil, time.After(hereTime)
			case <-looked:
				return hereMsg{}
			case n, ok := <-notices:
				if ok {
					return noticeMsg(n.String())
				}
				notices = nil
			case <-ctx.Done():
				return nil
			}
		}
	}
}

// enter loads what a session needs once it knows whose it is, and opens an
// organization: the one asked for, or the one of last time.
func (a *App) enter(ref string) tea.Cmd {
	a.request++
	a.loading, a.again = true, false
	msg := contextMsg{request: a.request}
	st, actor, parent := a.sh.Store, a.actor, a.ctx
	limit := a.members.pageSize()
	a.sub.SetTopics(actor.Subject())
	if a.session == nil {
		a.session = st.OpenSession(actor)
	}
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(parent, askTimeout)
		defer cancel()
		if ref != "" {
			v, err := st.SwitchOrganization(ctx, actor, ref)
			if err == nil {
				msg.org = v
			} else if models.CodeOf(err) == models.CodeNotFound {
				msg.missing = ref
			} else if shut(err) {
				msg.barred, msg.from = err, ref
			} else {
				msg.err = err
				return msg
			}
		}
		msg.load(ctx, st, actor)
		msg.loadMembers(ctx, st, actor, limit)
		return msg
	}
}

// loadMembers brings the first page of the pane that is shown first, so that
// the first frame is a whole one. Without it the pane asks by itself.
func (m *contextMsg) loadMembers(ctx context.Context, st *store.Store, actor models.Actor, limit int) {
	if m.err != nil || m.org.Kind == models.KindPersonal {
		return
	}
	p, err := st.ListMembers(ctx, actor, m.org.ID, models.MemberQuery{Sort: models.SortEmail, Limit: limit})
	if err == nil {
		m.members = &p
	}
}

// refresh loads it again after a signal, with the pane that is shown. One that
// is under way is not overtaken: under a storm of changes none would arrive.
func (a *App) refresh() tea.Cmd {
	if !a.ready {
		return nil
	}
	if a.loading {
		a.again = true
		return nil
	}
	a.request++
	a.loading = true
	msg := contextMsg{request: a.request, org: a.org}
	st, actor, parent, id := a.sh.Store, a.actor, a.ctx, a.org.ID
	again := func() tea.Msg {
		ctx, cancel := context.WithTimeout(parent, askTimeout)
		defer cancel()
		v, err := st.Organization(ctx, actor, id)
		switch {
		case err == nil:
			msg.org = v
		case models.CodeOf(err) == models.CodeNotFound:
			msg.lost, msg.org = msg.org.Name, models.OrgView{}
		case shut(err):
			msg.barred, msg.from, msg.org = err, id, models.OrgView{}
		default:
			msg.err = err
			return msg
		}
		msg.load(ctx, st, actor)
		return msg
	}
	return tea.Batch(again, a.pane().load(a))
}

// shut tells that an organization keeps somebody out who belongs to it: by its
// rules of security, or because they are suspended there.
func shut(err error) bool {
	return models.BarrierOf(err) != "" || models.CodeOf(err) == models.CodeDenied
}

// load fills in the person and their organizations, and the organization
// itself if none was opened: the one of last time, or the personal workspace.
func (m *contextMsg) load(ctx context.Context, st *store.Store, actor models.Actor) {
	if m.me, m.err = st.Me(ctx, actor); m.err != nil {
		return
	}
	if m.orgs, m.err = st.ListOrganizations(ctx, actor); m.err != nil {
		return
	}
	if m.org.ID != "" {
		return
	}
	ids := []string{m.me.CurrentOrg}
	for _, o := range m.orgs {
		if o.Relation == models.RelPersonal {
			ids = append(ids, o.ID)
		}
	}
	for _, id := range ids {
		if id == "" || m.lost != "" && id == m.me.CurrentOrg && len(ids) > 1 && id != ids[1] {
			continue
		}
		m.org, m.err = st.Organization(ctx, actor, id)
		switch {
		case shut(m.err): // the personal workspace is always open
			m.barred, m.from = m.err, id
		case models.CodeOf(m.err) != models.CodeNotFound:
			return
		}
	}
}

// gotContext takes in who the person is now and what they may do.
func (a *App) gotContext(m contextMsg) tea.Cmd {
	if m.request != a.request {
		return nil
	}
	a.loading = false
	if m.err != nil {
		return a.contextFailed(m.err)
	}
	a.stale = false
	first, before, asked := !a.ready, a.org, nominations(a.orgs)
	preferred := a.me.Preferences
	a.ready, a.me, a.orgs, a.org = true, m.me, m.orgs, m.org
	a.access = m.org.Access(a.actor.Subject())
	a.prefer(preferred)
	a.switcher.set(a)
	a.you.set(a)
	a.subscribe()
	if a.session != nil {
		a.session.Show(a.org.ID)
	}
	if a.opt.Idle != nil {
		a.opt.Idle(a.org.Security.SessionIdle)
	}
	cmds := []tea.Cmd{}
	if first {
		cmds = append(cmds, a.await())
	}
	if a.org.ID != before.ID {
		cmds = append(cmds, a.opened(m, first))
	} else {
		a.arrangePanes()
		cmds = append(cmds, a.noticed(before))
	}
	if !first && nominations(a.orgs) > asked {
		text := "you are asked to become the owner of an organization"
		cmds = append(cmds, a.ring(text), a.say(ui.Info, text+" · "+a.keyOf("pane.organizations")+" shows it"))
	}
	if a.again {
		a.again = false
		cmds = append(cmds, a.refresh())
	}
	if m.barred != nil {
		cmds = append(cmds, a.barred(m.from, m.barred))
	}
	return tea.Batch(cmds...)
}

func (a *App) contextFailed(err error) tea.Cmd {
	e := models.AsError(err)
	if !a.ready || e.Code == models.CodeDenied || e.Code == models.CodeNotFound {
		text := e.Message
		if e.Hint != "" {
			text += " (" + e.Hint + ")"
		}
		return a.quit(text)
	}
	a.stale = true
	a.toast = ui.Complain(e)
	return nil
}

// subscribe listens to the person and to every organization of the switcher,
// whose counts it shows.
func (a *App) subscribe() {
	topics := []string{a.actor.Subject(), a.org.ID}
	if a.me.SiteAdmin && (a.at == paneUsers || a.at == paneAllOrgs) {
		topics = append(topics, store.TopicInstallation)
	}
	for _, o := range a.orgs {
		if o.Relation != models.RelInvited && o.ID != a.org.ID && len(topics) < maxTopics {
			topics = append(topics, o.ID)
		}
	}
	a.sub.SetTopics(topics...)
	a.nearby.SetTopics(store.TopicHere(a.org.ID))
}

// lookHere asks how many others are here.
func (a *App) lookHere() tea.Cmd {
	st, actor, parent, id := a.sh.Store, a.actor, a.ctx, a.org.ID
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(parent, askTimeout)
		defer cancel()
		v, err := st.Organization(ctx, actor, id)
		if err != nil {
			return nil // a refresh tells what is wrong
		}
		return othersMsg{org: v.ID, n: v.Others}
	}
}

// maxTopics bounds what one session listens to.
const maxTopics = 64

// opened turns every pane to another organization.
func (a *App) opened(m contextMsg, first bool) tea.Cmd {
	for _, p := range a.everyPane() {
		p.fresh()
	}
	a.history.clear()
	a.dialogs.Clear()
	a.th = a.th.WithAccent(a.org.Accent)
	a.orgsFocus = false
	a.switcher.table.Select(a.org.ID)
	if first || a.at != paneSettings && !a.staying {
		a.at = paneMembers
	}
	a.staying = false
	a.arrangePanes()
	var cmds []tea.Cmd
	if m.members != nil && a.at == paneMembers {
		cmds = append(cmds, a.members.preload(a, *m.members))
	} else {
		cmds = append(cmds, a.pane().load(a))
	}
	switch {
	case m.lost != "":
		a.toast = ui.Toast{Tone: ui.Caution, Text: "you are no longer a member of " + m.lost + ": you were removed, or it was closed"}
	case m.missing != "":
		a.toast = ui.Toast{Tone: ui.Caution, Text: "there is no organization " + m.missing + " for you · o shows yours"}
	case a.opt.Pane != "" && m.barred == nil:
		cmds = append(cmds, a.beginAt(a.opt.Pane))
		a.opt.Pane = ""
	case a.arrival != "":
		cmds = append(cmds, a.say(ui.Done, a.arrival))
	case !first:
		cmds = append(cmds, a.say(ui.Info, "you are in "+whereWords(a.org)))
	}
	a.arrival = ""
	if a.org.MOTD != "" && m.lost == "" && m.missing == "" && a.announced != a.org.ID {
		a.announced = a.org.ID
		a.toast = ui.Toast{Tone: ui.Info, Text: models.SafeText(a.org.MOTD), Until: a.now.Add(announceTime)}
		cmds = append(cmds, a.wakeAt(a.toast.Until))
	}
	return tea.Batch(cmds...)
}

// announceTime is how long the message of the day stays.
const announceTime = 30 * time.Second

// beginAt shows the pane that the session was opened for.
func (a *App) beginAt(name string) tea.Cmd {
	b := a.sh.bindings.Get("pane." + name)
	if b == nil || !b.Shown(a) {
		return a.say(ui.Caution, "there is no pane "+models.SafeText(name)+" for you in "+a.orgName())
	}
	return a.run(b, false)
}

func whereWords(v models.OrgView) string {
	switch {
	case v.Kind == models.KindPersonal:
		return "your personal workspace, which nobody else sees"
	case v.Role != "":
		return v.Name + " as " + v.Given().Label()
	case v.SiteAdmin:
		return v.Name + " as site admin"
	}
	return v.Name
}

// noticed tells what others changed about the person.
func (a *App) noticed(before models.OrgView) tea.Cmd {
	a.th = a.th.WithAccent(a.org.Accent)
	waiting := a.waiting() - before.Invites[models.StateRequested]
	switch {
	case before.Given().Label() != a.org.Given().Label() && before.Role != "" && a.org.Role != "":
		return tea.Batch(a.say(ui.Info, "your role in "+a.org.Name+" is now "+a.org.Given().Label()), a.pane().load(a))
	case waiting > 0 && !a.history.recent(a.now):
		text := count(a.waiting(), "request waits", "requests wait") + " for a decision"
		return tea.Batch(a.ring(a.orgName()+": "+text), a.say(ui.Info, text+" · "+a.keyOf("pane.invitations")+" shows them"))
	}
	return nil
}

// keyOf is the first key of an action.
func (a *App) keyOf(id string) string {
	if b := a.sh.bindings.Get(id); b != nil {
		return b.Key()
	}
	return ""
}

// waiting is how many requests wait for this person to decide them.
func (a *App) waiting() int {
	if a.access.Require(models.PermDecide) != nil {
		return 0
	}
	return a.org.Invites[models.StateRequested]
}
