package models

import (
	"net/netip"
	"slices"
	"strings"
	"time"
)

// APIKeyKind says for whom an API key acts.
type APIKeyKind string

// The kinds of API keys.
const (
	KeyPersonal     APIKeyKind = "personal"     // for its owner, while they are a member
	KeyOrganization APIKeyKind = "organization" // for the organization, with the role of who made it
	KeyService      APIKeyKind = "service"      // for a service account
)

// APIKeyKinds lists the kinds.
func APIKeyKinds() []APIKeyKind { return []APIKeyKind{KeyPersonal, KeyOrganization, KeyService} }

// ParseAPIKeyKind reads a kind; "" is any.
func ParseAPIKeyKind(s string) (APIKeyKind, error) {
	k := APIKeyKind(strings.ToLower(strings.TrimSpace(s)))
	if k == "" || slices.Contains(APIKeyKinds(), k) {
		return k, nil
	}
	return "", Invalid("kind", "kind %q is not one of personal, organization, service", clip(SafeText(s), 20))
}

// APIKeyState is where an API key stands.
type APIKeyState string

// The states of an API key. An active one may be refused all the same: see
// APIKey.NoUse.
const (
	APIKeyActive  APIKeyState = "active"
	APIKeyExpired APIKeyState = "expired"
	APIKeyRevoked APIKeyState = "revoked"
)

// ParseAPIKeyState reads a state; "" is any.
func ParseAPIKeyState(s string) (APIKeyState, error) {
	k := APIKeyState(strings.ToLower(strings.TrimSpace(s)))
	switch k {
	case "", APIKeyActive, APIKeyExpired, APIKeyRevoked:
		return k, nil
	}
	return "", Invalid("status", "status %q is not one of active, expired, revoked", clip(SafeText(s), 20))
}

// APIKey is a key with which a program acts. It never holds the secret, of which
// only a hash is kept.
type APIKey struct {
	ID          string      `json:"id"` // the beginning of the secret, by which it is found in logs
	OrgID       string      `json:"organization_id"`
	Kind        APIKeyKind  `json:"kind"`
	Label       string      `json:"label"`
	State       APIKeyState `json:"status"`
	OwnerID     string      `json:"owner_id,omitempty"` // of a personal key
	Owner       string      `json:"owner,omitempty"`    // their address
	ServiceID   string      `json:"service_id,omitempty"`
	Service     string      `json:"service,omitempty"` // the name of the service account
	Role        Role        `json:"role"`              // of an organization's key, that of who made it; of others, the holder's now
	RoleName    string      `json:"role_name"`         // that of a custom role, else the role
	Scopes      []string    `json:"scopes"`
	WorkspaceID string      `json:"workspace_id,omitempty"`
	Workspace   string      `json:"workspace,omitempty"`
	ProjectID   string      `json:"project_id,omitempty"`
	Project     string      `json:"project,omitempty"`
	Addresses   []string    `json:"addresses"` // networks it works from; none for all
	Rate        int         `json:"rate"`      // requests a minute, 0 for that of the organization
	CreatorID   string      `json:"creator_id"`
	Creator     string      `json:"created_by"` // address
	CreatedAt   time.Time   `json:"created_at"`
	ExpiresAt   *time.Time  `json:"expires_at"` // nil for never
	RevokedAt   *time.Time  `json:"revoked_at"`
	RevokedBy   string      `json:"revoked_by,omitempty"` // address
	RevokedWhy  string      `json:"revoked_because,omitempty"`
	ReplacedBy  string      `json:"replaced_by,omitempty"` // id of the next key
	LastUsedAt  *time.Time  `json:"last_used_at"`
	LastAddress string      `json:"last_address,omitempty"`
	// CreatorLeft says that who made it is no longer a member: admins look after it.
	CreatorLeft bool `json:"creator_left"`
	// Recent is how often it was used on each of the last RecentDays, the oldest first,
	// in a list that was asked for it.
	Recent []int `json:"-"`
	// NoUse says why an active key is refused at present; empty if it works.
	NoUse string `json:"no_use,omitempty"`
	// NoChange and NoRevoke say why the actor may not change or rotate it, or revoke
	// it; empty if they may.
	NoChange string `json:"no_change,omitempty"`
	NoRevoke string `json:"no_revoke,omitempty"`
}

// RecentDays is how many days APIKey.Recent has, today included.
const RecentDays = 30

