package shell

import (
	tea "charm.land/bubbletea/v2"

	"muster/internal/qr"
	"muster/models"
	"muster/store"
	"muster/tui/kit"
	"muster/tui/ui"
)

// newFactor is the second factor that somebody without an account sets up to join
// where one is required; nil for none.
type newFactor struct {
	enrolment models.FactorEnrolment
	pictures  []*qr.Code
}

func factorOf(f store.CodeOffer, issuer string) *newFactor {
	e := f.Enrolment(issuer)
	if e == nil {
		return nil
	}
	return &newFactor{*e, kit.QRPictures(e.URI)}
}

// lines announce it before anything is accepted.
func (f *newFactor) lines() []ui.Line {
	if f == nil {
		return nil
	}
	return []ui.Line{{Text: "The organization requires a second factor. You set one up first, with an app on your phone that makes codes."}}
}

// acceptNew joins as somebody who has no account yet, after the second factor.
func (a *App) acceptNew(who store.Newcomer, f *newFactor) tea.Cmd {
	if f == nil {
		return a.acceptCode(who)
	}
	a.Show(kit.ScanFactor(a.h, f.enrolment, f.pictures, "Join", func(code string) tea.Cmd {
		who.Code = code
		return a.acceptCode(who)
	}))
	return nil
}
