package store

import (
	"context"
	"fmt"
	"time"

	"muster/models"
	"muster/store/internal/db"
)

// changeMember runs one change of a member: find them, ask the rule, write.
func (s *Store) changeMember(ctx context.Context, a models.Actor, action, orgID, ref string,
	rule func(acc models.Access, m models.Member, activeOwners int) error, write func(t *tx, o *org, m models.Member, did event) error,
) (m models.Member, err error) {
	err = s.change(ctx, a, event{action, "member", "", ref}, func(t *tx) error {
		o, err := t.org(ctx, orgID)
		if err != nil {
			return err
		}
		if err := t.endMemberships(ctx, o.ID); err != nil {
			return err
		}
		if m, err = t.member(ctx, o, ref); err != nil {
			return err
		}
		did := t.found("member", m.ID, m.Email)
		owners, err := t.activeOwners(ctx, o.ID)
		if err != nil {
			return err
		}
		if err := t.allow(o, func(acc models.Access) error { return rule(acc, m, owners) }); err != nil {
			return err
		}
		t.signal(m.ID)
		if err := write(t, o, m, did); err != nil {
			return err
		}
		if err := t.updateOwnership(ctx, o); err != nil {
			return err
		}
		m, err = t.member(ctx, o, m.ID)
		return err
	})
	return m, err
}

// SuspendMember keeps a member out of the organization until reactivated, with
// a reason that they are told. It gives their seat back, and their open
// sessions leave at once. The rules are those of models.Access.CheckSuspend.
func (s *Store) SuspendMember(ctx context.Context, a models.Actor, orgID, ref, reason string) (models.Member, error) {
	rule := func(acc models.Access, m models.Member, owners int) error {
		return acc.CheckSuspend(m.Standing(), owners)
	}
	return s.changeMember(ctx, a, "member.suspend", orgID, ref, rule, func(t *tx, o *org, m models.Member, did event) error {
		reason, err := models.CheckLong("reason", reason)
		if err != nil {
			return err
		}
		if err := m.CheckStatus(models.MemberSuspended); err != nil {
			return err
		}
		if err := t.endKeys(ctx, o.ID, m.ID, "", models.EndedSuspended); err != nil {
			return err
		}
		if err := t.writeStatus(ctx, o, m, models.MemberSuspended, micros(t.now), t.user.Email, reason); err != nil {
			return err
		}
		if err := t.reviewSponsors(ctx, o, m.ID); err != nil {
			return err
		}
		if err := t.tell(ctx, m.ID, o.ID, o, models.AccountNotice{Kind: models.NoticeSuspended, By: t.byWhom(), Reason: reason}); err != nil {
			return err
		}
		return t.log(ctx, o.entry(did, fields{"status": m.Status}, fields{"status": models.MemberSuspended, "reason": reason}))
	})
}

// ReactivateMember ends a suspension. It needs a free seat: CodeLimit without.
func (s *Store) ReactivateMember(ctx context.Context, a models.Actor, orgID, ref string) (models.Member, error) {
	rule := func(acc models.Access, m models.Member, _ int) error { return acc.CheckReactivate(m.Standing()) }
	return s.changeMember(ctx, a, "member.reactivate", orgID, ref, rule, func(t *tx, o *org, m models.Member, did event) error {
		if err := m.CheckStatus(models.MemberActive); err != nil {
			return err
		}
		if err := t.seatFree(ctx, o); err != nil {
			return err
		}
		if err := t.writeStatus(ctx, o, m, models.MemberActive, 0, "", ""); err != nil {
			return err
		}
		if err := t.keysCountFrom(ctx, o.ID, m.ID); err != nil {
			return err
		}
		// Who has not heard of the suspension needs to hear of neither.
		if unheard, err := t.unsay(ctx, m.ID, o.ID, models.NoticeSuspended); err != nil {
			return err
		} else if !unheard {
			if err := t.tell(ctx, m.ID, o.ID, o, models.AccountNotice{Kind: models.NoticeReactivated, By: t.byWhom()}); err != nil {
				return err
			}
		}
		return t.log(ctx, o.entry(did, fields{"status": m.Status, "reason": m.SuspendReason}, fields{"status": models.MemberActive}))
	})
}

