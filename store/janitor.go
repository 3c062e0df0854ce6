package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"muster/models"
	"muster/store/internal/db"
)

// topicDue is the topic of what happens by itself at a set time.
const topicDue = "due"

// SweepDue is a subscription that signals when something was set to happen by
// itself, by this process or another. For the janitor only.
func (s *Store) SweepDue() *Subscription { return s.Subscribe(topicDue) }

// NextSweep says when the next membership ends, invitation or nomination runs
// out, deleted organization is to be purged, or refused attempts are to be summed
// up; ok is false when nothing is set. SweepDue signals when something is set to
// happen earlier than all that was. For the janitor only.
func (s *Store) NextSweep(ctx context.Context) (at time.Time, ok bool, err error) {
	var due int64
	err = s.db.Row(ctx, `SELECT coalesce(min(at), 0) FROM (
		SELECT min(m.ends_at) AS at FROM memberships m WHERE m.ends_at > 0 AND `+livingOrg+`
		UNION ALL SELECT min(expires_at) FROM transfers WHERE status = 'pending'
		UNION ALL `+nextExpiry+`
		UNION ALL SELECT min(remind_at) FROM api_keys WHERE remind_at > 0
		UNION ALL SELECT min(since) + $2 FROM refusals WHERE more > 0
		UNION ALL SELECT min(deleted_at) + $1 FROM organizations WHERE deleted_at > 0) x`,
		models.RestoreTime.Microseconds(), refusalPeriod.Microseconds()).Scan(&due)
	if err != nil || due == 0 {
		return at, false, s.dataError(err)
	}
	return fromMicros(due), true, nil
}

// nextExpiry is when the next invitation runs out. It walks the index of all that
// are pending by that time, past those of organizations that were deleted.
const nextExpiry = `SELECT * FROM (SELECT i.expires_at FROM invitations i WHERE i.state_order = 2 AND i.expires_at > 0
	AND NOT EXISTS (SELECT 1 FROM organizations o WHERE o.id = i.org_id AND o.deleted_at > 0) ORDER BY i.expires_at LIMIT 1) e`

// setExpiry tells the janitor of an invitation that runs out before all others
// do. What is written down later than that has no need of it.
func (t *tx) setExpiry(ctx context.Context, at time.Time) error {
	var next sql.NullInt64
	err := t.row(ctx, nextExpiry).Scan(&next)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	if !next.Valid || micros(at) <= next.Int64 {
		t.signal(topicDue)
	}
	return nil
}

// livingOrg keeps rows m of memberships to organizations that were not deleted.
const livingOrg = `EXISTS (SELECT 1 FROM organizations o WHERE o.id = m.org_id AND o.deleted_at = 0)`

// Sweep writes down what the time alone has brought about: memberships that
// ended, invitations and nominations that ran out. All that is in force before
// it runs. It also returns invitations that a changed configuration leaves nobody
// to stand behind, and sums refused attempts up. For the janitor only.
func (s *Store) Sweep(ctx context.Context) error {
	s.followClock(ctx)
	if err := s.sweep(ctx, s.latest(), s.asSystem); err != nil {
		return err
	}
	if err := s.reviewPlans(ctx); err != nil { // of whom is left
		return err
	}
	if err := s.remindKeys(ctx); err != nil {
		return err
	}
	return s.sumUpRefusals(ctx)
}

// sweep is Sweep for what was due at a time, in transactions that change runs.
func (s *Store) sweep(ctx context.Context, at time.Time, change systemChange) error {
	now := micros(at)
	due, err := s.strings(ctx, `SELECT DISTINCT m.org_id FROM memberships m WHERE m.ends_at > 0 AND m.ends_at <= $1 AND `+livingOrg, now)
	if err != nil {
		return err
	}
	for _, id := range due {
		if err := change(ctx, "", func(t *tx) error { return t.endMemberships(ctx, id) }); err != nil {
			return err
		}
	}
	late, err := s.strings(ctx, `SELECT o.id FROM organizations o WHERE o.deleted_at = 0
		AND EXISTS (SELECT 1 FROM invitations i WHERE i.org_id = o.id AND i.state_order = 2 AND i.expires_at <= $1) ORDER BY o.id`, now)
	if err != nil {
		return err
	}
	for _, id := range late {
		if err := s.expireDue(ctx, id, change); err != nil {
			return err
		}
	}
	over, err := s.strings(ctx, "SELECT id FROM transfers WHERE status = 'pending' AND expires_at <= $1", now)
	if err != nil || len(over) == 0 {
		return err
	}
	return change(ctx, "transfer.expire", func(t *tx) error { return t.expireTransfers(ctx) })
}

// strings runs a query of one column outside of any transaction.
func (s *Store) strings(ctx context.Context, query string, args ...any) ([]string, error) {
	rows, err := s.db.Query(ctx, query, args...)
	if err != nil {
		return nil, s.dataError(err)
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		x, err := scanString(rows)
		if err != nil {
			return nil, s.dataError(err)
		}
		out = append(out, x)
	}
	return out, s.dataError(rows.Err())
}

