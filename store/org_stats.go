package store

import (
	"context"
	"time"

	"muster/models"
)

// joinedKind counts who became a member, by whatever action.
const joinedKind = "joined"

// countActivity adds to the number of what people did today.
func (t *tx) countActivity(ctx context.Context, orgID, kind string, n int) error {
	_, err := t.exec(ctx, `INSERT INTO activity_days (org_id, day, kind, n) VALUES ($1, $2, $3, $4)
		ON CONFLICT (org_id, day, kind) DO UPDATE SET n = activity_days.n + excluded.n`, orgID, models.Day(t.now), kind, n)
	return err
}

// track keeps the daily numbers of invitations, and when the reminder is due,
// across one step of an invitation. It sets pendingAt and remindAt of v.
func (t *tx) track(ctx context.Context, before, v *invitation) error {
	switch {
	case v.State == models.StateRequested:
		v.pendingAt = nil
	case v.State == models.StatePending && v.pendingAt == nil:
		v.pendingAt = &t.now
	}
	switch {
	case v.State != models.StatePending:
		v.remindAt = min(v.remindAt, 0)
	case v.remindAt >= 0 && (before.State != models.StatePending || microsOf(before.ExpiresAt) != microsOf(v.ExpiresAt)):
		v.remindAt = micros(models.RemindAt(t.now, *v.ExpiresAt))
	}
	if v.State == before.State {
		return nil
	}
	if before.pendingAt != nil {
		if err := t.countSent(ctx, v.OrgID, *before.pendingAt, before.State, -1); err != nil {
			return err
		}
	}
	if v.pendingAt == nil {
		return nil
	}
	if v.State == models.StateAccepted {
		wait := models.RoundWait(int64(t.now.Sub(*v.pendingAt) / time.Second))
		if err := t.count(ctx, "invitation_waits", "org_id, day, wait", +1, v.OrgID, models.Day(*v.pendingAt), wait); err != nil {
			return err
		}
	}
	return t.countSent(ctx, v.OrgID, *v.pendingAt, v.State, +1)
}

// countSent counts an invitation under the day on which it became pending and
// the state in which it is now.
func (t *tx) countSent(ctx context.Context, orgID string, pendingAt time.Time, s models.InvitationState, by int) error {
	return t.count(ctx, "invitation_days", "org_id, day, state_order", by, orgID, models.Day(pendingAt), stateOrder(s))
}

// dayCounts reads the daily numbers of invitations from one day on and before
// another.
func (t *tx) dayCounts(ctx context.Context, orgID string, from, until int64) ([]models.DayCounts, error) {
	type cell struct {
		day, key int64
		n        int
	}
	scan := func(r scanner) (c cell, err error) { return c, r.Scan(&c.day, &c.key, &c.n) }
	states, err := collect(ctx, t, scan, "SELECT day, state_order, n FROM invitation_days WHERE org_id = $1 AND day >= $2 AND day < $3 AND n > 0 ORDER BY day", orgID, from, until)
	if err != nil {
		return nil, err
	}
	waits, err := collect(ctx, t, scan, "SELECT day, wait, n FROM invitation_waits WHERE org_id = $1 AND day >= $2 AND day < $3", orgID, from, until)
	if err != nil {
		return nil, err
	}
	var days []models.DayCounts
	at := map[int64]int{}
	for _, c := range states {
		if _, ok := at[c.day]; !ok {
			at[c.day] = len(days)
			days = append(days, models.DayCounts{Day: c.day, States: map[models.InvitationState]int{}, Waits: models.Waits{}})
		}
		days[at[c.day]].States[stateOf(c.key)] = c.n
	}
	for _, c := range waits {
		if i, ok := at[c.day]; ok {
			days[i].Waits[c.key] = c.n
		}
	}
	// What ran out since the numbers were written counts as expired.
	late, err := collect(ctx, t, func(r scanner) (c cell, err error) { return c, r.Scan(&c.day, &c.n) },
		"SELECT pending_at / $3, count(*) FROM invitations WHERE org_id = $1 AND state_order = "+statePending+" AND expires_at <= $2 GROUP BY pending_at / $3",
		orgID, micros(t.now), 24*time.Hour.Microseconds())
	for _, c := range late {
		if i, ok := at[c.day]; ok {
			days[i].States[models.StatePending] -= c.n
			days[i].States[models.StateExpired] += c.n
		}
	}
	return days, err
}

// InvitationStats gives numbers about the invitations that were sent in a time
// and what became of them, for who may decide about invitations.
func (s *Store) InvitationStats(ctx context.Context, a models.Actor, orgID string, q models.StatsQuery) (r models.StatsReport, err error) {
	if q, err = q.Check(s.now()); err != nil {
		return r, err
	}
	err = s.view(ctx, a, event{"invitation.stats", "organization", orgID, ""}, func(t *tx) error {
		o, err := t.org(ctx, orgID)
		if err != nil {
			return err
		}
		if err := t.require(o, models.PermDecide); err != nil {
			return err
		}
		days, err := t.dayCounts(ctx, o.ID, models.Day(q.From), models.Day(q.Until))
		r = q.Report(days)
		return err
	})
	return r, err
}

// Overview is an organization in numbers over the last days, today included,
// for everybody in it. 0 days are models.DefaultOverviewDays. It reads counters
// only, whatever the size of the organization.
func (s *Store) Overview(ctx context.Context, a models.Actor, orgID string, days int) (v models.Overview, err error) {
	if days, err = models.CheckOverviewDays(days); err != nil {
		return v, err
	}
	err = s.view(ctx, a, event{"organization.overview", "organization", orgID, ""}, func(t *tx) error {
		org, err := t.orgView(ctx, orgID)
		if err != nil {
			return err
		}
		until := models.Day(t.now) + 1
		from := until - int64(days)
		v.From, v.Until = models.DayStart(from), models.DayStart(until)
		v.Seats, v.Members = org.Seats, org.Members
		v.Requested, v.Pending, v.Expired = org.Invites[models.StateRequested], org.Invites[models.StatePending], org.Invites[models.StateExpired]
		v.Days = make([]models.DayActivity, days)
		for i := range v.Days {
			v.Days[i].Date = v.From.AddDate(0, 0, i).Format(time.DateOnly)
		}
		if err := t.activity(ctx, org.ID, from, v.Days); err != nil || org.Kind == models.KindPersonal {
			return err
		}
		sent, err := t.dayCounts(ctx, org.ID, from, until)
		if err != nil {
			return err
		}
		stats := models.Summarize(v.From, v.Until, sent)
		v.Invitations = &stats
		for _, d := range sent {
			for _, n := range d.States {
				v.Days[d.Day-from].Invited += n
			}
		}
		return nil
	})
	return v, err
}

// activity fills in what people did on each day.
func (t *tx) activity(ctx context.Context, orgID string, from int64, days []models.DayActivity) error {
	rows, err := t.query(ctx, "SELECT day, kind, n FROM activity_days WHERE org_id = $1 AND day >= $2 AND day < $3", orgID, from, from+int64(len(days)))
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var day int64
		var kind string
		var n int
		if err := rows.Scan(&day, &kind, &n); err != nil {
			return err
		}
		if d := &days[day-from]; kind == joinedKind {
			d.Joined += n
		} else {
			d.Changes += n
		}
	}
	return rows.Err()
}
