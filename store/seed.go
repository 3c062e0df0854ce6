package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"muster/models"
)

// Seeder fills a new database with made-up people, for a demonstration or a
// measurement. What it writes is what the real methods would have written, with
// audit entries, but in one transaction and at times of the caller's choice.
type Seeder struct {
	t *tx
}

// Seed calls fill on a database that has no user yet, and keeps all of what it
// did or nothing. On any other database it is CodeConflict, so that made-up
// people never come among real ones.
func (s *Store) Seed(ctx context.Context, fill func(*Seeder) error) error {
	return s.changeAnyone(ctx, models.Actor{Via: models.ViaLocal}, event{}, func(t *tx) error {
		var one int
		err := t.row(ctx, "SELECT 1 FROM users LIMIT 1").Scan(&one)
		if err == nil {
			return models.Errorf(models.CodeConflict, "this installation has users already").
				WithHint("name an empty directory with --data")
		}
		if !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		if err := fill(&Seeder{t}); err != nil {
			return err
		}
		// Nobody at these addresses must ever get mail.
		if _, err := t.exec(ctx, "UPDATE invitations SET remind_at = 0 WHERE remind_at > 0"); err != nil {
			return err
		}
		_, err = t.exec(ctx, "UPDATE notices SET state = 'stopped' WHERE state = 'queued'")
		return err
	})
}

// as lets the next change be somebody's, at a time. Within one chain times should
// not go back.
func (sd *Seeder) as(u models.User, at time.Time) *tx {
	sd.t.now, sd.t.user = at, u
	sd.t.actor = models.Actor{UserID: u.ID, Via: models.ViaTUI, Door: models.DoorLocal}
	sd.t.attempt = attempt{as: models.AsSelf}
	return sd.t
}

// User makes a user with a personal workspace. A user without a key can be
// acted for only by whoever can open the database file.
func (sd *Seeder) User(ctx context.Context, n NewUser, siteAdmin bool, at time.Time) (models.User, error) {
	return sd.as(models.User{}, at).createUser(ctx, n, siteAdmin, true, models.AsSelf)
}

// Organization makes a shared organization on a plan.
func (sd *Seeder) Organization(ctx context.Context, owner models.User, n NewOrganization, plan, accent string, at time.Time) (models.Organization, error) {
	t := sd.as(owner, at)
	o, err := t.insertOrganization(ctx, models.Organization{Code: n.Code, Name: n.Name, Description: n.Description, Plan: plan, Kind: models.KindShared}, owner, models.AsMember)
	if err == nil {
		_, err = t.exec(ctx, "UPDATE organizations SET accent = $1 WHERE id = $2", accent, o.ID)
	}
	if err == nil {
		_, err = t.exec(ctx, "UPDATE users SET current_org = $1 WHERE id = $2", o.ID, owner.ID)
	}
	return o, err
}

// Invitation invites an address as a member would, by the rules in force.
func (sd *Seeder) Invitation(ctx context.Context, orgID string, by models.User, n models.NewInvitation, at time.Time) (models.Invitation, error) {
	t := sd.as(by, at)
	o, err := t.org(ctx, orgID)
	if err != nil {
		return models.Invitation{}, err
	}
	v, err := t.createInvitation(ctx, o, n)
	if err != nil {
		return models.Invitation{}, err
	}
	return v.Invitation, t.stopMail(ctx, v.ID)
}

// Join lets a user become a member by an invitation.
func (sd *Seeder) Join(ctx context.Context, u models.User, inv models.Invitation, at, seen time.Time) error {
	t := sd.as(u, at)
	v, err := t.invitationByID(ctx, inv.OrgID, inv.ID)
	if err != nil {
		return err
	}
	if _, err = t.accept(ctx, v, Newcomer{}, nil); err != nil {
		return err
	}
	if _, err = t.exec(ctx, "UPDATE users SET last_seen_at = $1 WHERE id = $2", micros(seen), u.ID); err != nil {
		return err
	}
	_, err = t.exec(ctx, "UPDATE memberships SET last_seen_at = $1 WHERE user_id = $2", micros(seen), u.ID)
	return err
}

// Decline lets an invitation be turned down by who it is for.
func (sd *Seeder) Decline(ctx context.Context, inv models.Invitation, at time.Time) error {
	t := sd.as(models.User{}, at)
	v, err := t.invitationByID(ctx, inv.OrgID, inv.ID)
	if err != nil {
		return err
	}
	return t.decline(ctx, v)
}

// Member makes a user a member at once, without an invitation: for databases
// so large that invitations would take too long.
func (sd *Seeder) Member(ctx context.Context, orgID string, u models.User, role models.Role, by models.User, at time.Time) error {
	return sd.as(by, at).addMember(ctx, orgID, u, role, by.Email)
}
