package store

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"

	"muster/models"
	"muster/store/internal/db"
)

// apiKey is a row of api_keys with what is joined to know whether it works.
type apiKey struct {
	models.APIKey
	hash     string
	custom   customRow
	roleID   string // of a custom role
	remindAt int64

	memberStatus, accountStatus, serviceStatus string
	memberEnds                                 int64
	ownerName, creatorMember                   string
}

// apiKeyTable are the columns of api_keys k, and of what apiKeyJoins joins.
var apiKeyTable = db.Columns[apiKey]{
	text("id", func(k *apiKey) *string { return &k.ID }),
	text("org_id", func(k *apiKey) *string { return &k.OrgID }),
	text("kind", func(k *apiKey) *models.APIKeyKind { return &k.Kind }),
	text("label", func(k *apiKey) *string { return &k.Label }),
	written("text", func(k *apiKey) any { return models.NormText(k.Label + " " + k.ID + " " + k.Creator) }),
	text("hash", func(k *apiKey) *string { return &k.hash }),
	text("owner_id", func(k *apiKey) *string { return &k.OwnerID }),
	{Name: "service_id", Dest: func(k *apiKey) any { return (*ifText)(&k.ServiceID) }, Value: func(k *apiKey) any { return orNull(k.ServiceID) }},
	{Name: "scopes", Dest: func(k *apiKey) any { return (*wordList)(&k.Scopes) }, Value: func(k *apiKey) any { return strings.Join(k.Scopes, " ") }},
	text("workspace_id", func(k *apiKey) *string { return &k.WorkspaceID }),
	text("project_id", func(k *apiKey) *string { return &k.ProjectID }),
	{Name: "addresses", Dest: func(k *apiKey) any { return (*wordList)(&k.Addresses) }, Value: func(k *apiKey) any { return strings.Join(k.Addresses, " ") }},
	number("rate", func(k *apiKey) *int { return &k.Rate }),
	text("creator_id", func(k *apiKey) *string { return &k.CreatorID }),
	text("created_by", func(k *apiKey) *string { return &k.Creator }),
	at("created_at", func(k *apiKey) *time.Time { return &k.CreatedAt }),
	ifAt("expires_at", func(k *apiKey) **time.Time { return &k.ExpiresAt }),
	number("remind_at", func(k *apiKey) *int64 { return &k.remindAt }),
	ifAt("revoked_at", func(k *apiKey) **time.Time { return &k.RevokedAt }),
	text("revoked_by", func(k *apiKey) *string { return &k.RevokedBy }),
	text("revoked_why", func(k *apiKey) *string { return &k.RevokedWhy }),
	text("replaced_by", func(k *apiKey) *string { return &k.ReplacedBy }),
	written("role_order", func(k *apiKey) any { return roleOrder(k.Role) }),
	text("custom_role", func(k *apiKey) *string { return &k.roleID }),

	{Name: "coalesce(m.role_order, sv.role_order, k.role_order)", Dest: func(k *apiKey) any { return (*aRole)(&k.Role) }},
	joinedText("u.email", func(k *apiKey) *string { return &k.Owner }),
	joinedText("u.name", func(k *apiKey) *string { return &k.ownerName }),
	joinedText("u.status", func(k *apiKey) *string { return &k.accountStatus }),
	joinedText("m.status", func(k *apiKey) *string { return &k.memberStatus }),
	joinedNumber("m.ends_at", func(k *apiKey) *int64 { return &k.memberEnds }),
	joinedText("sv.name", func(k *apiKey) *string { return &k.Service }),
	joinedText("sv.status", func(k *apiKey) *string { return &k.serviceStatus }),
	joinedText("w.name", func(k *apiKey) *string { return &k.Workspace }),
	joinedText("p.name", func(k *apiKey) *string { return &k.Project }),
	joinedText("cm.user_id", func(k *apiKey) *string { return &k.creatorMember }),
	{Name: "z.last_used_at", Dest: func(k *apiKey) any { return ifTime{&k.LastUsedAt} }},
	joinedText("z.address", func(k *apiKey) *string { return &k.LastAddress }),
}

