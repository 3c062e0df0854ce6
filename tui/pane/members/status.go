package members

import (
	"context"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"muster/models"
	"muster/tui/host"
	"muster/tui/keys"
	"muster/tui/kit"
	"muster/tui/list"
	"muster/tui/theme"
	"muster/tui/ui"
)

func memberLifeBindings() []keys.Binding[host.Host] {
	rule := func(check func(h host.Host, m models.Member) error) func(h host.Host) string {
		return func(h host.Host) string {
			m, ok := of(h).Table.Current()
			if why := of(h).why(h, models.PermMembers, false); why != "" || !ok || of(h).Table.Marked() > 0 {
				return why
			}
			return kit.Reason(check(h, m))
		}
	}
	return []keys.Binding[host.Host]{
		{ID: "member.suspend", Keys: []string{"x"}, Title: "suspend", Scope: scopeMembers, Allowed: kit.May(models.PermMembers), Foot: 20, Changes: true, Many: true,
			Help: "Suspends the member, or all marked ones, with a reason. Can be undone.",
			Enabled: rule(func(h host.Host, m models.Member) error {
				if err := m.CheckStatus(models.MemberSuspended); err != nil {
					return err
				}
				return h.Access.CheckSuspend(m.Standing(), h.Org.ActiveOwners)
			}), Run: func(h host.Host) tea.Cmd { return of(h).suspend(h) }},
		{ID: "member.reactivate", Keys: []string{"a"}, Title: "reactivate", Scope: scopeMembers, Allowed: kit.May(models.PermMembers), Foot: 21, Changes: true, Many: true,
			Help:    "Reactivates the member, or all marked ones. Can be undone.",
			Present: func(h host.Host) bool { return h.Org.Members.Suspended > 0 },
			Enabled: rule(func(h host.Host, m models.Member) error {
				if err := m.CheckStatus(models.MemberActive); err != nil {
					return err
				}
				return h.Access.CheckReactivate(m.Standing())
			}), Run: func(h host.Host) tea.Cmd { return of(h).reactivate(h) }},
		{ID: "member.end", Keys: []string{"E"}, Title: "end date", Scope: scopeMembers, Changes: true, Many: true,
			Help: "Sets or removes the date on which the membership ends. Can be undone.",
			Enabled: rule(func(h host.Host, m models.Member) error {
				return h.Access.CheckEnd(m.Standing(), m.EndsAt, nil, h.Org.ActiveOwners)
			}), Run: func(h host.Host) tea.Cmd { return of(h).setEnd(h) }},
		{ID: "member.nominate", Keys: []string{"T"}, Title: "nominate as owner", Scope: scopeMembers, Changes: true,
			Help: "Nominates the member as owner in your place; they accept or decline within seven days.",
			Enabled: func(h host.Host) string {
				m, ok := of(h).Table.Current()
				if !ok {
					return "no member is selected"
				}
				if why := of(h).notMembers(); why != "" {
					return why
				}
				return kit.WhyNominate(h, m)
			},
			Run: func(h host.Host) tea.Cmd {
				m, _ := of(h).Table.Current()
				return kit.Nominate(h, m)
			}},
		{ID: "member.former", Keys: []string{"F"}, Title: "removed members", Scope: scopeMembers,
			Help:    "Shows who was removed or left in the last 30 days; enter restores somebody.",
			Enabled: func(h host.Host) string { return kit.Reason(h.Access.Require(models.PermMembers)) },
			Run:     func(h host.Host) tea.Cmd { return of(h).removedMembers(h) }},
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
func memberStatus(h host.Host, m models.Member) string {
	text := string(m.Status)
	if m.Status == models.MemberSuspended && m.SuspendedAt != nil {
		text += " by " + kit.OrDeleted(m.SuspendedBy) + ", " + kit.Moment(h, *m.SuspendedAt)
	}
	if m.AccountStatus == models.UserSuspended {
		text += "; the account is suspended and cannot sign in anywhere"
	}
	return text
}

// ---- acting on one or many

func (p *Pane) doEach(h host.Host, dialog int, chosen []models.Member, d list.Bulk[models.Member]) tea.Cmd {
	d.Label = func(m models.Member) string { return m.Email }
	return list.Each(h, &p.List, dialog, chosen, d)
}

func whom(chosen []models.Member) string {
	if len(chosen) == 1 {
		return chosen[0].Email
	}
	return kit.Count(len(chosen), "member", "members")
}

func (p *Pane) suspend(h host.Host) tea.Cmd {
	chosen := p.Table.Chosen()
	st, org := h.Store, h.Org.ID
	form := &ui.Form{Title: "Suspend " + whom(chosen) + "?", Send: "Suspend", Intro: []ui.Line{
		{Text: "At once, they lose access, open sessions leave the organization, and the seat is free."},
		{Text: "Role, workspaces and account are kept, and reactivating restores access.", Style: theme.Muted},
	}, Fields: []ui.FormField{
		ui.FormField{Name: "reason", Label: "Reason", Help: "they are told (optional)", Check: kit.Long("reason")}.With(""),
	}, Submit: func(get func(string) string) tea.Cmd {
		why := get("reason")
		return p.doEach(h, h.TopID(), chosen, list.Bulk[models.Member]{Verb: "suspended", One: "is suspended", Many: [2]string{"member is suspended", "members are suspended"},
			Do: func(ctx context.Context, actor models.Actor, m models.Member) error {
				_, err := st.SuspendMember(ctx, actor, org, m.ID, why)
				return err
			},
			Undo: func(ctx context.Context, actor models.Actor, m models.Member) error {
				_, err := st.ReactivateMember(ctx, actor, org, m.ID)
				return err
			}})
	}}
	h.Show(form.Prepare())
	return nil
}

func (p *Pane) reactivate(h host.Host) tea.Cmd {
	st, org := h.Store, h.Org.ID
	return p.doEach(h, 0, p.Table.Chosen(), list.Bulk[models.Member]{Verb: "reactivated", One: "is active again", Many: [2]string{"member is active again", "members are active again"},
		Do: func(ctx context.Context, actor models.Actor, m models.Member) error {
			_, err := st.ReactivateMember(ctx, actor, org, m.ID)
			return err
		},
		Undo: func(ctx context.Context, actor models.Actor, m models.Member) error {
			_, err := st.SuspendMember(ctx, actor, org, m.ID, m.SuspendReason)
			return err
		}})
}

func (p *Pane) setEnd(h host.Host) tea.Cmd {
	chosen := p.Table.Chosen()
	st, org := h.Store, h.Org.ID
	value := ""
	if len(chosen) == 1 && chosen[0].EndsAt != nil {
		value = chosen[0].EndsAt.UTC().Format(time.RFC3339)
	}
	read := func(v string) (*time.Time, error) {
		if v = strings.TrimSpace(v); v == "" {
			return nil, nil
		}
		at, err := models.ParseEnd("until", v, h.Now)
		return &at, err
	}
	form := &ui.Form{Title: "End of the membership of " + whom(chosen), Send: "Save", Fields: []ui.FormField{
		ui.FormField{Name: "until", Label: "Until", Help: "a day like 2026-12-31, or a period like 30d; empty for none",
			Check: func(v string) error { _, err := read(v); return err }}.With(value),
	}, Submit: func(get func(string) string) tea.Cmd {
		at, err := read(get("until"))
		if err != nil {
			return h.Act(h.TopID(), func(context.Context, models.Actor) host.Outcome { return host.Outcome{Err: err} })
		}
		d := list.Bulk[models.Member]{Verb: "changed", One: "now has no end date", Many: [2]string{"membership has no end date", "memberships have no end date"},
			Do: func(ctx context.Context, actor models.Actor, m models.Member) error {
				_, err := st.SetMemberEnd(ctx, actor, org, m.ID, at)
				return err
			},
			Undo: func(ctx context.Context, actor models.Actor, m models.Member) error {
				_, err := st.SetMemberEnd(ctx, actor, org, m.ID, m.EndsAt)
				return err
			}}
		if at != nil {
			when := kit.Moment(h, *at)
			d.One = "is a member until " + when
			d.Many = [2]string{"membership ends " + when, "memberships end " + when}
		}
		return p.doEach(h, h.TopID(), chosen, d)
	}}
	h.Show(form.Prepare())
	return nil
}

// removedMembers shows who went, to bring them back.
func (p *Pane) removedMembers(h host.Host) tea.Cmd {
	st, actor, org := h.Store, h.Actor, h.Org.ID
	now := h.Now
	var id int
	look := func(text string) tea.Cmd {
		return kit.Items(h, id, text, func(ctx context.Context) ([]ui.Item, error) {
			page, err := st.RemovedMembers(ctx, actor, org, models.RemovedQuery{Search: text, Limit: models.DefaultLimit})
			var items []ui.Item
			for _, f := range page.Items {
				how := "removed by " + f.RemovedBy
				switch {
				case f.Left:
					how = "left"
				case f.RemovedBy == "":
					how = "membership ended"
				}
				had := f.Given().Label()
				if f.Status == models.MemberSuspended {
					had += ", suspended"
				}
				note := had + ", " + how + ", " + ui.Span(now.Sub(f.RemovedAt)) + " ago"
				items = append(items, ui.Item{ID: f.ID, Title: f.Email, Note: note, Right: string(f.RestoreRole), Why: f.WhyNot})
			}
			return items, err
		})
	}
	pick := &ui.Picker{Title: "Removed members", Find: true, Prompt: "enter restores somebody", Empty: "nobody was removed in the last 30 days", Query: look,
		Choose: func(it ui.Item) tea.Cmd {
			h.Show(&ui.Confirm{Title: "Restore " + it.Title + "?", Yes: "restore", Lines: []ui.Line{
				{Text: it.Note, Style: theme.Muted}, {},
				{Text: "They rejoin as " + it.Right + " now, with their workspaces, and use a seat. If they were suspended, they stay suspended."},
				{Text: "Their revoked invitations stay revoked."},
			}, Do: func() tea.Cmd {
				return h.ActTop(func(ctx context.Context, actor models.Actor) host.Outcome {
					r, err := st.RestoreMember(ctx, actor, org, it.ID)
					return host.Outcome{Err: err, Text: restoredText(r), Then: func(h host.Host) tea.Cmd { return notRestored(h, r) }}
				})
			}})
			return nil
		}}
	id = h.Show(pick)
	return look("")
}

func restoredText(r models.Restored) string {
	text := r.Email + " is back as " + r.Given().Label()
	if r.Status == models.MemberSuspended {
		text += ", still suspended"
	}
	return text
}

// notRestored names what did not come back with somebody, if anything.
func notRestored(h host.Host, r models.Restored) tea.Cmd {
	if len(r.NotRestored) == 0 {
		return nil
	}
	lines := []ui.Line{{Text: "They are restored, except for:"}, {}}
	for _, part := range r.NotRestored {
		lines = append(lines, ui.Line{Text: "• " + models.SafeText(part)})
	}
	h.Show(&ui.Notice{Title: "Not restored with " + r.Email, Lines: lines})
	return nil
}
