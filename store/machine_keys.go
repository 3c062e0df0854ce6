package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"muster/models"
	"muster/store/internal/db"
)

// This file holds which keys count for an organization and when they did, for
// hosts and git.

// later is the greater of columns with times.
func later(cols ...string) string {
	out := cols[0]
	for _, c := range cols[1:] {
		out = fmt.Sprintf("CASE WHEN %s > %s THEN %s ELSE %s END", c, out, c, out)
		out = "(" + out + ")"
	}
	return out
}

// countsSince is when a key k of a member m with the account u began to count.
var countsSince = later("k.proven_at", "m.joined_at", "m.active_since", "u.active_since")

// countingKeys are the proven keys of the active members of the organization $1.
// One that was only pasted is nobody's yet.
const countingKeys = `memberships m JOIN users u ON u.id = m.user_id JOIN user_keys k ON k.user_id = m.user_id AND k.proven_at > 0
	LEFT JOIN revoked_keys v ON v.org_id = m.org_id AND v.fingerprint = k.fingerprint
	WHERE m.org_id = $1 AND m.status = 'active' AND m.account = 'active' AND v.fingerprint IS NULL`

// heldTable are the columns that a key which counts and one that has ended share.
func heldTable(person, key string) db.Columns[models.HeldKey] {
	return db.Columns[models.HeldKey]{
		text(person+".user_id", func(k *models.HeldKey) *string { return &k.UserID }),
		text(person+".email", func(k *models.HeldKey) *string { return &k.Email }),
		flag(person+".email_verified", func(k *models.HeldKey) *bool { return &k.EmailVerified }),
		text(person+".handle", func(k *models.HeldKey) *string { return &k.Handle }),
		text(key+".label", func(k *models.HeldKey) *string { return &k.Label }),
		text(key+".type", func(k *models.HeldKey) *string { return &k.Type }),
		text(key+".wire", func(k *models.HeldKey) *string { return &k.Key }),
		text(key+".fingerprint", func(k *models.HeldKey) *string { return &k.Fingerprint }),
	}
}

var (
	countingTable = heldTable("m", "k").With(
		at("("+countsSince+")", func(k *models.HeldKey) *time.Time { return &k.ValidAfter }),
		ifAt("m.ends_at", func(k *models.HeldKey) **time.Time { return &k.ValidBefore }),
	)
	endedTable = heldTable("e", "e").With(
		at("e.valid_from", func(k *models.HeldKey) *time.Time { return &k.ValidAfter }),
		ifAt("e.valid_until", func(k *models.HeldKey) **time.Time { return &k.ValidBefore }),
		text("e.reason", func(k *models.HeldKey) *string { return &k.Ended }),
	)
)

// endKeys notes that keys no longer count: of a user in one organization, or with
// "" in every one; one key, or with "" all of them. It comes before what ends them.
func (t *tx) endKeys(ctx context.Context, orgID, userID, fingerprint, reason string) error {
	from := strings.Replace(countingKeys, "m.org_id = $1", "($1 = '' OR m.org_id = $1)", 1)
	until := "CASE WHEN m.ends_at > 0 AND m.ends_at < $4 THEN m.ends_at ELSE $4 END"
	_, err := t.exec(ctx, `INSERT INTO ended_keys (org_id, user_id, email, email_verified, handle, fingerprint, type, wire, label, valid_from, valid_until, reason)
		SELECT m.org_id, m.user_id, m.email, m.email_verified, m.handle, k.fingerprint, k.type, k.wire, k.label, `+countsSince+", "+until+", $5 FROM "+from+`
			AND m.user_id = $2 AND ($3 = '' OR k.fingerprint = $3) AND `+countsSince+" < "+until+`
		ON CONFLICT (org_id, fingerprint, user_id, valid_until) DO NOTHING`, orgID, userID, fingerprint, micros(t.now), reason)
	return err
}

