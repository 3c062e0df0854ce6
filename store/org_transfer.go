package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"muster/models"
	"muster/store/internal/db"
)

// transferTable are the columns of transfers x, with what transferTables joins.
var transferTable = db.Columns[models.Transfer]{
	text("id", func(x *models.Transfer) *string { return &x.ID }),
	text("org_id", func(x *models.Transfer) *string { return &x.OrgID }),
	text("o.code", func(x *models.Transfer) *string { return &x.OrgCode }),
	text("o.name", func(x *models.Transfer) *string { return &x.OrgName }),
	text("from_id", func(x *models.Transfer) *string { return &x.FromID }),
	joinedText("f.email", func(x *models.Transfer) *string { return &x.FromEmail }),
	joinedText("f.name", func(x *models.Transfer) *string { return &x.FromName }),
	text("nominee_id", func(x *models.Transfer) *string { return &x.NomineeID }),
	joinedText("n.email", func(x *models.Transfer) *string { return &x.NomineeEmail }),
	joinedText("n.name", func(x *models.Transfer) *string { return &x.NomineeName }),
	text("nominated_by", func(x *models.Transfer) *string { return &x.NominatedBy }),
	flag("(CASE WHEN x.from_id = o.primary_owner THEN 1 ELSE 0 END)", func(x *models.Transfer) *bool { return &x.Primary }),
	text("status", func(x *models.Transfer) *models.TransferStatus { return &x.Status }),
	at("created_at", func(x *models.Transfer) *time.Time { return &x.CreatedAt }),
	at("expires_at", func(x *models.Transfer) *time.Time { return &x.ExpiresAt }),
}

var transferColumns = transferTable.Read("x")

const transferTables = `transfers x JOIN organizations o ON o.id = x.org_id
	LEFT JOIN users f ON f.id = x.from_id LEFT JOIN users n ON n.id = x.nominee_id`

// scanTransfer reads a nomination as somebody sees it now: one that ran out is
// expired, even before that is written down.
func (t *tx) scanTransfer() scanFunc[models.Transfer] {
	var x models.Transfer
	return scanInto(transferTable.Dest(&x), func() models.Transfer {
		for _, name := range []*string{&x.FromEmail, &x.FromName, &x.NomineeEmail, &x.NomineeName} {
			if *name == "" {
				*name = models.DeletedUser
			}
		}
		x.IsNominee = x.NomineeID == t.user.ID
		if x.Status == models.TransferPending && !x.ExpiresAt.After(t.now) {
			x.Status = models.TransferExpired
		}
		return x
	})
}

func transferFields(x models.Transfer) fields {
	return fields{"from": x.FromEmail, "nominee": x.NomineeEmail, "status": x.Status, "expires_at": x.ExpiresAt}
}

// Nominate nominates an active member, by user id, address or handle, to take
// the place of the actor as an owner. A site admin who is no owner nominates in
// the place of the primary owner. The nominee has models.TransferTime to
// answer; one owner has one open nomination, a second is CodeConflict.
func (s *Store) Nominate(ctx context.Context, a models.Actor, orgID, ref string) (x models.Transfer, err error) {
	err = s.change(ctx, a, event{"transfer.nominate", "member", "", ref}, func(t *tx) error {
		o, err := t.org(ctx, orgID)
		if err != nil {
			return err
		}
		if err := t.endMemberships(ctx, o.ID); err != nil {
			return err
		}
		if err := t.allow(o, models.Access.MayTransfer); err != nil {
			return err
		}
		m, err := t.member(ctx, o, ref)
		if err != nil {
			return err
		}
		did := t.found("member", m.ID, m.Email)
		from, err := t.handingOver(ctx, o)
		if err != nil {
			return err
		}
		if err := t.allow(o, func(acc models.Access) error {
			return acc.CheckNominate(from.Standing(), m.Standing(), from.Primary)
		}); err != nil {
			return err
		}
		x, err = t.scanTransfer()(t.row(ctx, "SELECT "+transferColumns+" FROM "+transferTables+
			" WHERE x.org_id = $1 AND x.from_id = $2 AND x.status = 'pending'", o.ID, from.ID))
		if err == nil {
			return models.Errorf(models.CodeConflict, "%s is nominated already and has until %s to answer", x.NomineeEmail, x.ExpiresAt.Format("2006-01-02 15:04 MST")).
				WithHint("cancel it first: {transfer.cancel %s}", x.ID)
		}
		if !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		if err := t.confirmOwner(o, m.Email, models.RoleOwner); err != nil {
			return err
		}
		id := t.s.ids.New("tra")
		if _, err := t.exec(ctx, `INSERT INTO transfers (id, org_id, from_id, nominee_id, nominated_by, status, created_at, expires_at, closed_at)
			VALUES ($1, $2, $3, $4, $5, 'pending', $6, $7, 0)`,
			id, o.ID, from.ID, m.ID, t.user.Email, micros(t.now), micros(t.now.Add(models.TransferTime))); err != nil {
			return err
		}
		if x, err = t.transferByID(ctx, id); err != nil {
			return err
		}
		t.signal(from.ID, m.ID, topicDue)
		return t.log(ctx, o.entry(did, nil, transferFields(x)))
	})
	return x, err
}

