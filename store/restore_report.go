package store

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"muster/models"
	"muster/store/internal/db"
	"muster/store/internal/db/sqlite"
)

// RestoreReport says what putting a backup back would do. The lists name what
// would have more power afterwards than now, each line with what became of it
// since the backup.
type RestoreReport struct {
	Chains  []models.ChainReport `json:"chains"`
	Current bool                 `json:"current"` // whether there is a database that would be replaced

	SiteAdmins       []string `json:"site_admins"`       // users who are site admins no more
	Users            []string `json:"users"`             // accounts that were deleted or suspended
	Keys             []string `json:"keys"`              // keys that were removed
	Pairings         []string `json:"pairings"`          // one-time codes for a key that were used or replaced
	Organizations    []string `json:"organizations"`     // organizations that were deleted
	Members          []string `json:"members"`           // memberships that ended, were suspended, or have a lower role
	WorkspaceMembers []string `json:"workspace_members"` // the same in workspaces
	Roles            []string `json:"roles"`             // custom roles that were changed or deleted
	Transfers        []string `json:"transfers"`         // nominations of owners that were closed
	Invitations      []string `json:"invitations"`       // invitations that were closed, or whose code was replaced
	APIKeys          []string `json:"api_keys"`          // API keys that were revoked, rotated or narrowed
	ServiceAccounts  []string `json:"service_accounts"`  // service accounts that were removed, disabled, or have a lower role
	Webhooks         []string `json:"webhooks"`          // webhooks that were deleted, disabled or changed
	Links            []string `json:"links"`             // join links that were revoked, or that were used since
	// SecondFactors that were taken off or set up anew since, and recovery codes
	// that were used, by the start of their hashes.
	SecondFactors []string `json:"second_factors"`
	// Security settings that would have another value, whichever is stricter.
	Security []string `json:"security"`
}

// InspectBackup checks a backup file whole and says what it would bring back to
// life in the database of the directory. A file that fails is an error; a
// broken audit chain is in the report. It is for whoever can open the data
// directory.
func InspectBackup(ctx context.Context, dir, file string) (r RestoreReport, err error) {
	old, err := sqlite.OpenBackup(ctx, file, steps)
	if err != nil {
		return r, fileError(err)
	}
	defer old.Close()
	if r.Chains, err = chainsOf(ctx, old); err != nil {
		return r, fileError(err)
	}
	path := filepath.Join(dir, DatabaseFile)
	if r.Current, err = sqlite.Usable(ctx, path); err != nil || !r.Current {
		return r, fileError(err)
	}
	now := sqlite.OpenToRead(path)
	defer now.Close()
	for _, c := range r.comparisons() {
		if *c.into, err = c.stronger(ctx, old, now); err != nil {
			return r, fileError(err)
		}
	}
	r.Security, err = securityChanges(ctx, old, now)
	return r, fileError(err)
}

func chainsOf(ctx context.Context, d *db.DB) (reports []models.ChainReport, err error) {
	err = d.View(ctx, func(x *db.Tx) error {
		reports, err = (&tx{db: x}).verifyAll(ctx)
		return err
	})
	return reports, err
}

// fileError is dataError for a file that no store has open.
func fileError(err error) error { return sayFault(sqlite.Fault(err), err) }

// comparison is one list of a report. Its query gives what a database has: by
// which it is found in the other one, how little power it has, how it is listed,
// and what it is.
type comparison struct {
	into  *[]string
	gone  string // what became of what the other database does not have
	needs string // the table that a database may be too old to have
	query string
}