// keysCountFrom lets the keys of a member count from now on, after a break.
func (t *tx) keysCountFrom(ctx context.Context, orgID, userID string) error {
	_, err := t.exec(ctx, "UPDATE memberships SET active_since = $1 WHERE org_id = $2 AND user_id = $3", micros(t.now), orgID, userID)
	return err
}

// OrgKeys gives the keys that count for an organization, those that did, those
// that must not, and the authority of its certificates: all that hosts and git
// have to know. It is for everybody in the organization. With q.Unless it gives
// nothing but the version where that is still the same.
func (s *Store) OrgKeys(ctx context.Context, a models.Actor, orgID string, q models.KeyQuery) (x models.KeyExport, err error) {
	err = s.view(ctx, a, event{"member.keys", "organization", orgID, ""}, func(t *tx) error {
		o, err := t.org(ctx, orgID)
		if err != nil {
			return err
		}
		t.found("organization", o.ID, o.Code)
		if err := t.require(o, models.PermView); err != nil {
			return err
		}
		if x, err = t.keyExport(ctx, o, q); err != nil {
			return err
		}
		if x.Version == q.Unless {
			x = models.KeyExport{ID: o.ID, Code: o.Code, Version: x.Version, MadeAt: t.now}
		}
		return nil
	})
	return x, err
}

func (t *tx) keyExport(ctx context.Context, o *org, q models.KeyQuery) (x models.KeyExport, err error) {
	x = models.KeyExport{ID: o.ID, Code: o.Code, MadeAt: t.now, Keys: []models.HeldKey{}}
	in, err := t.keyWorkspaces(ctx, o, q.Workspace)
	if err != nil {
		return x, err
	}
	keys, err := t.keysThatCount(ctx, o, in)
	if err != nil {
		return x, err
	}
	ended, err := collect(ctx, t, scanTable(endedTable), "SELECT "+endedTable.Read("")+` FROM ended_keys e
		LEFT JOIN revoked_keys v ON v.org_id = e.org_id AND v.fingerprint = e.fingerprint
		WHERE e.org_id = $1 AND v.fingerprint IS NULL ORDER BY e.valid_until, e.fingerprint, e.user_id`, o.ID)
	if err != nil {
		return x, err
	}
	for _, k := range append(keys, ended...) {
		if q.Takes(k) && (k.Ended != "" || in.only == "" || slices.Contains(k.Workspaces, in.only)) {
			x.Keys = append(x.Keys, k)
		}
	}
	if x.Revoked, err = collect(ctx, t, scanTable(revokedTable), "SELECT "+revokedTable.Read("v")+" FROM revoked_keys v WHERE v.org_id = $1 ORDER BY v.fingerprint", o.ID); err != nil {
		return x, err
	}
	ca, err := t.authority(ctx, o.ID)
	if err != nil {
		return x, err
	}
	if x.Authorities, err = ca.keys(t); err != nil {
		return x, err
	}
	if x.Certificates, err = t.revokedCertificates(ctx, o, ca); err != nil {
		return x, err
	}
	x.Version, err = versionOf(x)
	return x, err
}

var revokedTable = db.Columns[models.RevokedKey]{
	text("user_id", func(k *models.RevokedKey) *string { return &k.UserID }),
	text("handle", func(k *models.RevokedKey) *string { return &k.Handle }),
	text("type", func(k *models.RevokedKey) *string { return &k.Type }),
	text("wire", func(k *models.RevokedKey) *string { return &k.Key }),
	text("fingerprint", func(k *models.RevokedKey) *string { return &k.Fingerprint }),
	text("reason", func(k *models.RevokedKey) *string { return &k.Reason }),
	at("revoked_at", func(k *models.RevokedKey) *time.Time { return &k.RevokedAt }),
}

// versionOf is the same for exports that say the same.
func versionOf(x models.KeyExport) (string, error) {
	x.MadeAt = time.Time{}
	b, err := json.Marshal(x)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:16]), nil
}