// handingOver is the owner in whose place a nomination of the actor is made.
func (t *tx) handingOver(ctx context.Context, o *org) (models.Member, error) {
	id := t.user.ID
	if !o.access.Member || o.access.Role != models.RoleOwner {
		id, o.as = o.primary, models.AsSiteAdmin
	}
	m, err := t.member(ctx, o, id)
	if models.CodeOf(err) == models.CodeNotFound || err == nil && !(m.Role == models.RoleOwner && m.Standing().Active) {
		return m, models.Errorf(models.CodeConflict, "%s has no active owner who could transfer it", o.Code).
			WithHint("make somebody an owner: {member.role USER owner}")
	}
	return m, err
}

func noTransfer() error {
	return models.Errorf(models.CodeNotFound, "there is no such nomination").
		WithHint("{organization.list} shows yours, {organization.show} those of an organization")
}

func (t *tx) transferByID(ctx context.Context, id string) (models.Transfer, error) {
	x, err := t.scanTransfer()(t.row(ctx, "SELECT "+transferColumns+" FROM "+transferTables+" WHERE x.id = $1 AND o.deleted_at = 0", id))
	if errors.Is(err, sql.ErrNoRows) {
		return x, noTransfer()
	}
	return x, err
}

// answerable finds a nomination by its id, or by the id or code of the
// organization in which the actor is or was nominated, and enters the
// organization.
func (t *tx) answerable(ctx context.Context, ref string, find findOrg) (*org, models.Transfer, error) {
	x, err := t.transferByID(ctx, ref)
	if models.CodeOf(err) == models.CodeNotFound {
		x, err = t.scanTransfer()(t.row(ctx, "SELECT "+transferColumns+" FROM "+transferTables+`
			WHERE x.nominee_id = $1 AND (o.id = $2 OR o.code_norm = $3) AND o.deleted_at = 0
			ORDER BY CASE x.status WHEN 'pending' THEN 0 ELSE 1 END, x.id DESC LIMIT 1`,
			t.user.ID, ref, models.NormCode(ref)))
		if errors.Is(err, sql.ErrNoRows) {
			return nil, x, conceal(noTransfer())
		}
	}
	if err != nil {
		return nil, x, err
	}
	o, err := find(t, ctx, x.OrgID)
	if models.CodeOf(err) == models.CodeNotFound {
		err = conceal(noTransfer()) // also to a nominee who has left the organization since
	}
	if err != nil {
		return nil, x, err
	}
	t.found("transfer", x.ID, x.NomineeEmail)
	return o, x, nil
}

// nominated is answerable for the nominee alone.
func (t *tx) nominated(ctx context.Context, ref string, find findOrg) (*org, models.Transfer, error) {
	o, x, err := t.answerable(ctx, ref, find)
	if err == nil && x.NomineeID != t.user.ID {
		if t.require(o, models.PermTransfer) != nil {
			return nil, x, conceal(noTransfer())
		}
		return nil, x, models.Errorf(models.CodeDenied, "only %s, who is nominated, may answer", x.NomineeEmail).
			WithHint("an owner may cancel it: {transfer.cancel %s}", x.ID)
	}
	return o, x, err
}

// AcceptTransfer makes the actor, who was nominated, an owner, and the one who
// hands over an admin, in one step. The nomination is named by its id, or by
// the organization's id or code. One that ran out, was closed, or whose parties
// have changed is CodeGone.
func (s *Store) AcceptTransfer(ctx context.Context, a models.Actor, ref string) (v models.OrgView, err error) {
	err = s.change(ctx, a, event{"transfer.accept", "transfer", "", ref}, func(t *tx) error {
		o, x, err := t.nominated(ctx, ref, (*tx).org)
		if err != nil {
			return err
		}
		if err := x.CheckAnswer(); err != nil {
			return err
		}
		from, err := t.member(ctx, o, x.FromID)
		gone := models.CodeOf(err) == models.CodeNotFound
		if err != nil && !gone {
			return err
		}
		nominee, err := t.member(ctx, o, x.NomineeID)
		if err != nil {
			return err
		}
		if gone || from.Role != models.RoleOwner || !from.Standing().Active || !nominee.Standing().Active || nominee.Role == models.RoleOwner && !x.Primary {
			x.Status = models.TransferVoid
			return x.CheckAnswer()
		}
		if err := t.confirmOwner(o, nominee.Email, models.RoleOwner); err != nil {
			return err
		}
		if err := t.closeTransfer(ctx, x, models.TransferAccepted); err != nil {
			return err
		}
		return t.swapOwners(ctx, o, x, from, nominee, &v)
	})
	return v, err
}

