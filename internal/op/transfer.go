package op

import (
	"context"

	"muster/models"
)

func transferRows() []*Row {
	return []*Row{
		row(Def[userIn, models.Transfer]{
			Name: "transfer.nominate", Owner: true, Does: "nominate a member as owner in your place", Command: "org transfer",
			Long: `Transfer ownership: nominate a member as owner in your place. They have 7 days to
accept or decline; when they accept, they become owner and you become an admin, in one
step. A site admin who is not an owner nominates for the primary owner.`,
			Example: "muster org transfer bob@example.com --yes",
			Needs:   Transfer, Route: "POST /v1/orgs/{org}/transfers/{user}", Changes: true,
			Run: func(ctx context.Context, d Deps, a models.Actor, in userIn) (models.Transfer, error) {
				return d.Store.Nominate(ctx, a, in.Org, in.User)
			},
		}),
		row(Def[answerIn, models.OrgView]{
			Name: "transfer.accept", Owner: true, Does: "accept a nomination and become an owner", Command: "org accept-transfer",
			Long: `Accept a nomination: you become an owner, and the owner who nominated you becomes an
admin, in one step. Name it by its organization or its id; if there is only one, you
need not name it.`,
			Example: "muster org accept-transfer ACME",
			Also:    "who is nominated", Route: "POST /v1/transfers/{transfer}/accept", Changes: true,
			Run: func(ctx context.Context, d Deps, a models.Actor, in answerIn) (models.OrgView, error) {
				ref, err := in.nomination(ctx, d, a)
				if err != nil {
					return models.OrgView{}, err
				}
				return d.Store.AcceptTransfer(ctx, a, ref)
			},
		}),
		row(Def[answerIn, models.Transfer]{
			Name: "transfer.decline", Does: "decline a nomination", Command: "org decline-transfer",
			Long:    "Decline a nomination, named as for accept-transfer. Nothing changes.",
			Example: "muster org decline-transfer ACME",
			Also:    "who is nominated", Route: "POST /v1/transfers/{transfer}/decline", Changes: true,
			Run: func(ctx context.Context, d Deps, a models.Actor, in answerIn) (models.Transfer, error) {
				ref, err := in.nomination(ctx, d, a)
				if err != nil {
					return models.Transfer{}, err
				}
				return d.Store.DeclineTransfer(ctx, a, ref)
			},
		}),
		row(Def[cancelIn, models.Transfer]{
			Name: "transfer.cancel", Does: "cancel a nomination", Command: "org cancel-transfer",
			Long: `Cancel a nomination in the organization, for its owners. If there is only one, you need
not name it.`,
			Example: "muster org cancel-transfer --org ACME",
			Needs:   Transfer, Route: "POST /v1/transfers/{transfer}/cancel", Changes: true,
			Run: func(ctx context.Context, d Deps, a models.Actor, in cancelIn) (models.Transfer, error) {
				id, err := in.nomination(ctx, d, a)
				if err != nil {
					return models.Transfer{}, err
				}
				return d.Store.CancelTransfer(ctx, a, id)
			},
		}),
	}
}

type answerIn struct {
	Transfer string `path:"transfer" arg:"[CODE|ID]" complete:"nomination"`
}

// nomination finds the nomination that is answered: the named one, or the only
// one that waits.
func (in answerIn) nomination(ctx context.Context, d Deps, a models.Actor) (string, error) {
	if in.Transfer != "" {
		return in.Transfer, nil
	}
	waiting, err := d.Store.Nominations(ctx, a)
	if err != nil {
		return "", err
	}
	switch len(waiting) {
	case 0:
		return "", models.Errorf(models.CodeNotFound, "no nomination is waiting for you")
	case 1:
		return waiting[0].ID, nil
	}
	return "", models.Errorf(models.CodeUsage, "%d nominations are waiting for you", len(waiting)).WithHint("name the organization; {organization.list} shows them")
}

type cancelIn struct {
	Org      string `from:"org unless Transfer"`
	Transfer string `path:"transfer" arg:"[ID]"`
}

// nomination finds the one that is taken back: the named one, or the only one of
// the organization.
func (in cancelIn) nomination(ctx context.Context, d Deps, a models.Actor) (string, error) {
	if in.Transfer != "" {
		return in.Transfer, nil
	}
	org, err := d.Store.Organization(ctx, a, in.Org)
	if err != nil {
		return "", err
	}
	switch len(org.Transfers) {
	case 0:
		return "", models.Errorf(models.CodeNotFound, "nobody is nominated in %s", org.Code)
	case 1:
		return org.Transfers[0].ID, nil
	}
	return "", models.Errorf(models.CodeUsage, "there are %d nominations", len(org.Transfers)).WithHint("name one by its id; {organization.show} lists them")
}
