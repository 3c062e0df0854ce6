package store

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"muster/models"
	"muster/store/internal/db"
)

type link struct {
	models.JoinLink
	codeHash string
}

var linkTable = db.Columns[link]{
	text("id", func(l *link) *string { return &l.ID }),
	text("org_id", func(l *link) *string { return &l.OrgID }),
	text("label", func(l *link) *string { return &l.Label }),
	role("role_order", func(l *link) *models.Role { return &l.Role }),
	number("max_uses", func(l *link) *int { return &l.MaxUses }),
	number("uses", func(l *link) *int { return &l.Uses }),
	text("creator_id", func(l *link) *string { return &l.CreatorID }),
	text("creator_name", func(l *link) *string { return &l.CreatorName }),
	text("creator_email", func(l *link) *string { return &l.CreatorEmail }),
	at("created_at", func(l *link) *time.Time { return &l.CreatedAt }),
	at("expires_at", func(l *link) *time.Time { return &l.ExpiresAt }),
	ifAt("last_used_at", func(l *link) **time.Time { return &l.LastUsedAt }),
	ifAt("revoked_at", func(l *link) **time.Time { return &l.RevokedAt }),
	text("revoked_by", func(l *link) *string { return &l.RevokedBy }),
	text("code_hash", func(l *link) *string { return &l.codeHash }),
	{Name: "(SELECT coalesce(max(w.email_verified), 0) FROM users w WHERE w.id = creator_id AND w.email = creator_email)",
		Dest: func(l *link) any { return (*isTrue)(&l.CreatorVerified) }},
	written("text", func(l *link) any { return models.NormText(l.Label + " " + l.CreatorName + " " + l.CreatorEmail) }),
}

var linkColumns = linkTable.Read("")

func scanLink() scanFunc[link] { return scanTable(linkTable) }

// linkCode derives the code of a join link, like code does for an invitation.
func (s *Store) linkCode(id string) string {
	mac := hmac.New(sha256.New, s.secret)
	fmt.Fprintf(mac, "muster join link\x00%s", id)
	return encodeCode(mac.Sum(nil))
}

func noLink() error {
	return models.Errorf(models.CodeNotFound, "there is no such join link").
		WithHint("list them with: {link.list}")
}

// audit is what the log says of a link. Never its code.
func (l link) audit() fields {
	return fields{"label": l.Label, "role": l.Role, "max_uses": l.MaxUses, "uses": l.Uses, "expires_at": l.ExpiresAt}
}

// name is what messages and the log call a link.
func (l link) name() string {
	if l.Label != "" {
		return l.Label
	}
	return l.ID
}

// seenBy is links as the actor sees them, with what they may do with each and
// whether it lets somebody in.
func (t *tx) seenBy(ctx context.Context, o *org, set models.MemberSettings, links ...link) ([]models.JoinLink, error) {
	list := make([]models.JoinLink, len(links))
	creators := map[string]models.Access{}
	for i, l := range links {
		acc, known := creators[l.CreatorID]
		if !known {
			var err error
			if acc, err = t.accessOf(ctx, o, l.CreatorID); err != nil {
				return nil, err
			}
			creators[l.CreatorID] = acc
		}
		list[i] = t.seen(o, set, l, acc)
	}
	return list, nil
}

func (t *tx) seen(o *org, set models.MemberSettings, l link, creator models.Access) models.JoinLink {
	v := l.JoinLink
	v.OrgCode, v.OrgName = o.Code, o.Name
	v.State = v.StateAt(t.now)
	usable := v.CheckUsable(t.now)
	if usable == nil {
		v.NoUse = reason(linkCreatorMay(o, creator, set, l), func() error { return t.linkOpen(o, l) })
	}
	v.NoCode = reason(usable, func() error { return o.access.CheckLinkCode(set, v) }, func() error { return linkCreatorMay(o, creator, set, l) })
	v.NoRevoke = reason(usable, func() error { return o.access.CheckLinkRevoke(v) })
	return v
}

func (t *tx) seenLink(ctx context.Context, o *org, set models.MemberSettings, l link) (models.JoinLink, error) {
	list, err := t.seenBy(ctx, o, set, l)
	if err != nil {
		return models.JoinLink{}, err
	}
	return list[0], nil
}

