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
	if im.dry {
		return im.try(ctx, t, o, set, rows)
	}
	if len(im.owners) > 0 {
		if err := t.confirmOwner(o, im.ownersInWords(), models.RoleOwner); err != nil {
			return nil, err
		}
	}
	if err := t.endMemberships(ctx, o.ID); err != nil {
		return nil, err
	}
	if err := t.expireAmong(ctx, o.ID, rows); err != nil {
		return nil, err
	}
	if im.room, err = t.importRoom(ctx, o, len(rows)); err != nil {
		return nil, err
	}
	results, invite, entries, err := im.decide(ctx, t, o, set, rows)
	if err != nil {
		return nil, err
	}
	if len(invite) > 0 {
		if err := t.inviteAll(ctx, o, set, invite); err != nil {
			return nil, err
		}
	}
	for i := range results {
		if results[i].Status == models.ImportDone {
			v := invite[0]
			invite = invite[1:]
			results[i].ID = v.ID
			entries = append(entries, v.entry(o))
		}
	}
	return results, t.write(ctx, entries...)
}

// try decides about rows of a dry run. What is left of limits and seats is read
// once for all batches.
func (im *importer) try(ctx context.Context, t *tx, o *org, set models.MemberSettings, rows []models.ImportRow) (results []models.ImportResult, err error) {
	if im.room == nil {
		if im.room, err = t.importRoom(ctx, o, models.MaxImportRows); err != nil {
			return nil, err
		}
	}
	results, _, _, err = im.decide(ctx, t, o, set, rows)
	im.remember(rows)
	return results, err
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

// entry is what the log has of one.
func (v *imported) entry(o *org) entry {
	action := "invitation.create"
	if v.State == models.StateRequested {
		action = "invitation.request"
	}
	return entry{event: event{action, "invitation", v.ID, v.Email}, org: o.ID, as: v.as, after: v.audit()}
}

// decide asks the rules for each row. The refusals are what the log shall have
// of attempts to grant what the actor may not.
func (im *importer) decide(ctx context.Context, t *tx, o *org, set models.MemberSettings, rows []models.ImportRow) (results []models.ImportResult, invite []*imported, refusals []entry, err error) {
	known, err := t.lookUp(ctx, o, rows, im.lines)
	if err != nil {
		return nil, nil, nil, err
	}
	for _, row := range rows {
		res := models.ImportResult{Line: row.Line, Email: row.Email, Name: row.Name, Status: row.Status(), Err: row.Err}
		by := *o // each row in a capacity of its own
		v := &imported{}
		var role models.AnyRole
		if res.Err == nil {
			if row.Role == "" {
				row.Role = o.access.DefaultRole(set)
			}
			role, res.Err = known.role(ctx, t, row.Role)
		}
		if res.Err == nil {
			if res.Err = known.skip(row); res.Err != nil {
				res.Status = models.ImportSkipped
			}
		}
		if res.Err == nil {
			res.Err = plain(im.mayInvite(ctx, t, &by, set, row, role, v, known))
			if models.CodeOf(res.Err) == models.CodeDenied {
				refusals = append(refusals, entry{event: event{"invitation.create", "invitation", "", row.Email}, org: o.ID, as: by.as, refused: res.Err.Error()})
			}
		}
		if row.Err == nil && res.Err != nil && refused(res.Err) == nil {
			return nil, nil, nil, res.Err
		}
		known.add(row)
		if res.Err == nil {
			res.Status, res.State, res.Role, res.Workspaces = models.ImportDone, v.State, v.Role, v.Workspaces
			if v.CustomRole != nil {
				res.Custom = v.CustomRole.Name
			}
			im.take(row, v.State)
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
func (im *importer) mayInvite(ctx context.Context, t *tx, o *org, set models.MemberSettings, row models.ImportRow, role models.AnyRole, v *imported, k *known) (err error) {
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
	email := models.NormEmail(row.Email)
	return t.s.limits.Check(im.room.use, row.Email, k.sent[email]+im.sentTo[email], t.now)
}

// take counts one more invitation.
func (im *importer) take(row models.ImportRow, state models.InvitationState) {
	use := &im.room.use
	use.InviterOpen++
	use.InviterDay++
	use.OrgOpen++
	use.OrgDay++
	if state == models.StatePending {
		im.room.seats.Used++
	}
	if im.dry {
		im.sentTo[models.NormEmail(row.Email)]++
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
	if err := t.insertInvitations(ctx, o, set, every, applicant{}); err != nil {
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
