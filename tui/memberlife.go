package tui

import (
	"context"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"muster/models"
	"muster/tui/keys"
	"muster/tui/theme"
	"muster/tui/ui"
)

// memberView keeps the members to some of them.
type memberView struct {
	status models.MemberStatus
	role   models.Role // a custom one by its id
	label  string      // of the role
	unseen int         // days without being seen, 0 for any
}

func (v memberView) query(now time.Time) models.MemberQuery {
	q := models.MemberQuery{Status: v.status, Role: v.role}
	if v.unseen > 0 {
		q.InactiveSince = now.AddDate(0, 0, -v.unseen)
	}
	return q
}

func (p *membersPane) view() string {
	var words []string
	if p.only.status != "" {
		words = append(words, string(p.only.status))
	}
	if p.only.unseen > 0 {
		words = append(words, "not seen for "+count(p.only.unseen, "day", "days"))
	}
	if p.only.label != "" {
		words = append(words, "role "+p.only.label)
	}
	return strings.Join(words, " · ")
}

func (p *membersPane) dropView(a *App) tea.Cmd {
	p.only = memberView{}
	return p.narrow(a)
}

func memberLifeBindings() []keys.Binding[*App] {
	rule := func(check func(a *App, m models.Member) error) func(a *App) string {
		return func(a *App) string {
			m, ok := a.members.table.Current()
			if why := a.members.why(a, models.PermMembers, false); why != "" || !ok || a.members.table.Marked() > 0 {
				return why
			}
			return reason(check(a, m))
		}
	}
	return []keys.Binding[*App]{
		{ID: "member.suspend", Keys: []string{"x"}, Title: "suspend", Scope: scopeMembers, Foot: 20, Changes: true,
			Help: "Keeps the member, or all marked ones, out until reactivated, with a reason. Can be undone.",
			Enabled: rule(func(a *App, m models.Member) error {
				if m.Status == models.MemberSuspended {
					return models.Errorf(models.CodeConflict, "%s is suspended already", m.Email)
				}
				return a.access.CheckSuspend(m.Standing(), a.activeOwners())
			}), Run: func(a *App) tea.Cmd { return a.members.suspend(a) }},
		{ID: "member.reactivate", Keys: []string{"a"}, Title: "reactivate", Scope: scopeMembers, Foot: 21, Changes: true,
			Help:    "Lets a suspended member, or all marked ones, back in. Can be undone.",
			Present: func(a *App) bool { return a.org.Members.Suspended > 0 },
			Enabled: rule(func(a *App, m models.Member) error {
				if m.Status != models.MemberSuspended {
					return models.Errorf(models.CodeConflict, "%s is not suspended here", m.Email)
				}
				return a.access.CheckReactivate(m.Standing())
			}), Run: func(a *App) tea.Cmd { return a.members.reactivate(a) }},
		{ID: "member.end", Keys: []string{"E"}, Title: "end date", Scope: scopeMembers, Changes: true,
			Help: "Sets when the membership ends by itself, or that it does not. Can be undone.",
			Enabled: rule(func(a *App, m models.Member) error {
				return a.access.CheckEnd(m.Standing(), m.EndsAt, nil, a.activeOwners())
			}), Run: func(a *App) tea.Cmd { return a.members.setEnd(a) }},
		{ID: "member.nominate", Keys: []string{"T"}, Title: "hand over ownership", Scope: scopeMembers, Changes: true,
			Help: "Nominates the member to follow you as the owner; they accept or decline within seven days.",
			Enabled: func(a *App) string {
				m, ok := a.members.table.Current()
				if !ok {
					return "no member is selected"
				}
				return a.whyNominate(m)
			},
			Run: func(a *App) tea.Cmd {
				m, _ := a.members.table.Current()
				return a.nominate(m)
			}},
		{ID: "member.show", Keys: []string{"f"}, Title: "show only", Scope: scopeMembers, Foot: 19,
			Help: "Keeps the list to active, suspended or inactive members, or to one role. esc shows all again.",
			Run:  func(a *App) tea.Cmd { return a.members.chooseView(a) }},
		{ID: "member.former", Keys: []string{"F"}, Title: "former members", Scope: scopeMembers,
			Help:    "Shows who was taken out or left in the last 30 days; enter brings somebody back.",
			Enabled: func(a *App) string { return reason(a.access.Require(models.PermMembers)) },
			Run:     func(a *App) tea.Cmd { return a.members.former(a) }},
	}
}

