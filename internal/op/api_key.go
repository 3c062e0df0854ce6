package op

import (
	"context"
	"slices"
	"strings"

	"muster/models"
)

func apiKeyRows(find func(name string) *Row) []*Row {
	return []*Row{
		row(Def[apiKeyListIn, List[models.APIKey]]{
			Name: "api_key.list", Does: "list API keys, the newest first", Command: "api-key list",
			Long: `List the API keys of the organization, the newest first. Owners and admins see all,
others their own personal ones.`,
			Example: "muster api-key list\nmuster api-key list --kind service --status active",
			Needs:   ManageKeys, Also: "others see their own", Route: "GET /v1/orgs/{org}/api-keys",
			Run: func(ctx context.Context, d Deps, a models.Actor, in apiKeyListIn) (List[models.APIKey], error) {
				if err := d.viewed(ctx, a, in.Org, "api-keys", in.inView, &in.inFilter, nil); err != nil {
					return List[models.APIKey]{}, err
				}
				q, err := in.query()
				if err != nil {
					return List[models.APIKey]{}, err
				}
				return pageOf(d.Store.ListAPIKeys(ctx, a, in.Org, q))
			},
		}),
		row(Def[apiKeyIn, models.APIKey]{
			Name: "api_key.show", Does: "show an API key, but never its secret", Command: "api-key show",
			Long: `Show an API key: for whom it acts, its scopes, when and from where it was used last.
KEY is its id, the first 16 characters of it. The secret is shown by api-key create
and api-key rotate alone.`,
			Example: "muster api-key show mup_1",
			Needs:   ManageKeys, Also: "others see their own", Route: "GET /v1/orgs/{org}/api-keys/{key}",
			Run: func(ctx context.Context, d Deps, a models.Actor, in apiKeyIn) (models.APIKey, error) {
				return d.Store.APIKey(ctx, a, in.Org, in.Key)
			},
		}),
		row(Def[apiKeyCreateIn, models.SecretKey]{
			Name: "api_key.create", Does: "make an API key", Command: "api-key create", Use: "--label LABEL",
			Long: `Make an API key, and show its secret: this once, and never again.

A personal key acts for you, with no more than you may do at that moment, and ends
with your membership. An organization's key (--organization) acts with your role,
as admin at most, and lives on when you go. A key of a service account (--service)
has the role of that. The last two are for owners and admins.

Scopes are names of operations, as in the audit log, or groups of them: member.list,
invitation, settings. Without any, the key may do all that its holder may. No key
makes keys, transfers or deletes the organization, or changes settings of Security.`,
			Example: "muster api-key create --label laptop --expires-in 90d\n" +
				"muster api-key create --label ci --organization --scope member.list,invitation --address 192.0.2.0/24\n" +
				"muster api-key create --label deploy --service robot",
			Needs: CreateKeys, Also: "who may is a setting of the section API", Route: "POST /v1/orgs/{org}/api-keys", Changes: true,
			Check: func(in apiKeyCreateIn) error {
				_, err := in.draft(find)
				return err
			},
			Run: func(ctx context.Context, d Deps, a models.Actor, in apiKeyCreateIn) (models.SecretKey, error) {
				n, err := in.draft(find)
				if err != nil {
					return models.SecretKey{}, err
				}
				return d.Store.CreateAPIKey(ctx, a, in.Org, n)
			},
		}),
		row(Def[apiKeyUpdateIn, models.APIKey]{
			Name: "api_key.update", Does: "change label, scopes, addresses, rate or expiry of an API key", Command: "api-key update",
			Long: `Change an API key. What is left out stays as it is; --scope and --address replace the
whole list. The secret stays. A key cannot live longer, counted from when it was made,
than the organization allows: rotate it instead.`,
			Example: "muster api-key update mup_1 --label builds --scope member.list",
			Needs:   ManageKeys, Also: "others their own", Route: "PATCH /v1/orgs/{org}/api-keys/{key}", Changes: true,
			Check: func(in apiKeyUpdateIn) error {
				c, err := in.change(find)
				if err != nil {
					return err
				}
				return something(!c.Empty(), "label, scope, address, rate, expires-in")
			},
			Run: func(ctx context.Context, d Deps, a models.Actor, in apiKeyUpdateIn) (models.APIKey, error) {
				c, err := in.change(find)
				if err != nil {
					return models.APIKey{}, err
				}
				return d.Store.UpdateAPIKey(ctx, a, in.Org, in.Key, c)
			},
		}),
		row(Def[apiKeyRotateIn, models.SecretKey]{
			Name: "api_key.rotate", Does: "make the next secret of an API key", Command: "api-key rotate",
			Long: `Make the next key in place of one, with the same scopes and bounds, and show its
secret: this once, and never again. The old one goes on for the overlap, of 0 to 7
days, so that programs can change over.`,
			Example: "muster api-key rotate mup_1 --overlap 2d",
			Needs:   ManageKeys, Also: "others their own", Route: "POST /v1/orgs/{org}/api-keys/{key}/rotate", Changes: true,
			Check: func(in apiKeyRotateIn) error {
				_, err := models.ParseOverlap("overlap", in.Overlap)
				return err
			},
			Run: func(ctx context.Context, d Deps, a models.Actor, in apiKeyRotateIn) (models.SecretKey, error) {
				overlap, err := models.ParseOverlap("overlap", in.Overlap)
				if err != nil {
					return models.SecretKey{}, err
				}
				return d.Store.RotateAPIKey(ctx, a, in.Org, in.Key, overlap)
			},
		}),
		row(Def[apiKeyIn, models.APIKey]{
			Name: "api_key.revoke.preview", Does: "show which API key would be revoked",
			Needs: ManageKeys, Also: "others their own", Route: "GET /v1/orgs/{org}/api-keys/{key}/revocation",
			Run: func(ctx context.Context, d Deps, a models.Actor, in apiKeyIn) (models.APIKey, error) {
				return d.Store.APIKey(ctx, a, in.Org, in.Key)
			},
		}),
		row(Def[apiKeyIn, models.APIKey]{
			Name: "api_key.revoke", Does: "end an API key", Command: "api-key revoke",
			Long: `End an API key at once, permanently. It is shown first, and on a terminal the command
asks; elsewhere it needs --yes.`,
			Example: "muster api-key revoke mup_1 --dry-run\nmuster api-key revoke mup_1 --yes",
			Needs:   ManageKeys, Also: "others their own", Route: "POST /v1/orgs/{org}/api-keys/{key}/revoke", Many: "Key", Changes: true,
			Preview: "api_key.revoke.preview", Confirm: &Confirm{},
			Run: func(ctx context.Context, d Deps, a models.Actor, in apiKeyIn) (models.APIKey, error) {
				return d.Store.RevokeAPIKey(ctx, a, in.Org, in.Key)
			},
		}),
		row(Def[apiKeyVerifyIn, models.KeyVerdict]{
			Name: "api_key.verify", Does: "say whether an API key is good for something", Command: "api-key verify",
			Long: `Read an API key from standard input and say whether it is good: for an operation, a
workspace, from an address, at a cost in credits. The answer has a code (valid,
not_found, revoked, expired, disabled, address, scope, rate_limited, credits) and, for
a valid key, who holds it and what it may. A key that is not valid is an answer, too,
and no error.

A verification counts against the rate of the organization and of the key, and its
cost comes out of the credits of the month.`,
			Example: "muster api-key verify < key\nmuster api-key verify --scope member.list --address 192.0.2.7 --json < key",
			Remote:  "muster api-key verify --scope member.list < key",
			Needs:   VerifyKeys, Route: "POST /v1/orgs/{org}/api-keys/verify",
			Run: func(ctx context.Context, d Deps, a models.Actor, in apiKeyVerifyIn) (models.KeyVerdict, error) {
				q, err := in.question(find)
				if err != nil {
					return models.KeyVerdict{}, err
				}
				return d.Store.VerifyAPIKey(ctx, a, in.Org, q)
			},
		}),
		row(Def[apiKeyUsageIn, KeyUsage]{
			Name: "api_key.usage", Does: "show how API keys were used, by day", Command: "api-key usage",
			Long: `Show how often the keys of the organization, or one of them, were used on each day
(UTC), how often they were refused, and what they cost, with the credits of the month.
Numbers are at most a second old.`,
			Example: "muster api-key usage --days 7",
			Needs:   ManageKeys, Also: "others their own", Route: "GET /v1/orgs/{org}/api-key-usage",
			Run: func(ctx context.Context, d Deps, a models.Actor, in apiKeyUsageIn) (KeyUsage, error) {
				u, err := d.Store.APIKeyUsage(ctx, a, in.Org, in.Key, in.Days)
				return KeyUsage{in.Key, u}, err
			},
		}),
	}
}

