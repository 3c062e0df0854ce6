package models

import (
	"net/netip"
	"time"
)

// KeyCode says whether a key is good, and if not, why. Only who may verify keys
// learns it; whoever merely holds a bad key is told the same for each.
type KeyCode string

// The codes of a verification.
const (
	KeyValid       KeyCode = "valid"
	KeyNotFound    KeyCode = "not_found"
	KeyRevoked     KeyCode = "revoked"
	KeyExpired     KeyCode = "expired"
	KeyDisabled    KeyCode = "disabled" // by a setting, or with its holder
	KeyAddress     KeyCode = "address"
	KeyScope       KeyCode = "scope"
	KeyRateLimited KeyCode = "rate_limited"
	KeyNoCredits   KeyCode = "credits"
)

// KeyHolder is whose rights a key has, as things stand.
type KeyHolder struct {
	Access Access
	// Blocked says why the holder cannot act at all: suspended, disabled, gone.
	Blocked string
	// Ends is when the membership of a personal key's owner ends by itself.
	Ends *time.Time
	// Client is what the rules of the Security section look at, but for the address.
	Client Client
}

// KeyTerms are what an organization says about keys.
type KeyTerms struct {
	Name     string // the organization's code, for refusals
	API      APISettings
	Security SecuritySettings
	Plan     Plan
}

// CheckUse is the one answer to why a key is refused: nil and KeyValid for one
// that works. Scopes, rate and credits are asked by what it is used for.
func (k APIKey) CheckUse(h KeyHolder, t KeyTerms, now time.Time, from netip.Addr) (KeyCode, error) {
	refuse := func(code KeyCode, format string, args ...any) (KeyCode, error) {
		return code, Errorf(CodeDenied, format, args...)
	}
	switch k.StateAt(now) {
	case APIKeyRevoked:
		return refuse(KeyRevoked, "the key was revoked")
	case APIKeyExpired:
		return refuse(KeyExpired, "the key has expired")
	}
	if h.Ends != nil && !h.Ends.After(now) {
		h.Blocked = "the membership of its owner has ended"
	}
	if why := k.disabled(h, t); why != "" {
		return refuse(KeyDisabled, "%s", why)
	}
	if !inNetworks(k.Addresses, from) || !t.API.AdmitsFrom(from) {
		return refuse(KeyAddress, "the key does not work from this address")
	}
	c := h.Client
	c.Address = ""
	if from.IsValid() {
		c.Address = from.String()
	}
	if err := t.Security.Admit(t.Name, c); err != nil {
		if RequirementOf(err) == NeedAddress {
			return KeyAddress, err
		}
		return KeyDisabled, err
	}
	return KeyValid, nil
}

// disabled says why a key that has neither ended nor been revoked does not work:
// its holder, or a rule that became stricter.
func (k APIKey) disabled(h KeyHolder, t KeyTerms) string {
	switch {
	case h.Blocked != "":
		return h.Blocked
	case k.Kind == KeyPersonal && !t.API.PersonalKeys:
		return "personal keys are switched off in this organization"
	case k.Kind == KeyService && !t.Plan.Has(FeatureServiceAccounts):
		return "the plan " + t.Plan.Name + " does not have service accounts"
	case t.API.MaxLife > 0 && (k.ExpiresAt == nil || k.ExpiresAt.Sub(k.CreatedAt) > t.API.MaxLife):
		return "the key was made for longer than the " + formatKeyLife(t.API.MaxLife) + " that keys may live in this organization"
	}
	return ""
}

// WhyDisabled is why an active key does not work, whatever address it is used
// from; "" where it does.
func (k APIKey) WhyDisabled(h KeyHolder, t KeyTerms) string { return k.disabled(h, t) }

// AdmitsFrom tells whether programs may come from an address.
func (s APISettings) AdmitsFrom(from netip.Addr) bool { return inNetworks(s.Addresses, from) }