var apiKeyColumns = apiKeyTable.Read("k") + ", " + customColumns

const apiKeyTables = `api_keys k
	LEFT JOIN users u ON u.id = k.owner_id
	LEFT JOIN memberships m ON m.org_id = k.org_id AND m.user_id = k.owner_id
	LEFT JOIN member_roles mr ON mr.org_id = k.org_id AND mr.user_id = k.owner_id
	LEFT JOIN service_accounts sv ON sv.org_id = k.org_id AND sv.id = k.service_id
	LEFT JOIN custom_roles cr ON cr.org_id = k.org_id AND cr.id = CASE k.kind WHEN 'personal' THEN mr.role_id WHEN 'service' THEN sv.custom_role ELSE k.custom_role END
	LEFT JOIN workspaces w ON w.org_id = k.org_id AND w.id = k.workspace_id
	LEFT JOIN projects p ON p.org_id = k.org_id AND p.id = k.project_id
	LEFT JOIN memberships cm ON cm.org_id = k.org_id AND cm.user_id = k.creator_id
	LEFT JOIN api_key_seen z ON z.org_id = k.org_id AND z.key_id = k.id`

func scanAPIKey() scanFunc[apiKey] {
	var k apiKey
	return scanInto(apiKeyTable.Dest(&k, k.custom.dest()...), func() apiKey { return k })
}

// wordList scans words with blanks between them.
type wordList []string

func (d *wordList) Scan(src any) error {
	var s ifText
	err := s.Scan(src)
	if *d = strings.Fields(string(s)); *d == nil {
		*d = wordList{}
	}
	return err
}

func noAPIKey() error {
	return models.Errorf(models.CodeNotFound, "there is no such API key").
		WithHint("list them with: {api_key.list}")
}

// apiKeyByID finds a key of an organization, or with "" of any.
func (t *tx) apiKeyByID(ctx context.Context, orgID, id string) (apiKey, error) {
	k, err := scanAPIKey()(t.row(ctx, "SELECT "+apiKeyColumns+" FROM "+apiKeyTables+" WHERE k.id = $1 AND (k.org_id = $2 OR $2 = '')", id, orgID))
	if errors.Is(err, sql.ErrNoRows) {
		return k, noAPIKey()
	}
	return k, err
}

// customRole is the custom role that the key acts with, nil for a built-in one.
func (k *apiKey) customRole() *models.CustomRole { return k.custom.role(roleOrder(k.Role)) }

// given is the role that the key acts with.
func (k *apiKey) given() models.AnyRole {
	if c := k.customRole(); c != nil {
		return c
	}
	return k.Role
}

// blocked says why the holder of the key cannot act at all.
func (k *apiKey) blocked() string {
	switch {
	case k.Kind == models.KeyPersonal && k.accountStatus != string(models.UserActive):
		return "the account of its owner is suspended"
	case k.Kind == models.KeyPersonal && k.memberStatus == "":
		return "its owner is not a member"
	case k.Kind == models.KeyPersonal && k.memberStatus != string(models.MemberActive):
		return "the membership of its owner is suspended"
	case k.Kind == models.KeyService && k.serviceStatus != string(models.ServiceActive):
		return "the service account is disabled"
	case k.Kind == models.KeyOrganization && k.lostRole():
		return "the role that it was made with no longer exists"
	case k.WorkspaceID != "" && k.Workspace == "":
		return "its workspace no longer exists"
	case k.ProjectID != "" && k.Project == "":
		return "its project no longer exists"
	}
	return ""
}

func (k *apiKey) lostRole() bool { return k.roleID != "" && k.custom.id == "" }

