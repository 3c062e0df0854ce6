package tui

import (
	"context"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"muster/models"
	"muster/tui/ui"
)

// userAbout is what only a question about one user tells: keys, sessions, and
// why something cannot be done with the account.
type userAbout struct {
	request int
	detail  models.AccountDetail // of the user that was asked about last
	old     bool                 // the list was loaded again since
}

type (
	// restedMsg says that the cursor has rested on a user.
	restedMsg struct {
		request int
		id      string
	}
	userMsg struct {
		request int
		detail  models.AccountDetail
		err     error
	}
)

// rest is how long the cursor stays on a user before the store is asked about
// them: who moves through the list asks nothing.
const rest = 120 * time.Millisecond

// look asks about the user under the cursor once it rests there.
func (p *usersPane) look(a *App) tea.Cmd {
	u, ok := p.table.Current()
	if !ok || a.at != paneUsers || u.ID == p.about.detail.ID && !p.about.old {
		return nil
	}
	p.about.request++
	msg := restedMsg{request: p.about.request, id: u.ID}
	return tea.Tick(rest, func(time.Time) tea.Msg { return msg })
}

func (p *usersPane) rested(a *App, m restedMsg) tea.Cmd {
	if m.request != p.about.request {
		return nil
	}
	return p.askUser(a, m.id)
}

func (p *usersPane) askUser(a *App, id string) tea.Cmd {
	p.about.request++
	msg := userMsg{request: p.about.request}
	st, actor, scope, parent := a.sh.Store, a.actor, a.userScope(), a.ctx
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(parent, askTimeout)
		defer cancel()
		msg.detail, msg.err = st.User(ctx, actor, scope, id)
		return msg
	}
}

// gotUser takes the answer in. Without one the row still says what it says.
func (p *usersPane) gotUser(m userMsg) {
	if m.request == p.about.request && m.err == nil {
		p.about.detail, p.about.old = m.detail, false
	}
}

// known is what is known of a user beyond the row.
func (p *usersPane) known(u models.Account) (models.AccountDetail, bool) {
	d := p.about.detail
	return d, d.ID == u.ID && d.Status == u.Status && d.SiteAdmin == u.SiteAdmin
}

// whyNot is why something cannot be done with a user, "" where it can or is not
// known yet.
func (p *usersPane) whyNot(u models.Account, action models.AccountAction) string {
	d, ok := p.known(u)
	if !ok {
		return ""
	}
	return d.WhyNot[action]
}

func (p *usersPane) more(a *App) tea.Cmd  { return tea.Batch(p.list.more(a), p.look(a)) }
func (p *usersPane) first(a *App) tea.Cmd { return tea.Batch(p.list.first(a), p.look(a)) }
func (p *usersPane) last(a *App) tea.Cmd  { return tea.Batch(p.list.last(a), p.look(a)) }

// deepen brings what a detail that was just opened does not know yet.
func (p *usersPane) deepen(a *App, dialog int, n *ui.Notice) tea.Cmd {
	u, ok := p.table.Current()
	if _, there := p.known(u); !ok || there && !p.about.old {
		return nil
	}
	ask := p.askUser(a, u.ID)
	return func() tea.Msg {
		m, _ := ask().(userMsg)
		return broughtMsg{dialog: dialog, take: func(a *App) tea.Cmd {
			p.gotUser(m)
			if now, ok := p.table.Current(); ok && now.ID == u.ID {
				title, lines := p.detail(a)
				n.Say(title, beside(lines))
				n.Keys = a.detailKeys(p)
			}
			return nil
		}}
	}
}

func (p *usersPane) detail(a *App) (string, []ui.Line) {
	u, ok := p.table.Current()
	if !ok {
		return "", nil
	}
	status := string(u.Status)
	if u.Status == models.UserSuspended && u.SuspendedAt != nil {
		status += " by " + orFormer(u.SuspendedBy) + ", " + a.moment(*u.SuspendedAt)
	}
	global := ""
	if u.SiteAdmin {
		global = "administers the whole installation"
	}
	address := u.Email
	if !u.EmailVerified {
		address += ", not verified"
	}
	var orgs []string
	for _, o := range u.Organizations {
		text := o.Code + ", " + accountRole(o)
		if o.Primary {
			text += ", primary"
		}
		if o.Status == models.MemberSuspended {
			text += ", suspended there"
		}
		orgs = append(orgs, text)
	}
	if len(orgs) == 0 {
		orgs = []string{"none"}
	}
	keys, sessions, code, cannot := "…", "…", "", ""
	if d, ok := p.known(u); ok {
		keys, sessions, cannot = count(d.Keys, "key", "keys"), count(d.Sessions, "open session", "open sessions"), cannotWords(d)
		if d.Keys > 0 {
			keys += ", last used " + a.momentOr(d.KeyUsedAt, "never")
		}
		if d.EnrolmentUntil != nil {
			code = "a code for one is out until " + a.moment(*d.EnrolmentUntil)
		}
	}
	return u.Name, facts(
		"Email", address,
		"Handle", u.Handle,
		"Status", status,
		"Reason", u.SuspendReason,
		"Global", global,
		"Organizations", strings.Join(orgs, "\n"),
		"Keys", keys,
		"Code", code,
		"Sessions", sessions,
		"Last seen", a.lastSeenMoment(u.ID, u.LastSeenAt),
		"Created", a.moment(u.CreatedAt),
		"Id", u.ID,
		"What you cannot do", cannot,
	)
}

// cannotWords says what the person may not do with an account, each reason
// once. That an active account cannot be reactivated goes without saying.
func cannotWords(d models.AccountDetail) string {
	words := map[string][]string{}
	var reasons []string
	for _, x := range []struct {
		action models.AccountAction
		word   string
	}{{models.AccountEdit, "edit"}, {models.AccountSiteAdmin, "change who is global admin"}, {models.AccountSuspend, "suspend"},
		{models.AccountReactivate, "reactivate"}, {models.AccountDelete, "delete"}, {models.AccountEnrol, "give a code for a key"}} {
		why := d.WhyNot[x.action]
		if why == "" || x.action == models.AccountReactivate && d.Status == models.UserActive || x.action == models.AccountSuspend && d.Status == models.UserSuspended {
			continue
		}
		if !slices.Contains(reasons, why) {
			reasons = append(reasons, why)
		}
		words[why] = append(words[why], x.word)
	}
	lines := make([]string, len(reasons))
	for i, why := range reasons {
		lines[i] = strings.Join(words[why], ", ") + ": " + why
	}
	return strings.Join(lines, "\n")
}