func (t *tx) swapOwners(ctx context.Context, o *org, x models.Transfer, from, nominee models.Member, v *models.OrgView) error {
	if err := t.writeRole(ctx, o, nominee, models.RoleOwner); err != nil {
		return err
	}
	// An owner who takes over stays: an end set before would leave the
	// organization without one.
	if _, err := t.exec(ctx, "UPDATE memberships SET ends_at = 0 WHERE org_id = $1 AND user_id = $2", o.ID, nominee.ID); err != nil {
		return err
	}
	if err := t.writeRole(ctx, o, from, models.RoleAdmin); err != nil {
		return err
	}
	before := fields{"owner": from.Email, "nominee_role": nominee.Given().Label(), "primary_owner": x.Primary}
	if x.Primary {
		if _, err := t.exec(ctx, "UPDATE organizations SET primary_owner = $1 WHERE id = $2", nominee.ID, o.ID); err != nil {
			return err
		}
	}
	t.signal(from.ID, nominee.ID)
	if err := t.log(ctx, o.entry(event{"transfer.accept", "transfer", x.ID, x.NomineeEmail}, before,
		fields{"owner": nominee.Email, "former_owner_role": models.RoleAdmin})); err != nil {
		return err
	}
	if err := t.reviewSponsors(ctx, o, from.ID); err != nil {
		return err
	}
	if err := t.updateOwnership(ctx, o); err != nil {
		return err
	}
	var err error
	*v, err = t.orgView(ctx, o.ID)
	return err
}

// DeclineTransfer turns down a nomination of the actor, named as for
// AcceptTransfer, also where the Security settings keep them out.
func (s *Store) DeclineTransfer(ctx context.Context, a models.Actor, ref string) (x models.Transfer, err error) {
	const action = "transfer.decline"
	return s.endTransfer(ctx, a, action, ref, models.TransferDeclined, func(t *tx) (*org, models.Transfer, error) {
		return t.nominated(ctx, ref, finderFor(action))
	})
}

// CancelTransfer takes a nomination back, by its id, for owners.
func (s *Store) CancelTransfer(ctx context.Context, a models.Actor, id string) (x models.Transfer, err error) {
	return s.endTransfer(ctx, a, "transfer.cancel", id, models.TransferCancelled, func(t *tx) (*org, models.Transfer, error) {
		o, x, err := t.answerable(ctx, id, (*tx).org)
		if err != nil {
			return nil, x, err
		}
		if err := t.require(o, models.PermTransfer); err != nil {
			if x.NomineeID != t.user.ID {
				err = conceal(noTransfer()) // only owners and the nominee know of it
			}
			return nil, x, err
		}
		return o, x, nil
	})
}

func (s *Store) endTransfer(ctx context.Context, a models.Actor, action, ref string, to models.TransferStatus, find func(*tx) (*org, models.Transfer, error)) (x models.Transfer, err error) {
	err = s.change(ctx, a, event{action, "transfer", "", ref}, func(t *tx) error {
		var o *org
		if o, x, err = find(t); err != nil {
			return err
		}
		if err := x.CheckAnswer(); err != nil {
			return err
		}
		before := transferFields(x)
		if err := t.closeTransfer(ctx, x, to); err != nil {
			return err
		}
		x.Status = to
		return t.log(ctx, o.entry(event{action, "transfer", x.ID, x.NomineeEmail}, before, transferFields(x)))
	})
	return x, err
}

func (t *tx) closeTransfer(ctx context.Context, x models.Transfer, to models.TransferStatus) error {
	t.signal(x.FromID, x.NomineeID, x.OrgID)
	_, err := t.exec(ctx, "UPDATE transfers SET status = $1, closed_at = $2 WHERE id = $3", string(to), micros(t.now), x.ID)
	return err
}

// Nominations lists what waits for the actor to become an owner.
func (s *Store) Nominations(ctx context.Context, a models.Actor) (list []models.Transfer, err error) {
	err = s.view(ctx, a, event{}, func(t *tx) error {
		list, err = t.nominations(ctx)
		return err
	})
	return list, err
}