// CheckLife holds the rule of how long a new key may live.
func (s APISettings) CheckLife(d time.Duration, forever bool) (time.Duration, error) {
	switch {
	case s.MaxLife == 0 && (forever || d == 0):
		return 0, nil
	case forever:
		return 0, Invalid("expires_in", "keys of this organization live for %s at most", formatKeyLife(s.MaxLife)).
			WithHint("owners and admins change it: {settings.update %s=none}", SetAPILife)
	case d == 0:
		return s.MaxLife, nil
	case s.MaxLife > 0 && d > s.MaxLife:
		return 0, Invalid("expires_in", "expires_in must be %s at most: so long may keys of this organization live", formatKeyLife(s.MaxLife))
	}
	return d, nil
}

// CheckCreateKey holds the rules of who makes which keys.
func (a Access) CheckCreateKey(s APISettings, kind APIKeyKind) error {
	if err := a.Require(PermKeysOwn); err != nil {
		return err
	}
	if kind != KeyPersonal || s.WhoMayCreate == KeysByAdmins {
		if err := a.Require(PermKeysAll); err != nil {
			return err
		}
	}
	if kind == KeyPersonal {
		if !a.Member {
			return Errorf(CodeDenied, "only members have personal keys").WithHint("make an organization's key: {api_key.create --organization}")
		}
		if !s.PersonalKeys {
			return refuse("", PermSettings, "personal keys are switched off in this organization").WithHint("ask an owner or admin")
		}
	}
	if a.Personal && kind == KeyService {
		return Errorf(CodeDenied, "a personal workspace has no service accounts").
			WithHint("create a shared organization: {organization.create}")
	}
	return nil
}

// CheckSeeKey tells whether the actor may look at a key: their own, or all.
func (a Access) CheckSeeKey(k APIKey) bool {
	return a.Can(PermKeysAll) || k.Kind == KeyPersonal && k.OwnerID == a.UserID
}

// CheckChangeKey holds the rules for changing and rotating a key: one's own
// personal one, others with the permission and within one's own rank. Nobody but
// its owner gets the secret of a personal key. holds is the role that the key acts
// with.
func (a Access) CheckChangeKey(k APIKey, s APISettings, holds AnyRole) error {
	if k.Kind == KeyPersonal && k.OwnerID != a.UserID {
		return Errorf(CodeDenied, "only its owner changes a personal key").WithHint("it can be revoked: {api_key.revoke %s}", k.ID)
	}
	if err := a.CheckCreateKey(s, k.Kind); err != nil {
		return err
	}
	if k.Kind == KeyPersonal {
		return nil
	}
	return a.CheckGrant(holds)
}

// CheckRevokeAPIKey holds the rule for revoking a key: one's own, or any with the
// permission, whatever the rank of its holder: a key that leaked must not wait.
func (a Access) CheckRevokeAPIKey(k APIKey) error {
	if k.Kind == KeyPersonal && k.OwnerID == a.UserID {
		return nil
	}
	return a.Require(PermKeysAll)
}

// CheckOpen refuses to change or revoke what is over.
func (k APIKey) CheckOpen(now time.Time) error {
	switch k.StateAt(now) {
	case APIKeyRevoked:
		return Errorf(CodeGone, "the key %s was revoked", k.ID)
	case APIKeyExpired:
		return Errorf(CodeGone, "the key %s has expired", k.ID)
	}
	return nil
}

// CheckRotatable refuses to rotate a key twice: the next one is rotated then.
func (k APIKey) CheckRotatable() error {
	if k.ReplacedBy != "" {
		return Errorf(CodeConflict, "the key %s was rotated already", k.ID).WithHint("rotate the next one: %s", k.ReplacedBy)
	}
	return nil
}

// BadKey is what whoever holds a key that does not work is told: the same for one
// that never existed, that has expired, was revoked, is disabled or used from
// elsewhere.
func BadKey() *Error {
	return Errorf(CodeDenied, "this API key is not valid here").WithHint("ask whoever gave it to you")
}

// TooFast says beneath a refusal when to try next.
type TooFast struct{ After time.Duration }

func (e TooFast) Error() string { return "try in " + e.After.String() }
