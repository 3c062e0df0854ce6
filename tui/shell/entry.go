package shell

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"muster/models"
	"muster/store"
	"muster/tui/host"
	"muster/tui/kit"
	"muster/tui/theme"
	"muster/tui/ui"
)

// startedMsg says whose session it is from now on.
type startedMsg struct {
	actor models.Actor
	org   string    // to open
	word  string    // to say
	back  []ui.Line // how to come back, for who has just joined
	// recovery are the codes of a second factor that was set up with joining.
	recovery []string
}

// offerMsg brings what a code offers.
type offerMsg struct {
	offer  store.CodeOffer
	factor *newFactor
	err    error
}

// open begins a session. It asks the store itself, before there is a program,
// and gives what the program has to do first.
func (a *App) open() tea.Cmd {
	switch a.opt.Entry {
	case EntryFirstRun:
		a.Show(a.firstRun().Prepare())
		return nil
	case EntrySignUp:
		a.Show(a.signUp().Prepare())
		return nil
	case EntryRequest:
		a.Show(a.requestForm().Prepare())
		return nil
	case EntryJoin:
		return a.update(a.lookup()())
	}
	return a.update(a.load(a.opt.Org)())
}

// started opens the app for somebody who has just got, or proved, an account.
func (a *App) started(m startedMsg) tea.Cmd {
	a.Actor = m.actor
	a.dialogs.Clear()
	a.comeBack = m.back
	if m.word != "" {
		a.toast = ui.Toast{Tone: ui.Done, Text: m.word}
	}
	return a.load(m.org)
}

// begin runs an entry's action for the open dialog. What it gives starts the
// app.
func (a *App) begin(do func(ctx context.Context) (startedMsg, error)) tea.Cmd {
	if a.beginning {
		return nil
	}
	a.beginning = true
	return a.h.ActTop(func(ctx context.Context, _ models.Actor) host.Outcome {
		m, err := do(ctx)
		if err != nil {
			return host.Outcome{Err: err}
		}
		return host.Outcome{Then: func(host.Host) tea.Cmd {
			if len(m.recovery) == 0 {
				return a.started(m)
			}
			a.Show(kit.RecoveryCodes(a.h, m.recovery, func() tea.Cmd { return a.started(m) }))
			return nil
		}}
	})
}

// firstRun asks the three questions of an empty installation.
func (a *App) firstRun() *ui.Form {
	st, actor := a.sh.Store, a.Actor
	return &ui.Form{Title: "Welcome to muster", Send: "Start", Fixed: true,
		Intro: []ui.Line{{Text: "Three questions, then you can start. You become the first user and site admin."}},
		Fields: []ui.FormField{
			ui.FormField{Name: "name", Label: "Your name", Help: "as others will see you", Check: kit.Name("name")}.With(a.opt.Name),
			ui.FormField{Name: "email", Label: "Your email", Help: "your address in this installation", Check: kit.Email}.With(a.opt.Email),
			ui.FormField{Name: "organization", Label: "Organization", Help: "your first one; its code is made from the name and can be changed later", Check: func(v string) error {
				if _, err := models.CheckName("organization", v); err != nil {
					return err
				}
				_, err := models.CheckCode("code", models.CodeFrom(v))
				return err
			}}.With("Acme"),
		},
		Submit: func(get func(string) string) tea.Cmd {
			n := store.NewUser{Name: get("name"), Email: get("email"), Key: a.opt.Key}
			org := get("organization")
			return a.begin(func(ctx context.Context) (startedMsg, error) {
				u, err := st.Init(ctx, n)
				if err != nil {
					return startedMsg{}, err
				}
				who := actor
				who.UserID = u.ID
				v, err := st.CreateOrganization(ctx, who, store.NewOrganization{Name: org, Code: models.CodeFrom(org)})
				if err != nil {
					// The account is there; the organization can be made later.
					return startedMsg{actor: who, word: models.AsError(err).Message}, nil
				}
				word := "Press n to invite"
				if a.sh.ServeHint != "" {
					word += " · " + a.sh.ServeHint
				}
				return startedMsg{actor: who, org: v.ID, word: word}, nil
			})
		}}
}

