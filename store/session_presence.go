package store

import (
	"context"
	"time"

	"muster/models"
)

// TopicHere is the topic of who is in an organization at the moment. It is one
// of its own, since people come and go more often than anything is changed. It is
// "" for no organization.
func TopicHere(orgID string) string {
	if orgID == "" {
		return ""
	}
	return "here:" + orgID
}

// Presence is somebody who has the app open on an organization.
type Presence struct {
	UserID        string      `json:"user_id"`
	Name          string      `json:"name"`
	Email         string      `json:"email"`
	EmailVerified bool        `json:"email_verified"`
	Role          models.Role `json:"role"`       // empty for a site admin who is no member
	RoleName      string      `json:"role_name"`  // the custom role's, else the role
	SiteAdmin     bool        `json:"site_admin"` // is here as one, without being a member
	You           bool        `json:"you"`
	Sessions      int         `json:"sessions"`
	Since         time.Time   `json:"since"` // of the oldest session
}

// maxHere is how many people Here names.
const maxHere = 500

// Here lists who has the app open on an organization, by address, for every
// member. Site admins who are no members are listed as such. It is up to date
// to about a second; at most 500 people are named.
func (s *Store) Here(ctx context.Context, a models.Actor, org string) (list []Presence, err error) {
	err = s.view(ctx, a, event{"organization.here", "organization", org, ""}, func(t *tx) error {
		o, err := t.org(ctx, org)
		if err != nil {
			return err
		}
		list, err = collect(ctx, t, func(r scanner) (p Presence, err error) {
			var since int64
			var order int64
			var custom string
			err = r.Scan(&p.UserID, &p.Name, &p.Email, (*isTrue)(&p.EmailVerified), &order, &custom, &p.Sessions, &since)
			p.Since, p.You = fromMicros(since), p.UserID == t.user.ID
			if p.SiteAdmin = order == 0; !p.SiteAdmin {
				p.Role = roleOf(order)
				if p.RoleName = string(p.Role); custom != "" {
					p.RoleName = custom
				}
			}
			return p, err
		}, `SELECT u.id, u.name, u.email, u.email_verified, coalesce(m.role_order, 0), coalesce(c.name, ''), count(*), min(s.since)
			FROM sessions s JOIN users u ON u.id = s.user_id AND u.status = 'active'
			LEFT JOIN memberships m ON m.org_id = s.org_id AND m.user_id = s.user_id AND m.status = 'active' AND `+inForce("m", 2)+`
			LEFT JOIN member_roles mr ON mr.org_id = m.org_id AND mr.user_id = m.user_id
			LEFT JOIN custom_roles c ON c.id = mr.role_id
			WHERE s.org_id = $1 AND s.alive_until > $2 AND (m.user_id IS NOT NULL OR u.site_admin = 1)
			GROUP BY u.id, u.name, u.email, u.email_verified, m.role_order, c.name ORDER BY u.email_norm, u.id LIMIT $3`, o.ID, micros(t.now), maxHere)
		return err
	})
	return list, err
}

// others counts the other people who have the app open on an organization.
func (t *tx) others(ctx context.Context, orgID string) (n int, err error) {
	err = t.row(ctx, `SELECT count(DISTINCT user_id) FROM sessions WHERE org_id = $1 AND user_id <> $2 AND alive_until > $3`,
		orgID, t.user.ID, micros(t.now)).Scan(&n)
	return n, err
}
