package store

import (
	"context"
	"crypto/ed25519"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"

	"muster/internal/secret"
	"muster/models"
	"muster/store/internal/db"
)

// authority signs the certificates of an organization. Its key is derived from the
// installation's secret, so that every door has it and the database has not.
type authority struct {
	orgID      string
	generation int64
	serial     int64
	keptUntil  time.Time
	made       bool // there is a row
}

func (t *tx) authority(ctx context.Context, orgID string) (authority, error) {
	ca := authority{orgID: orgID, generation: 1, made: true}
	var kept int64
	err := t.row(ctx, "SELECT generation, serial, kept_until FROM ssh_authorities WHERE org_id = $1", orgID).Scan(&ca.generation, &ca.serial, &kept)
	if errors.Is(err, sql.ErrNoRows) {
		ca.made, err = false, nil
	}
	ca.keptUntil = fromMicros(kept)
	return ca, err
}

func (ca authority) signer(s *Store, generation int64) (ssh.Signer, error) {
	seed, err := secret.Derive(s.secret, "muster ssh authority", fmt.Sprintf("%s %d", ca.orgID, generation), ed25519.SeedSize)
	if err != nil {
		return nil, err
	}
	return ssh.NewSignerFromKey(ed25519.NewKeyFromSeed(seed))
}

// keys are what hosts trust: the one that signs, the next one ahead of its time,
// and for a while the one before.
func (ca authority) keys(t *tx) ([]models.Authority, error) {
	list := []models.Authority{}
	for _, x := range []struct {
		generation int64
		models.Authority
	}{
		{ca.generation - 1, models.Authority{State: models.AuthorityPrevious, Until: ca.keptUntil}},
		{ca.generation, models.Authority{State: models.AuthorityCurrent}},
		{ca.generation + 1, models.Authority{State: models.AuthorityNext}},
	} {
		if x.State == models.AuthorityPrevious && !ca.keptUntil.After(t.now) {
			continue
		}
		s, err := ca.signer(t.s, x.generation)
		if err != nil {
			return nil, err
		}
		x.Key = strings.TrimSpace(string(ssh.MarshalAuthorizedKey(s.PublicKey())))
		list = append(list, x.Authority)
	}
	return list, nil
}

func (t *tx) keepAuthority(ctx context.Context, ca authority) error {
	_, err := t.exec(ctx, `INSERT INTO ssh_authorities (org_id, generation, serial, kept_until) VALUES ($1, $2, $3, $4)
		ON CONFLICT (org_id) DO UPDATE SET generation = excluded.generation, serial = excluded.serial, kept_until = excluded.kept_until`,
		ca.orgID, ca.generation, ca.serial, micros(ca.keptUntil))
	return err
}

// IssueCertificate signs a key of the actor's own for the hosts that trust the
// organization. It is for its members; site admins who are none get none.
func (s *Store) IssueCertificate(ctx context.Context, a models.Actor, orgID string, r models.CertificateRequest) (c models.Certificate, err error) {
	err = s.change(ctx, a, event{action: "certificate.issue"}, func(t *tx) error {
		o, err := t.org(ctx, orgID)
		if err != nil {
			return err
		}
		t.found("organization", o.ID, o.Code)
		life, err := models.CheckCertificateTime(r.Life)
		if err != nil {
			return err
		}
		if !o.access.Member {
			return models.Errorf(models.CodeDenied, "certificates of %s are for its members", o.Code).WithHint("join it first")
		}
		key, pub, err := t.keyToSign(ctx, o, r.Key)
		if err != nil {
			return err
		}
		did := t.found("key", key.Fingerprint, key.Fingerprint)
		c, err = t.issueCertificate(ctx, o, key, pub, life, r)
		if err != nil {
			return err
		}
		return t.log(ctx, o.entry(did, nil, fields{"serial": c.Serial, "principals": c.Principals, "expires_at": c.ExpiresAt, "source_address": c.Address}))
	})
	return c, err
}