// signUp makes an account, where that is open.
func (a *App) signUp() *ui.Form {
	st, actor, key := a.sh.Store, a.Actor, a.opt.Key
	return &ui.Form{Title: "New account", Send: "Sign up",
		Intro: []ui.Line{{Text: "Your SSH key becomes your account: no password, no browser."}, {Text: actor.Key, Style: theme.Muted}},
		Fields: []ui.FormField{
			ui.FormField{Name: "name", Label: "Your name", Help: "as others will see you", Check: kit.Name("name")}.With(a.opt.Name),
			ui.FormField{Name: "email", Label: "Your email", Help: "your address in this installation", Check: kit.Email}.With(a.opt.Email),
		},
		Submit: func(get func(string) string) tea.Cmd {
			n := store.NewUser{Name: get("name"), Email: get("email"), Key: key}
			return a.begin(func(ctx context.Context) (startedMsg, error) {
				u, err := st.SignUp(ctx, actor, n)
				who := actor
				who.UserID = u.ID
				return startedMsg{actor: who, word: "welcome to muster, " + u.Name + " · o shows your organizations"}, err
			})
		}}
}

// requestForm asks to join an organization. The answer is the same whatever
// exists, so that strangers learn nothing.
func (a *App) requestForm() *ui.Form {
	st, actor, code := a.sh.Store, a.Actor, a.opt.Org
	f := &ui.Form{Title: "Ask to join " + models.SafeText(code), Send: "Ask",
		Intro: []ui.Line{{Text: "An owner or admin of the organization decides. If they approve, you get the invitation by mail."}, {Text: "Your key: " + actor.Key, Style: theme.Muted}}}
	if actor.UserID == "" {
		f.Fields = []ui.FormField{
			ui.FormField{Name: "name", Label: "Your name", Check: kit.Name("name")}.With(a.opt.Name),
			ui.FormField{Name: "email", Label: "Your email", Help: "where the invitation goes", Check: kit.Email}.With(a.opt.Email),
		}
	}
	f.Fields = append(f.Fields, ui.FormField{Name: "message", Label: "Message", Kind: ui.LinesField, Help: "who you are and why (optional)", Check: kit.Long("message")}.With(""))
	f.Submit = func(get func(string) string) tea.Cmd {
		r := store.JoinRequest{OrgCode: code, Email: get("email"), Name: get("name"), Message: get("message")}
		return a.h.ActTop(func(ctx context.Context, actor models.Actor) host.Outcome {
			err := st.RequestToJoin(ctx, actor, r)
			return host.Outcome{Err: err, Then: func(host.Host) tea.Cmd {
				return a.quit("Your request was sent. If the organization takes requests, an owner or admin decides, and you get the invitation by mail.")
			}}
		})
	}
	return f
}

// ---- joining with a code

func (a *App) lookup() tea.Cmd {
	st, actor, code, parent, issuer := a.sh.Store, a.Actor, a.opt.Code, a.Context, a.h.Installation
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(parent, host.AskTimeout)
		defer cancel()
		f, err := st.LookupCode(ctx, actor, code)
		return offerMsg{offer: f, factor: factorOf(f, issuer), err: err}
	}
}

func (a *App) gotOffer(m offerMsg) tea.Cmd {
	if m.err != nil {
		e := models.AsError(m.err)
		return a.quit(kit.Sentence(e))
	}
	switch m.offer.Kind {
	case store.CodePairing:
		a.Show(a.pairingOffer(m.offer).ByItself(a.Now))
	case store.CodeLink:
		a.Show(a.linkOffer(m.offer.Link, m.factor).ByItself(a.Now))
	default:
		a.Show(a.joinOffer(m.offer, m.factor).ByItself(a.Now))
	}
	return a.Guarded()
}