// holder is whose rights the key has, but for what only its use needs to know.
func (k *apiKey) holder(o *org) models.KeyHolder {
	return models.KeyHolder{
		Access: models.Access{UserID: k.subjectID(), OrgID: k.OrgID, Role: k.Role, Custom: k.customRole(), Member: true,
			Flat: o.access.Flat, Personal: o.Kind == models.KindPersonal, Unpaid: o.access.Unpaid},
		Blocked: k.blocked(), Ends: timeOrNil(k.memberEnds),
		Client: models.Client{Machine: k.Kind != models.KeyPersonal},
	}
}

// subjectID is who acts: the owner, the service account, or the key itself.
func (k *apiKey) subjectID() string {
	switch k.Kind {
	case models.KeyPersonal:
		return k.OwnerID
	case models.KeyService:
		return k.ServiceID
	}
	return k.ID
}

// actingUser is the holder where a transaction wants a user. A program has no
// account: its name stands in the place of an address.
func (k *apiKey) actingUser() models.User {
	name := "API key " + k.Name()
	if k.Kind == models.KeyService {
		name = "service account " + k.Service
	}
	return models.User{ID: k.subjectID(), Name: name, Email: name, EmailVerified: true, Status: models.UserActive}
}

// audit is what the log says of a key. Never the secret.
func (k apiKey) audit() fields {
	f := fields{"kind": k.Kind, "label": k.Label, "scopes": k.Scopes, "addresses": k.Addresses, "rate": k.Rate, "expires_at": k.ExpiresAt}
	if k.Kind != models.KeyPersonal {
		f["role"] = k.given().Label()
	}
	for name, v := range map[string]string{"owner": k.Owner, "service": k.Service, "workspace": k.Workspace, "project": k.Project} {
		if v != "" {
			f[name] = v
		}
	}
	return f
}

// seenKey is a key as the actor sees it.
func (t *tx) seenKey(o *org, terms models.KeyTerms, k apiKey) models.APIKey {
	v := k.APIKey
	v.State = k.StateAt(t.now)
	v.RoleName = k.given().Label()
	v.CreatorLeft = k.Kind != models.KeyPersonal && k.creatorMember == ""
	if open := k.CheckOpen(t.now); open != nil {
		v.NoChange, v.NoRevoke = open.Error(), open.Error()
		return v
	}
	v.NoUse = k.WhyDisabled(k.holder(o), terms)
	v.NoChange = o.hint(func() error { return o.access.CheckChangeKey(v, terms.API, k.given()) })
	v.NoRevoke = o.hint(func() error { return o.access.CheckRevokeAPIKey(v) })
	return v
}

// keyTerms are what the organization says about keys.
func (t *tx) keyTerms(ctx context.Context, o *org) (models.KeyTerms, map[string]string, error) {
	values, err := t.settingValues(ctx, o.ID)
	return models.KeyTerms{Name: o.Code, API: models.ParseAPISettings(values), Security: models.ParseSecuritySettings(values), Plan: o.plan}, values, err
}

// keyOf finds a key that the actor may see: everybody sees their own personal
// ones, who manages keys sees all.
func (t *tx) keyOf(ctx context.Context, orgID, id string) (*org, models.KeyTerms, apiKey, error) {
	var terms models.KeyTerms
	k, err := t.apiKeyByID(ctx, "", id)
	if err != nil {
		if isNotFound(err) {
			err = conceal(err)
		}
		return nil, terms, k, err
	}
	if orgID == "" {
		orgID = k.OrgID
	}
	o, err := t.org(ctx, orgID)
	if err != nil {
		if isNotFound(err) {
			err = conceal(noAPIKey())
		}
		return nil, terms, k, err
	}
	see := t.allow(o, func(a models.Access) error {
		if !a.CheckSeeKey(k.APIKey) {
			return noAPIKey()
		}
		return nil
	})
	if o.ID != k.OrgID || see != nil {
		return nil, terms, k, conceal(noAPIKey())
	}
	t.found("api_key", k.ID, k.Name())
	terms, _, err = t.keyTerms(ctx, o)
	return o, terms, k, err
}
