package models

import (
	"strings"
	"time"
)

// UserStatus says whether a user may sign in.
type UserStatus string

// The states of a user.
const (
	UserActive    UserStatus = "active"
	UserSuspended UserStatus = "suspended"
)

// User is one person, known by SSH keys, in the whole installation.
type User struct {
	ID            string     `json:"id"`
	Email         string     `json:"email"`
	EmailVerified bool       `json:"email_verified"`       // else the address is what somebody typed
	EmailLost     string     `json:"email_lost,omitempty"` // the address before, which another user has verified since
	Name          string     `json:"name"`
	Handle        string     `json:"handle"`
	SiteAdmin     bool       `json:"site_admin"`
	Status        UserStatus `json:"status"`
	CreatedAt     time.Time  `json:"created_at"`
	LastSeenAt    *time.Time `json:"last_seen_at"`
}

// Key is an SSH public key of a user. A key belongs to one user in the whole
// installation.
type Key struct {
	ID          string     `json:"id"`
	UserID      string     `json:"user_id"`
	Label       string     `json:"label"`
	Type        string     `json:"type"`        // as in an authorized_keys line, like ssh-ed25519
	Fingerprint string     `json:"fingerprint"` // SHA256:…
	AddedAt     time.Time  `json:"added_at"`
	LastUsedAt  *time.Time `json:"last_used_at"`
	// ProvenAt is when somebody who holds the private key first used it here; nil
	// for a key that was only pasted, which anybody could have done.
	ProvenAt *time.Time `json:"proven_at"`
}

// PublicKey is a key on its way in: parsed and checked, not yet anybody's.
type PublicKey struct {
	Type        string
	Fingerprint string
	Wire        []byte // RFC 4253, section 6.6
	Label       string // the comment of the line it came from, or what the person typed
}

// MaxKeys is how many keys one user can have.
const MaxKeys = 50

// Via is the way by which an action came in.
type Via string

// The ways in.
const (
	ViaTUI    Via = "tui"   // the app, locally or over SSH
	ViaSSH    Via = "ssh"   // a command over SSH
	ViaLocal  Via = "local" // a command in a local shell
	ViaAPI    Via = "api"
	ViaSystem Via = "system" // muster itself: expiry, delivery
)

// Door is where an action came in. Which one it was decides whether somebody sits
// at the machine of the database; an address or a key that is missing does not.
type Door string

// The doors.
const (
	DoorLocal Door = "local" // a process that was started on the machine of the database
	DoorSSH   Door = "ssh"
	DoorHTTP  Door = "http"
)

// Actor is who asks, and how. Nothing in it is believed beyond the user id that
// the way in has proven; rights are read afresh in every transaction.
type Actor struct {
	UserID  string
	Via     Via
	Door    Door   // where Via leaves it open: the app is opened locally and over SSH
	Address string // remote address, without a port; empty for local
	Key     string // fingerprint of the key that authenticated; empty for local
	KeyType string // of that key; it counts only where nobody has it yet
	Login   string // the name that they signed in under over SSH, which may name an organization
	// APIKey is the id of the API key that authenticated, whose scopes and
	// organization bound what is done; empty for people.
	APIKey string
	// Session is the id of the session of the app; empty for a command, whose
	// session is over with it.
	Session string
	// OnBehalfOf is the user that a local --as acts for. The audit log names
	// UserID as the one who acts and this one as who was acted for.
	OnBehalfOf string
	// OwnerConfirmed says that whoever acts has confirmed, on its own, that
	// somebody becomes an owner. Without it such a change is refused with
	// MakesOwner, once every other rule has passed.
	OwnerConfirmed bool
	// Record, if set, is where changes note what they wrote into the log.
	Record *Base
	// Base, if set, has a change refused with CodeConflict where somebody else has
	// changed since what it holds. The error names them and what they did.
	Base *Base
	// Grant, if set, is all that whoever acts may do of what they may; a token has one.
	Grant *Grant
	// Request, if set, is what a request over HTTP asks of its change.
	Request *Request `json:"-"`
}

// Subject is the user whose rights count.
func (a Actor) Subject() string {
	if a.OnBehalfOf != "" {
		return a.OnBehalfOf
	}
	return a.UserID
}

// Local tells whether the actor sits at the machine of the database, which a
// command in a local shell says by itself.
func (a Actor) Local() bool {
	return a.Door == DoorLocal || a.Door == "" && a.Via == ViaLocal
}

// HandleFrom proposes a handle for an address: the part before @, in lower
// case, 2 to 32 letters, digits and hyphens.
func HandleFrom(email string) string {
	local, _, _ := strings.Cut(NormEmail(email), "@")
	local, _, _ = strings.Cut(local, "+")
	var b strings.Builder
	for _, r := range local {
		switch {
		case asciiAlnum(r):
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
		if b.Len() >= 32 {
			break
		}
	}
	h := strings.Trim(b.String(), "-")
	if len(h) < 2 {
		h = "user-" + h
	}
	return strings.Trim(h, "-")
}

// CheckRemoveKey refuses to take the last of an account's keys away.
func CheckRemoveKey(keys int) error {
	if keys > 1 {
		return nil
	}
	return Errorf(CodeConflict, "the last key cannot be removed").
		WithHint("add another one first, or you would be locked out")
}
