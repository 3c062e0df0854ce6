package you

import (
	"context"
	"strings"

	tea "charm.land/bubbletea/v2"

	"muster/models"
	"muster/tui/host"
	"muster/tui/keys"
	"muster/tui/kit"
	"muster/tui/theme"
	"muster/tui/ui"
)

// factorRow is the line under You that says how the second factor stands.
func factorRow(h host.Host, v *models.SecondFactor) youRow {
	r := youRow{id: "two_factor", what: "Two-factor", title: "off", factor: v}
	switch {
	case v.LockedUntil != nil:
		r.title = "locked until " + kit.Moment(h, *v.LockedUntil)
	case v.Enrolled:
		r.title, r.added = "on", v.Since
		r.note = kit.Count(v.Recovery, "code left", "codes left")
	case v.Pending:
		r.title, r.note = "not finished", h.KeyOf("factor.menu")+" to start again"
	default:
		r.note = h.KeyOf("factor.menu") + " to set it up"
	}
	if len(v.RequiredBy) > 0 && !v.Enrolled {
		r.note = "required by " + strings.Join(v.RequiredBy, ", ")
	}
	return r
}

func factorFacts(h host.Host, v *models.SecondFactor) []ui.Line {
	state := "off: " + h.KeyOf("factor.menu") + " to set it up"
	switch {
	case v.Enrolled:
		state = "on, since " + kit.Moment(h, *v.Since)
	case v.Pending:
		state = "not finished: it is on after a first code"
	}
	here := ""
	switch {
	case v.Local:
		here = "not needed: a local session"
	case v.VerifiedUntil != nil:
		here = "open until " + kit.Moment(h, *v.VerifiedUntil)
	case v.Enrolled:
		here = "no code entered yet"
	}
	left, key := "", ""
	if v.Enrolled {
		left = kit.Count(v.Recovery, "recovery code", "recovery codes")
	}
	if v.HardwareKey {
		key = "a hardware key, which counts as second factor where the organization allows it"
	}
	return kit.Facts("Second factor", state, "This session", here, "This key", key, "Recovery codes left", left,
		"Required by", strings.Join(v.RequiredBy, ", "))
}

func factorBindings() []keys.Binding[host.Host] {
	state := func(h host.Host) *models.SecondFactor { return of(h).factor }
	enrolled := func(h host.Host) string {
		if v := state(h); v != nil && !v.Enrolled {
			return "you have no second factor yet"
		}
		return ""
	}
	return []keys.Binding[host.Host]{
		{ID: "factor.menu", Keys: []string{"t"}, Title: "two-factor", Scope: scopeYou, Foot: 33,
			Help: "Sets up two-factor, enters a code, creates new recovery codes, or turns it off.", Run: factorMenu},
		{ID: "factor.enrol", Title: "set up two-factor …", Scope: host.ScopeAll, Changes: true,
			Help: "Sets up an authenticator app as your second factor, with a QR code.",
			Enabled: func(h host.Host) string {
				if v := state(h); v != nil && v.Enrolled {
					return "you have a second factor already"
				}
				return ""
			},
			Run: func(h host.Host) tea.Cmd { return enrolFactor(h, "") }},
		{ID: "factor.verify", Title: "enter a two-factor code …", Scope: host.ScopeAll,
			Help: "Opens organizations that require two-factor, for this key and address, for 12 hours.",
			Enabled: func(h host.Host) string {
				if h.Actor.Local() {
					return "a local session is never asked for a second factor"
				}
				return enrolled(h)
			},
			Run: func(h host.Host) tea.Cmd { return giveCode(h, "Your second factor", nil, "", false) }},
		{ID: "factor.recovery", Title: "new recovery codes …", Scope: host.ScopeAll, Enabled: enrolled,
			Help: "Replaces the recovery codes with ten new ones.", Run: renewRecovery},
		{ID: "factor.disable", Title: "turn off two-factor …", Scope: host.ScopeAll, Changes: true, Enabled: enrolled,
			Help: "Turns off your second factor. It needs a code.", Run: disableFactor},
	}
}

// factorMenu offers what can be done about the second factor.
func factorMenu(h host.Host) tea.Cmd {
	pick := &ui.Picker{Title: "Two-factor", Choose: func(it ui.Item) tea.Cmd {
		return h.Do(it.ID)
	}}
	for _, id := range []string{"factor.enrol", "factor.verify", "factor.recovery", "factor.disable"} {
		title, why := h.Action(id)
		pick.Items = append(pick.Items, ui.Item{ID: id, Title: title, Why: why})
	}
	h.Show(pick.Start(""))
	return nil
}

// enrolFactor begins a second factor and shows its QR code. next is the
// organization to open when it counts, "" for none.
func enrolFactor(h host.Host, next string) tea.Cmd {
	st, issuer := h.Store, h.Installation
	return h.Act(0, func(ctx context.Context, actor models.Actor) host.Outcome {
		e, err := st.EnrolSecondFactor(ctx, actor, issuer)
		if err != nil {
			return host.Outcome{Err: err}
		}
		pictures := kit.QRPictures(e.URI)
		return host.Outcome{Then: func(h host.Host) tea.Cmd {
			h.Show(kit.ScanFactor(h, e, pictures, "Confirm", func(code string) tea.Cmd {
				return h.ActTop(func(ctx context.Context, actor models.Actor) host.Outcome {
					codes, err := st.ConfirmSecondFactor(ctx, actor, code)
					return host.Outcome{Err: err, Then: func(h host.Host) tea.Cmd { return showRecovery(h, codes, next) }}
				})
			}))
			return nil
		}}
	})
}

