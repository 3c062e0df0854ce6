package op

import (
	"context"

	"muster/models"
)

const byCode = "\n\nGive the code as an argument or on standard input. Five wrong codes within 15 minutes\nlock the second factor for 15 minutes."

func factorRows() []*Row {
	return []*Row{
		row(Def[none, Factor]{
			Name: "second_factor.status", Does: "show the status of your second factor", Command: "two-factor status",
			Long:    "Show whether you have a second factor, whether this session is verified, how many\nrecovery codes are left, and which of your organizations require one.",
			Example: "muster two-factor status\nmuster two-factor status --json",
			Route:   "GET /v1/me/second-factor",
			Run: func(ctx context.Context, d Deps, a models.Actor, _ none) (Factor, error) {
				v, err := d.Store.SecondFactor(ctx, a)
				return Factor{a.Subject(), v}, err
			},
		}),
		row(Def[enrolIn, models.FactorEnrolment]{
			Name: "second_factor.enrol", Does: "set up a second factor: shows a QR code for your authenticator app", Command: "two-factor enrol",
			Long: `Set up a second factor. The secret is shown once, as a QR code, as text to type, and
as the address in the QR code. It is on once you have given a first code from the app
to: two-factor confirm. Until then you can start again.

The QR code is drawn for a dark terminal; on a light one it is inverted, which most
apps can read as well. --light draws it for a light one.`,
			Example: "muster two-factor enrol\nmuster two-factor enrol --json",
			Route:   "POST /v1/me/second-factor", Changes: true,
			Run: func(ctx context.Context, d Deps, a models.Actor, _ enrolIn) (models.FactorEnrolment, error) {
				return d.Store.EnrolSecondFactor(ctx, a, d.Site.Name)
			},
		}),
		row(Def[factorCodeIn, RecoveryCodes]{
			Name: "second_factor.confirm", Does: "turn the second factor on, with a first code", Command: "two-factor confirm",
			Long:    "Give the first code from your authenticator app. Two-factor is on after that. Ten\nrecovery codes are shown, once." + byCode,
			Example: "muster two-factor confirm 123456",
			Route:   "POST /v1/me/second-factor/confirm", Changes: true,
			Run: func(ctx context.Context, d Deps, a models.Actor, in factorCodeIn) (RecoveryCodes, error) {
				codes, err := d.Store.ConfirmSecondFactor(ctx, a, in.Code)
				return RecoveryCodes{a.Subject(), codes}, err
			},
		}),
		row(Def[factorCodeIn, Factor]{
			Name: "second_factor.verify", Does: "enter a two-factor code, valid for 12 hours", Command: "two-factor verify",
			Long:    "Enter a code from your authenticator app or a recovery code. It opens the\norganizations that require a second factor, in the app and for commands, for 12\nhours, for the key and the address that you connect from." + byCode,
			Example: "muster two-factor verify 123456\nmuster two-factor verify < code",
			Route:   "POST /v1/me/second-factor/verify", Changes: true,
			Run: func(ctx context.Context, d Deps, a models.Actor, in factorCodeIn) (Factor, error) {
				v, err := d.Store.VerifySecondFactor(ctx, a, in.Code)
				return Factor{a.Subject(), v}, err
			},
		}),
		row(Def[factorCodeIn, RecoveryCodes]{
			Name: "second_factor.recovery", Does: "create new recovery codes", Command: "two-factor recovery",
			Long:    "Replace your recovery codes with ten new ones. It needs a code." + byCode,
			Example: "muster two-factor recovery 123456",
			Route:   "POST /v1/me/second-factor/recovery-codes", Changes: true,
			Run: func(ctx context.Context, d Deps, a models.Actor, in factorCodeIn) (RecoveryCodes, error) {
				codes, err := d.Store.RenewRecoveryCodes(ctx, a, in.Code)
				return RecoveryCodes{a.Subject(), codes}, err
			},
		}),
		row(Def[factorCodeIn, Factor]{
			Name: "second_factor.disable.preview", Does: "preview turning off your second factor",
			Route: "GET /v1/me/second-factor/disabling",
			Run: func(ctx context.Context, d Deps, a models.Actor, _ factorCodeIn) (Factor, error) {
				v, err := d.Store.SecondFactor(ctx, a)
				return Factor{a.Subject(), v}, err
			},
		}),
		row(Def[factorCodeIn, Factor]{
			Name: "second_factor.disable", Does: "turn off your second factor", Command: "two-factor disable",
			Long:    "Turn off your second factor, with a code from the app or a recovery code.\nOrganizations that require one are closed to you until you set one up again. On a\nterminal the command asks; elsewhere it needs --yes." + byCode,
			Example: "muster two-factor disable 123456\nmuster two-factor disable 123456 --yes",
			Route:   "POST /v1/me/second-factor/disable", Changes: true,
			Preview: "second_factor.disable.preview", Confirm: &Confirm{},
			Run: func(ctx context.Context, d Deps, a models.Actor, in factorCodeIn) (Factor, error) {
				v, err := d.Store.DisableSecondFactor(ctx, a, in.Code)
				return Factor{a.Subject(), v}, err
			},
		}),
		row(Def[accountNameIn, models.User]{
			Name: "second_factor.reset", Does: "reset the second factor of somebody who has lost it; for site admins", Command: "two-factor reset",
			Long: `Reset the second factor of somebody who has lost both phone and recovery codes. USER is
an address, a handle or an id. It is for site admins, who over SSH must have entered
their own code first, if they have a second factor. Make sure who is asking. The audit
log names both. On a terminal the command asks; elsewhere it needs --yes.`,
			Example: "muster two-factor reset bob@example.com --yes",
			Confirm: &Confirm{},
			Needs:   SiteAdmin, Route: "POST /v1/users/{user}/second-factor/reset", Changes: true,
			Run: func(ctx context.Context, d Deps, a models.Actor, in accountNameIn) (models.User, error) {
				return d.Store.ResetSecondFactor(ctx, a, in.User)
			},
		}),
	}
}

type enrolIn struct {
	Light bool `flag:"light" help:"draw the QR code for a terminal with a light background"`
}

type factorCodeIn struct {
	Code string `arg:"[CODE]" body:"code" read:"code"`
}

type accountNameIn struct {
	User string `path:"user" arg:"USER" complete:"user"`
}

// Factor is how a second factor stands. Its user is its id.
type Factor struct {
	ID string `json:"id"`
	models.SecondFactor
}

// RecoveryCodes is the answer that holds recovery codes.
type RecoveryCodes struct {
	ID    string   `json:"id"` // the user's
	Codes []string `json:"recovery_codes"`
}
