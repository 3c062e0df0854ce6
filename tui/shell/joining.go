package shell

import (
	"context"
	"strings"

	tea "charm.land/bubbletea/v2"

	"muster/models"
	"muster/store"
	"muster/tui/host"
	"muster/tui/keys"
	"muster/tui/kit"
	"muster/tui/theme"
	"muster/tui/ui"
)

// joiningBindings lead into organizations for who is signed in.
func joiningBindings() []keys.Binding[*App] {
	return []keys.Binding[*App]{
		{ID: "request.new", Title: "ask to join an organization …", Scope: host.ScopeAll, Help: "Asks the owners and admins of an organization for membership.", Run: (*App).askToJoin},
		{ID: "code.enter", Title: "join with a code …", Scope: host.ScopeAll, Help: "Accepts an invitation or uses a join link.", Run: (*App).askCode},
	}
}

// askToJoin asks for membership of an organization by its code. The answer is the
// same whatever exists.
func (a *App) askToJoin() tea.Cmd {
	st := a.sh.Store
	form := &ui.Form{Title: "Ask to join", Send: "Ask",
		Intro: []ui.Line{{Text: "An owner or admin of the organization decides. You (9) lists your requests.", Style: theme.Muted}},
		Fields: []ui.FormField{
			ui.FormField{Name: "code", Label: "Organization", Help: "its code, like ACME", Check: func(v string) error {
				_, err := models.CheckCode("code", v)
				return err
			}}.With(""),
			ui.FormField{Name: "message", Label: "Message", Kind: ui.LinesField, Help: "who you are and why (optional)", Check: kit.Long("message")}.With(""),
		},
		Submit: func(get func(string) string) tea.Cmd {
			r := store.JoinRequest{OrgCode: get("code"), Message: get("message")}
			return a.h.ActTop(func(ctx context.Context, actor models.Actor) host.Outcome {
				return host.Outcome{Err: st.RequestToJoin(ctx, actor, r), Text: "sent · if " + models.SafeText(r.OrgCode) + " takes requests, an owner or admin decides"}
			})
		}}
	a.Show(form.Prepare())
	return nil
}

// codeIn finds the code in what somebody typed or pasted: the code alone, or the
// line from their mail.
func codeIn(text string) string {
	text = strings.TrimSpace(text)
	if _, rest, ok := strings.Cut(text, "join+"); ok {
		text, _, _ = strings.Cut(rest, "@")
	}
	return text
}

func (a *App) askCode() tea.Cmd {
	st := a.sh.Store
	form := &ui.Form{Title: "Join with a code", Send: "Show it", Fields: []ui.FormField{
		ui.FormField{Name: "code", Label: "Code", Help: "the code, or the whole line from the mail"}.With(""),
	}, Submit: func(get func(string) string) tea.Cmd {
		code := codeIn(get("code"))
		return a.h.ActTop(func(ctx context.Context, actor models.Actor) host.Outcome {
			f, err := st.LookupCode(ctx, actor, code)
			if err == nil && f.Kind == store.CodePairing {
				err = models.Errorf(models.CodeUsage, "a code for a new machine is used from that machine")
			}
			return host.Outcome{Err: err, Then: func(host.Host) tea.Cmd {
				a.Show(a.codeOffer(f, code))
				return nil
			}}
		})
	}}
	a.Show(form.Prepare())
	return nil
}

// codeOffer shows what a code offers to who is signed in.
func (a *App) codeOffer(f store.CodeOffer, code string) *ui.Notice {
	st := a.sh.Store
	key := models.PublicKey{} // who sits at the machine of the database has none
	if a.opt.Key != nil && a.Actor.Key != "" {
		key = *a.opt.Key
	}
	accept := ui.NoticeKey{Hint: ui.Hint{Key: "a", Title: "accept"}, Do: func() tea.Cmd {
		return a.h.Act(0, func(ctx context.Context, actor models.Actor) host.Outcome {
			r, err := st.AcceptCodeFor(ctx, actor, code, store.Newcomer{}, key)
			return host.Outcome{Err: err, Then: func(h host.Host) tea.Cmd {
				return h.Open(host.Opening{Ref: r.Org.ID, Word: "welcome to " + r.Org.Name})
			}}
		})
	}}
	if f.Kind == store.CodeLink {
		n := a.linkOffer(f.Link, nil)
		n.Fixed, n.Keys = false, []ui.NoticeKey{accept}
		return n
	}
	n := a.joinOffer(f, nil)
	n.Fixed, n.Keys = false, []ui.NoticeKey{accept, {Hint: ui.Hint{Key: "x", Title: "decline"}, Do: func() tea.Cmd {
		return a.h.Act(0, func(ctx context.Context, actor models.Actor) host.Outcome {
			return host.Outcome{Err: st.DeclineCode(ctx, actor, code), Text: "the invitation is declined"}
		})
	}}}
	return n
}

// wayBack says how to sign in the next time. It reads the host key, so it belongs
// into a command.
func (a *App) wayBack() []ui.Line {
	if a.sh.SignIn == "" {
		return nil
	}
	lines := []ui.Line{{Text: "To come back, run this with the same key:"}, {}, {Text: a.sh.SignIn, Style: theme.Accent}}
	if a.sh.HostKey == nil {
		return lines
	}
	if fingerprint, err := a.sh.HostKey(); err == nil {
		lines = append(lines, ui.Line{}, ui.Line{Text: "On another machine, ssh first asks about the server's key. Compare it:", Style: theme.Muted}, ui.Line{Text: fingerprint, Style: theme.Muted})
	}
	return lines
}

// offerFirst offers to create the first organization of an installation that has
// none.
func (a *App) offerFirst() tea.Cmd {
	if !a.Me.SiteAdmin || a.Me.NoCreate != "" {
		return nil
	}
	for _, o := range a.Orgs {
		if o.Relation != models.RelPersonal {
			return nil
		}
	}
	st, actor := a.sh.Store, a.Actor
	return a.Bring(0, func(ctx context.Context) func(host.Host) tea.Cmd {
		page, err := st.AllOrganizations(ctx, actor, models.OrgQuery{Limit: 1})
		return func(h host.Host) tea.Cmd {
			if err != nil || len(page.Items) > 0 || a.dialogs.Top() != nil {
				return nil
			}
			h.Show((&ui.Notice{Title: "No organization yet", Lines: []ui.Line{{Text: "Members, invitations and settings belong to an organization."}},
				Keys: []ui.NoticeKey{{Hint: ui.Hint{Key: "n", Title: "create the first one"}, Do: func() tea.Cmd { return h.Do("organization.create") }}}}).ByItself(h.Now))
			return h.Guarded()
		}
	})
}