// CreateLink makes a join link, for who may invite at once. The result's code
// is had from LinkCode. There are at most models.MaxActiveLinks in one
// organization.
func (s *Store) CreateLink(ctx context.Context, a models.Actor, orgID string, n models.NewLink) (v models.JoinLink, err error) {
	err = s.change(ctx, a, event{"link.create", "link", "", n.Label}, func(t *tx) error {
		o, err := t.org(ctx, orgID)
		if err != nil {
			return err
		}
		set, err := t.memberSettings(ctx, o.ID)
		if err != nil {
			return err
		}
		if n.Role == "" {
			n.Role = o.access.DefaultRole(set)
		}
		if err := t.allow(o, func(a models.Access) error { return a.CheckLink(set, n.Role) }); err != nil {
			return err
		}
		if err := o.access.CheckPaid("invite"); err != nil {
			return err
		}
		l, err := t.newLink(o, set, n)
		if err != nil {
			return err
		}
		if err := t.roomForLink(ctx, o.ID); err != nil {
			return err
		}
		if err := t.mayLinkMore(ctx, o); err != nil {
			return err
		}
		l.ID = s.ids.New("lnk")
		l.codeHash = hashCode(s.linkCode(l.ID))
		if _, err := t.exec(ctx, linkTable.Insert(t.db, "join_links"), linkTable.Values(&l)...); err != nil {
			return err
		}
		if v, err = t.seenLink(ctx, o, set, l); err != nil {
			return err
		}
		return t.log(ctx, o.entry(event{"link.create", "link", l.ID, l.name()}, nil, l.audit()))
	})
	return v, err
}

// newLink is the link that was asked for, without an id.
func (t *tx) newLink(o *org, set models.MemberSettings, n models.NewLink) (l link, err error) {
	l = link{JoinLink: models.JoinLink{OrgID: o.ID, Role: n.Role, CreatedAt: t.now,
		CreatorID: t.user.ID, CreatorName: t.user.Name, CreatorEmail: t.user.Email, CreatorVerified: t.user.EmailVerified}}
	if n.Label != "" {
		if l.Label, err = models.CheckName("label", n.Label); err != nil {
			return l, err
		}
	}
	if l.MaxUses, err = models.CheckLinkUses("max_uses", n.MaxUses); err != nil {
		return l, err
	}
	if n.TTL != 0 && (n.TTL < models.MinExpiry || n.TTL > models.MaxExpiry) {
		return l, models.Invalid("expires_in", "expires_in must be from 60 seconds to 30 days")
	}
	l.ExpiresAt = *expiry(t.now, n.TTL, set)
	return l, nil
}

func (t *tx) roomForLink(ctx context.Context, orgID string) error {
	var n int
	err := t.row(ctx, "SELECT count(*) FROM join_links WHERE org_id = $1 AND revoked_at = 0 AND uses < max_uses AND expires_at > $2",
		orgID, micros(t.now)).Scan(&n)
	if err == nil && n >= models.MaxActiveLinks {
		return models.Errorf(models.CodeLimit, "an organization can have at most %d active join links", models.MaxActiveLinks).
			WithHint("revoke one, or wait until one expires: {link.list}")
	}
	return err
}

// findLink finds a link that the actor may at least see: deciders see all,
// others those they made.
func (t *tx) findLink(ctx context.Context, orgID, id string) (*org, models.MemberSettings, link, error) {
	var set models.MemberSettings
	l, err := scanLink()(t.row(ctx, "SELECT "+linkColumns+" FROM join_links WHERE id = $1 AND (org_id = $2 OR $2 = '')", id, orgID))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, set, l, conceal(noLink())
	}
	if err != nil {
		return nil, set, l, err
	}
	o, err := t.org(ctx, l.OrgID)
	if err != nil {
		if models.CodeOf(err) == models.CodeNotFound {
			err = conceal(noLink())
		}
		return nil, set, l, err
	}
	if l.CreatorID != t.user.ID && t.require(o, models.PermDecide) != nil {
		return nil, set, l, conceal(noLink())
	}
	t.found("link", l.ID, l.name())
	set, err = t.memberSettings(ctx, o.ID)
	return o, set, l, err
}

// Link is one join link, for who may decide about invitations and for who made
// it. orgID may be empty.
func (s *Store) Link(ctx context.Context, a models.Actor, orgID, id string) (v models.JoinLink, err error) {
	err = s.view(ctx, a, event{"link.show", "link", id, ""}, func(t *tx) error {
		o, set, l, err := t.findLink(ctx, orgID, id)
		if err != nil {
			return err
		}
		v, err = t.seenLink(ctx, o, set, l)
		return err
	})
	return v, err
}