// keyToSign finds the key that a certificate is asked for.
func (t *tx) keyToSign(ctx context.Context, o *org, ref string) (key models.Key, pub ssh.PublicKey, err error) {
	if ref == "" {
		if ref = t.actor.Key; ref == "" || t.actor.OnBehalfOf != "" {
			return key, nil, models.Invalid("key", "no key came with this session").WithHint("name one of yours: {certificate.issue --key SHA256:…}")
		}
	}
	if key, err = t.ownKey(ctx, ref); err != nil {
		return key, nil, err
	}
	if key.ProvenAt == nil && key.Fingerprint != t.actor.Key { // that of the session is being proven
		return key, nil, models.Errorf(models.CodeDenied, "the key %s is not proven yet", key.Fingerprint).WithHint("sign in with it, or: {key.challenge}")
	}
	var wire string
	var revoked int
	if err = t.row(ctx, "SELECT wire, (SELECT count(*) FROM revoked_keys v WHERE v.org_id = $2 AND v.fingerprint = k.fingerprint) FROM user_keys k WHERE k.id = $1", key.ID, o.ID).
		Scan(&wire, &revoked); err != nil {
		return key, nil, err
	}
	if revoked > 0 {
		return key, nil, models.Errorf(models.CodeDenied, "the key %s is revoked in %s", key.Fingerprint, o.Code).WithHint("use another key")
	}
	f, err := t.secondFactor(ctx, t.user.ID)
	if err != nil {
		return key, nil, err
	}
	if why := o.security.CheckLogin(key.Type, f.confirmed()); why != "" {
		return key, nil, models.Errorf(models.CodeDenied, "the key %s opens no host of %s: %s", key.Fingerprint, o.Code, why)
	}
	b, err := base64.StdEncoding.DecodeString(wire)
	if err != nil {
		return key, nil, err
	}
	pub, err = ssh.ParsePublicKey(b)
	return key, pub, err
}

