package cli

import (
	"context"
	"strings"

	"muster/models"
	"muster/store"
)

// row is the outcome for one of several invitations.
type row struct {
	ID         string             `json:"id"`
	OK         bool               `json:"ok"`
	Invitation *models.Invitation `json:"invitation,omitempty"`
	Error      *rowError          `json:"error,omitempty"`
}

type rowError struct {
	Code    models.Code `json:"code"`
	Message string      `json:"message"`
	Hint    string      `json:"hint"`
}

// each does one thing to every invitation. One id answers with the invitation
// or the error. Several answer with a result for each: the good ones stay, and
// the error of the first bad one decides the exit status.
func (c *cli) each(ctx context.Context, ids []string, verb invitationVerb) error {
	s, a, err := c.signedIn(ctx)
	if err != nil {
		return err
	}
	var first error
	var done []models.Invitation
	var rows []row
	seen := map[string]bool{}
	for _, word := range ids {
		org, id, err := c.findInvitation(ctx, s, a, word)
		if err == nil && seen[id] {
			continue
		}
		seen[id] = true
		var inv models.Invitation
		if err == nil {
			inv, err = verb.do(s, ctx, a, org, id)
		}
		if err == nil {
			done = append(done, inv)
			rows = append(rows, row{ID: inv.ID, OK: true, Invitation: &inv})
			if !c.json {
				if err := verb.say(inv); err != nil {
					return err
				}
			}
			continue
		}
		if len(ids) == 1 {
			return err
		}
		e := models.AsError(err)
		rows = append(rows, row{ID: word, Error: &rowError{e.Code, e.Message, e.Hint}})
		if first == nil {
			first = &shownError{err}
		}
		if !c.json {
			if err := sayTo(c.env.Err, "muster: error: %s: %s", word, e.Message); err != nil {
				return err
			}
		}
	}
	if c.json {
		var v any = listOf(rows, "")
		if len(ids) == 1 {
			v = done[0]
		}
		if err := c.emit(v, nil); err != nil {
			return err
		}
	}
	if verb.mails {
		c.afterMail(ctx, s, a, done...)
	}
	return first
}

// findInvitation takes an id, or the address of an open or expired invitation
// of the chosen organization. With an id the organization stays empty: the id
// is enough.
func (c *cli) findInvitation(ctx context.Context, s *store.Store, a models.Actor, word string) (org, id string, err error) {
	if !strings.Contains(word, "@") {
		return "", word, nil
	}
	_, _, v, err := c.inOrg(ctx)
	if err != nil {
		return "", "", err
	}
	page, err := s.ListInvitations(ctx, a, v.ID, models.InvitationQuery{
		Search: word, Limit: models.MaxLimit,
		States: []models.InvitationState{models.StateRequested, models.StatePending, models.StateExpired},
	})
	if err != nil {
		return "", "", err
	}
	for _, inv := range page.Items {
		if models.NormEmail(inv.Email) == models.NormEmail(word) {
			return v.ID, inv.ID, nil
		}
	}
	return "", "", models.Errorf(models.CodeNotFound, "there is no open invitation of %s", word).
		WithHint("`muster invite list --search %s` shows the others with their ids", word)
}
