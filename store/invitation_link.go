package store

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"strings"
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
}

var linkColumns = linkTable.Read("")

func scanLink(r scanner) (l link, err error) {
	return l, r.Scan(linkTable.Dest(&l)...)
}

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

// seenBy is the link as the actor sees it, with what they may do about it.
func (t *tx) seenBy(o *org, set models.MemberSettings, l link) models.JoinLink {
	v := l.JoinLink
	v.State = v.StateAt(t.now)
	usable := v.CheckUsable(t.now)
	v.NoCode = reason(usable, func() error { return o.access.CheckLinkCode(set, v) })
	v.NoRevoke = reason(usable, func() error { return o.access.CheckLinkRevoke(v) })
	return v
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
			n.Role = set.DefaultRole
		}
		if err := t.allow(o, func(a models.Access) error { return a.CheckLink(set, n.Role) }); err != nil {
			return err
		}
		if err := o.access.CheckPaid("invite"); err != nil {
			return err
		}
		l := link{JoinLink: models.JoinLink{OrgID: o.ID, Role: n.Role, CreatedAt: t.now,
			CreatorID: t.user.ID, CreatorName: t.user.Name, CreatorEmail: t.user.Email}}
		if n.Label != "" {
			if l.Label, err = models.CheckName("label", n.Label); err != nil {
				return err
			}
		}
		if l.MaxUses, err = models.CheckLinkUses("max_uses", n.MaxUses); err != nil {
			return err
		}
		if n.TTL != 0 && (n.TTL < models.MinExpiry || n.TTL > models.MaxExpiry) {
			return models.Invalid("expires_in", "expires_in must be from 60 seconds to 30 days")
		}
		l.ExpiresAt = *expiry(t.now, n.TTL, set)
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
		v = t.seenBy(o, set, l)
		return t.log(ctx, o.entry(event{"link.create", "link", l.ID, l.name()}, nil, l.audit()))
	})
	return v, err
}

func (t *tx) roomForLink(ctx context.Context, orgID string) error {
	var n int
	err := t.row(ctx, "SELECT count(*) FROM join_links WHERE org_id = $1 AND revoked_at = 0 AND uses < max_uses AND expires_at > $2",
		orgID, micros(t.now)).Scan(&n)
	if err == nil && n >= models.MaxActiveLinks {
		return models.Errorf(models.CodeLimit, "an organization can have at most %d join links at once", models.MaxActiveLinks).
			WithHint("revoke one, or wait until one expires: {link.list}")
	}
	return err
}

// findLink finds a link that the actor may at least see: deciders see all,
// others those they made.
func (t *tx) findLink(ctx context.Context, orgID, id string) (*org, models.MemberSettings, link, error) {
	var set models.MemberSettings
	l, err := scanLink(t.row(ctx, "SELECT "+linkColumns+" FROM join_links WHERE id = $1 AND (org_id = $2 OR $2 = '')", id, orgID))
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
		v = t.seenBy(o, set, l)
		return nil
	})
	return v, err
}