// showRecovery shows recovery codes, once, and goes on.
func showRecovery(h host.Host, codes []string, next string) tea.Cmd {
	h.Show(kit.RecoveryCodes(h, codes, func() tea.Cmd { return goOn(h, next) }))
	return nil
}

// goOn opens the organization for which a code was asked.
func goOn(h host.Host, next string) tea.Cmd {
	if next == "" {
		return nil
	}
	return h.SwitchTo(next)
}

func codeField() ui.FormField {
	return ui.FormField{Name: "code", Label: "Code", Help: "6 digits from your authenticator app, or a recovery code", Check: func(v string) error {
		if models.NormFactorCode(v) == "" {
			return models.Invalid("code", "a code is missing")
		}
		return nil
	}}.With("")
}

// codeForm asks for a code of the authenticator app or a recovery code.
func codeForm(h host.Host, title, send string, intro []ui.Line, do func(ctx context.Context, actor models.Actor, code string) host.Outcome) *ui.Form {
	f := &ui.Form{Title: title, Send: send, Intro: intro, Fields: []ui.FormField{codeField()},
		Submit: func(get func(string) string) tea.Cmd {
			code := get("code")
			return h.ActTop(func(ctx context.Context, actor models.Actor) host.Outcome { return do(ctx, actor, code) })
		}}
	return f.Prepare()
}

// giveCode asks for a code, which then holds for this key and address, and goes
// on to an organization.
func giveCode(h host.Host, title string, intro []ui.Line, next string, byItself bool) tea.Cmd {
	st := h.Store
	f := codeForm(h, title, "Open", intro, func(ctx context.Context, actor models.Actor, code string) host.Outcome {
		v, err := st.VerifySecondFactor(ctx, actor, code)
		if err != nil {
			return host.Outcome{Err: err}
		}
		return host.Outcome{Then: func(h host.Host) tea.Cmd {
			word := "the code is right"
			if v.VerifiedUntil != nil {
				word += ": valid until " + kit.Moment(h, *v.VerifiedUntil)
			}
			return tea.Batch(h.Say(ui.Done, word), goOn(h, next))
		}}
	})
	if byItself {
		f.ByItself(h.Now)
	}
	h.Show(f)
	if byItself {
		return h.Guarded()
	}
	return nil
}

func renewRecovery(h host.Host) tea.Cmd {
	st := h.Store
	h.Show(codeForm(h, "New recovery codes", "Create", []ui.Line{{Text: "The old ones stop working."}}, func(ctx context.Context, actor models.Actor, code string) host.Outcome {
		codes, err := st.RenewRecoveryCodes(ctx, actor, code)
		return host.Outcome{Err: err, Then: func(h host.Host) tea.Cmd { return showRecovery(h, codes, "") }}
	}))
	return nil
}

func disableFactor(h host.Host) tea.Cmd {
	st := h.Store
	intro := []ui.Line{{Text: "Your recovery codes stop working as well."}}
	if v := of(h).factor; v != nil && len(v.RequiredBy) > 0 {
		intro = append(intro, ui.Line{Text: "! " + strings.Join(v.RequiredBy, ", ") + " will be closed to you until you set one up again.", Style: theme.Warn})
	}
	h.Show(codeForm(h, "Turn off two-factor", "Turn off", intro, func(ctx context.Context, actor models.Actor, code string) host.Outcome {
		_, err := st.DisableSecondFactor(ctx, actor, code)
		return host.Outcome{Err: err, Text: "two-factor is off"}
	}))
	return nil
}

// Barred shows what keeps the session out of an organization. Where that is a
// missing code, it asks for one and goes on.
func (p *Pane) Barred(h host.Host, ref string, err error) tea.Cmd {
	e := models.AsError(err)
	h.Toast(ui.Complain(e))
	if models.RequirementOf(err) != models.NeedSecondFactor || ref == "" {
		return nil
	}
	st := h.Store
	return h.Act(0, func(ctx context.Context, actor models.Actor) host.Outcome {
		v, err := st.SecondFactor(ctx, actor)
		return host.Outcome{Err: err, Then: func(h host.Host) tea.Cmd { return askFactor(h, ref, e.Message, v) }}
	})
}

func askFactor(h host.Host, ref, why string, v models.SecondFactor) tea.Cmd {
	if h.Top() != nil { // the person is at something else; the toast says it
		return nil
	}
	h.Toast(ui.Toast{})
	intro := []ui.Line{{Text: why + "."}}
	if v.Enrolled {
		return giveCode(h, "Two-factor", intro, ref, true)
	}
	h.Show((&ui.Notice{Title: "Two-factor", Lines: append(intro, ui.Line{}, ui.Line{Text: "You need an authenticator app on your phone. Setting it up takes a minute."}),
		Keys: []ui.NoticeKey{{Hint: ui.Hint{Key: "t", Title: "set it up"}, Do: func() tea.Cmd { return enrolFactor(h, ref) }}}}).ByItself(h.Now))
	return h.Guarded()
}