func (t *tx) issueCertificate(ctx context.Context, o *org, key models.Key, pub ssh.PublicKey, life time.Duration, r models.CertificateRequest) (c models.Certificate, err error) {
	ca, err := t.authority(ctx, o.ID)
	if err != nil {
		return c, err
	}
	ca.serial++
	m, err := t.member(ctx, o, t.user.ID)
	if err != nil {
		return c, err
	}
	expires := t.now.Add(life)
	if m.EndsAt != nil && m.EndsAt.Before(expires) {
		expires = *m.EndsAt
	}
	c = models.Certificate{
		ID: o.ID, Serial: uint64(ca.serial), Fingerprint: key.Fingerprint, Principals: models.Principals(t.user.Handle, memberRole(o.access)),
		IssuedAt: t.now, ExpiresAt: expires.Truncate(time.Second),
	}
	cert := &ssh.Certificate{
		Key: pub, Serial: c.Serial, CertType: ssh.UserCert, KeyId: t.user.Handle + " " + t.user.ID, ValidPrincipals: c.Principals,
		ValidAfter: uint64(t.now.Add(-models.CertificateLate).Unix()), ValidBefore: uint64(c.ExpiresAt.Unix()),
	}
	cert.Extensions = map[string]string{"permit-pty": "", "permit-user-rc": "", "permit-port-forwarding": "", "permit-agent-forwarding": ""}
	if r.OnlyHere {
		if t.actor.Address == "" {
			return c, models.Invalid("only-here", "this session has no address")
		}
		c.Address = t.actor.Address
		cert.CriticalOptions = map[string]string{"source-address": c.Address}
	}
	signer, err := ca.signer(t.s, ca.generation)
	if err != nil {
		return c, err
	}
	if err := cert.SignCert(t.s.rand, signer); err != nil {
		return c, err
	}
	c.Certificate = strings.TrimSpace(string(ssh.MarshalAuthorizedKey(cert))) + " " + o.Code
	if err := t.keepAuthority(ctx, ca); err != nil {
		return c, err
	}
	if _, err := t.exec(ctx, "DELETE FROM certificates WHERE org_id = $1 AND expires_at <= $2", o.ID, micros(t.now)); err != nil {
		return c, err
	}
	_, err = t.exec(ctx, `INSERT INTO certificates (org_id, serial, generation, user_id, fingerprint, principals, issued_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		o.ID, ca.serial, ca.generation, t.user.ID, key.Fingerprint, strings.Join(c.Principals, " "), micros(t.now), micros(c.ExpiresAt))
	return c, err
}

// RotateAuthority lets the next key of an organization sign its certificates, which
// hosts trust already. The one before is trusted until the last certificate that it
// signed has expired, or with now no longer. It is for who changes settings.
func (s *Store) RotateAuthority(ctx context.Context, a models.Actor, orgID string, now bool) (x models.KeyExport, err error) {
	err = s.change(ctx, a, event{"certificate.rotate", "organization", orgID, ""}, func(t *tx) error {
		o, err := t.org(ctx, orgID)
		if err != nil {
			return err
		}
		did := t.found("organization", o.ID, o.Code)
		if err := t.require(o, models.PermSettings); err != nil {
			return err
		}
		ca, err := t.authority(ctx, o.ID)
		if err != nil {
			return err
		}
		if ca.keptUntil.After(t.now) && !now {
			return models.Errorf(models.CodeConflict, "the authority of %s was changed less than a day ago", o.Code).
				WithHint("wait until every certificate of the one before has expired, or end that at once: {certificate.rotate --now}")
		}
		ca.generation++
		if ca.keptUntil = t.now.Add(models.AuthorityOverlap); now {
			ca.keptUntil = time.Time{}
		}
		if err := t.keepAuthority(ctx, ca); err != nil {
			return err
		}
		if x, err = t.keyExport(ctx, o, models.KeyQuery{}); err != nil {
			return err
		}
		t.signal(o.ID)
		return t.log(ctx, o.entry(did, fields{"generation": ca.generation - 1}, fields{"generation": ca.generation, "at_once": now}))
	})
	return x, err
}

// issued is a certificate that has not expired.
type issued struct {
	serial, generation int64
	userID, principals string
	counts             bool // its key still counts as it did
	order              int64
	handle             string
	custom             customRow
}

var issuedTable = db.Columns[issued]{
	number("c.serial", func(c *issued) *int64 { return &c.serial }),
	number("c.generation", func(c *issued) *int64 { return &c.generation }),
	text("c.user_id", func(c *issued) *string { return &c.userID }),
	text("c.principals", func(c *issued) *string { return &c.principals }),
	joinedText("m.handle", func(c *issued) *string { return &c.handle }),
	joinedNumber("m.role_order", func(c *issued) *int64 { return &c.order }),
	flag("(CASE WHEN k.id IS NOT NULL AND v.fingerprint IS NULL AND m.status = 'active' AND m.account = 'active' AND "+countsSince+" <= c.issued_at THEN 1 ELSE 0 END)",
		func(c *issued) *bool { return &c.counts }),
}

// revokedCertificates are those that have not expired and no longer say what is so:
// the holder is out or suspended, or was in between; the key is gone or revoked;
// the handle or the role is another one.
func (t *tx) revokedCertificates(ctx context.Context, o *org, ca authority) ([]models.RevokedCertificates, error) {
	var c issued
	all, err := collect(ctx, t, scanInto(issuedTable.Dest(&c, c.custom.dest()...), func() issued { return c }),
		"SELECT "+issuedTable.Read("")+", "+customColumns+` FROM certificates c
		LEFT JOIN memberships m ON m.org_id = c.org_id AND m.user_id = c.user_id AND `+inForce("m", 2)+`
		LEFT JOIN users u ON u.id = m.user_id
		LEFT JOIN user_keys k ON k.user_id = m.user_id AND k.fingerprint = c.fingerprint AND k.proven_at > 0
		LEFT JOIN revoked_keys v ON v.org_id = c.org_id AND v.fingerprint = c.fingerprint`+memberRoleJoins+`
		WHERE c.org_id = $1 AND c.expires_at > $2 ORDER BY c.generation, c.serial`, ca.orgID, micros(t.now))
	if err != nil {
		return nil, err
	}
	out := []models.RevokedCertificates{}
	last := int64(0)
	for _, c := range all {
		acc := models.Access{Role: roleOf(c.order), Custom: c.custom.role(c.order), Member: true, Flat: o.access.Flat}
		if c.counts && strings.Join(models.Principals(c.handle, memberRole(acc)), " ") == c.principals {
			continue
		}
		if c.generation != last {
			s, err := ca.signer(t.s, c.generation)
			if err != nil {
				return nil, err
			}
			last = c.generation
			out = append(out, models.RevokedCertificates{Authority: strings.TrimSpace(string(ssh.MarshalAuthorizedKey(s.PublicKey()))), Serials: []uint64{}})
		}
		out[len(out)-1].Serials = append(out[len(out)-1].Serials, uint64(c.serial))
	}
	return out, nil
}
