package store

import (
	"context"
	"io"
	"log/slog"
	"time"

	"muster/models"
)

// Options say where the data is and what the store borrows from outside.
type Options struct {
	Dir    string           // the data directory: muster.db, secret
	Now    func() time.Time // nil: time.Now
	Rand   io.Reader        // nil: crypto/rand
	Log    *slog.Logger     // nil: discards
	Plans  models.Plans     // nil: models.DefaultPlans
	Create bool             // make the directory and the database if missing (init and first run only)
	// WhoMayCreate is the installation setting for creating organizations: anyone (default), plan, site_admins.
	WhoMayCreate string
	SignUp       bool // `new` and SignUp are open
}

type Store struct{}

// Open opens the database; CodeNotFound when there is none and Create is false.
func Open(ctx context.Context, o Options) (*Store, error) { panic("") }
func (s *Store) Close() error                             { panic("") }

// ---- change feed. Topics are organization ids and user ids.
// A subscription's channel has capacity one and no payload.
type Subscription struct{ C <-chan struct{} }

func (s *Store) Subscribe(topics ...string) *Subscription { panic("") }
func (sub *Subscription) SetTopics(topics ...string)      { panic("") }
func (sub *Subscription) Close()                          { panic("") }

// ---- users and identity
type NewUser struct {
	Name, Email string
	Key         *models.PublicKey // nil only for the local first user
}

// Me is the signed-in user with what every screen needs.
type Me struct {
	models.User
	CurrentOrg string // id chosen last; the personal workspace's if none
	Keys       int
}

func (s *Store) Empty(ctx context.Context) (bool, error)                                  { panic("") } // no user yet
func (s *Store) Init(ctx context.Context, via models.Via, u NewUser) (models.User, error) { panic("") } // first user, site admin; conflict if any user exists
func (s *Store) KeyUser(ctx context.Context, fingerprint string) (userID string, ok bool, err error) {
	panic("")
}
func (s *Store) UserByEmail(ctx context.Context, email string) (models.User, error) { panic("") } // for the local --as and local default user only
func (s *Store) SiteAdmins(ctx context.Context) ([]models.User, error)              { panic("") } // local use only: the default local user is the oldest
func (s *Store) Me(ctx context.Context, a models.Actor) (Me, error)                 { panic("") } // denied if suspended, not_found if gone
func (s *Store) UpdateMe(ctx context.Context, a models.Actor, name string) (models.User, error) {
	panic("")
}
func (s *Store) SignUp(ctx context.Context, a models.Actor, u NewUser) (models.User, error) {
	panic("")
} // `new`
// OpenSession records a session (shown under You, counted in removal consequences, sets last seen); the returned func ends it. Cheap, written behind.
func (s *Store) OpenSession(a models.Actor) (end func()) { panic("") }

type Session struct {
	ID, Address, Key string
	Via              models.Via
	Since            time.Time
	Current          bool
}

func (s *Store) Sessions(ctx context.Context, a models.Actor) ([]Session, error) { panic("") }

// ---- keys
func (s *Store) ListKeys(ctx context.Context, a models.Actor) ([]models.Key, error) { panic("") }
func (s *Store) AddKey(ctx context.Context, a models.Actor, k models.PublicKey) (models.Key, error) {
	panic("")
}
func (s *Store) RenameKey(ctx context.Context, a models.Actor, ref, label string) (models.Key, error) {
	panic("")
} // ref: id or fingerprint
func (s *Store) RemoveKey(ctx context.Context, a models.Actor, ref string) (models.Key, error) {
	panic("")
}
func (s *Store) CreatePairing(ctx context.Context, a models.Actor) (code string, expires time.Time, err error) {
	panic("")
} // one-time, 10 minutes; used with ssh join+CODE@host
// ---- organizations
type NewOrganization struct{ Name, Code, Description string }

func (s *Store) CreateOrganization(ctx context.Context, a models.Actor, n NewOrganization) (models.OrgView, error) {
	panic("")
}
func (s *Store) ListOrganizations(ctx context.Context, a models.Actor) ([]models.OrgEntry, error) {
	panic("")
} // the switcher, personal first
func (s *Store) Organization(ctx context.Context, a models.Actor, ref string) (models.OrgView, error) {
	panic("")
} // ref: code in any case, or id
func (s *Store) SwitchOrganization(ctx context.Context, a models.Actor, ref string) (models.OrgView, error) {
	panic("")
} // remembered
// ---- members (org is an id everywhere below; ref is a user id, email or handle)
func (s *Store) ListMembers(ctx context.Context, a models.Actor, org string, q models.MemberQuery) (models.Page[models.Member], error) {
	panic("")
}
func (s *Store) Member(ctx context.Context, a models.Actor, org, ref string) (models.Member, error) {
	panic("")
}
func (s *Store) ChangeRole(ctx context.Context, a models.Actor, org, ref string, role models.Role) (models.Member, error) {
	panic("")
}
func (s *Store) RemovalConsequences(ctx context.Context, a models.Actor, org, ref string) (models.Consequences, error) {
	panic("")
} // refused as RemoveMember would be
func (s *Store) RemoveMember(ctx context.Context, a models.Actor, org, ref string) (models.Consequences, error) {
	panic("")
}
func (s *Store) Leave(ctx context.Context, a models.Actor, org string) error { panic("") }

