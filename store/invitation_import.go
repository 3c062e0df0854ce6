package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"muster/models"
)

// importBatch is how many rows share a transaction: enough to spread the cost
// of a durable commit, few enough that nobody waits long for the write lock.
const importBatch = 100

// ImportOptions say how an import runs.
type ImportOptions struct {
	DryRun bool // only find out what would happen
	// Progress, if set, is called after every batch with the number of rows
	// that are through and of all rows, from the goroutine of the caller.
	Progress func(done, total int)
}

// ImportInvitations invites everybody on a list, by the same rules as
// CreateInvitation, and gives a result for each row in their order. A row that
// cannot be invited stops no other. Addresses that are members, are invited
// already, or stand in the list twice in whatever letter case are skipped, so
// that a second run changes nothing. Whoever may not invite at all is refused
// as a whole. When ctx ends or the database fails, the report holds what was
// done until then.
func (s *Store) ImportInvitations(ctx context.Context, a models.Actor, orgID string, rows []models.ImportRow, opt ImportOptions) (r models.ImportReport, err error) {
	if len(rows) > models.MaxImportRows {
		return r, models.Errorf(models.CodeLimit, "the list has more than %d rows", models.MaxImportRows).WithHint("import it in parts")
	}
	checked := make([]models.ImportRow, len(rows))
	for i, row := range rows {
		checked[i] = row.Check()
	}
	rows = checked
	im := &importer{lines: make(map[string]int, len(rows)), sentTo: map[string]int{}, dry: opt.DryRun, owners: ownersAmong(rows)}
	through := func(results []models.ImportResult) {
		r.DryRun = opt.DryRun
		r.Add(results...)
		if opt.Progress != nil {
			opt.Progress(len(r.Results), len(rows))
		}
	}
	if opt.DryRun {
		err = s.view(ctx, a, event{"invitation.import", "organization", orgID, ""}, func(t *tx) error {
			for batch := range slices.Chunk(rows, importBatch) {
				results, err := im.batch(ctx, t, orgID, batch)
				if err != nil {
					return err
				}
				through(results)
			}
			return nil
		})
		return r, err
	}
	for batch := range slices.Chunk(rows, importBatch) {
		var results []models.ImportResult
		if err = s.change(ctx, a, event{"invitation.import", "organization", orgID, ""}, func(t *tx) error {
			t.unlogged("each row has an entry of its own")
			results, err = im.batch(ctx, t, orgID, batch)
			return err
		}); err != nil {
			return r, err
		}
		im.remember(batch)
		through(results)
	}
	return r, nil
}

// importer runs over the rows of one import. In a dry run it keeps in mind what
// the rows before would have used up; else the database does.
type importer struct {
	dry    bool
	lines  map[string]int // where an address stands first
	owners []string       // addresses for which the list says owner
	room   *importRoom
	sentTo map[string]int // by this dry run
}

// importRoom is what is left of limits and seats.
type importRoom struct {
	use   models.InviteUse
	seats models.Seats
}

func ownersAmong(rows []models.ImportRow) (list []string) {
	for _, row := range rows {
		if row.Err == nil && strings.EqualFold(string(row.Role), string(models.RoleOwner)) {
			list = append(list, row.Email)
		}
	}
	return list
}

// ownersInWords names the first of those that the list makes owners.
func (im *importer) ownersInWords() string {
	if more := len(im.owners) - 1; more > 0 {
		return fmt.Sprintf("%s and %d more", im.owners[0], more)
	}
	return im.owners[0]
}

// remember notes the addresses of rows that are through.
func (im *importer) remember(rows []models.ImportRow) {
	for _, row := range rows {
		if email := models.NormEmail(row.Email); row.Err == nil && im.lines[email] == 0 {
			im.lines[email] = row.Line
		}
	}
}

