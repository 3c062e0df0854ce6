package tui

import (
	"context"
	"strings"

	tea "charm.land/bubbletea/v2"

	"muster/internal/qr"
	"muster/models"
	"muster/tui/keys"
	"muster/tui/theme"
	"muster/tui/ui"
)

// factorRow is the line under You that says how the second factor stands.
func factorRow(a *App, v *models.SecondFactor) youRow {
	r := youRow{id: "two_factor", what: "Two-factor", title: "off", factor: v}
	switch {
	case v.LockedUntil != nil:
		r.title = "locked until " + a.moment(*v.LockedUntil)
	case v.Enrolled:
		r.title, r.added = "on", v.Since
		r.note = count(v.Recovery, "code in reserve", "codes in reserve")
	case v.Pending:
		r.title, r.note = "begun, not confirmed", a.keyOf("factor.menu")+" begins anew"
	default:
		r.note = a.keyOf("factor.menu") + " sets it up"
	}
	if len(v.RequiredBy) > 0 && !v.Enrolled {
		r.note = "required by " + strings.Join(v.RequiredBy, ", ")
	}
	return r
}

func factorFacts(a *App, v *models.SecondFactor) []ui.Line {
	state := "off: " + a.keyOf("factor.menu") + " sets it up"
	switch {
	case v.Enrolled:
		state = "on, since " + a.moment(*v.Since)
	case v.Pending:
		state = "begun: it counts after a first code"
	}
	here := ""
	switch {
	case v.Local:
		here = "not asked for: a local session"
	case v.VerifiedUntil != nil:
		here = "open until " + a.moment(*v.VerifiedUntil)
	case v.Enrolled:
		here = "no code was given yet"
	}
	left, key := "", ""
	if v.Enrolled {
		left = count(v.Recovery, "recovery code", "recovery codes")
	}
	if v.HardwareKey {
		key = "a hardware key, which counts as second factor where the organization says so"
	}
	return facts("Second factor", state, "This session", here, "This key", key, "In reserve", left,
		"Required by", strings.Join(v.RequiredBy, ", "))
}

func factorBindings() []keys.Binding[*App] {
	state := func(a *App) *models.SecondFactor { return a.you.factor }
	enrolled := func(a *App) string {
		if v := state(a); v != nil && !v.Enrolled {
			return "you have no second factor yet"
		}
		return ""
	}
	return []keys.Binding[*App]{
		{ID: "factor.menu", Keys: []string{"t"}, Title: "two-factor", Scope: scopeYou, Foot: 33,
			Help: "Sets up your second factor, gives a code, makes new recovery codes, or takes it off.", Run: (*App).factorMenu},
		{ID: "factor.enrol", Title: "set up two-factor …", Scope: scopeAll, Changes: true,
			Help: "Sets up an authenticator app as your second factor, with a QR code.",
			Enabled: func(a *App) string {
				if v := state(a); v != nil && v.Enrolled {
					return "you have a second factor already"
				}
				return ""
			},
			Run: func(a *App) tea.Cmd { return a.enrolFactor("") }},
		{ID: "factor.verify", Title: "give a two-factor code …", Scope: scopeAll,
			Help: "Opens organizations that need a second factor to this key and address for 12 hours.",
			Enabled: func(a *App) string {
				if a.actor.Local() {
					return "a local session is never asked for a second factor"
				}
				return enrolled(a)
			},
			Run: func(a *App) tea.Cmd { return a.giveCode("Your second factor", nil, "", false) }},
		{ID: "factor.recovery", Title: "new recovery codes …", Scope: scopeAll, Enabled: enrolled,
			Help: "Makes ten new recovery codes in place of the old ones.", Run: (*App).renewRecovery},
		{ID: "factor.disable", Title: "take two-factor off …", Scope: scopeAll, Changes: true, Enabled: enrolled,
			Help: "Takes your second factor off, for a code.", Run: (*App).disableFactor},
	}
}

// factorMenu offers what can be done about the second factor.
func (a *App) factorMenu() tea.Cmd {
	pick := &ui.Picker{Title: "Two-factor", Choose: func(it ui.Item) tea.Cmd {
		return a.run(a.sh.bindings.Get(it.ID), false)
	}}
	for _, id := range []string{"factor.enrol", "factor.verify", "factor.recovery", "factor.disable"} {
		b := a.sh.bindings.Get(id)
		pick.Items = append(pick.Items, ui.Item{ID: id, Title: b.Title, Why: b.Why(a)})
	}
	a.show(pick.Start(""))
	return nil
}