// ListLinks gives a page of an organization's join links, the newest first:
// all of them for who may decide about invitations, their own for everybody
// else.
func (s *Store) ListLinks(ctx context.Context, a models.Actor, orgID string, q models.LinkQuery) (p models.Page[models.JoinLink], err error) {
	limit, err := models.CheckLimit(q.Limit)
	if err != nil {
		return p, err
	}
	if err := checkQuery(q.Search); err != nil {
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
		if term := models.NormText(q.Search); term != "" {
			w.Add("lower(label || ' ' || creator_name || ' ' || creator_email) LIKE ? ESCAPE '!'",
				"%"+strings.NewReplacer("!", "!!", "%", "!%", "_", "!_").Replace(term)+"%")
		}
		t.holdWords(w, "lower(label || ' ' || creator_name || ' ' || creator_email)", q.Terms)
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
		rows, err := collect(ctx, t, scanLink, fmt.Sprintf("SELECT %s FROM join_links WHERE %s ORDER BY %s LIMIT %d",
			linkColumns, w, pg.OrderBy(), pg.Read()), w.Args...)
		if err != nil {
			return err
		}
		items, next, prev := db.Cut(&pg, rows, func(l link) []any { return []any{l.ID} })
		p.Next, p.Prev = next, prev
		p.Items = make([]models.JoinLink, len(items))
		for i, l := range items {
			p.Items[i] = t.seenBy(o, set, l)
		}
		return nil
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
		code = s.linkCode(l.ID)
		if hashCode(code) != l.codeHash {
			return models.Errorf(models.CodeConflict, "the code of this link cannot be repeated: the secret of this installation has changed since").
				WithHint("revoke it and make a new one")
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
		v = t.seenBy(o, set, l)
		return nil
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
	open, err := collect(ctx, t, scanLink, "SELECT "+linkColumns+` FROM join_links
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

// linkOpen refuses a link that lets nobody in any more, or not while its
// organization waits for a payment method. Why is not its bearer's business.
func (t *tx) linkOpen(o *org, l link) error {
	if err := l.CheckUsable(t.now); err != nil {
		return err
	}
	if o.access.Unpaid {
		return models.Errorf(models.CodeConflict, "%s takes nobody in at the moment", o.Name).
			WithHint("tell %s, who made the link; it is still good", l.CreatorEmail)
	}
	return nil
}

// offerLink is what the bearer of a link's code is shown.
func (t *tx) offerLink(ctx context.Context, l link) (f models.LinkOffer, err error) {
	o, err := t.joinable(ctx, invitation{Invitation: models.Invitation{OrgID: l.OrgID}})
	if err != nil {
		return f, err
	}
	if err := t.linkOpen(o, l); err != nil {
		return f, err
	}
	set, err := t.memberSettings(ctx, o.ID)
	if err != nil {
		return f, err
	}
	f = models.LinkOffer{OrgID: o.ID, OrgName: o.Name, OrgCode: o.Code, Role: l.Role, CreatorName: l.CreatorName, CreatorEmail: l.CreatorEmail,
		ExpiresAt: l.ExpiresAt, EmailDomains: set.EmailDomains}
	if t.user.ID != "" {
		u := t.user
		f.Known = &u
		f.AlreadyMember, err = t.isMember(ctx, o.ID, u.ID)
	}
	return f, err
}

// useLink makes the transaction's user a member by a link; who has no account
// gets one, whose address nobody has verified. Everything the link stands for
// is checked again: that it is usable, its creator's rights, the domain of the
// address, the payment method, seats. A member uses nothing.
func (t *tx) useLink(ctx context.Context, l link, who Newcomer, key *models.PublicKey) (view models.OrgView, err error) {
	o, err := t.joinable(ctx, invitation{Invitation: models.Invitation{OrgID: l.OrgID}})
	if err != nil {
		return view, err
	}
	did := event{"link.join", "link", l.ID, l.name()}
	t.attempt.org, t.attempt.event = o, did
	if t.user.ID != "" {
		if member, err := t.isMember(ctx, o.ID, t.user.ID); err != nil {
			return view, err
		} else if member {
			return t.orgView(ctx, o.ID)
		}
	}
	if err = t.linkOpen(o, l); err != nil {
		return view, err
	}
	set, err := t.memberSettings(ctx, o.ID)
	if err != nil {
		return view, err
	}
	if err = t.linkCreatorMay(ctx, o, set, l); err != nil {
		return view, err
	}
	if t.user.ID == "" {
		if who.Email, err = models.CheckEmail("email", who.Email); err != nil {
			return view, err
		}
	} else {
		who.Email = t.user.Email
	}
	if err = set.CheckEmailDomain(who.Email); err != nil {
		return view, err
	}
	if t.user.ID == "" {
		if _, err = t.createUser(ctx, NewUser{Name: who.Name, Email: who.Email, Key: key}, false, false, models.AsSelf); err != nil {
			return view, err
		}
	}
	if t.user.EmailVerified {
		if err = t.closeInvitationOfJoiner(ctx, o); err != nil {
			return view, err
		}
	}
	if err = t.seatFree(ctx, o); err != nil {
		return view, err
	}
	if err = t.addMember(ctx, o.ID, t.user, l.Role, l.CreatorEmail); err != nil {
		return view, err
	}
	before := l
	l.Uses++
	if _, err = t.exec(ctx, "UPDATE join_links SET uses = $2, last_used_at = $3 WHERE id = $1", l.ID, l.Uses, micros(t.now)); err != nil {
		return view, err
	}
	if _, err = t.exec(ctx, "UPDATE users SET current_org = $1 WHERE id = $2", o.ID, t.user.ID); err != nil {
		return view, err
	}
	t.signal(l.CreatorID)
	if err = t.log(ctx, o.entry(did, fields{"uses": before.Uses}, fields{"uses": l.Uses, "email": t.user.Email, "role": l.Role})); err != nil {
		return view, err
	}
	return t.orgView(ctx, o.ID)
}

// linkCreatorMay checks that the creator of a link could still make it. Switching
// self-approval off does not void links that were made before.
func (t *tx) linkCreatorMay(ctx context.Context, o *org, set models.MemberSettings, l link) error {
	acc, err := t.accessOf(ctx, o, l.CreatorID)
	if err != nil {
		return err
	}
	set.SelfApproval = true
	if acc.CheckLink(set, l.Role) == nil {
		return nil
	}
	return models.Errorf(models.CodeGone, "this join link no longer holds: %s may not invite to %s any more", l.CreatorEmail, o.Name).
		WithHint("ask for a new one")
}

// closeInvitationOfJoiner closes what is open for the address of somebody who joins by a link,
// so that it holds no second seat: their invitation counts as accepted, their
// request as withdrawn. The address is verified.
func (t *tx) closeInvitationOfJoiner(ctx context.Context, o *org) error {
	email := models.NormEmail(t.user.Email)
	if err := t.expire(ctx, o.ID, "i.email_norm = $3", email); err != nil {
		return err
	}
	before, err := scanInvitation(t.row(ctx, "SELECT "+invitationColumns+" FROM "+invitationTables+
		" WHERE i.org_id = $1 AND i.email_norm = $2 AND i.state_order <= "+lastOpenState, o.ID, email))
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	v := before
	action, to := "invitation.accept", models.StateAccepted
	if v.State == models.StateRequested {
		action, to = "invitation.withdraw", models.StateWithdrawn
	} else {
		v.AcceptedBy = t.user.ID
	}
	if err := t.close(ctx, &v, to); err != nil {
		return err
	}
	return t.saveInvitation(ctx, o, action, before, v)
}