// memberRole is the role with what it counts as, where it is a custom one.
func memberRole(m models.Member) string {
	text := m.Given().Label()
	if m.CustomRole != nil {
		text += ", counts as " + string(m.Role)
	}
	if m.Primary {
		text += ", primary"
	}
	return text
}

// memberStatus is the status with who made it so, and since when.
func (a *App) memberStatus(m models.Member) string {
	text := string(m.Status)
	if m.Status == models.MemberSuspended && m.SuspendedAt != nil {
		text += " by " + orFormer(m.SuspendedBy) + ", " + a.moment(*m.SuspendedAt)
	}
	if m.AccountStatus == models.UserSuspended {
		text += "; the account is suspended and cannot sign in anywhere"
	}
	return text
}

func orFormer(address string) string {
	if address == "" {
		return models.FormerUser
	}
	return address
}

// momentOr is a time in full, or what to say without one.
func (a *App) momentOr(t *time.Time, none string) string {
	if t == nil {
		return none
	}
	return a.moment(*t)
}

// ---- acting on one or many

func (p *membersPane) doEach(a *App, dialog int, chosen []models.Member, d bulk[models.Member]) tea.Cmd {
	d.label = func(m models.Member) string { return m.Email }
	return doEach(a, &p.list, dialog, chosen, d)
}

func whom(chosen []models.Member) string {
	if len(chosen) == 1 {
		return chosen[0].Email
	}
	return count(len(chosen), "member", "members")
}

func (p *membersPane) suspend(a *App) tea.Cmd {
	chosen := p.table.Chosen()
	st, actor, org := a.sh.Store, a.actor, a.org.ID
	form := &ui.Form{Title: "Suspend " + whom(chosen) + "?", Send: "Suspend", Intro: []ui.Line{
		{Text: "At once: access to the organization ends, open sessions leave it, the seat is free."},
		{Text: "Role, workspaces and account stay, and reactivating brings everything back.", Style: theme.Muted},
	}, Fields: []ui.FormField{
		ui.FormField{Name: "reason", Label: "Reason", Help: "they are told; may be left empty", Check: long("reason")}.With(""),
	}, Submit: func(get func(string) string) tea.Cmd {
		why := get("reason")
		return p.doEach(a, a.dialogs.TopID(), chosen, bulk[models.Member]{verb: "suspended", one: "is suspended", many: [2]string{"member is suspended", "members are suspended"},
			do: func(ctx context.Context, m models.Member) error {
				_, err := st.SuspendMember(ctx, actor, org, m.ID, why)
				return err
			},
			back: func(ctx context.Context, m models.Member) error {
				_, err := st.ReactivateMember(ctx, actor, org, m.ID)
				return err
			}})
	}}
	a.show(form.Prepare())
	return nil
}

func (p *membersPane) reactivate(a *App) tea.Cmd {
	st, actor, org := a.sh.Store, a.actor, a.org.ID
	return p.doEach(a, 0, p.table.Chosen(), bulk[models.Member]{verb: "reactivated", one: "is active again", many: [2]string{"member is active again", "members are active again"},
		do: func(ctx context.Context, m models.Member) error {
			_, err := st.ReactivateMember(ctx, actor, org, m.ID)
			return err
		},
		back: func(ctx context.Context, m models.Member) error {
			_, err := st.SuspendMember(ctx, actor, org, m.ID, m.SuspendReason)
			return err
		}})
}