// batch decides about rows, and unless it is a dry run invites them.
func (im *importer) batch(ctx context.Context, t *tx, orgID string, rows []models.ImportRow) ([]models.ImportResult, error) {
	o, err := t.org(ctx, orgID)
	if err != nil {
		return nil, err
	}
	t.found("organization", o.ID, o.Code)
	set, err := t.memberSettings(ctx, o.ID)
	if err != nil {
		return nil, err
	}
	if err := t.allow(o, func(a models.Access) error { _, err := a.CheckInvite(set, models.RoleViewer); return err }); err != nil {
		return nil, err
	}
	if err := o.access.CheckPaid("invite"); err != nil {
		return nil, err
	}
	if !im.dry && len(im.owners) > 0 {
		if err := confirmOwner(ctx, o, im.ownersInWords(), models.RoleOwner); err != nil {
			return nil, err
		}
	}
	if !im.dry {
		if err := t.endMemberships(ctx, o.ID); err != nil {
			return nil, err
		}
		if err := t.expireAmong(ctx, o.ID, rows); err != nil {
			return nil, err
		}
	}
	if im.room == nil || !im.dry {
		more := len(rows)
		if im.dry { // reads it once for all batches
			more = models.MaxImportRows
		}
		if im.room, err = t.importRoom(ctx, o, more); err != nil {
			return nil, err
		}
	}
	results, invite, refusals, err := im.decide(ctx, t, o, set, rows)
	if err != nil || im.dry {
		im.remember(rows)
		return results, err
	}
	if len(invite) > 0 {
		if err := t.inviteAll(ctx, o, set, invite); err != nil {
			return nil, err
		}
	}
	entries, at := refusals, 0
	for i := range results {
		if results[i].Status == models.ImportDone {
			v := invite[at]
			at++
			results[i].ID = v.ID
			e := entry{event: event{"invitation.create", "invitation", v.ID, v.Email}, org: o.ID, as: v.as, after: v.audit()}
			if v.State == models.StateRequested {
				e.action = "invitation.request"
			}
			entries = append(entries, e)
		}
	}
	return results, t.write(ctx, entries...)
}

// expireAmong writes down which invitations of these addresses ran out, so that
// new ones can take their place.
func (t *tx) expireAmong(ctx context.Context, orgID string, rows []models.ImportRow) error {
	var emails []string
	for _, row := range rows {
		if row.Err == nil {
			emails = append(emails, models.NormEmail(row.Email))
		}
	}
	if len(emails) == 0 {
		return nil
	}
	in, args := inList(3, emails)
	_, err := t.expireSome(ctx, orgID, " AND i.email_norm IN ("+in+")", args...)
	return err
}

func (t *tx) importRoom(ctx context.Context, o *org, rows int) (*importRoom, error) {
	use, err := t.inviteUse(ctx, o.ID, t.user.ID, rows)
	if err != nil {
		return nil, err
	}
	members, err := t.memberCounts(ctx, o.ID)
	if err != nil {
		return nil, err
	}
	invites, err := t.invitationCounts(ctx, o.ID)
	if err != nil {
		return nil, err
	}
	values, err := t.settingValues(ctx, o.ID)
	if err != nil {
		return nil, err
	}
	return &importRoom{use: use, seats: t.s.seats(o, members, invites, values)}, nil
}

// imported is an invitation to be made, and in what capacity.
type imported struct {
	invitation
	as models.ActingAs
}

// decide asks the rules for each row. The refusals are what the log shall have
// of attempts to grant what the actor may not.
func (im *importer) decide(ctx context.Context, t *tx, o *org, set models.MemberSettings, rows []models.ImportRow) (results []models.ImportResult, invite []*imported, refusals []entry, err error) {
	var emails []string
	for _, row := range rows {
		if row.Err == nil {
			emails = append(emails, models.NormEmail(row.Email))
		}
	}
	members, err := t.membersAmong(ctx, o.ID, emails)
	if err != nil {
		return nil, nil, nil, err
	}
	open, err := t.openFor(ctx, o.ID, emails)
	if err != nil {
		return nil, nil, nil, err
	}
	sent, err := t.sentTo(ctx, emails)
	if err != nil {
		return nil, nil, nil, err
	}
	lines := map[string]int{} // of this batch
	roles := map[models.Role]models.AnyRole{}
	for _, row := range rows {
		email := models.NormEmail(row.Email)
		res := models.ImportResult{Line: row.Line, Email: row.Email, Name: row.Name, Status: row.Status(), Err: row.Err}
		var role models.AnyRole
		if row.Err == nil {
			if row.Role == "" {
				row.Role = set.DefaultRole
			}
			if role = roles[row.Role]; role == nil {
				if role, res.Err = t.anyRole(ctx, o, row.Role); refused(res.Err) == nil && res.Err != nil {
					return nil, nil, nil, res.Err
				}
				roles[row.Role] = role
			}
		}
		first := im.lines[email]
		if first == 0 {
			first = lines[email]
		}
		by := *o // each row in a capacity of its own
		v := &imported{}
		switch {
		case res.Err != nil:
		case first != 0:
			res.Status, res.Err = models.ImportSkipped, models.ImportTwice(row.Email, first)
		case members[email]:
			res.Status, res.Err = models.ImportSkipped, memberAlready(row.Email, o)
		case open[email] != "":
			res.Status, res.Err = models.ImportSkipped, openAlready(row.Email, open[email])
		default:
			res.Err = im.mayInvite(ctx, t, &by, set, row, role, sent[email]+im.sentTo[email], v)
			if res.Err != nil && refused(res.Err) == nil {
				return nil, nil, nil, res.Err
			}
			res.Err = plain(res.Err)
			if models.CodeOf(res.Err) == models.CodeDenied {
				refusals = append(refusals, entry{event: event{"invitation.create", "invitation", "", row.Email}, org: o.ID, as: by.as, refused: res.Err.Error()})
			}
		}
		if row.Err == nil && lines[email] == 0 {
			lines[email] = row.Line
		}
		if res.Err == nil {
			res.Status, res.State, res.Role, res.Workspaces = models.ImportDone, v.State, v.Role, v.Workspaces
			if v.CustomRole != nil {
				res.Custom = v.CustomRole.Name
			}
			im.room.take(v.State)
			if im.dry {
				im.sentTo[email]++
			}
			v.as = by.as
			v.Email, v.Name, v.Origin, v.Message, v.TTL = row.Email, row.Name, models.OriginInvite, row.Message, row.TTL
			v.InviterID, v.InviterName, v.InviterEmail, v.InviterVerified = t.user.ID, t.user.Name, t.user.Email, t.user.EmailVerified
			invite = append(invite, v)
		}
		results = append(results, res)
	}
	return results, invite, refusals, nil
}