// enrolFactor begins a second factor and shows its QR code. next is the
// organization to open when it counts, "" for none.
func (a *App) enrolFactor(next string) tea.Cmd {
	st, actor, issuer := a.sh.Store, a.actor, a.sh.Name
	return a.act(0, func(ctx context.Context) outcome {
		e, err := st.EnrolSecondFactor(ctx, actor, issuer)
		if err != nil {
			return outcome{err: err}
		}
		pictures := qrPictures(e.URI)
		return outcome{then: func(a *App) tea.Cmd { a.show(a.scanFactor(e, pictures, next)); return nil }}
	})
}

func (a *App) scanFactor(e models.FactorEnrolment, pictures []*qr.Code, next string) *ui.Scan {
	st, actor := a.sh.Store, a.actor
	return &ui.Scan{Title: "Set up two-factor", Label: "First code", Digits: 6, Send: "Confirm",
		Lines: []ui.Line{
			{Text: "Scan the code with your authenticator app, or give it this secret:"}, {},
			{Text: strings.ReplaceAll(models.ShownRecoveryCode(e.Secret), "-", " "), Style: theme.Accent}, {},
			{Text: "Then type the 6 digits that the app shows. It counts from then on.", Style: theme.Muted},
		},
		Picture: func(w, h int) []string { return drawQR(pictures, !a.th.Known || a.th.DarkBackground, w, h) },
		Copy:    func() tea.Cmd { return a.copy(e.Secret, "the secret") },
		Submit: func(code string) tea.Cmd {
			return a.actTop(func(ctx context.Context) outcome {
				codes, err := st.ConfirmSecondFactor(ctx, actor, code)
				return outcome{err: err, then: func(a *App) tea.Cmd { return a.showRecovery(codes, next) }}
			})
		}}
}

// qrPictures are the codes that can be drawn, the fullest first: the second one
// leaves out the installation's name, which a small screen has no room for.
func qrPictures(uri string) []*qr.Code {
	short, _, _ := strings.Cut(uri, "&issuer=")
	var all []*qr.Code
	for _, text := range []string{uri, short} {
		if c, err := qr.Encode(text); err == nil { // what is too long is typed instead
			all = append(all, c)
		}
	}
	return all
}

// leastQuiet is the narrowest frame around a code that phones still read.
const leastQuiet = 2

func drawQR(all []*qr.Code, dark bool, w, h int) []string {
	for _, c := range all {
		for quiet := qr.Quiet; quiet >= leastQuiet; quiet-- {
			if side := c.Size() + 2*quiet; side <= w && (side+1)/2 <= h {
				return c.Lines(dark, quiet)
			}
		}
	}
	return nil
}

// showRecovery shows recovery codes, once.
func (a *App) showRecovery(codes []string, next string) tea.Cmd {
	lines := []ui.Line{{Text: "Each opens once in place of a code. Keep them where you find them without your phone: they are never shown again.", Style: theme.Warn}, {}}
	for i := 0; i < len(codes); i += 2 {
		text := codes[i]
		if i+1 < len(codes) {
			text += "    " + codes[i+1]
		}
		lines = append(lines, ui.Line{Text: text, Style: theme.Accent})
	}
	a.show(&ui.Notice{Title: "Your recovery codes", Lines: lines, Fixed: true, Keys: []ui.NoticeKey{
		{Hint: ui.Hint{Key: "y", Title: "copy"}, Stay: true, Do: func() tea.Cmd {
			return tea.Batch(a.clip(strings.Join(codes, "\n")), a.say(ui.Done, "copied the recovery codes"))
		}},
		{Hint: ui.Hint{Key: "k", Title: "I have kept them"}, Do: func() tea.Cmd { return a.goOn(next) }},
	}})
	return nil
}

// goOn opens the organization for which a code was asked.
func (a *App) goOn(next string) tea.Cmd {
	if next == "" {
		return nil
	}
	return a.enter(next)
}

// codeForm asks for a code of the authenticator app or a recovery code.
func (a *App) codeForm(title, send string, intro []ui.Line, do func(ctx context.Context, code string) outcome) *ui.Form {
	f := &ui.Form{Title: title, Send: send, Intro: intro, Fields: []ui.FormField{ui.FormField{
		Name: "code", Label: "Code", Help: "6 digits of your authenticator app, or a recovery code", Check: func(v string) error {
			if models.NormFactorCode(v) == "" {
				return models.Invalid("code", "a code is missing")
			}
			return nil
		}}.With("")},
		Submit: func(get func(string) string) tea.Cmd {
			code := get("code")
			return a.actTop(func(ctx context.Context) outcome { return do(ctx, code) })
		}}
	return f.Prepare()
}