func (t *tx) writeStatus(ctx context.Context, o *org, m models.Member, to models.MemberStatus, at int64, by, reason string) error {
	if _, err := t.exec(ctx, "UPDATE memberships SET status = $1, suspended_at = $2, suspended_by = $3, suspend_reason = $4 WHERE org_id = $5 AND user_id = $6",
		string(to), at, by, reason, o.ID, m.ID); err != nil {
		return err
	}
	if err := t.countMember(ctx, o.ID, m.Role, m.Status, -1); err != nil {
		return err
	}
	return t.countMember(ctx, o.ID, m.Role, to, +1)
}

// SetMemberEnd sets when a membership ends by itself, or with nil that it does
// not. From that time on the member is out. The rules are those of
// models.Access.CheckEnd; the end it has already changes nothing.
func (s *Store) SetMemberEnd(ctx context.Context, a models.Actor, orgID, ref string, at *time.Time) (models.Member, error) {
	rule := func(acc models.Access, m models.Member, owners int) error {
		return acc.CheckEnd(m.Standing(), m.EndsAt, at, owners)
	}
	return s.changeMember(ctx, a, "member.end", orgID, ref, rule, func(t *tx, o *org, m models.Member, did event) error {
		if at != nil {
			if err := models.CheckEndTime("until", *at, t.now); err != nil {
				return err
			}
		}
		if microsOf(at) == microsOf(m.EndsAt) {
			return nil
		}
		if _, err := t.exec(ctx, "UPDATE memberships SET ends_at = $1 WHERE org_id = $2 AND user_id = $3", microsOf(at), o.ID, m.ID); err != nil {
			return err
		}
		t.signal(topicDue)
		return t.log(ctx, o.entry(did, fields{"ends_at": m.EndsAt}, fields{"ends_at": at}))
	})
}

// endMemberships takes out whose membership of an organization has ended by
// itself.
func (t *tx) endMemberships(ctx context.Context, orgID string) error {
	over, err := collect(ctx, t, scanMember(), "SELECT "+memberColumns+` FROM memberships m`+memberJoins+`
		WHERE m.org_id = $1 AND m.ends_at > 0 AND m.ends_at <= $2`, orgID, micros(t.now))
	if err != nil || len(over) == 0 {
		return err
	}
	const action = "member.ended"
	return t.bySystem(action, func(t *tx) error {
		for _, m := range over {
			if err := t.removeMember(ctx, &org{Organization: models.Organization{ID: orgID}}, action, m, ""); err != nil {
				return err
			}
		}
		return nil
	})
}

// inactive narrows a list of members to those last seen before a time, and
// counts them: -1 where other conditions apply too. Few are found by when they
// were seen, and sorted. Many are met soon by reading the list in its order, so
// the index of that order must not lose against that of the time.
func (t *tx) inactive(ctx context.Context, find *search, w *db.Where, orgID string, q models.MemberQuery) (matches int, err error) {
	alone, since := q.Role == "" && q.Status == "", micros(q.InactiveSince)
	if err = t.row(ctx, fmt.Sprintf("SELECT count(*) FROM (SELECT 1 FROM memberships WHERE org_id = $1 AND last_seen_at < $2 AND joined_at + 0 < $2 LIMIT %d) AS m", models.MatchesCap+1),
		orgID, since).Scan(&matches); err != nil {
		return 0, err
	}
	seen, joined := "m.last_seen_at + 0 < ?", "m.joined_at + 0 < ?"
	switch {
	case matches <= models.MatchesCap:
		org, at := w.Mark(orgID), w.Mark(since)
		find.table = fmt.Sprintf("(SELECT * FROM memberships WHERE org_id = %s AND last_seen_at < %s AND joined_at + 0 < %s LIMIT %d)", org, at, at, models.MatchesCap)
	case q.Sort == models.SortLastSeen:
		seen = "m.last_seen_at < ?"
	case q.Sort == models.SortJoined:
		joined = "m.joined_at < ?"
	}
	w.Add(seen, since)
	w.Add(joined, since)
	if !alone {
		matches = -1
	}
	return matches, nil
}