// joinOffer shows who invites, to what, and with which key; one key accepts.
func (a *App) joinOffer(f store.CodeOffer, factor *newFactor) *ui.Notice {
	i := f.Offer.Invitation
	lines := []ui.Line{{Text: f.Offer.OrgName + " (" + f.Offer.OrgCode + ")", Style: theme.Text | theme.Bold}, {}}
	lines = append(lines, pairLine("As", i.Given().Label()), pairLine("For", i.Email), pairLine("From", i.InviterName+" <"+i.InviterEmail+">"+models.UnverifiedMark(i.InviterVerified)),
		pairLine("Expires", kit.Moment(a.h, f.Expires)), pairLine("Your key", a.Actor.Key))
	if len(i.Workspaces) > 0 {
		lines = append(lines, pairLine("In", kit.WorkspaceWords(i.Workspaces)))
	}
	if i.Message != "" {
		lines = append(lines, ui.Line{}, ui.Line{Text: models.SafeLines(i.Message), Style: theme.Muted})
	}
	lines = append(lines, ui.Line{})
	accept := func() tea.Cmd { return a.acceptCode(store.Newcomer{}) }
	switch known := f.Offer.Known; {
	case known == nil:
		lines = append(lines, ui.Line{Text: "This key is new here: an account for " + i.Email + " will be created with it."})
		lines = append(lines, factor.lines()...)
		accept = func() tea.Cmd { return a.askName(factor) }
	case f.Offer.AlreadyMember:
		lines = append(lines, ui.Line{Text: "You are already a member; accepting closes the invitation and does not change your role."})
	default:
		lines = append(lines, ui.Line{Text: "You join as " + known.Name + " <" + known.Email + ">."})
	}
	return &ui.Notice{Title: "You are invited", Lines: lines, Fixed: true, Keys: []ui.NoticeKey{
		{Hint: ui.Hint{Key: "a", Title: "accept"}, Stay: true, Do: accept},
		{Hint: ui.Hint{Key: "x", Title: "decline"}, Stay: true, Do: a.declineCode},
		{Hint: ui.Hint{Key: "q", Title: "decide later"}, Do: func() tea.Cmd { return a.quit("The invitation waits until it expires.") }},
	}}
}

func pairLine(what, value string) ui.Line {
	return ui.Line{Text: what + "          "[:max(10-ui.Width(what), 1)] + value}
}

func (a *App) pairingOffer(f store.CodeOffer) *ui.Notice {
	return &ui.Notice{Title: "Pair this machine", Fixed: true, Lines: []ui.Line{
		{Text: "The key of this machine will be added to the account of " + f.User.Name + " <" + f.User.Email + ">."}, {},
		pairLine("Your key", a.Actor.Key), pairLine("Expires", kit.Moment(a.h, f.Expires)),
	}, Keys: []ui.NoticeKey{
		{Hint: ui.Hint{Key: "a", Title: "add this key"}, Stay: true, Do: func() tea.Cmd { return a.acceptCode(store.Newcomer{}) }},
		{Hint: ui.Hint{Key: "q", Title: "not now"}, Do: func() tea.Cmd { return a.quit("") }},
	}}
}

// askName asks somebody with a new key what they are called.
func (a *App) askName(factor *newFactor) tea.Cmd {
	form := &ui.Form{Title: "Your name", Send: "Join", Intro: []ui.Line{{Text: "This is how others will see you."}},
		Fields: []ui.FormField{ui.FormField{Name: "name", Label: "Name", Help: "1 to 64 characters", Check: kit.Name("name")}.With(a.opt.Name)},
		Submit: func(get func(string) string) tea.Cmd { return a.acceptNew(store.Newcomer{Name: get("name")}, factor) }}
	a.Show(form.Prepare())
	return nil
}

func (a *App) acceptCode(who store.Newcomer) tea.Cmd {
	st, actor, code, key := a.sh.Store, a.Actor, a.opt.Code, a.opt.Key
	return a.begin(func(ctx context.Context) (startedMsg, error) {
		r, err := st.AcceptCodeFor(ctx, actor, code, who, *key)
		if err != nil {
			return startedMsg{}, err
		}
		next, u, v := actor, r.User, r.Org
		next.UserID = u.ID
		m := startedMsg{actor: next, org: v.ID, word: "welcome to " + v.Name + ", " + u.Name}
		if v.ID == "" {
			m.word = "this machine's key can now sign in"
		}
		m.back, m.recovery = a.wayBack(), r.Recovery
		return m, nil
	})
}

func (a *App) declineCode() tea.Cmd {
	st, code := a.sh.Store, a.opt.Code
	a.Show(&ui.Confirm{Title: "Decline the invitation?", Danger: true, Yes: "decline",
		Lines: []ui.Line{{Text: "To join later, somebody has to invite you again."}},
		Do: func() tea.Cmd {
			return a.h.ActTop(func(ctx context.Context, actor models.Actor) host.Outcome {
				err := st.DeclineCode(ctx, actor, code)
				return host.Outcome{Err: err, Then: func(host.Host) tea.Cmd { return a.quit("The invitation is declined.") }}
			})
		}})
	return nil
}