// KeyUsage is the use of one key, or with an empty id of all.
type KeyUsage struct {
	ID string `json:"id"`
	models.KeyUsage
}

type apiKeyIn struct {
	inOrg
	Key string `path:"key" arg:"KEY" complete:"api_key"`
}

type apiKeyListIn struct {
	inOrg
	Search  string `flag:"search" query:"search" help:"part of a label, an id, or the address of an owner or creator"`
	Kind    string `flag:"kind" query:"kind" complete:"personal|organization|service" help:"personal, organization or service"`
	Status  string `flag:"status" query:"status" complete:"active|expired|revoked" help:"active, expired or revoked"`
	Service string `flag:"service" query:"service" complete:"service" help:"of this service account"`
	Owner   string `flag:"owner" query:"owner" complete:"member" help:"personal ones of this person"`
	inView
	inFilter
	page
}

func (in apiKeyListIn) query() (q models.APIKeyQuery, err error) {
	q = models.APIKeyQuery{Search: in.Search, Service: in.Service, Owner: in.Owner, Limit: in.Limit, After: in.After}
	if q.Kind, err = models.ParseAPIKeyKind(in.Kind); err != nil {
		return q, err
	}
	if q.State, err = models.ParseAPIKeyState(in.Status); err != nil {
		return q, err
	}
	return q.Filter(in.text())
}

