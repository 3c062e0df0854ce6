package models

import (
	"strings"
	"time"
)

// This file holds what an organization's membership means outside of muster: to
// hosts that let people in, and to git (docs/rules.md, "Machines and git").

// The forms in which the keys of an organization are given out.
const (
	KeysJSON           = "json"
	KeysAuthorized     = "authorized_keys" // sshd
	KeysAllowedSigners = "allowed_signers" // git, ssh-keygen -Y
	KeysKRL            = "krl"             // sshd's RevokedKeys, git's gpg.ssh.revocationFile
	KeysAuthorities    = "ca"              // sshd's TrustedUserCAKeys
)

// KeyFormats lists the forms.
func KeyFormats() []string {
	return []string{KeysJSON, KeysAuthorized, KeysAllowedSigners, KeysKRL, KeysAuthorities}
}

// The lives of certificates.
const (
	CertificateTime    = 8 * time.Hour
	MinCertificateTime = time.Minute
	MaxCertificateTime = 24 * time.Hour
)

// AuthorityOverlap is how long the key that signed certificates before is still
// trusted: as long as the last certificate that it signed can hold.
const AuthorityOverlap = MaxCertificateTime

// CertificateLate is how far a host's clock may be behind for a new certificate.
const CertificateLate = time.Minute

// HeldKey is one key of one person and the time in which it counts, or counted,
// for an organization.
type HeldKey struct {
	UserID        string   `json:"user_id"`
	Email         string   `json:"email"`
	EmailVerified bool     `json:"email_verified"`
	Handle        string   `json:"handle"`
	Role          string   `json:"role,omitempty"`       // of who is a member
	Workspaces    []string `json:"workspaces,omitempty"` // names, of who is a member
	Label         string   `json:"label"`
	Type          string   `json:"type"`
	Key           string   `json:"key"` // base64, as in a line of authorized_keys
	Fingerprint   string   `json:"fingerprint"`

	ValidAfter  time.Time  `json:"valid_after"`
	ValidBefore *time.Time `json:"valid_before"` // nil while there is no end
	// Ended says why it no longer counts; empty while it does.
	Ended string `json:"ended,omitempty"`
	// NoLogin is why it opens no host although it counts for signatures.
	NoLogin string `json:"no_login,omitempty"`
}

// Principal is whom a signature by the key is of: the address, where it is
// verified, and else the handle, which nobody else has.
func (k HeldKey) Principal() string {
	if k.EmailVerified {
		return k.Email
	}
	return k.Handle
}

// OpensAt tells whether the key opens hosts at a time.
func (k HeldKey) OpensAt(at time.Time) bool {
	return k.Ended == "" && k.NoLogin == "" && (k.ValidBefore == nil || at.Before(*k.ValidBefore))
}

// The reasons why a key has ended.
const (
	EndedRemoved   = "removed"   // the key was taken off the account
	EndedMember    = "left"      // its holder is no member any more
	EndedSuspended = "suspended" // its holder was suspended
)

// RevokedKey is a key whose private half may be in other hands.
type RevokedKey struct {
	UserID      string    `json:"user_id"`
	Handle      string    `json:"handle"`
	Type        string    `json:"type"`
	Key         string    `json:"key"`
	Fingerprint string    `json:"fingerprint"`
	Reason      string    `json:"reason,omitempty"`
	RevokedAt   time.Time `json:"revoked_at"`
}

// Authority is a key that signs certificates, or did, or will.
type Authority struct {
	Key   string    `json:"key"` // a line of authorized_keys
	State string    `json:"state"`
	Until time.Time `json:"until,omitzero"` // of one before: until when it is trusted
}

// The states of an authority's key. The next one is trusted ahead, so that hosts
// know it when it begins to sign.
const (
	AuthorityCurrent  = "current"
	AuthorityNext     = "next"
	AuthorityPrevious = "previous"
)

// RevokedCertificates are those of one authority's key that must not let anybody in.
type RevokedCertificates struct {
	Authority string   `json:"authority"`
	Serials   []uint64 `json:"serials"`
}