// ---- invitations
func (s *Store) CreateInvitation(ctx context.Context, a models.Actor, org string, n models.NewInvitation) (models.Invitation, error) {
	panic("")
}
func (s *Store) ListInvitations(ctx context.Context, a models.Actor, org string, q models.InvitationQuery) (models.Page[models.Invitation], error) {
	panic("")
}
func (s *Store) Invitation(ctx context.Context, a models.Actor, org, id string) (models.Invitation, error) {
	panic("")
} // org "" finds it by id alone
func (s *Store) ApproveInvitation(ctx context.Context, a models.Actor, org, id string, role models.Role) (models.Invitation, error) {
	panic("")
} // role "" keeps it
func (s *Store) RejectInvitation(ctx context.Context, a models.Actor, org, id, reason string) (models.Invitation, error) {
	panic("")
}
func (s *Store) UndoDecision(ctx context.Context, a models.Actor, org, id string) (models.Invitation, error) {
	panic("")
} // approve/reject, within models.UndoTime, by who decided
func (s *Store) ResendInvitation(ctx context.Context, a models.Actor, org, id string) (models.Invitation, error) {
	panic("")
} // same code, clock restarts; renews an expired one
func (s *Store) RegenerateInvitation(ctx context.Context, a models.Actor, org, id string) (models.Invitation, error) {
	panic("")
}
func (s *Store) RevokeInvitation(ctx context.Context, a models.Actor, org, id string) (models.Invitation, error) {
	panic("")
}
func (s *Store) WithdrawInvitation(ctx context.Context, a models.Actor, org, id string) (models.Invitation, error) {
	panic("")
} // own request
func (s *Store) JoinCode(ctx context.Context, a models.Actor, org, id string) (string, error) {
	panic("")
} // for who may resend; audited
func (s *Store) MyInvitations(ctx context.Context, a models.Actor) ([]models.JoinOffer, error) {
	panic("")
} // addressed to the actor, pending
func (s *Store) AcceptInvitation(ctx context.Context, a models.Actor, id string) (models.OrgView, error) {
	panic("")
}
func (s *Store) DeclineInvitation(ctx context.Context, a models.Actor, id string) (models.Invitation, error) {
	panic("")
}

// ---- joining with a code (the bearer's key is a.Key; a.UserID is "" for an unknown key)
type CodeKind string

const (
	CodeInvitation CodeKind = "invitation"
	CodePairing    CodeKind = "pairing" // adds the key to an existing account
)

type CodeOffer struct {
	Kind  CodeKind
	Offer models.JoinOffer // CodeInvitation
	User  models.User      // CodePairing: whose account the key would be added to
}

func (s *Store) LookupCode(ctx context.Context, a models.Actor, code string) (CodeOffer, error) {
	panic("")
} // not_found or gone
// AcceptCode joins. key is the bearer's key; name is needed when the key is unknown. Also completes a pairing.
func (s *Store) AcceptCode(ctx context.Context, a models.Actor, code, name string, key models.PublicKey) (models.User, models.OrgView, error) {
	panic("")
}
func (s *Store) DeclineCode(ctx context.Context, a models.Actor, code string) error { panic("") }

// RequestToJoin asks to join an organization by its code. A stranger (a.UserID "") gives email and name and
// always gets nil, whatever exists, unless their input is invalid or they ask too often.
type JoinRequest struct{ OrgCode, Email, Name, Message string }

func (s *Store) RequestToJoin(ctx context.Context, a models.Actor, r JoinRequest) error { panic("") }

// ---- settings
type SettingsView struct {
	Values []models.SettingValue
}

func (s *Store) Settings(ctx context.Context, a models.Actor, org string) ([]models.SettingValue, error) {
	panic("")
}
func (s *Store) UpdateSettings(ctx context.Context, a models.Actor, org string, changes []models.SettingChange, force bool) ([]models.SettingValue, error) {
	panic("")
}

// ---- audit
func (s *Store) ListAudit(ctx context.Context, a models.Actor, org string, q models.AuditQuery) (models.Page[models.AuditEntry], error) {
	panic("")
}
func (s *Store) VerifyAudit(ctx context.Context, a models.Actor, org string) (models.ChainReport, error) {
	panic("")
}
func (s *Store) VerifyAll(ctx context.Context) ([]models.ChainReport, error) { panic("") } // local use only: doctor, restore

// ---- mail outbox (called by the mail worker only)
type MailJob struct {
	ID               string
	Invitation       models.Invitation
	Code             string
	OrgName, OrgCode string
	Attempt          int
}

func (s *Store) ClaimMail(ctx context.Context, max int, lease time.Duration) ([]MailJob, error) {
	panic("")
}
func (s *Store) NextMail(ctx context.Context) (at time.Time, ok bool, err error)      { panic("") }
func (s *Store) MailSent(ctx context.Context, id string) error                        { panic("") }
func (s *Store) MailFailed(ctx context.Context, id, why string, permanent bool) error { panic("") } // retried with backoff unless permanent
func (s *Store) MailImpossible(ctx context.Context, id string) error                  { panic("") } // no mail set up: delivery state none
// MailDue signals (capacity one) when the outbox may have become due, from this or another process.
func (s *Store) MailDue() <-chan struct{} { panic("") }

// ---- care
func (s *Store) Backup(ctx context.Context, file string) error { panic("") } // 0600; refuses an existing file
type Health struct {
	Checks []Check
}
type Check struct {
	Name string `json:"name"`
	OK   bool   `json:"ok"`
	Note string `json:"note"`
}

func (s *Store) Health(ctx context.Context) []Check { panic("") } // integrity, permissions, version, chains