// ListLinks gives a page of an organization's join links, the newest first:
// all of them for who may decide about invitations, their own for everybody
// else.
func (s *Store) ListLinks(ctx context.Context, a models.Actor, orgID string, q models.LinkQuery) (p models.Page[models.JoinLink], err error) {
	limit, err := checkPage(q.Limit, q.Search)
	if err != nil {
		return p, err
	}
	err = s.view(ctx, a, event{"link.list", "organization", orgID, ""}, func(t *tx) error {
		o, err := t.org(ctx, orgID)
		if err != nil {
			return err
		}
		set, err := t.memberSettings(ctx, o.ID)
		if err != nil {
			return err
		}
		w := &db.Where{}
		w.Add("org_id = ?", o.ID)
		if t.require(o, models.PermDecide) != nil {
			w.Add("creator_id = ?", t.user.ID)
		}
		if q.Active {
			w.Add("revoked_at = 0 AND uses < max_uses AND expires_at > ?", micros(t.now))
		}
		t.holdText(w, "text", q.Search, q.Terms)
		if err := t.row(ctx, fmt.Sprintf("SELECT count(*) FROM join_links WHERE %s", w), w.Args...).Scan(&p.Total); err != nil {
			return err
		}
		p.Matches = p.Total
		order := db.Order{Sort: "links", Cols: []string{"id"}, Desc: true, Key: []any{""}}
		pg, err := db.NewPager(order, limit, q.After, q.Before)
		if err != nil {
			return err
		}
		pg.Seek(w)
		rows, err := collect(ctx, t, scanLink(), fmt.Sprintf("SELECT %s FROM join_links WHERE %s ORDER BY %s LIMIT %d",
			linkColumns, w, pg.OrderBy(), pg.Read()), w.Args...)
		if err != nil {
			return err
		}
		items, next, prev := db.Cut(&pg, rows, func(l link) []any { return []any{l.ID} })
		p.Next, p.Prev = next, prev
		p.Items, err = t.seenBy(ctx, o, set, items...)
		return err
	})
	return p, err
}

// LinkCode gives the code of a join link that still lets somebody in, to make
// the join command from. The log says who looked, never the code.
func (s *Store) LinkCode(ctx context.Context, a models.Actor, orgID, id string) (code string, err error) {
	err = s.change(ctx, a, event{"link.code", "link", id, ""}, func(t *tx) error {
		o, set, l, err := t.findLink(ctx, orgID, id)
		if err != nil {
			return err
		}
		if err := t.allow(o, func(a models.Access) error { return a.CheckLinkCode(set, l.JoinLink) }); err != nil {
			return err
		}
		if err := l.CheckUsable(t.now); err != nil {
			return err
		}
		creator, err := t.accessOf(ctx, o, l.CreatorID)
		if err != nil {
			return err
		}
		if err := linkCreatorMay(o, creator, set, l); err != nil {
			return err
		}
		code = s.linkCode(l.ID)
		if hashCode(code) != l.codeHash {
			return models.Errorf(models.CodeConflict, "the code of this link cannot be shown: the secret of this installation has changed since").
				WithHint("revoke it and create a new one")
		}
		e := o.entry(event{"link.code", "link", l.ID, l.name()}, nil, nil)
		e.quiet = true
		return t.log(ctx, e)
	})
	return code, err
}

// RevokeLink ends a join link at once, for who may decide about invitations
// and for who made it. One that lets nobody in any more is CodeGone.
func (s *Store) RevokeLink(ctx context.Context, a models.Actor, orgID, id string) (v models.JoinLink, err error) {
	err = s.change(ctx, a, event{"link.revoke", "link", id, ""}, func(t *tx) error {
		o, set, l, err := t.findLink(ctx, orgID, id)
		if err != nil {
			return err
		}
		if err := t.allow(o, func(a models.Access) error { return a.CheckLinkRevoke(l.JoinLink) }); err != nil {
			return err
		}
		if err := l.CheckUsable(t.now); err != nil {
			return err
		}
		if err := t.revokeLink(ctx, o, &l); err != nil {
			return err
		}
		v, err = t.seenLink(ctx, o, set, l)
		return err
	})
	return v, err
}

func (t *tx) revokeLink(ctx context.Context, o *org, l *link) error {
	l.RevokedAt, l.RevokedBy = &t.now, t.user.Email
	if _, err := t.exec(ctx, "UPDATE join_links SET revoked_at = $2, revoked_by = $3 WHERE id = $1", l.ID, micros(t.now), l.RevokedBy); err != nil {
		return err
	}
	return t.log(ctx, o.entry(event{"link.revoke", "link", l.ID, l.name()}, l.audit(), nil))
}

// revokeLinksOf ends the links of a former member, each with its own entry in
// the log.
func (t *tx) revokeLinksOf(ctx context.Context, o *org, userID string) error {
	open, err := collect(ctx, t, scanLink(), "SELECT "+linkColumns+` FROM join_links
		WHERE org_id = $1 AND creator_id = $2 AND revoked_at = 0 AND uses < max_uses AND expires_at > $3`, o.ID, userID, micros(t.now))
	if err != nil {
		return err
	}
	for _, l := range open {
		if err := t.revokeLink(ctx, o, &l); err != nil {
			return err
		}
	}
	return nil
}