type apiKeyCreateIn struct {
	inOrg
	Label        string   `flag:"label" body:"label" required:"true" help:"what it is for"`
	Personal     bool     `flag:"personal" body:"personal" help:"it acts for you (the default)"`
	Organization bool     `flag:"organization" body:"organization" help:"it acts for the organization"`
	Service      string   `flag:"service" body:"service" complete:"service" help:"it acts for this service account, by name or id"`
	Scopes       []string `flag:"scope" body:"scopes" comma:"true" help:"what it may do: operations or groups of them; more than once, or with commas between (default: all that its holder may)"`
	Workspace    string   `flag:"workspace" body:"workspace" complete:"workspace" help:"it works in this workspace alone"`
	Project      string   `flag:"project" body:"project" help:"it works in this project alone"`
	Addresses    []string `flag:"address" body:"addresses" comma:"true" help:"it works from these addresses and networks alone, like 192.0.2.0/24"`
	Rate         int      `flag:"rate" body:"rate" help:"requests a minute, up to those of the organization"`
	ExpiresIn    *string  `flag:"expires-in" body:"expires_in" help:"how long it lives: 90d, 12h, or never (default: as long as the organization allows)"`
}

func (in apiKeyCreateIn) draft(find func(string) *Row) (n models.NewAPIKey, err error) {
	kinds := 0
	for _, given := range []bool{in.Personal, in.Organization, in.Service != ""} {
		if given {
			kinds++
		}
	}
	if kinds > 1 {
		return n, models.Errorf(models.CodeUsage, "a key is personal, of the organization or of a service account, not several").
			WithHint("give one of: --personal, --organization, --service NAME")
	}
	n = models.NewAPIKey{Kind: models.KeyPersonal, Label: in.Label, Workspace: in.Workspace, Project: in.Project, Addresses: in.Addresses, Rate: in.Rate, Service: in.Service}
	switch {
	case in.Organization:
		n.Kind = models.KeyOrganization
	case in.Service != "":
		n.Kind = models.KeyService
	}
	if n.Scopes, err = checkScopes(find, in.Scopes); err != nil {
		return n, err
	}
	if in.ExpiresIn == nil {
		return n, nil
	}
	if word := strings.ToLower(strings.TrimSpace(*in.ExpiresIn)); word == "never" || word == "none" {
		n.Forever = true
		return n, nil
	}
	n.TTL, err = models.ParseKeyLife("expires_in", *in.ExpiresIn)
	return n, err
}