// nominations gives those that still hold; ones whose parties changed are
// closed when they change.
func (t *tx) nominations(ctx context.Context) ([]models.Transfer, error) {
	return collect(ctx, t, t.scanTransfer(), "SELECT "+transferColumns+" FROM "+transferTables+`
		JOIN memberships m ON m.org_id = x.org_id AND m.user_id = x.nominee_id
		WHERE x.nominee_id = $1 AND x.status = 'pending' AND x.expires_at > $2 AND o.deleted_at = 0
			AND m.status = 'active' AND `+inForce("m", 2)+" ORDER BY x.id", t.user.ID, micros(t.now))
}

// showNominations adds to the lines of a switcher what waits there.
func (t *tx) showNominations(ctx context.Context, list []models.OrgEntry) error {
	own, err := t.nominations(ctx)
	if err != nil {
		return err
	}
	for _, x := range own {
		for i := range list {
			if list[i].ID == x.OrgID && list[i].NominationID == "" {
				until := x.ExpiresAt
				list[i].NominationID, list[i].NominatedBy, list[i].AnswerUntil = x.ID, x.NominatedBy, &until
			}
		}
	}
	return nil
}

// openTransfers lists the nominations of an organization that the actor may
// answer or cancel.
func (t *tx) openTransfers(ctx context.Context, o *org) ([]models.Transfer, error) {
	list, err := collect(ctx, t, t.scanTransfer(), "SELECT "+transferColumns+" FROM "+transferTables+
		" WHERE x.org_id = $1 AND x.status = 'pending' AND x.expires_at > $2 ORDER BY x.id", o.ID, micros(t.now))
	if err != nil || o.access.Require(models.PermTransfer) == nil {
		return list, err
	}
	own := []models.Transfer{}
	for _, x := range list {
		if x.IsNominee {
			own = append(own, x)
		}
	}
	return own, nil
}

// updateOwnership follows every change by which an owner or a nominee may have
// lost their standing: nominations whose parties changed are closed, and where
// the primary owner no longer keeps the organization alive, the active owner
// who has been a member longest takes their place.
func (t *tx) updateOwnership(ctx context.Context, o *org) error {
	if err := t.voidTransfers(ctx, o); err != nil {
		return err
	}
	type owner struct{ id, email string }
	scan := func(r scanner) (w owner, err error) { return w, r.Scan(&w.id, &w.email) }
	const owners = `SELECT u.id, u.email FROM memberships m JOIN users u ON u.id = m.user_id WHERE m.org_id = $1 AND ` + lastingOwners
	var was string
	if err := t.row(ctx, "SELECT primary_owner FROM organizations WHERE id = $1", o.ID).Scan(&was); err != nil {
		return err
	}
	_, err := scan(t.row(ctx, owners+" AND u.id = $2", o.ID, was))
	if !errors.Is(err, sql.ErrNoRows) {
		return err // also where there is nothing to do
	}
	next, err := scan(t.row(ctx, owners+" ORDER BY m.joined_at, m.user_id LIMIT 1", o.ID))
	if errors.Is(err, sql.ErrNoRows) {
		return nil // a personal workspace, or a deleted organization
	}
	if err != nil {
		return err
	}
	if _, err := t.exec(ctx, "UPDATE organizations SET primary_owner = $1 WHERE id = $2", next.id, o.ID); err != nil {
		return err
	}
	var old string
	if err := t.row(ctx, "SELECT coalesce((SELECT email FROM users WHERE id = $1), '')", was).Scan(&old); err != nil {
		return err
	}
	t.signal(next.id, TopicInstallation)
	return t.log(ctx, o.entry(event{"organization.primary", "member", next.id, next.email},
		fields{"primary_owner": old}, fields{"primary_owner": next.email}))
}

// voidTransfers closes the nominations that no longer hold.
func (t *tx) voidTransfers(ctx context.Context, o *org) error {
	active := `SELECT 1 FROM memberships m JOIN users u ON u.id = m.user_id
		WHERE m.org_id = x.org_id AND m.status = 'active' AND u.status = 'active' AND ` + inForce("m", 2)
	list, err := collect(ctx, t, t.scanTransfer(), "SELECT "+transferColumns+" FROM "+transferTables+`
		WHERE x.org_id = $1 AND x.status = 'pending'
			AND (NOT EXISTS (`+active+` AND m.user_id = x.from_id AND m.role_order = `+orderOwner+`) OR NOT EXISTS (`+active+` AND m.user_id = x.nominee_id))`,
		o.ID, micros(t.now))
	if err != nil {
		return err
	}
	for _, x := range list {
		before := transferFields(x)
		if err := t.closeTransfer(ctx, x, models.TransferVoid); err != nil {
			return err
		}
		x.Status = models.TransferVoid
		if err := t.log(ctx, o.entry(event{"transfer.void", "transfer", x.ID, x.NomineeEmail}, before, transferFields(x))); err != nil {
			return err
		}
	}
	return nil
}