// refused is the rule's answer in an error, nil for a failure of the database.
func refused(err error) *models.Error {
	var e *models.Error
	if errors.As(err, &e) && e.Code != models.CodeInternal {
		return e
	}
	return nil
}

// mayInvite asks the rules that CreateInvitation asks, in the same order, and
// fills in the state, the role and the workspaces of the invitation.
func (im *importer) mayInvite(ctx context.Context, t *tx, o *org, set models.MemberSettings, row models.ImportRow, role models.AnyRole, toRecipient int, v *imported) (err error) {
	if err = t.allow(o, func(a models.Access) error { v.State, err = a.CheckInvite(set, role); return err }); err != nil {
		return err
	}
	if err = set.CheckEmailDomain(row.Email); err != nil {
		return err
	}
	v.Role, v.CustomRole = split(role)
	if v.Workspaces, err = t.checkWorkspaceGrants(ctx, o, row.Workspaces, v.Invitation); err != nil {
		return err
	}
	if v.State == models.StatePending {
		if err = t.planKnown(o); err != nil {
			return err
		}
		if err = im.room.seats.CheckFree(); err != nil {
			return err
		}
	}
	return t.s.limits.Check(im.room.use, row.Email, toRecipient, t.now)
}

// take counts one more invitation.
func (r *importRoom) take(state models.InvitationState) {
	r.use.InviterOpen++
	r.use.InviterDay++
	r.use.OrgOpen++
	r.use.OrgDay++
	if state == models.StatePending {
		r.seats.Used++
	}
}

// inviteAll writes invitations with their mails, and counts them.
func (t *tx) inviteAll(ctx context.Context, o *org, set models.MemberSettings, all []*imported) error {
	var every, pending []*invitation
	var emails []string
	for _, v := range all {
		every = append(every, &v.invitation)
		emails = append(emails, models.NormEmail(v.Email))
		if v.State == models.StatePending {
			pending = append(pending, &v.invitation)
		}
	}
	if err := t.charge(ctx, o.ID, emails); err != nil {
		return err
	}
	if err := t.insertInvitations(ctx, o, set, every, ""); err != nil {
		return err
	}
	for _, v := range every {
		if v.CustomRole != nil {
			if err := t.saveInvitationRole(ctx, *v); err != nil {
				return err
			}
		}
		if err := t.insertInvitationWorkspaces(ctx, v.Invitation); err != nil {
			return err
		}
	}
	if len(pending) > 0 {
		if err := t.queueMails(ctx, pending, t.now); err != nil {
			return err
		}
	}
	t.signal(o.ID)
	in, args := inList(1, emails)
	ids, err := collect(ctx, t, scanString, "SELECT id FROM users WHERE email_norm IN ("+in+")", args...)
	t.signal(ids...)
	return err
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