// keyWorkspaces are the workspaces of an organization by who is in them.
type keyWorkspaces struct {
	only  string              // the name of the one that is asked for
	all   []string            // names of all, for those who are in every one
	open  []string            // names of those open to all members
	added map[string][]string // by user, those that they were added to
}

func (t *tx) keyWorkspaces(ctx context.Context, o *org, ref string) (k keyWorkspaces, err error) {
	sees, err := t.seesWorkspaces(ctx, o)
	if err != nil {
		return k, err
	}
	if ref != "" {
		w, err := t.workspace(ctx, o, ref)
		if err != nil {
			return k, err
		}
		k.only = w.Name
	}
	k.added = map[string][]string{}
	rows, err := t.query(ctx, `SELECT w.id, w.name, w.open_role, coalesce(x.user_id, '') FROM workspaces w
		LEFT JOIN workspace_members x ON x.org_id = w.org_id AND x.workspace_id = w.id WHERE w.org_id = $1 ORDER BY w.name_norm, x.user_id`, o.ID)
	if err != nil {
		return k, err
	}
	defer rows.Close()
	last := ""
	for rows.Next() {
		var id, name, open, user string
		if err := rows.Scan(&id, &name, &open, &user); err != nil {
			return k, err
		}
		if sees != nil && !sees[id] { // nobody learns of a workspace that they have no part of
			continue
		}
		if id != last {
			last, k.all = id, append(k.all, name)
			if open != "" {
				k.open = append(k.open, name)
			}
		}
		if user != "" && open == "" {
			k.added[user] = append(k.added[user], name)
		}
	}
	return k, rows.Err()
}

// of are the workspaces that a member has a part of.
func (k keyWorkspaces) of(userID string, acc models.Access) []string {
	if acc.Can(models.PermWorkspaces) {
		return k.all
	}
	list := slices.Concat(k.open, k.added[userID])
	slices.Sort(list)
	return list
}

// keysThatCount are those of the members, with what the members are.
func (t *tx) keysThatCount(ctx context.Context, o *org, in keyWorkspaces) ([]models.HeldKey, error) {
	var order, enrolled int64
	var custom customRow
	var k models.HeldKey
	scan := scanInto(countingTable.Dest(&k, custom.dest(&order, &enrolled)...), func() models.HeldKey {
		acc := models.Access{UserID: k.UserID, OrgID: o.ID, Role: roleOf(order), Custom: custom.role(order), Member: true, Flat: o.access.Flat, Personal: o.access.Personal}
		k.Role, k.Ended = memberRole(acc).Label(), ""
		k.Workspaces = in.of(k.UserID, acc)
		k.NoLogin = o.security.CheckLogin(k.Type, enrolled != 0)
		if k.ValidBefore != nil && !k.ValidBefore.After(t.now) { // not written down yet
			k.Ended, k.Role, k.Workspaces, k.NoLogin = models.EndedMember, "", nil, ""
		}
		return k
	})
	return collect(ctx, t, scan, "SELECT "+countingTable.Read("")+", "+customColumns+`, m.role_order,
		CASE WHEN EXISTS (SELECT 1 FROM second_factors f WHERE f.user_id = m.user_id AND f.confirmed_at > 0) THEN 1 ELSE 0 END
		FROM `+strings.Replace(countingKeys, "\n\tWHERE", memberRoleJoins+"\n\tWHERE", 1)+" ORDER BY m.email_norm, m.user_id, k.added_at, k.id", o.ID)
}

// memberRole is the role that somebody has, as everybody sees it.
func memberRole(acc models.Access) models.AnyRole {
	if acc.Custom != nil && !acc.Flat {
		return acc.Custom
	}
	return acc.Effective()
}

