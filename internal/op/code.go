package op

import (
	"context"

	"muster/internal/output"
	"muster/models"
	"muster/store"
)

// codeRows are for whoever comes with a code, or without an account.
func codeRows() []*Row {
	return []*Row{
		row(Def[codeIn, CodeShown]{
			Name: "code.show", Does: "show what the code is for", Command: "join CODE show", Door: DoorJoin,
			Long:    "Show what the code is for: organization, role, inviter, expiry, and your key.",
			Example: "ssh join+CODE@HOST show",
			Needs:   Stranger, Route: "GET /v1/codes/{code}",
			Run: func(ctx context.Context, d Deps, a models.Actor, in codeIn) (CodeShown, error) {
				o, err := d.Store.LookupCode(ctx, a, in.Code)
				return CodeShown{o, a.Key, o.Enrolment(d.Site.Name)}, err
			},
		}),
		row(Def[acceptIn, CodeAccepted]{
			Name: "code.accept", Audit: "invitation.accept", Does: "accept, and join with the key you connected with", Command: "join CODE accept", Door: DoorJoin, Use: "[--name NAME] [--email EMAIL] [--code CODE]",
			Long: `Accept the invitation. With a known key, its user joins. With an unknown key, a new
user is created: --name is the display name, and the address is the invited one. A
join link invites no address, so there --email gives it. Where the organization
requires a second factor, "show" has a QR code to set one up with, and --code gives
the digits that the app then shows. With a code for a new machine, the key is added
to that user's account.`,
			Example: `ssh join+CODE@HOST accept --name "Bob" --json`,
			Needs:   Stranger, Route: "POST /v1/codes/{code}/accept", Changes: true,
			Run: func(ctx context.Context, d Deps, a models.Actor, in acceptIn) (CodeAccepted, error) {
				r, err := d.Store.AcceptCodeFor(ctx, a, in.Code, store.Newcomer{Name: in.Name, Email: in.Email, Code: in.Factor}, d.Key)
				return CodeAccepted{r, d.Key.Fingerprint}, err
			},
		}),
		row(Def[codeIn, CodeDeclined]{
			Name: "code.decline", Audit: "invitation.decline", Does: "decline the invitation", Command: "join CODE decline", Door: DoorJoin,
			Long:    "Decline the invitation. The code stops working.",
			Example: "ssh join+CODE@HOST decline",
			Needs:   Stranger, Route: "POST /v1/codes/{code}/decline", Changes: true,
			Run: func(ctx context.Context, d Deps, a models.Actor, in codeIn) (CodeDeclined, error) {
				var home Organization
				// Declining works also where the code shows nothing any more.
				if o, err := d.Store.LookupCode(ctx, a, in.Code); err == nil && o.Kind == store.CodeInvitation {
					home = Organization{o.Offer.Invitation.OrgID, o.Offer.OrgCode, o.Offer.OrgName}
				}
				return CodeDeclined{string(models.StateDeclined), home}, d.Store.DeclineCode(ctx, a, in.Code)
			},
		}),
		row(Def[requestIn, JoinRequested]{
			Name: "code.request", Audit: "invitation.request", Does: "ask to join the organization", Command: "request", Door: DoorRequest, Use: "--email EMAIL --name NAME",
			Long: `Ask to join the organization. Its owners and admins decide, and the answer goes
to the address. If you are signed in, you need neither --email nor --name.`,
			Example: `ssh request+ACME@HOST request --email bob@example.com --name "Bob"`,
			Needs:   Stranger, Route: "POST /v1/orgs/{org}/join-requests", Changes: true,
			Run: func(ctx context.Context, d Deps, a models.Actor, in requestIn) (JoinRequested, error) {
				return askToJoin(ctx, d, a, store.JoinRequest{OrgCode: in.Org, Email: in.Email, Name: in.Name, Message: in.Message})
			},
		}),
		row(Def[signUpIn, models.User]{
			Name: "user.sign_up", Audit: "user.create", Does: "create an account with the key you connected with", Command: "create", Door: DoorNew,
			Long:    "Create an account. Your SSH key signs you in from then on.",
			Example: `ssh new@HOST create --email bob@example.com --name "Bob"`,
			Needs:   Stranger, Also: "where sign-up is open", Route: "POST /v1/sign-up", Changes: true,
			Run: func(ctx context.Context, d Deps, a models.Actor, in signUpIn) (models.User, error) {
				return d.Store.SignUp(ctx, a, store.NewUser{Name: in.Name, Email: in.Email, Key: &d.Key})
			},
		}),
	}
}

