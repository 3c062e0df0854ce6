package store

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"

	"muster/models"
)

// The scopes in which sent invitations are counted by day.
const (
	perInviter   = "inviter"
	perOrg       = "organization"
	perRecipient = "recipient"
)

func inviterKey(orgID, userID string) string { return orgID + "/" + userID }

// inviteUse reads how much of the limits somebody in an organization has used,
// who is about to send so many more. What somebody has open is counted only where
// the whole organization has so much open that it may be too much.
func (t *tx) inviteUse(ctx context.Context, orgID, inviterID string, more int) (u models.InviteUse, err error) {
	counts, err := t.invitationCounts(ctx, orgID)
	if err != nil {
		return u, err
	}
	u.OrgOpen = counts[models.StateRequested] + counts[models.StatePending]
	if most := t.s.limits.InviterOpen; most > 0 && u.OrgOpen+more > most {
		if err = t.row(ctx, fmt.Sprintf(`SELECT count(*) FROM (SELECT 1 FROM invitations
			WHERE org_id = $1 AND inviter_id = $2 AND state_order <= `+lastOpenState+` LIMIT %d) x`, most), orgID, inviterID).Scan(&u.InviterOpen); err != nil {
			return u, err
		}
		if u.InviterOpen >= most {
			// Only now it is worth looking for those that ran out, which the index
			// does not tell.
			if err = t.row(ctx, fmt.Sprintf(`SELECT count(*) FROM (SELECT 1 FROM invitations WHERE org_id = $1 AND inviter_id = $2 AND state_order <= `+lastOpenState+`
				AND (state_order = `+stateRequested+` OR expires_at > $3) LIMIT %d) x`, most), orgID, inviterID, micros(t.now)).Scan(&u.InviterOpen); err != nil {
				return u, err
			}
		}
	}
	err = t.row(ctx, `SELECT coalesce((SELECT n FROM invitation_quotas WHERE day = $1 AND scope = $2 AND key = $3), 0),
		coalesce((SELECT n FROM invitation_quotas WHERE day = $1 AND scope = $4 AND key = $5), 0)`,
		models.Day(t.now), perInviter, inviterKey(orgID, inviterID), perOrg, orgID).Scan(&u.InviterDay, &u.OrgDay)
	return u, err
}

// sentTo reads how many invitations each address was sent today, by
// everybody. Addresses are in their normal form.
func (t *tx) sentTo(ctx context.Context, emails []string) (map[string]int, error) {
	sent := map[string]int{}
	if len(emails) == 0 {
		return sent, nil
	}
	in, args := inList(3, emails)
	rows, err := t.query(ctx, "SELECT key, n FROM invitation_quotas WHERE day = $1 AND scope = $2 AND key IN ("+in+")",
		append([]any{models.Day(t.now), perRecipient}, args...)...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var email string
		var n int
		if err := rows.Scan(&email, &n); err != nil {
			return nil, err
		}
		sent[email] = n
	}
	return sent, rows.Err()
}

// inList is a list of placeholders from a number on, and what they stand for.
func inList(from int, values []string) (string, []any) {
	marks, args := make([]string, len(values)), make([]any, len(values))
	for i, v := range values {
		marks[i], args[i] = "$"+strconv.Itoa(from+i), v
	}
	return strings.Join(marks, ", "), args
}

// mayInviteMore holds the limits for one more mail of the actor's to an
// address, and counts it. opens says that one more invitation will be open. A
// transaction that ends in a refusal takes the count back.
func (t *tx) mayInviteMore(ctx context.Context, o *org, email string, opens bool) error {
	use, err := t.inviteUse(ctx, o.ID, t.user.ID, 1)
	if err != nil {
		return err
	}
	if !opens {
		use.InviterOpen, use.OrgOpen = 0, 0
	}
	norm := models.NormEmail(email)
	sent, err := t.sentTo(ctx, []string{norm})
	if err != nil {
		return err
	}
	if err := t.s.limits.Check(use, email, sent[norm], t.now); err != nil {
		return err
	}
	return t.charge(ctx, o.ID, []string{norm})
}

// mayLinkMore holds the limits of a day for one more join link of the actor's,
// which counts as one invitation to nobody in particular.
func (t *tx) mayLinkMore(ctx context.Context, o *org) error {
	use, err := t.inviteUse(ctx, o.ID, t.user.ID, 0)
	if err != nil {
		return err
	}
	use.InviterOpen, use.OrgOpen = 0, 0 // models.MaxActiveLinks bounds what is open
	if err := t.s.limits.Check(use, "", 0, t.now); err != nil {
		return err
	}
	return t.chargeSent(ctx, o.ID, 1)
}

// charge counts invitations of the actor's to addresses in their normal form.
func (t *tx) charge(ctx context.Context, orgID string, emails []string) error {
	if err := t.chargeSent(ctx, orgID, len(emails)); err != nil {
		return err
	}
	add, err := t.quotas(ctx)
	if err != nil {
		return err
	}
	defer add.Close()
	for _, e := range emails {
		if _, err := add.ExecContext(ctx, models.Day(t.now), perRecipient, e, 1); err != nil {
			return err
		}
	}
	return nil
}

// chargeSent counts what the actor sent, without to whom.
func (t *tx) chargeSent(ctx context.Context, orgID string, n int) error {
	today := models.Day(t.now)
	if _, err := t.exec(ctx, "DELETE FROM invitation_quotas WHERE day < $1", today); err != nil {
		return err
	}
	add, err := t.quotas(ctx)
	if err != nil {
		return err
	}
	defer add.Close()
	for scope, key := range map[string]string{perInviter: inviterKey(orgID, t.user.ID), perOrg: orgID} {
		if _, err := add.ExecContext(ctx, today, scope, key, n); err != nil {
			return err
		}
	}
	return nil
}

// quotas prepares the counting of one scope and key on a day. Close it.
func (t *tx) quotas(ctx context.Context) (*sql.Stmt, error) {
	return t.prepare(ctx, `INSERT INTO invitation_quotas (day, scope, key, n) VALUES ($1, $2, $3, $4)
		ON CONFLICT (day, scope, key) DO UPDATE SET n = invitation_quotas.n + excluded.n`)
}
