package store

import (
	"cmp"
	"context"

	"muster/models"
)

// known is what rows of an import may collide with: what the database has of
// their addresses, and the rows before them.
type known struct {
	org     *org
	members map[string]bool
	open    map[string]models.InvitationState
	sent    map[string]int // today
	lines   map[string]int // where an address stands first in the batches before
	here    map[string]int // and in this one
	roles   map[models.Role]models.AnyRole
}

func (t *tx) lookUp(ctx context.Context, o *org, rows []models.ImportRow, lines map[string]int) (k *known, err error) {
	k = &known{org: o, lines: lines, here: map[string]int{}, roles: map[models.Role]models.AnyRole{}}
	var emails []string
	for _, row := range rows {
		if row.Err == nil {
			emails = append(emails, models.NormEmail(row.Email))
		}
	}
	if k.members, err = t.membersAmong(ctx, o.ID, emails); err != nil {
		return nil, err
	}
	if k.open, err = t.openFor(ctx, o.ID, emails); err != nil {
		return nil, err
	}
	k.sent, err = t.sentTo(ctx, emails)
	return k, err
}

// role finds a role, each once.
func (k *known) role(ctx context.Context, t *tx, name models.Role) (role models.AnyRole, err error) {
	if role = k.roles[name]; role == nil {
		role, err = t.anyRole(ctx, k.org, name)
		k.roles[name] = role
	}
	return role, err
}

// skip says why nobody has to be invited for a row, nil where somebody has.
func (k *known) skip(row models.ImportRow) error {
	email := models.NormEmail(row.Email)
	switch first := cmp.Or(k.lines[email], k.here[email]); {
	case first != 0:
		return models.ImportTwice(row.Email, first)
	case k.members[email]:
		return memberAlready(row.Email, k.org)
	case k.open[email] != "":
		return openAlready(row.Email, k.open[email])
	}
	return nil
}

// add notes the address of a row that is decided.
func (k *known) add(row models.ImportRow) {
	if email := models.NormEmail(row.Email); row.Err == nil && k.here[email] == 0 {
		k.here[email] = row.Line
	}
}

// membersAmong tells which of some addresses members have verified.
func (t *tx) membersAmong(ctx context.Context, orgID string, emails []string) (map[string]bool, error) {
	found := map[string]bool{}
	if len(emails) == 0 {
		return found, nil
	}
	in, args := inList(3, emails)
	rows, err := collect(ctx, t, scanString, "SELECT email_norm FROM memberships m WHERE m.org_id = $1 AND "+inForce("m", 2)+" AND m.email_verified = 1 AND m.email_norm IN ("+in+")",
		append([]any{orgID, micros(t.now)}, args...)...)
	for _, e := range rows {
		found[e] = true
	}
	return found, err
}

// openFor gives the state of the open invitation of each address that has one.
func (t *tx) openFor(ctx context.Context, orgID string, emails []string) (map[string]models.InvitationState, error) {
	open := map[string]models.InvitationState{}
	if len(emails) == 0 {
		return open, nil
	}
	in, args := inList(3, emails)
	// Bare, org_id would lead the planner to all open ones of the organization.
	rows, err := t.query(ctx, "SELECT email_norm, state_order FROM invitations WHERE email_norm IN ("+in+") AND state_order IN ("+stateRequested+", "+statePending+") AND org_id || '' = $1 AND (state_order = "+stateRequested+" OR expires_at > $2)",
		append([]any{orgID, micros(t.now)}, args...)...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var email string
		var state int64
		if err := rows.Scan(&email, &state); err != nil {
			return nil, err
		}
		open[email] = stateOf(state)
	}
	return open, rows.Err()
}
