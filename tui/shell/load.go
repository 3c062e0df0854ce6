package shell

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"muster/models"
	"muster/store"
	"muster/tui/host"
	"muster/tui/kit"
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
		request   int
		me        store.Me
		orgs      []models.OrgEntry
		org       models.OrgView
		preloaded func(host.Host) tea.Cmd // what the first pane shows, when an organization is opened
		lost      string                  // the organization that is no longer the person's
		missing   string                  // the organization asked for that is not there
		barred    error                   // why an organization keeps this session out
		from      string                  // that organization
		err       error
	}
)

// leastPause is the least time between two refreshes: changes that come faster
// are seen together. After a quiet time a few are seen at once, since one change
// often brings others about, such as a mail that goes out, and the next one that
// a person makes should not wait for those.
const (
	leastPause = 30 * time.Millisecond
	quietTime  = 10 * leastPause
	prompt     = 2
)

// signalled notes that a signal has come.
func (a *App) signalled() {
	if a.Now.Sub(a.signal) > quietTime {
		a.prompt = prompt
	} else {
		a.prompt = max(a.prompt-1, 0)
	}
	a.signal = a.Now
}

// hereTime is how long people may come and go before the screen says so. Many
// do at once when a server has started.
const hereTime = 2 * time.Second

// await waits for the next signal of the feed or word of the owner.
func (a *App) await() tea.Cmd {
	c, here, notices, ctx, least := a.sub.C, a.nearby.C, a.opt.Notices, a.Context, leastPause
	if a.prompt > 0 {
		least = 0
	}
	return func() tea.Msg {
		pause := time.NewTimer(least)
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

// load asks for what a session needs once it knows whose it is, and opens an
// organization: the one asked for, or the one of last time.
func (a *App) load(ref string) tea.Cmd {
	a.request++
	a.loading, a.outdated = true, false
	msg := contextMsg{request: a.request}
	st, actor, parent := a.sh.Store, a.Actor, a.Context
	var preload func(context.Context, models.OrgView) func(host.Host) tea.Cmd
	if p, ok := a.Pane(firstPane).(host.Preloader); ok {
		preload = p.Preload(a.h)
	}
	a.sub.SetTopics(actor.Subject())
	if a.session == nil {
		a.session = st.OpenSession(actor)
		actor.Session = a.session.ID()
		a.Actor = actor
	}
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(parent, host.AskTimeout)
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
		if msg.err == nil && preload != nil {
			msg.preloaded = preload(ctx, msg.org)
		}
		return msg
	}
}

// Refresh loads it again after a signal, with the pane that is shown. One that
// is under way is not overtaken: under a storm of changes none would arrive.
func (a *App) Refresh() tea.Cmd {
	if !a.ready {
		return nil
	}
	if a.loading {
		a.outdated = true
		return nil
	}
	a.request++
	a.loading = true
	msg := contextMsg{request: a.request, org: a.Org}
	st, actor, parent, id := a.sh.Store, a.Actor, a.Context, a.Org.ID
	ask := func() tea.Msg {
		ctx, cancel := context.WithTimeout(parent, host.AskTimeout)
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
	return tea.Batch(ask, a.pane().Load(a.h))
}

// shut tells that an organization keeps somebody out who belongs to it: by its
// rules of security, or because they are suspended there.
func shut(err error) bool {
	return models.RequirementOf(err) != "" || models.CodeOf(err) == models.CodeDenied
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
	first, before, asked := !a.ready, a.Org, nominations(a.Orgs)
	preferred, bound, lost := a.Me.Preferences, a.Me.Bindings, a.Me.EmailLost
	a.ready, a.Me, a.Orgs, a.Org = true, m.me, m.orgs, m.org
	a.Access = m.org.Access(a.Actor.Subject())
	a.prefer(preferred)
	cmds := []tea.Cmd{a.bindOwn(bound)}
	for _, p := range a.all {
		if f, ok := p.(host.Follower); ok {
			f.Follow(a.h)
		}
	}
	a.subscribe()
	if a.session != nil {
		a.session.Show(a.Org.ID)
	}
	if a.opt.Idle != nil {
		a.opt.Idle(a.Org.Security.SessionIdle)
	}
	if first {
		cmds = append(cmds, a.await())
	}
	if a.Org.ID != before.ID {
		cmds = append(cmds, a.opened(m, first))
	} else {
		a.arrangePanes()
		cmds = append(cmds, a.noticed(before))
	}
	if a.Me.EmailLost != lost && a.Me.EmailLost != "" {
		a.Show((&ui.Notice{Title: "Your address", Lines: []ui.Line{{Text: models.LostNotice(a.Me.EmailLost)}}}).ByItself(a.Now))
	}
	if !first && nominations(a.Orgs) > asked {
		text := "you are offered the ownership of an organization"
		cmds = append(cmds, a.ring(text), a.h.Say(ui.Info, text+" · "+a.KeyOf("pane.organizations")+" shows it"))
	}
	if a.outdated {
		a.outdated = false
		cmds = append(cmds, a.Refresh())
	}
	if m.barred != nil {
		cmds = append(cmds, a.barred(m.from, m.barred))
	}
	cmds = append(cmds, a.tellNotices())
	a.greeted = true
	return tea.Batch(cmds...)
}

func (a *App) contextFailed(err error) tea.Cmd {
	e := models.AsError(err)
	if !a.ready || e.Code == models.CodeDenied || e.Code == models.CodeNotFound {
		text := e.Message
		if e.Hint != "" {
			text += " (" + e.PlainHint() + ")"
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
	topics := []string{a.Actor.Subject(), a.Org.ID}
	if a.Me.SiteAdmin && (a.At == host.Users || a.At == host.AllOrganizations) {
		topics = append(topics, store.TopicInstallation)
	}
	for _, o := range a.Orgs {
		if o.Relation != models.RelInvited && o.ID != a.Org.ID && len(topics) < maxTopics {
			topics = append(topics, o.ID)
		}
	}
	a.sub.SetTopics(topics...)
	a.nearby.SetTopics(store.TopicHere(a.Org.ID))
}

// lookHere asks how many others are here.
func (a *App) lookHere() tea.Cmd {
	st, actor, parent, id := a.sh.Store, a.Actor, a.Context, a.Org.ID
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(parent, host.AskTimeout)
		defer cancel()
		v, err := st.Organization(ctx, actor, id)
		if err != nil {
			return nil // a refresh tells what is wrong
		}
		return othersMsg{org: v.ID, n: v.Others}
	}
}

// firstPane is what an organization opens with.
const firstPane = host.Members

// barred lets the pane that can help answer for an organization that keeps the
// session out.
func (a *App) barred(ref string, err error) tea.Cmd {
	for _, p := range a.all {
		if d, ok := p.(host.Doorkeeper); ok {
			return d.Barred(a.h, ref, err)
		}
	}
	return a.h.Complain(err)
}

// maxTopics bounds what one session listens to.
const maxTopics = 64

// opened turns every pane to another organization.
func (a *App) opened(m contextMsg, first bool) tea.Cmd {
	for _, p := range a.all {
		p.Fresh()
	}
	a.history.clear()
	a.dialogs.Clear()
	a.Theme = a.Theme.WithAccent(a.Org.Accent)
	a.OnSwitcher = false
	if first || a.At != host.Settings && !a.opening.Stay {
		a.At = firstPane
	}
	a.arrangePanes()
	var cmds []tea.Cmd
	if m.preloaded != nil && a.At == firstPane {
		cmds = append(cmds, m.preloaded(a.h))
	} else {
		cmds = append(cmds, a.pane().Load(a.h))
	}
	switch {
	case first && len(a.comeBack) > 0:
		a.Show((&ui.Notice{Title: "Welcome to " + a.OrgName(), Lines: a.comeBack}).ByItself(a.Now))
		a.comeBack = nil
		cmds = append(cmds, a.h.Guarded())
	case m.lost != "":
		a.toast = ui.Toast{Tone: ui.Caution, Text: "you are no longer a member of " + m.lost + ": you were removed, or it was deleted"}
	case first && a.opt.StrayLogin != "":
		a.toast = ui.Toast{Tone: ui.Caution, Text: a.stray()}
		if a.opt.Pane != "" && m.barred == nil {
			cmds = append(cmds, a.beginAt(a.opt.Pane))
			a.opt.Pane = ""
		}
	case m.missing != "":
		a.toast = ui.Toast{Tone: ui.Caution, Text: "there is no organization " + m.missing + " for you · o shows yours"}
	case a.opt.Pane != "" && m.barred == nil:
		cmds = append(cmds, a.beginAt(a.opt.Pane))
		a.opt.Pane = ""
	case a.opening.Word != "":
		cmds = append(cmds, a.h.Say(ui.Done, a.opening.Word))
	case !first:
		cmds = append(cmds, a.h.Say(ui.Info, "you are in "+whereWords(a.Org)))
	}
	if first {
		cmds = append(cmds, a.offerFirst())
	}
	a.opening = host.Opening{}
	if a.Org.MOTD != "" && m.lost == "" && m.missing == "" && !(first && a.opt.StrayLogin != "") && a.announced != a.Org.ID {
		a.announced = a.Org.ID
		a.toast = ui.Toast{Tone: ui.Info, Text: models.SafeText(a.Org.MOTD), Until: a.Now.Add(announceTime)}
		cmds = append(cmds, a.WakeAt(a.toast.Until))
	}
	return tea.Batch(cmds...)
}

// announceTime is how long the message of the day stays.
const announceTime = 30 * time.Second

// stray says that the login name names no organization, and which one is open
// instead.
func (a *App) stray() string {
	where := "your personal workspace"
	if a.Org.Kind != models.KindPersonal {
		where = a.Org.Code + ", your last one"
	}
	return "no organization " + models.Clip(a.opt.StrayLogin) + " for you: showing " + where + " · " + a.KeyOf("pane.organizations") + " shows yours"
}

// beginAt shows the pane that the session was opened for.
func (a *App) beginAt(name string) tea.Cmd {
	b := a.bindings.Get("pane." + name)
	if b == nil || !b.Shown(a.h) {
		return a.h.Say(ui.Caution, "there is no pane "+models.SafeText(name)+" for you in "+a.OrgName())
	}
	return a.run(b, false)
}

func whereWords(v models.OrgView) string {
	switch {
	case v.Kind == models.KindPersonal:
		return "your personal workspace; nobody else sees it"
	case v.Role != "":
		return v.Name + " as " + v.Given().Label()
	case v.SiteAdmin:
		return v.Name + " as site admin"
	}
	return v.Name
}

// noticed tells what others changed about the person.
func (a *App) noticed(before models.OrgView) tea.Cmd {
	a.Theme = a.Theme.WithAccent(a.Org.Accent)
	waiting := a.Waiting() - before.Invites[models.StateRequested]
	switch {
	case before.Given().Label() != a.Org.Given().Label() && before.Role != "" && a.Org.Role != "":
		return tea.Batch(a.h.Say(ui.Info, "your role in "+a.Org.Name+" is now "+a.Org.Given().Label()), a.pane().Load(a.h))
	case waiting > 0 && !a.history.recent(a.Now):
		text := kit.Count(a.Waiting(), "request is", "requests are") + " waiting for a decision"
		ring := a.ring(a.OrgName() + ": " + text)
		if a.At != host.Invitations {
			text += " · " + a.KeyOf("pane.invitations") + " shows them"
		}
		return tea.Batch(ring, a.h.Say(ui.Info, text))
	}
	return nil
}

// nominations is how many organizations are offered to the person.
func nominations(orgs []models.OrgEntry) (n int) {
	for _, o := range orgs {
		if o.NominationID != "" {
			n++
		}
	}
	return n
}
