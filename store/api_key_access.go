package store

import (
	"context"
	"database/sql"
	"errors"
	"net/netip"
	"strings"

	"muster/models"
)

// keyAccess is what a transaction knows of the API key that it acts with.
type keyAccess struct {
	apiKey
	org    *org // with the rights of the holder
	holder models.KeyHolder
	terms  models.KeyTerms
	values map[string]string // settings of the organization
}

// keyAccess reads a key with everything that says whether it works, and what it
// may do. A key of an organization that was deleted is none.
func (t *tx) keyAccess(ctx context.Context, id string) (*keyAccess, error) {
	k, err := t.apiKeyByID(ctx, "", id)
	if err != nil {
		return nil, err
	}
	a := &keyAccess{apiKey: k, org: &org{as: models.AsMember}}
	o := a.org
	err = t.row(ctx, "SELECT "+orgColumns+" FROM organizations o WHERE o.id = $1 AND o.deleted_at = 0", k.OrgID).Scan(o.dest()...)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, noAPIKey()
	}
	if err == nil {
		err = t.terms(ctx, o)
	}
	if err == nil {
		a.terms, a.values, err = t.keyTerms(ctx, o)
	}
	if err != nil {
		return nil, err
	}
	o.security, a.holder = a.terms.Security, k.holder(o)
	o.access = a.holder.Access
	if k.Kind == models.KeyPersonal {
		err = t.ownerFactor(ctx, &a.holder.Client, k.OwnerID)
	}
	return a, err
}

// ownerFactor is what the rules of the Security section look at for a personal
// key: whether its owner has what they ask of people. A program cannot give a code
// or touch a key, so that having them is enough.
func (t *tx) ownerFactor(ctx context.Context, c *models.Client, userID string) error {
	err := t.row(ctx, "SELECT type FROM user_keys WHERE user_id = $1 AND type LIKE 'sk-%' AND proven_at > 0 LIMIT 1", userID).Scan(&c.KeyType)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	f, err := t.secondFactor(ctx, userID)
	c.Enrolled = f.confirmed()
	c.Verified = c.Enrolled
	return err
}

// identifyKey loads the API key that acts, and refuses one that does not work, or
// what it may never do. Its holder's rights are read in every transaction, so that
// nothing which was decided before is believed.
func (t *tx) identifyKey(ctx context.Context) error {
	a, err := t.keyAccess(ctx, t.actor.APIKey)
	if isNotFound(err) {
		t.attempt.event = event{}
		return models.BadKey()
	}
	if err != nil {
		return err
	}
	if code, err := a.CheckUse(a.holder, a.terms, t.now, actorAddress(t.actor)); err != nil {
		t.s.usage.refused(&a.APIKey, usedByRequest, code, t.now)
		t.attempt.event = event{} // refused use has an entry an hour
		bad := models.BadKey()
		bad.Err = err
		return bad
	}
	t.key, t.user = a, a.actingUser()
	if a.Kind == models.KeyPersonal {
		if t.user, err = t.userByID(ctx, a.OwnerID); err != nil {
			return err
		}
		t.user.SiteAdmin = false // a key has no more than its owner's membership
	}
	t.attempt.org, t.attempt.as = a.org, models.AsMember
	return a.CheckKeyAction(t.attempt.action)
}

func actorAddress(a models.Actor) netip.Addr {
	from, _ := netip.ParseAddr(a.Address)
	return from
}

// keyOrganization is lookupOrg for an API key, which has a part of one
// organization alone.
func (t *tx) keyOrganization(ref string) (*org, error) {
	o := *t.key.org
	if ref != o.ID && models.NormCode(ref) != models.NormCode(o.Code) {
		t.attempt.org, t.attempt.as = nil, models.AsOutsider
		return nil, conceal(noOrganization())
	}
	t.attempt.org = &o
	return &o, nil
}

// programAccess is accessOf for a service account or an organization's key, of
// which the id is in the place of a user's.
func (t *tx) programAccess(ctx context.Context, o *org, id string) (models.Access, error) {
	a := models.Access{UserID: id, OrgID: o.ID, Personal: o.access.Personal, Flat: o.access.Flat}
	query := `SELECT sv.role_order, ` + customColumns + ` FROM service_accounts sv
		LEFT JOIN custom_roles cr ON cr.org_id = sv.org_id AND cr.id = sv.custom_role
		WHERE sv.org_id = $1 AND sv.id = $2 AND sv.status = 'active' AND $3 > 0`
	if models.IsAPIKeyID(id) {
		query = `SELECT k.role_order, ` + customColumns + ` FROM api_keys k
			LEFT JOIN custom_roles cr ON cr.org_id = k.org_id AND cr.id = k.custom_role
			WHERE k.org_id = $1 AND k.id = $2 AND k.kind = 'organization' AND k.revoked_at = 0 AND (k.expires_at = 0 OR k.expires_at > $3)`
	}
	var order int64
	var custom customRow
	err := t.row(ctx, query, o.ID, id, micros(t.now)).Scan(append([]any{&order}, custom.dest()...)...)
	if errors.Is(err, sql.ErrNoRows) {
		return a, nil
	}
	a.Member, a.Role, a.Custom = true, roleOf(order), custom.role(order)
	return a, err
}

// isProgram tells whether an id in the place of a user's is that of a service
// account or an organization's key.
func isProgram(id string) bool {
	return strings.HasPrefix(id, models.ServiceIDPrefix) || models.IsAPIKeyID(id)
}

// keySetting refuses what an API key never changes: what keeps people and keys
// out.
func (t *tx) keySetting(section string) error {
	if t.key == nil || section != "security" && section != "api" {
		return nil
	}
	return models.Errorf(models.CodeDenied, "no API key changes settings of the section %s", section).
		WithHint("sign in with an SSH key for it")
}

// workspaceParts is the table of who is in which workspace: people, or for a
// program its service account.
func (t *tx) workspaceParts() string {
	if t.key == nil || t.key.Kind != models.KeyService {
		return "workspace_members"
	}
	return "(SELECT org_id, workspace_id, service_id AS user_id, role_order, CAST(NULL AS TEXT) AS custom_role FROM service_workspaces)"
}

// inKeyWorkspace tells whether the key that acts, if one does, is for a workspace.
func (t *tx) inKeyWorkspace(id string) bool {
	return t.key == nil || t.key.WorkspaceID == "" || t.key.WorkspaceID == id
}

// inKeyProject is inKeyWorkspace for a project.
func (t *tx) inKeyProject(id string) bool {
	return t.key == nil || t.key.ProjectID == "" || t.key.ProjectID == id
}

// keyMe is Me for an API key: its holder, who has no preferences and no notices
// here.
func (s *Store) keyMe(ctx context.Context, a models.Actor) (me Me, err error) {
	err = s.view(ctx, a, event{action: "whoami"}, func(t *tx) error {
		me.User, me.CurrentOrg = t.user, t.key.OrgID
		me.NoCreate = "no API key creates organizations"
		return nil
	})
	return me, err
}

// keyOrganization is the organization of an API key, which it is always in.
func (s *Store) keyOrganization(ctx context.Context, a models.Actor) (id string, err error) {
	err = s.view(ctx, a, event{action: "whoami"}, func(t *tx) error {
		id = t.key.OrgID
		return nil
	})
	return id, err
}