// giveCode asks for a code, which then holds for this key and address, and goes
// on to an organization.
func (a *App) giveCode(title string, intro []ui.Line, next string, byItself bool) tea.Cmd {
	st, actor := a.sh.Store, a.actor
	f := a.codeForm(title, "Open", intro, func(ctx context.Context, code string) outcome {
		v, err := st.VerifySecondFactor(ctx, actor, code)
		if err != nil {
			return outcome{err: err}
		}
		return outcome{then: func(a *App) tea.Cmd {
			word := "the code is right"
			if v.VerifiedUntil != nil {
				word += ": it holds until " + a.moment(*v.VerifiedUntil)
			}
			return tea.Batch(a.say(ui.Done, word), a.goOn(next))
		}}
	})
	if byItself {
		f.ByItself(a.now)
	}
	a.show(f)
	if byItself {
		return a.guarded()
	}
	return nil
}

func (a *App) renewRecovery() tea.Cmd {
	st, actor := a.sh.Store, a.actor
	a.show(a.codeForm("New recovery codes", "Make them", []ui.Line{{Text: "The old ones stop working."}}, func(ctx context.Context, code string) outcome {
		codes, err := st.RenewRecoveryCodes(ctx, actor, code)
		return outcome{err: err, then: func(a *App) tea.Cmd { return a.showRecovery(codes, "") }}
	}))
	return nil
}

func (a *App) disableFactor() tea.Cmd {
	st, actor := a.sh.Store, a.actor
	intro := []ui.Line{{Text: "Your recovery codes stop working as well."}}
	if v := a.you.factor; v != nil && len(v.RequiredBy) > 0 {
		intro = append(intro, ui.Line{Text: "! " + strings.Join(v.RequiredBy, ", ") + " will be closed to you until you set one up again.", Style: theme.Warn})
	}
	a.show(a.codeForm("Take two-factor off", "Take off", intro, func(ctx context.Context, code string) outcome {
		return outcome{err: st.DisableSecondFactor(ctx, actor, code), text: "you have no second factor any more"}
	}))
	return nil
}

// barred shows what keeps the session out of an organization. Where that is a
// missing code, it asks for one and goes on.
func (a *App) barred(ref string, err error) tea.Cmd {
	e := models.AsError(err)
	a.toast = ui.Complain(e)
	if models.BarrierOf(err) != models.NeedSecondFactor || ref == "" {
		return nil
	}
	st, actor := a.sh.Store, a.actor
	return a.act(0, func(ctx context.Context) outcome {
		v, err := st.SecondFactor(ctx, actor)
		return outcome{err: err, then: func(a *App) tea.Cmd { return a.askFactor(ref, e.Message, v) }}
	})
}

func (a *App) askFactor(ref, why string, v models.SecondFactor) tea.Cmd {
	if a.dialogs.Top() != nil { // the person is at something else; the toast says it
		return nil
	}
	a.toast = ui.Toast{}
	intro := []ui.Line{{Text: why + "."}}
	if v.Enrolled {
		return a.giveCode("Two-factor", intro, ref, true)
	}
	a.show((&ui.Notice{Title: "Two-factor", Lines: append(intro, ui.Line{}, ui.Line{Text: "You need an app on your phone that makes codes. Setting it up takes a minute."}),
		Keys: []ui.NoticeKey{{Hint: ui.Hint{Key: "t", Title: "set it up"}, Do: func() tea.Cmd { return a.enrolFactor(ref) }}}}).ByItself(a.now))
	return a.guarded()
}

// whyBarred shows the reason for which an entry of the switcher is closed, and
// nothing else of the organization.
func (a *App) whyBarred(o models.OrgEntry) tea.Cmd {
	hint := "come from an allowed network, or ask an owner or admin to add yours"
	if o.Barrier == models.NeedHardwareKey {
		hint = "make one with `ssh-keygen -t ed25519-sk`, add it under You, and sign in with it"
	}
	a.show(&ui.Notice{Title: models.SafeText(o.Name), Lines: []ui.Line{{Text: o.BarrierText + ".", Style: theme.Warn}, {}, {Text: hint, Style: theme.Muted}}})
	return nil
}