// KeyExport is what hosts and git have to know of an organization.
type KeyExport struct {
	ID           string                `json:"id"`
	Code         string                `json:"code"`
	Version      string                `json:"version"` // the same as long as nothing in it changes
	MadeAt       time.Time             `json:"made_at"`
	Keys         []HeldKey             `json:"keys,omitzero"` // nil where only the version was asked for
	Revoked      []RevokedKey          `json:"revoked_keys,omitzero"`
	Authorities  []Authority           `json:"authorities,omitzero"`
	Certificates []RevokedCertificates `json:"revoked_certificates,omitzero"`
}

// KeyQuery narrows an export. Roles and workspaces are of those who are members;
// keys that have ended are in it whatever they were.
type KeyQuery struct {
	Roles     []string
	Workspace string
	Types     []string
	Hardware  bool
	// Unless is the version that whoever asks has already.
	Unless string
}

// Takes tells whether a key passes, but for its workspace.
func (q KeyQuery) Takes(k HeldKey) bool {
	if q.Hardware && !HardwareKey(k.Type) {
		return false
	}
	if len(q.Types) > 0 && !oneOfFold(k.Type, q.Types) {
		return false
	}
	return k.Ended != "" || len(q.Roles) == 0 || oneOfFold(k.Role, q.Roles)
}

func oneOfFold(s string, list []string) bool {
	for _, x := range list {
		if strings.EqualFold(s, strings.TrimSpace(x)) {
			return true
		}
	}
	return false
}

// Certificate lets its holder in on hosts that trust the organization's authority.
type Certificate struct {
	ID          string    `json:"id"` // of the organization
	Serial      uint64    `json:"serial"`
	Certificate string    `json:"certificate"` // the line of a file NAME-cert.pub
	Fingerprint string    `json:"fingerprint"` // of the key that it is for
	Principals  []string  `json:"principals"`
	Address     string    `json:"address,omitempty"` // the only one that it may be used from
	IssuedAt    time.Time `json:"issued_at"`
	ExpiresAt   time.Time `json:"expires_at"`
}

// CertificateRequest asks for a certificate.
type CertificateRequest struct {
	Key      string // one of the actor's own, by id or fingerprint; empty for that of the session
	Life     time.Duration
	OnlyHere bool // to be used only from the address that the actor comes from
}

// CheckCertificateTime holds the bounds of a certificate's life; 0 is the default.
func CheckCertificateTime(d time.Duration) (time.Duration, error) {
	switch {
	case d == 0:
		return CertificateTime, nil
	case d < MinCertificateTime || d > MaxCertificateTime:
		return 0, Invalid("for", "a certificate holds from %s to %s", "1 minute", "24 hours").WithHint("for example: --for 8h")
	}
	return d, nil
}

// Principals are the names that a certificate gives its holder: the handle and the
// role. They have a word and a colon in front, so that none is ever the name of an
// account on a host: which account a name opens is for the host to say.
func Principals(handle string, r AnyRole) []string {
	role := r.Label()
	if c, ok := r.(*CustomRole); ok {
		role = c.ID // a name can be changed, and may have spaces
	}
	return []string{"user:" + handle, "role:" + role}
}

// CheckLogin is why a key opens no host: the Security settings of its
// organization would keep its holder out of muster. enrolled says whether the
// holder has a second factor.
func (s SecuritySettings) CheckLogin(keyType string, enrolled bool) string {
	switch {
	case s.HardwareKeyRequired && !HardwareKey(keyType):
		return "only hardware keys may enter"
	case s.TwoFactor && !enrolled && !(s.HardwareKeyCounts && HardwareKey(keyType)):
		return "its holder has no second factor"
	}
	return ""
}

// CheckRevokeKey holds the rules for saying that somebody's key is in other hands:
// its holder may, and who manages members, of owners' keys only owners.
func (a Access) CheckRevokeKey(m Standing) error {
	if m.UserID == a.UserID {
		return nil
	}
	if err := a.Require(PermMembers); err != nil {
		return err
	}
	return a.touch(m)
}