// checkScopes reads the scopes of a key, each of which is an operation that a key
// may do, or a group of such.
func checkScopes(find func(string) *Row, words []string) ([]string, error) {
	scopes, err := models.CheckScopes(words)
	if err != nil {
		return nil, err
	}
	for _, s := range scopes {
		if s != models.ScopeAllActions && !models.IsScopeGroup(s) && find(s) == nil {
			return nil, models.Invalid("scope", "there is no operation %q", s).WithHint("the operations: docs/commands.md; groups: %s", strings.Join(models.ScopeGroups(), ", "))
		}
	}
	return scopes, nil
}

type apiKeyUpdateIn struct {
	apiKeyIn
	Label     *string  `flag:"label" body:"label" help:"what it is for"`
	Scopes    []string `flag:"scope" body:"scopes" comma:"true" help:"what it may do: operations or groups of them, or * for all that its holder may"`
	Addresses []string `flag:"address" body:"addresses" comma:"true" help:"it works from these addresses and networks alone; any for all"`
	Rate      *int     `flag:"rate" body:"rate" help:"requests a minute; 0 for those of the organization"`
	ExpiresIn *string  `flag:"expires-in" body:"expires_in" help:"how long it lives from now: 90d, 12h"`
}

func (in apiKeyUpdateIn) change(find func(string) *Row) (c models.APIKeyChange, err error) {
	c = models.APIKeyChange{Label: in.Label, Rate: in.Rate}
	if in.Scopes != nil {
		scopes, err := checkScopes(find, in.Scopes)
		if err != nil {
			return c, err
		}
		c.Scopes = &scopes
	}
	if in.Addresses != nil {
		list := slices.DeleteFunc(slices.Clone(in.Addresses), func(a string) bool { return strings.EqualFold(a, "any") })
		c.Addresses = &list
	}
	if in.ExpiresIn != nil {
		life, err := models.ParseKeyLife("expires_in", *in.ExpiresIn)
		if err != nil {
			return c, err
		}
		c.TTL = &life
	}
	return c, nil
}

type apiKeyRotateIn struct {
	apiKeyIn
	Overlap string `flag:"overlap" body:"overlap" default:"24h" help:"how long the old key goes on, from 0 to 7 days"`
}

type apiKeyVerifyIn struct {
	inOrg
	Secret    string   `body:"key" from:"input" read:"secret"`
	Scopes    []string `flag:"scope" body:"scopes" comma:"true" help:"operations that it has to be good for"`
	Cost      int      `flag:"cost" body:"cost" help:"credits that it uses"`
	Address   string   `flag:"address" body:"address" help:"the address that the key was used from"`
	Workspace string   `flag:"workspace" body:"workspace" complete:"workspace" help:"the workspace it was used for"`
}

func (in apiKeyVerifyIn) question(find func(string) *Row) (models.KeyQuestion, error) {
	return needing(find, models.KeyQuestion{Key: in.Secret, Scopes: in.Scopes, Cost: in.Cost, Address: in.Address, Workspace: in.Workspace})
}

// KeyQuestion adds to what is asked of a key the permissions that operations need: a
// scope is good only where the holder has the right as well.
func KeyQuestion(q models.KeyQuestion) (models.KeyQuestion, error) { return needing(Find, q) }

func needing(find func(string) *Row, q models.KeyQuestion) (models.KeyQuestion, error) {
	if len(q.Scopes) == 0 {
		return q, nil
	}
	var err error
	if q.Scopes, err = checkScopes(find, q.Scopes); err != nil {
		return q, err
	}
	for _, s := range q.Scopes {
		r := find(s)
		if r == nil {
			continue // a group, of which the key must have the scope
		}
		if p, ok := r.Needs.Permission(); ok && models.OfOrganization(p) {
			q.Needs = append(q.Needs, p)
		}
	}
	return q, nil
}

type apiKeyUsageIn struct {
	inOrg
	Key  string `arg:"[KEY]" query:"key" complete:"api_key"`
	Days int    `flag:"days" query:"days" default:"30" help:"how many days, today included, {days}"`
}