// Bounds of API keys.
const (
	MaxPersonalKeys    = 50 // working ones of one person in an organization
	MaxServiceKeys     = 50 // of one service account
	MaxOrgKeys         = 1000
	MaxServiceAccounts = 500
	MaxKeyScopes       = 100
	MaxKeyNetworks     = 50
	MaxOverlap         = 7 * 24 * time.Hour
	DefaultOverlap     = 24 * time.Hour
	MinKeyLife         = time.Minute
	MaxKeyLife         = 10 * 366 * 24 * time.Hour
)

// StateAt is where the key stands at a time.
func (k APIKey) StateAt(now time.Time) APIKeyState {
	switch {
	case k.RevokedAt != nil:
		return APIKeyRevoked
	case k.ExpiresAt != nil && !k.ExpiresAt.After(now):
		return APIKeyExpired
	}
	return APIKeyActive
}

// Holder names for whom the key acts.
func (k APIKey) Holder() string {
	switch k.Kind {
	case KeyPersonal:
		return k.Owner
	case KeyService:
		return k.Service
	}
	return "the organization"
}

// Name is what messages and the log call a key.
func (k APIKey) Name() string {
	if k.Label != "" {
		return k.Label
	}
	return k.ID
}

// ExpiresSoon says that the key should be rotated.
func (k APIKey) ExpiresSoon(now time.Time) bool {
	return k.ExpiresAt != nil && k.ExpiresAt.Before(now.Add(FirstReminder))
}

// Reminders are sent this long before a key expires, and when it does.
const (
	FirstReminder  = 14 * 24 * time.Hour
	SecondReminder = 3 * 24 * time.Hour
)

// NextReminder is when somebody is reminded next that a key expires: 0 time for
// never. Only what is still ahead counts.
func NextReminder(expires *time.Time, now time.Time) time.Time {
	if expires == nil {
		return time.Time{}
	}
	for _, before := range []time.Duration{FirstReminder, SecondReminder, 0} {
		if at := expires.Add(-before); at.After(now) {
			return at
		}
	}
	return time.Time{}
}

// NewAPIKey is what is asked for when making a key.
type NewAPIKey struct {
	Kind      APIKeyKind // "" is personal, or service where Service is given
	Service   string     // name or id of the service account
	Label     string
	Scopes    []string // none is everything that the holder may
	Workspace string   // id or name; "" for all
	Project   string   // id or name, in Workspace
	Addresses []string
	Rate      int
	TTL       time.Duration // 0 is the longest that the organization allows; with Forever no end
	Forever   bool
}

// APIKeyChange is what to change of a key; nil leaves it as it is.
type APIKeyChange struct {
	Label     *string
	Scopes    *[]string
	Addresses *[]string
	Rate      *int
	TTL       *time.Duration // from now
}

// Empty tells whether nothing is to be changed.
func (c APIKeyChange) Empty() bool {
	return c.Label == nil && c.Scopes == nil && c.Addresses == nil && c.Rate == nil && c.TTL == nil
}

// APIKeyQuery asks for a page of keys, the newest first.
type APIKeyQuery struct {
	Search  string // part of a label, an id, an owner's or creator's address, or a service account's name
	Kind    APIKeyKind
	State   APIKeyState
	Service string // name or id
	Owner   string // user id or address
	Terms   Terms  // beside Search
	WithUse bool   // fill in Recent
	Limit   int
	After   string
	Before  string
}

// KeyName is a key as a list of consequences names it.
type KeyName struct {
	ID    string `json:"id"`
	Label string `json:"label"`
}

// SecretKey is a key with its secret, which only making and rotating it show.
type SecretKey struct {
	APIKey
	Secret string `json:"secret"`
}

// CheckKeyAddresses reads the networks of a key.
func CheckKeyAddresses(field string, words []string) ([]string, error) {
	text, err := checkAllowlist(field, strings.Join(words, ","))
	if err != nil || text == "" {
		return []string{}, err
	}
	list := strings.Split(text, ",")
	if len(list) > MaxKeyNetworks {
		return nil, Invalid(field, "%s can have at most %d addresses and networks", field, MaxKeyNetworks)
	}
	return list, nil
}

// inNetworks tells whether an address is in one of some networks. No networks
// are no restriction; no address is in none.
func inNetworks(networks []string, from netip.Addr) bool {
	if len(networks) == 0 {
		return true
	}
	from = from.Unmap().WithZone("")
	return from.IsValid() && slices.ContainsFunc(networks, func(n string) bool {
		p, err := parseNetwork(n)
		return err == nil && p.Contains(from)
	})
}

// CheckKeyRate reads a limit of a key, which is never above the organization's.
func CheckKeyRate(n, most int) error {
	if n < 0 || most > 0 && n > most {
		return Invalid("rate", "rate must be from 1 to %d requests a minute, the limit of the organization, or 0 for that", most)
	}
	return nil
}