// RevokeOrgKey says that the private half of a key may be in other hands, named by
// fingerprint: nothing that it signed or signs counts for the organization. It is
// for the key's holder and for who manages members; a key that never counted here
// is CodeNotFound. It does not take the key off its holder's account.
func (s *Store) RevokeOrgKey(ctx context.Context, a models.Actor, orgID, fingerprint, reason string) (k models.RevokedKey, err error) {
	err = s.change(ctx, a, event{"member.revoke_key", "key", fingerprint, fingerprint}, func(t *tx) error {
		o, err := t.org(ctx, orgID)
		if err != nil {
			return err
		}
		if k, err = t.revocableKey(ctx, o, fingerprint); err != nil {
			return err
		}
		did := t.found("key", k.Fingerprint, k.Fingerprint)
		if k.Reason, err = models.CheckLong("reason", reason); err != nil {
			return err
		}
		if err := t.revokeKey(ctx, o.ID, k); err != nil {
			return err
		}
		k.RevokedAt = t.now
		t.signal(o.ID)
		return t.log(ctx, o.entry(did, nil, fields{"fingerprint": k.Fingerprint, "user_id": k.UserID, "reason": k.Reason}))
	})
	return k, err
}

// OrgKey is what RevokeOrgKey would revoke, refused as that would be.
func (s *Store) OrgKey(ctx context.Context, a models.Actor, orgID, fingerprint string) (k models.RevokedKey, err error) {
	err = s.view(ctx, a, event{"member.revoke_key.preview", "key", fingerprint, fingerprint}, func(t *tx) error {
		o, err := t.org(ctx, orgID)
		if err != nil {
			return err
		}
		k, err = t.revocableKey(ctx, o, fingerprint)
		return err
	})
	return k, err
}

// revocableKey finds a key that counts for an organization, or did, and asks
// whether the actor may revoke it.
func (t *tx) revocableKey(ctx context.Context, o *org, fingerprint string) (k models.RevokedKey, err error) {
	err = t.row(ctx, `SELECT m.user_id, m.handle, k.type, k.wire, k.fingerprint FROM memberships m JOIN user_keys k ON k.user_id = m.user_id AND k.proven_at > 0
			WHERE m.org_id = $1 AND k.fingerprint = $2
		UNION ALL SELECT user_id, handle, type, wire, fingerprint FROM ended_keys WHERE org_id = $1 AND fingerprint = $2 LIMIT 1`, o.ID, fingerprint).
		Scan(&k.UserID, &k.Handle, &k.Type, &k.Key, &k.Fingerprint)
	if errors.Is(err, sql.ErrNoRows) {
		return k, models.Errorf(models.CodeNotFound, "%s has no such key", o.Code).WithHint("list its keys with: {member.keys}")
	}
	if err != nil {
		return k, err
	}
	acc, err := t.accessOf(ctx, o, k.UserID)
	if err != nil {
		return k, err
	}
	standing := models.Standing{UserID: k.UserID, Role: acc.Role, Custom: acc.Custom, Active: acc.Member}
	if err := t.allow(o, func(a models.Access) error { return a.CheckRevokeKey(standing) }); err != nil {
		return k, err
	}
	var one int
	if err = t.row(ctx, "SELECT 1 FROM revoked_keys WHERE org_id = $1 AND fingerprint = $2", o.ID, k.Fingerprint).Scan(&one); !errors.Is(err, sql.ErrNoRows) {
		if err == nil {
			err = models.Errorf(models.CodeConflict, "the key %s is revoked already", k.Fingerprint)
		}
		return k, err
	}
	return k, nil
}

func (t *tx) revokeKey(ctx context.Context, orgID string, k models.RevokedKey) error {
	_, err := t.exec(ctx, `INSERT INTO revoked_keys (org_id, fingerprint, user_id, handle, type, wire, reason, revoked_at, revoked_by)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (org_id, fingerprint) DO NOTHING`,
		orgID, k.Fingerprint, k.UserID, k.Handle, k.Type, k.Key, k.Reason, micros(t.now), t.user.ID)
	return err
}