type codeIn struct {
	Code string `path:"code" from:"login"`
}

type acceptIn struct {
	codeIn
	Name   string `flag:"name" body:"name" help:"your display name, if your key is new here"`
	Email  string `flag:"email" body:"email" help:"your address, if your key is new here and the code is that of a join link"`
	Factor string `flag:"code" body:"second_factor" help:"the 6 digits of your authenticator app, if your key is new here and a second factor is required"`
}

type requestIn struct {
	Org     string `path:"org" from:"login"`
	Email   string `flag:"email" body:"email" required:"stranger" help:"your address"`
	Name    string `flag:"name" body:"name" required:"stranger" help:"your display name"`
	Message string `flag:"message" body:"message" help:"message to those who decide"`
}

type signUpIn struct {
	Email string `flag:"email" body:"email" required:"true" help:"your address"`
	Name  string `flag:"name" body:"name" required:"true" help:"your display name"`
}

// CodeShown is what a code is for.
type CodeShown struct {
	store.CodeOffer
	Key    string                  // fingerprint of the caller's
	Factor *models.FactorEnrolment // what a newcomer has to set up first, nil for nothing
}

// PairedKey is the answer about a code for a new machine.
type PairedKey struct {
	ID          string      `json:"id"` // the user's
	User        models.User `json:"user"`
	Fingerprint string      `json:"fingerprint"`
}

// LinkOffer is what a join link offers.
type LinkOffer struct {
	ID   string         `json:"id"` // the organization's
	Kind store.CodeKind `json:"kind"`
	models.LinkOffer
	Factor *models.FactorEnrolment `json:"second_factor,omitempty"`
}

// InvitationShown is what the code of an invitation is for.
type InvitationShown struct {
	Offer
	Factor *models.FactorEnrolment `json:"second_factor,omitempty"`
}

// MarshalJSON gives what the code is for, in the form of its kind.
func (c CodeShown) MarshalJSON() ([]byte, error) {
	switch c.Kind {
	case store.CodePairing:
		return output.Marshal(PairedKey{c.User.ID, c.User, c.Key})
	case store.CodeLink:
		return output.Marshal(LinkOffer{c.Link.OrgID, c.Kind, c.Link, c.Factor})
	}
	return output.Marshal(InvitationShown{Offer{c.Offer.Invitation.ID, c.Offer}, c.Factor})
}

// CodeAccepted is the answer to having used a code.
type CodeAccepted struct {
	store.Accepted
	Fingerprint string // of the key that a pairing added
}

// Joined is the answer to having joined with a code.
type Joined struct {
	ID           string         `json:"id"` // the organization's
	Organization models.OrgView `json:"organization"`
	User         models.User    `json:"user"`
	Recovery     []string       `json:"recovery_codes,omitempty"`
}

// MarshalJSON gives what came of it, in the form of the code's kind.
func (c CodeAccepted) MarshalJSON() ([]byte, error) {
	if c.Kind == store.CodePairing {
		return output.Marshal(PairedKey{c.User.ID, c.User, c.Fingerprint})
	}
	return output.Marshal(Joined{c.Org.ID, c.Org, c.User, c.Recovery})
}

// CodeDeclined is the answer to having declined an invitation by its code.
type CodeDeclined struct {
	Status string       `json:"status"`
	In     Organization `json:"-"`
}