func (r *RestoreReport) comparisons() []comparison {
	return []comparison{
		{&r.SiteAdmins, "", "", "SELECT id, 0, email, '' FROM users WHERE site_admin = 1 AND status = 'active' ORDER BY email_norm"},
		{&r.Users, "deleted since", "", "SELECT id, CASE status WHEN 'active' THEN 0 ELSE 1 END, email, status FROM users ORDER BY email_norm"},
		{&r.Keys, "", "", "SELECT k.user_id || ' ' || k.fingerprint, 0, u.email || ' ' || k.fingerprint, '' FROM user_keys k JOIN users u ON u.id = k.user_id ORDER BY 3"},
		{&r.Pairings, "", "", "SELECT p.id || ' ' || p.code_hash, 0, u.email || ' ' || p.id, '' FROM pairings p JOIN users u ON u.id = p.user_id WHERE p.used_at = 0 ORDER BY 3"},
		{&r.Organizations, "", "", "SELECT id, 0, code || ' ' || name, '' FROM organizations WHERE kind = 'shared' AND deleted_at = 0 ORDER BY code_norm"},
		{&r.Members, "not a member now", "", `SELECT m.org_id || ' ' || m.user_id, m.role_order + CASE m.status WHEN 'active' THEN 0 ELSE 10 END,
				o.code || ' ' || u.email || ' ' || ` + roleName("m.role_order") + `, CASE m.status WHEN 'active' THEN ` + roleName("m.role_order") + ` ELSE m.status END
			FROM memberships m JOIN users u ON u.id = m.user_id JOIN organizations o ON o.id = m.org_id
			WHERE o.kind = 'shared' AND o.deleted_at = 0 ORDER BY 3`},
		{&r.WorkspaceMembers, "not a member now", "workspace_members", `SELECT m.org_id || ' ' || m.workspace_id || ' ' || m.user_id || ' ' || coalesce(m.custom_role, ''), m.role_order,
				o.code || ' ' || w.name || ' ' || u.email, 'with a lower role'
			FROM workspace_members m JOIN workspaces w ON w.org_id = m.org_id AND w.id = m.workspace_id JOIN users u ON u.id = m.user_id
				JOIN organizations o ON o.id = m.org_id WHERE o.kind = 'shared' AND o.deleted_at = 0 ORDER BY 3`},
		{&r.Roles, "", "custom_roles", `SELECT c.id || ' ' || c.permissions, 0, o.code || ' ' || c.name || ': ' || c.permissions, ''
			FROM custom_roles c JOIN organizations o ON o.id = c.org_id WHERE o.deleted_at = 0 ORDER BY 3`},
		{&r.Transfers, "", "transfers", `SELECT x.id, 0, o.code || ' to ' || u.email, ''
			FROM transfers x JOIN organizations o ON o.id = x.org_id JOIN users u ON u.id = x.nominee_id WHERE x.status = 'pending' AND o.deleted_at = 0 ORDER BY 3`},
		{&r.Invitations, "", "", `SELECT i.id || ' ' || i.generation, 0, o.code || ' ' || i.email || ' ' || i.id, ''
			FROM invitations i JOIN organizations o ON o.id = i.org_id WHERE i.state_order <= ` + lastOpenState + ` AND o.deleted_at = 0 ORDER BY 3`},
		{&r.APIKeys, "", "api_keys", `SELECT k.id || ' ' || k.scopes || ' ' || k.addresses || ' ' || k.workspace_id || ' ' || k.expires_at, 0, o.code || ' ' || k.label || ' ' || k.id, ''
			FROM api_keys k JOIN organizations o ON o.id = k.org_id WHERE k.revoked_at = 0 AND o.deleted_at = 0 ORDER BY 3`},
		{&r.ServiceAccounts, "removed since", "service_accounts", `SELECT v.id || ' ' || v.custom_role, v.role_order + CASE v.status WHEN 'active' THEN 0 ELSE 10 END,
				o.code || ' ' || v.name || ' ' || ` + roleName("v.role_order") + `, CASE v.status WHEN 'active' THEN ` + roleName("v.role_order") + ` ELSE v.status END
			FROM service_accounts v JOIN organizations o ON o.id = v.org_id WHERE o.deleted_at = 0 ORDER BY 3`},
		{&r.Webhooks, "", "webhooks", `SELECT k.id || ' ' || k.url || ' ' || k.events, 0, o.code || ' ' || k.id || ' to ' || k.url, ''
			FROM webhooks k JOIN organizations o ON o.id = k.org_id WHERE k.status = 'active' AND o.deleted_at = 0 ORDER BY 3`},
		{&r.Links, "", "join_links", `SELECT l.id || ' ' || l.code_hash, l.uses, o.code || ' ' || l.label || ' ' || l.id || ' with ' || (l.max_uses - l.uses) || ' of ' || l.max_uses || ' uses',
				'with ' || (l.max_uses - l.uses)
			FROM join_links l JOIN organizations o ON o.id = l.org_id WHERE l.revoked_at = 0 AND l.uses < l.max_uses AND o.deleted_at = 0 ORDER BY 3`},
		{&r.SecondFactors, "", "second_factors", `SELECT f.user_id || ' ' || f.created_at, 0, u.email || ' second factor', ''
				FROM second_factors f JOIN users u ON u.id = f.user_id WHERE f.confirmed_at > 0
			UNION ALL SELECT r.hash, 0, u.email || ' recovery code ' || substr(r.hash, 1, 8), ''
				FROM recovery_codes r JOIN users u ON u.id = r.user_id WHERE r.used_at = 0 ORDER BY 3`},
	}
}

