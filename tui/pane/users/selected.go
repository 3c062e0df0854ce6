package users

import (
	"context"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"muster/models"
	"muster/tui/host"
	"muster/tui/kit"
	"muster/tui/ui"
)

// selected is what only a question about one user tells: keys, sessions, and
// why something cannot be done with the account.
type selected struct {
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
func (p *Pane) look(h host.Host) tea.Cmd {
	u, ok := p.Table.Current()
	if !ok || h.At != host.Users || u.ID == p.selected.detail.ID && !p.selected.old {
		return nil
	}
	p.selected.request++
	msg := restedMsg{request: p.selected.request, id: u.ID}
	return tea.Tick(rest, func(time.Time) tea.Msg { return msg })
}

func (p *Pane) rested(h host.Host, m restedMsg) tea.Cmd {
	if m.request != p.selected.request {
		return nil
	}
	return p.askUser(h, m.id)
}

func (p *Pane) askUser(h host.Host, id string) tea.Cmd {
	p.selected.request++
	msg := userMsg{request: p.selected.request}
	st, actor, scope, parent := h.Store, h.Actor, userScope(h), h.Context
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(parent, host.AskTimeout)
		defer cancel()
		msg.detail, msg.err = st.User(ctx, actor, scope, id)
		return msg
	}
}

// gotUser takes the answer in. Without one the row still says what it says.
func (p *Pane) gotUser(m userMsg) {
	if m.request == p.selected.request && m.err == nil {
		p.selected.detail, p.selected.old = m.detail, false
	}
}

// known is what is known of a user beyond the row.
func (p *Pane) known(u models.Account) (models.AccountDetail, bool) {
	d := p.selected.detail
	return d, d.ID == u.ID && d.Status == u.Status && d.SiteAdmin == u.SiteAdmin
}

// whyNot is why something cannot be done with a user, "" where it can or is not
// known yet.
func (p *Pane) whyNot(u models.Account, action models.AccountAction) string {
	d, ok := p.known(u)
	if !ok {
		return ""
	}
	return d.WhyNot[action]
}

func (p *Pane) More(h host.Host) tea.Cmd { return tea.Batch(p.List.More(h), p.look(h)) }

func (p *Pane) First(h host.Host) tea.Cmd { return tea.Batch(p.List.First(h), p.look(h)) }

func (p *Pane) Last(h host.Host) tea.Cmd { return tea.Batch(p.List.Last(h), p.look(h)) }

// Deepen brings what a detail that was just opened does not know yet.
func (p *Pane) Deepen(h host.Host, dialog int, n *ui.Notice) tea.Cmd {
	u, ok := p.Table.Current()
	if _, there := p.known(u); !ok || there && !p.selected.old {
		return nil
	}
	ask := p.askUser(h, u.ID)
	return func() tea.Msg {
		m, _ := ask().(userMsg)
		return host.Brought{Dialog: dialog, Take: func(h host.Host) tea.Cmd {
			p.gotUser(m)
			if now, ok := p.Table.Current(); ok && now.ID == u.ID {
				title, lines := p.Detail(h)
				n.Say(title, kit.Beside(lines))
				n.Keys = h.DetailKeys(p)
			}
			return nil
		}}
	}
}

func (p *Pane) Detail(h host.Host) (string, []ui.Line) {
	u, ok := p.Table.Current()
	if !ok {
		return "", nil
	}
	status := string(u.Status)
	if u.Status == models.UserSuspended && u.SuspendedAt != nil {
		status += " by " + kit.OrDeleted(u.SuspendedBy) + ", " + kit.Moment(h, *u.SuspendedAt)
	}
	global := ""
	if u.SiteAdmin {
		global = "yes"
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
		keys, sessions, cannot = kit.Count(d.Keys, "key", "keys"), kit.Count(d.Sessions, "open session", "open sessions"), cannotWords(d)
		if d.Keys > 0 {
			keys += ", last used " + kit.MomentOr(h, d.KeyUsedAt, "never")
		}
		if d.EnrolmentUntil != nil {
			code = "one-time code valid until " + kit.Moment(h, *d.EnrolmentUntil)
		}
	}
	return u.Name, kit.Facts(
		"Email", u.ShownEmail(),
		"Lost address", u.EmailLost,
		"Handle", u.Handle,
		"Status", status,
		"Reason", u.SuspendReason,
		"Site admin", global,
		"Organizations", strings.Join(orgs, "\n"),
		"Keys", keys,
		"Code", code,
		"Sessions", sessions,
		"Last seen", kit.LastSeenMoment(h, u.ID, u.LastSeenAt),
		"Created", kit.Moment(h, u.CreatedAt),
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
	}{{models.AccountEdit, "edit"}, {models.AccountSiteAdmin, "change site admins"}, {models.AccountSuspend, "suspend"},
		{models.AccountReactivate, "reactivate"}, {models.AccountDelete, "delete"}, {models.AccountEnrol, "create a code for a key"}, {models.AccountVerify, "verify the address"}} {
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