func (p *membersPane) setEnd(a *App) tea.Cmd {
	chosen := p.table.Chosen()
	st, actor, org := a.sh.Store, a.actor, a.org.ID
	value := ""
	if len(chosen) == 1 && chosen[0].EndsAt != nil {
		value = chosen[0].EndsAt.UTC().Format(time.RFC3339)
	}
	read := func(v string) (*time.Time, error) {
		if v = strings.TrimSpace(v); v == "" {
			return nil, nil
		}
		at, err := models.ParseEnd("until", v, a.now)
		return &at, err
	}
	form := &ui.Form{Title: "End of the membership of " + whom(chosen), Send: "Save", Fields: []ui.FormField{
		ui.FormField{Name: "until", Label: "Until", Help: "a day like 2026-12-31, or a span like 30d; empty for no end",
			Check: func(v string) error { _, err := read(v); return err }}.With(value),
	}, Submit: func(get func(string) string) tea.Cmd {
		at, err := read(get("until"))
		if err != nil {
			return a.act(a.dialogs.TopID(), func(context.Context) outcome { return outcome{err: err} })
		}
		d := bulk[models.Member]{verb: "changed", one: "stays without an end", many: [2]string{"membership has no end", "memberships have no end"},
			do: func(ctx context.Context, m models.Member) error {
				_, err := st.SetMemberEnd(ctx, actor, org, m.ID, at)
				return err
			},
			back: func(ctx context.Context, m models.Member) error {
				_, err := st.SetMemberEnd(ctx, actor, org, m.ID, m.EndsAt)
				return err
			}}
		if at != nil {
			when := a.moment(*at)
			d.one = "is a member until " + when
			d.many = [2]string{"membership ends " + when, "memberships end " + when}
		}
		return p.doEach(a, a.dialogs.TopID(), chosen, d)
	}}
	a.show(form.Prepare())
	return nil
}

// chooseView asks which members to show.
func (p *membersPane) chooseView(a *App) tea.Cmd {
	pick := &ui.Picker{Title: "Show only", Items: []ui.Item{
		{ID: "all", Title: "everybody", Mark: p.only == memberView{}},
		{ID: "active", Title: "active", Group: "Status", Mark: p.only.status == models.MemberActive},
		{ID: "suspended", Title: "suspended", Group: "Status", Mark: p.only.status == models.MemberSuspended},
		{ID: "30", Title: "not seen for 30 days", Group: "Inactive", Mark: p.only.unseen == 30},
		{ID: "90", Title: "not seen for 90 days", Group: "Inactive", Mark: p.only.unseen == 90},
		{ID: "365", Title: "not seen for a year", Group: "Inactive", Mark: p.only.unseen == 365},
	}, Choose: func(it ui.Item) tea.Cmd {
		switch it.ID {
		case "all":
			p.only = memberView{}
		case "active", "suspended":
			p.only.status = models.MemberStatus(it.ID)
		case "30":
			p.only.unseen = 30
		case "90":
			p.only.unseen = 90
		case "365":
			p.only.unseen = 365
		default:
			p.only.role, p.only.label = models.Role(it.ID), it.Title
		}
		return p.narrow(a)
	}}
	for _, r := range models.Roles() {
		pick.Items = append(pick.Items, ui.Item{ID: string(r), Title: string(r), Group: "Role", Mark: p.only.role == r})
	}
	id := a.show(pick)
	return a.customRoles(id, p.only.role, func(models.AnyRole) string { return "" })
}

// former shows who went, to bring them back.
func (p *membersPane) former(a *App) tea.Cmd {
	st, actor, org := a.sh.Store, a.actor, a.org.ID
	now := a.now
	var id int
	look := func(text string) tea.Cmd {
		return a.items(id, text, func(ctx context.Context) ([]ui.Item, error) {
			page, err := st.FormerMembers(ctx, actor, org, models.FormerQuery{Search: text, Limit: models.DefaultLimit})
			var items []ui.Item
			for _, f := range page.Items {
				how := "removed by " + f.RemovedBy
				switch {
				case f.Left:
					how = "left"
				case f.RemovedBy == "":
					how = "membership ended"
				}
				note := f.Given().Label() + ", " + how + ", " + span(now.Sub(f.RemovedAt)) + " ago"
				items = append(items, ui.Item{ID: f.ID, Title: f.Email, Note: note, Right: string(f.RestoreRole), Why: f.WhyNot})
			}
			return items, err
		})
	}
	pick := &ui.Picker{Title: "Former members", Find: true, Prompt: "enter brings somebody back", Empty: "nobody went in the last 30 days", Query: look,
		Choose: func(it ui.Item) tea.Cmd {
			a.show(&ui.Confirm{Title: "Bring " + it.Title + " back?", Yes: "bring back", Lines: []ui.Line{
				{Text: it.Note, Style: theme.Muted}, {},
				{Text: "They become " + it.Right + " at once and take a seat. What they had sent stays revoked."},
			}, Do: func() tea.Cmd {
				return a.actTop(func(ctx context.Context) outcome {
					m, err := st.RestoreMember(ctx, actor, org, it.ID)
					return outcome{err: err, text: m.Email + " is back as " + m.Given().Label()}
				})
			}})
			return nil
		}}
	id = a.show(pick)
	return look("")
}
