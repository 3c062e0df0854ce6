package store_test

import (
	"time"

	"muster/models"
)

// The steps that bring entries of the log about, beside the tables of changes.

func (w *world) codeOf(x *estate, id string) string {
	w.t.Helper()
	return must[string](w.t)(w.s.JoinCode(w.ctx, x.actors["owner"], "", id))
}

func inviteOutsider(w *world, x *estate) error {
	return second(w.s.CreateInvitation(w.ctx, x.actors["owner"], x.acme.org, models.NewInvitation{Email: "out@example.com"}))
}

func (w *world) offer(x *estate) string {
	w.t.Helper()
	return must[[]models.JoinOffer](w.t)(w.s.OwnInvitations(w.ctx, x.actors["outsider"]))[0].Invitation.ID
}

func (w *world) useLink(x *estate, a models.Actor) error {
	code, err := w.s.LinkCode(w.ctx, x.actors["owner"], x.acme.org, x.acme.link)
	if err == nil {
		_, _, err = w.s.AcceptCode(w.ctx, a, code, "", key("out@example.com"))
	}
	return err
}

func (w *world) endIn(x *estate, after time.Duration) error {
	end := w.clock.Now().Add(after)
	return second(w.s.SetMemberEnd(w.ctx, x.actors["owner"], x.acme.org, "vic@example.com", &end))
}

func withFactor(do func(*world, models.Actor, string) error) act {
	return func(w *world, x *estate) error {
		phone, _ := w.enrol(x.actors["owner"])
		return do(w, x.actors["owner"], phone.code())
	}
}