func (t *tx) expireTransfers(ctx context.Context) error {
	over, err := collect(ctx, t, t.scanTransfer(), "SELECT "+transferColumns+" FROM "+transferTables+
		" WHERE x.status = 'pending' AND x.expires_at <= $1", micros(t.now))
	if err != nil {
		return err
	}
	for _, x := range over {
		if err := t.closeTransfer(ctx, x, models.TransferExpired); err != nil {
			return err
		}
		before := transferFields(x)
		before["status"] = models.TransferPending
		e := entry{event: event{"transfer.expire", "transfer", x.ID, x.NomineeEmail}, org: x.OrgID, before: before, after: transferFields(x)}
		if err := t.log(ctx, e); err != nil {
			return err
		}
	}
	return nil
}

// PurgeReport says what a purge removed.
type PurgeReport struct {
	Organizations []string `json:"organizations"` // codes
}

// purgeBatch is how many rows one transaction of a purge deletes, so that
// nobody waits long for the write lock.
const purgeBatch = 1000

// Purge removes for good the organizations that were deleted models.RestoreTime
// ago, whose codes are free again, and the record of members who can no longer
// be restored. Audit entries stay, so that every chain still verifies. It may
// be broken off at any point and run by several processes at once. For the
// janitor only.
func (s *Store) Purge(ctx context.Context) (r PurgeReport, err error) {
	before := micros(s.latest().Add(-models.RestoreTime))
	due, err := s.strings(ctx, "SELECT id FROM organizations WHERE deleted_at > 0 AND deleted_at <= $1", before)
	if err != nil {
		return r, err
	}
	for _, id := range due {
		code, err := s.purgeOrganization(ctx, id, before, false)
		if err != nil {
			return r, err
		}
		if code != "" {
			r.Organizations = append(r.Organizations, code)
		}
	}
	if err := s.dropOldUse(ctx); err != nil {
		return r, err
	}
	some, err := s.strings(ctx, "SELECT user_id FROM former_members WHERE removed_at <= $1 LIMIT 1", before)
	if err != nil || len(some) == 0 {
		return r, err
	}
	return r, s.asSystem(ctx, "", func(t *tx) error {
		t.unlogged("that they were removed is in the log")
		_, err := t.exec(ctx, "DELETE FROM former_members WHERE removed_at <= $1", before)
		return err
	})
}

// purgeOrganization gives the code of what it purged, "" where another process
// did, or the organization was restored. logged says that the log has it already.
func (s *Store) purgeOrganization(ctx context.Context, id string, before int64, logged bool) (code string, err error) {
	for more := true; more; {
		err := s.asSystem(ctx, "organization.purge", func(t *tx) error {
			o, err := collect(ctx, t, scanString, "SELECT code FROM organizations WHERE id = $1 AND deleted_at > 0 AND deleted_at <= $2", id, before)
			if err != nil || len(o) == 0 {
				more = false
				return err
			}
			if more, err = t.deleteRows(ctx, id); err != nil || more {
				t.unlogged("the last part of the purge is logged")
				return err
			}
			code = o[0]
			if err := t.dropOrganization(ctx, id); err != nil {
				return err
			}
			if logged {
				t.unlogged("who purged it is in the log")
				return nil
			}
			return t.logPurge(ctx, id, code, "")
		})
		if err != nil {
			return "", err
		}
	}
	return code, nil
}

// deleteRows deletes some of the rows of an organization that are many and have
// a part in a text index. More tells whether there may be others.
func (t *tx) deleteRows(ctx context.Context, orgID string) (more bool, err error) {
	for _, x := range []db.TextIndex{db.MemberText, db.InvitationText} {
		nums, err := collect(ctx, t, scanInt, "SELECT num FROM "+x.Table+" WHERE org_id = $1 LIMIT $2", orgID, purgeBatch)
		if err != nil {
			return false, err
		}
		for _, num := range nums {
			if err := t.db.Text().Remove(ctx, t.db, x, num); err != nil {
				return false, err
			}
			if _, err := t.exec(ctx, "DELETE FROM "+x.Table+" WHERE num = $1", num); err != nil {
				return false, err
			}
		}
		if len(nums) == purgeBatch {
			return true, nil
		}
	}
	return false, nil
}

func scanInt(r scanner) (n int64, err error) { return n, r.Scan(&n) }

// dropOrganization deletes the row of an organization that has no others left,
// with all that hangs on it.
func (t *tx) dropOrganization(ctx context.Context, id string) error {
	var num int64
	if err := t.row(ctx, "DELETE FROM organizations WHERE id = $1 RETURNING num", id).Scan(&num); err != nil {
		return err
	}
	if err := t.db.Text().Remove(ctx, t.db, db.OrganizationText, num); err != nil {
		return err
	}
	if err := t.countInstallation(ctx, countDeleted, -1); err != nil {
		return err
	}
	t.signal(TopicInstallation)
	return nil
}