// stronger gives the lines of what is found in the backup and not, or only with
// less power, in the database of now.
func (c comparison) stronger(ctx context.Context, old, now *db.DB) ([]string, error) {
	there, err := c.found(ctx, now)
	if err != nil {
		return nil, err
	}
	byKey := make(map[string]thing, len(there))
	for _, x := range there {
		byKey[x.key] = x
	}
	all, err := c.found(ctx, old)
	if err != nil {
		return nil, err
	}
	out := []string{}
	for _, x := range all {
		is, ok := byKey[x.key]
		if ok && is.weak <= x.weak {
			continue
		}
		became := c.gone
		if ok {
			became = "now " + is.state
		}
		if became != "" {
			x.line += " (" + became + ")"
		}
		out = append(out, x.line)
	}
	return out, nil
}

// thing is a row of a comparison.
type thing struct {
	key   string
	weak  int
	line  string
	state string
}

func (c comparison) found(ctx context.Context, d *db.DB) ([]thing, error) {
	if c.needs != "" {
		if there, err := d.HasTable(ctx, d, c.needs); err != nil || !there {
			return nil, err
		}
	}
	rows, err := d.Query(ctx, c.query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []thing
	for rows.Next() {
		var x thing
		if err := rows.Scan(&x.key, &x.weak, &x.line, &x.state); err != nil {
			return nil, err
		}
		out = append(out, x)
	}
	return out, rows.Err()
}

// securityChanges names the settings of Security that would have another value,
// of each organization that both databases have. One that is not stored has its
// default.
func securityChanges(ctx context.Context, old, now *db.DB) ([]string, error) {
	was, err := securityOf(ctx, old)
	if err != nil {
		return nil, err
	}
	is, err := securityOf(ctx, now)
	if err != nil {
		return nil, err
	}
	before := map[string]orgSecurity{}
	for _, org := range was {
		before[org.id] = org
	}
	out := []string{}
	for _, org := range is {
		before, ok := before[org.id]
		if !ok {
			continue
		}
		for _, def := range models.Settings() {
			if def.Section() != securitySection {
				continue
			}
			from, to := cmp.Or(org.values[def.Key], def.Default), cmp.Or(before.values[def.Key], def.Default)
			if from != to {
				out = append(out, fmt.Sprintf("%s %s: %s becomes %s", org.code, def.Key, valueWords(from), valueWords(to)))
			}
		}
	}
	return out, nil
}

// securitySection is the section of settings that says who is let in.
const securitySection = "security"

func valueWords(v string) string { return cmp.Or(strings.ReplaceAll(v, "\n", ", "), "empty") }

// orgSecurity is what an organization has stored of the settings of Security.
type orgSecurity struct {
	id, code string
	values   map[string]string
}

func securityOf(ctx context.Context, d *db.DB) ([]orgSecurity, error) {
	rows, err := d.Query(ctx, `SELECT o.id, o.code, coalesce(s.key, ''), coalesce(s.value, '')
		FROM organizations o LEFT JOIN settings s ON s.org_id = o.id AND s.key LIKE $1
		WHERE o.kind = 'shared' AND o.deleted_at = 0 ORDER BY o.code_norm, o.id`, securitySection+".%")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []orgSecurity
	for rows.Next() {
		var id, code, key, value string
		if err := rows.Scan(&id, &code, &key, &value); err != nil {
			return nil, err
		}
		if len(out) == 0 || out[len(out)-1].id != id {
			out = append(out, orgSecurity{id, code, map[string]string{}})
		}
		out[len(out)-1].values[key] = value
	}
	return out, rows.Err()
}
