package store

import (
	"context"
	"database/sql"
	"errors"

	"muster/models"
)

// org finds an organization by id or code, reads the actor's rights in it,
// and keeps the actor out whom its Security settings keep out. It is the one
// way to an organization's data, so that they hold on every way in. Whoever
// has no part of it gets CodeNotFound, whatever the settings are.
func (t *tx) org(ctx context.Context, ref string) (*org, error) {
	o, err := t.lookupOrg(ctx, ref)
	if err != nil {
		return nil, err
	}
	values, err := t.securityValues(ctx, o.ID)
	if err != nil {
		return nil, err
	}
	o.security = models.ParseSecuritySettings(values)
	if err := t.admit(ctx, o.security, o.Code); err != nil {
		if t.attempt.action == "" { // of a reader; that somebody was kept out belongs in the log
			t.attempt.event = event{"organization.enter", "organization", o.ID, o.Code}
		}
		return nil, err
	}
	return o, nil
}

// findOrg is org, or lookupOrg for what the Security settings do not keep anybody
// from: leaving and declining.
type findOrg func(t *tx, ctx context.Context, ref string) (*org, error)

// orgToLeave is lookupOrg also for who is suspended: they may still leave.
func (t *tx) orgToLeave(ctx context.Context, ref string) (*org, error) {
	o, err := t.lookupOrg(ctx, ref)
	if models.CodeOf(err) == models.CodeDenied && t.attempt.org != nil {
		return t.attempt.org, nil
	}
	return o, err
}

// finderFor is how an action finds its organization: the one place that says what
// the Security settings keep nobody from. What a command finds before it acts, and
// the action itself, both ask it.
func finderFor(action string) findOrg {
	switch action {
	case "member.leave":
		return (*tx).orgToLeave
	case "transfer.decline":
		return (*tx).lookupOrg
	}
	return (*tx).org
}

// admit asks the rules about the actor's session.
func (t *tx) admit(ctx context.Context, s models.SecuritySettings, name string) error {
	return t.underRules(ctx, s, func(c models.Client) error { return s.Admit(name, c) })
}

// underRules asks a rule about what the actor comes with, which is looked up only
// where the settings ask for something.
func (t *tx) underRules(ctx context.Context, s models.SecuritySettings, rule func(models.Client) error) error {
	if s.Open() {
		return nil
	}
	c, err := t.client(ctx)
	if err != nil {
		return err
	}
	return rule(c)
}

// joiner is how somebody comes who may join.
type joiner struct {
	// looks says that they are only shown what joining would do.
	looks bool
	// factor is the second factor that they set up as they join.
	factor newFactor
}

// admitJoiner asks the rules about somebody who is about to join, or is shown what
// they would join. A newcomer who looks, and lacks nothing but a second factor, is
// shown it, with what they need to set one up: need then says so without an error.
func (t *tx) admitJoiner(ctx context.Context, o *org, j joiner) (need models.Requirement, text string, err error) {
	values, err := t.securityValues(ctx, o.ID)
	if err != nil {
		return "", "", err
	}
	s := models.ParseSecuritySettings(values)
	err = t.underRules(ctx, s, func(c models.Client) error {
		if t.user.ID == "" {
			c.Newcomer, c.KeyType = true, t.actor.KeyType
			c.Enrolled, c.Verified = j.factor.step > 0, j.factor.step > 0
		}
		return s.AdmitJoiner(o.Code, c)
	})
	if err == nil {
		return "", "", nil
	}
	need, text = models.RequirementOf(err), models.AsError(err).Message
	if j.looks && t.user.ID == "" && need == models.NeedSecondFactor {
		return need, text, nil
	}
	if need != "" && t.attempt.action == "" { // that somebody was kept out belongs in the log
		t.attempt.org, t.attempt.event = o, event{"organization.enter", "organization", o.ID, o.Code}
	}
	return need, text, err
}

// client is what the rules look at. Nothing of it is taken from the session but
// its key and address: what kind of key that is and whether a code was given
// stands in the database.
func (t *tx) client(ctx context.Context) (c models.Client, err error) {
	if t.key != nil {
		c = t.key.holder.Client
		c.Address = t.actor.Address
		return c, nil
	}
	c.Local, c.Address = t.actor.Local(), t.actor.Address
	if c.Local {
		return c, nil
	}
	err = t.row(ctx, "SELECT type FROM user_keys WHERE fingerprint = $1 AND user_id = $2", t.actor.Key, t.user.ID).Scan(&c.KeyType)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return c, err
	}
	f, err := t.secondFactor(ctx, t.user.ID)
	if err != nil {
		return c, err
	}
	c.Enrolled = f.confirmed()
	until, err := t.verifiedUntil(ctx)
	c.Verified = c.Enrolled && until.After(t.now)
	return c, err
}

// The settings of the section lie beside each other in the primary key.
const securityKeys = "s.key >= 'security.' AND s.key < 'security/'"

func (t *tx) securityValues(ctx context.Context, orgID string) (map[string]string, error) {
	byOrg, err := t.securityOf(ctx, "SELECT s.org_id, s.key, s.value FROM settings s WHERE s.org_id = $1 AND "+securityKeys, orgID)
	return byOrg[orgID], err
}

func (t *tx) securityOf(ctx context.Context, query, arg string) (map[string]map[string]string, error) {
	rows, err := t.query(ctx, query, arg)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	byOrg := map[string]map[string]string{}
	for rows.Next() {
		var org, key, value string
		if err := rows.Scan(&org, &key, &value); err != nil {
			return nil, err
		}
		if byOrg[org] == nil {
			byOrg[org] = map[string]string{}
		}
		byOrg[org][key] = value
	}
	return byOrg, rows.Err()
}

// redactBarred leaves nothing but code and name in the switcher of organizations
// that keep this session out.
func (t *tx) redactBarred(ctx context.Context, list []models.OrgEntry) error {
	byOrg, err := t.securityOf(ctx, `SELECT s.org_id, s.key, s.value FROM memberships m JOIN settings s ON s.org_id = m.org_id
		WHERE m.user_id = $1 AND `+securityKeys, t.user.ID)
	if err != nil {
		return err
	}
	if len(byOrg) == 0 {
		return nil
	}
	c, err := t.client(ctx)
	if err != nil {
		return err
	}
	for i, e := range list {
		err := models.ParseSecuritySettings(byOrg[e.ID]).Admit(e.Code, c)
		b := models.RequirementOf(err)
		if b == "" || e.Requirement == models.NotSuspended {
			continue
		}
		list[i] = closedEntry(e, b, err)
	}
	return nil
}

// joinedView is an organization as somebody sees it who has just joined: no more
// than its name where a rule still keeps them out, for joining is not undone by
// that.
func (t *tx) joinedView(ctx context.Context, ref string) (models.OrgView, error) {
	v, err := t.orgView(ctx, ref)
	if models.RequirementOf(err) == "" {
		return v, err
	}
	kept := models.AsError(err)
	o, err := t.lookupOrg(ctx, ref)
	if err != nil {
		return v, err
	}
	v = models.OrgView{Organization: models.Organization{ID: o.ID, Code: o.Code, Name: o.Name, Kind: o.Kind}, Role: o.access.Role}
	v.Requirement, v.RequirementText, v.RequirementHint = models.RequirementOf(kept), kept.Message, kept.Hint
	return v, nil
}

// checkAccessLockOut refuses settings that would keep their own author out.
func (t *tx) checkAccessLockOut(ctx context.Context, values map[string]string) error {
	s := models.ParseSecuritySettings(values)
	return t.underRules(ctx, s, s.CheckLockOut)
}
