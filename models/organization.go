package models

import (
	"maps"
	"strings"
	"time"
)

// OrgKind tells shared organizations from personal workspaces.
type OrgKind string

// The kinds.
const (
	KindShared   OrgKind = "shared"
	KindPersonal OrgKind = "personal"
)

// Organization is one isolated tenant.
type Organization struct {
	ID          string    `json:"id"`
	Code        string    `json:"code"`
	Name        string    `json:"name"`
	Description string    `json:"description"`
	Accent      string    `json:"accent"` // a colour name of Accents, or empty
	Badge       string    `json:"badge"`
	MOTD        string    `json:"message_of_the_day"`
	Plan        string    `json:"plan"`
	Kind        OrgKind   `json:"kind"`
	CreatedAt   time.Time `json:"created_at"`
	UpdatedAt   time.Time `json:"updated_at"`
}

// OrgView is an organization as one actor sees it, with what every screen
// needs to know at once.
type OrgView struct {
	Organization
	Role       Role        `json:"role"`           // the actor's own; empty for a site admin who is no member
	CustomRole *CustomRole `json:"custom_role"`    // with a custom one, Role is what it counts as
	Effective  Role        `json:"effective_role"` // whose rank counts
	SiteAdmin  bool        `json:"site_admin,omitempty"`
	Flat       bool        `json:"flat_roles"` // everybody has the rights of an admin
	Unpaid     bool        `json:"unpaid"`     // it cannot invite before it has a payment method
	Features   []Feature   `json:"features"`   // of its plan

	Members MemberCounts `json:"members"`
	// Invites are all to who decides them; to others those that are pending,
	// expired and accepted, and of the requests only their own.
	Invites InvitationCounts `json:"invitations"`
	Seats   Seats            `json:"seats"`
	// Workspaces says how many there are, to who manages them; nil to others.
	Workspaces *WorkspaceUse  `json:"workspaces,omitempty"`
	Settings   MemberSettings `json:"settings"`

	PrimaryOwner string     `json:"primary_owner_id"`
	PrimaryEmail string     `json:"primary_owner"` // address
	ActiveOwners int        `json:"active_owners"` // whose membership has no end; one of them always stays
	Transfers    []Transfer `json:"transfers"`     // pending nominations that the actor may answer or cancel

	Security SecuritySettings `json:"security"`
	API      APISettings      `json:"api"`

	// Others is how many other people have the app open on it.
	Others int `json:"-"`
	// Workspace is the name of the actor's current one, "" for none.
	Workspace string `json:"-"`

	// Requirement says which rule keeps somebody out who has just joined; then the
	// view holds code, name and role, and nothing else.
	Requirement     Requirement `json:"barrier,omitempty"`
	RequirementText string      `json:"barrier_text,omitempty"`
	RequirementHint string      `json:"barrier_hint,omitempty"`
}

// Given is the role the actor has as a member.
func (v OrgView) Given() AnyRole { return given(v.Role, v.CustomRole) }

// RequireFeature refuses what the organization's plan does not have.
func (v OrgView) RequireFeature(f Feature) error {
	return Plan{Name: v.Plan, Features: v.Features}.Require(f)
}

// Access is the view as the rules want it.
func (v OrgView) Access(userID string) Access {
	return Access{
		UserID: userID, OrgID: v.ID, Role: v.Role, Custom: v.CustomRole, Member: v.Role != "", Flat: v.Flat,
		SiteAdmin: v.SiteAdmin, Personal: v.Kind == KindPersonal, Unpaid: v.Unpaid,
	}
}

// MemberCounts are numbers of members by status and role.
type MemberCounts struct {
	Total     int          `json:"total"` // active and suspended
	Active    int          `json:"active"`
	Suspended int          `json:"suspended"`
	ByRole    map[Role]int `json:"by_role"` // active ones
}

// InvitationCounts are numbers of invitations by state.
type InvitationCounts map[InvitationState]int

// Seats says how many seats a plan has and how many are taken. Max 0 means no
// limit.
type Seats struct {
	Used int `json:"used"`
	Max  int `json:"max"`
	// Limited says that Max is the owners' own limit and not the plan's.
	Limited bool `json:"limited,omitempty"`
}

// CheckFree refuses one more seat than the plan has.
func (s Seats) CheckFree() error {
	if s.Max > 0 && s.Used >= s.Max {
		if s.Limited {
			return Errorf(CodeLimit, "all %d seats that the owners allow are in use", s.Max).
				WithHint("active members and pending invitations use seats: remove or revoke some, or ask an owner to raise %s", SetSeatLimit)
		}
		return Errorf(CodeLimit, "all %d seats of the plan are in use", s.Max).
			WithHint("active members and pending invitations use seats: remove or revoke some, or ask an owner for a larger plan")
	}
	return nil
}

// OrgRelation is how somebody stands to an organization in the switcher.
type OrgRelation string

// The relations, in the order of the switcher.
const (
	RelPersonal OrgRelation = "personal"
	RelOwner    OrgRelation = "owner"
	RelMember   OrgRelation = "member"
	RelInvited  OrgRelation = "invited"
)

// OrgEntry is one line of the switcher.
type OrgEntry struct {
	ID           string      `json:"id"`
	Code         string      `json:"code"`
	Name         string      `json:"name"`
	Accent       string      `json:"accent"`
	Badge        string      `json:"badge"`
	Relation     OrgRelation `json:"relation"`
	Role         Role        `json:"role"`
	CustomRole   string      `json:"custom_role,omitempty"` // its name
	Current      bool        `json:"current"`               // the one chosen last
	Waiting      int         `json:"waiting"`               // requests this user may decide
	InvitationID string      `json:"invitation_id,omitempty"`
	ExpiresAt    *time.Time  `json:"expires_at,omitempty"`

	Primary      bool       `json:"primary_owner"`           // the actor is its primary owner
	NominationID string     `json:"nomination_id,omitempty"` // waits for the actor to become its owner
	NominatedBy  string     `json:"nominated_by,omitempty"`  // address
	AnswerUntil  *time.Time `json:"nomination_expires,omitempty"`

	// Requirement says which rule keeps this session out; then the entry holds code
	// and name, and nothing else.
	Requirement     Requirement `json:"barrier,omitempty"`
	RequirementText string      `json:"barrier_text,omitempty"`
}

// Codes of organizations are 2 to 32 characters.
const (
	minCode = 2
	maxCode = 32
)

// PersonalWord stands for the own personal workspace wherever a code is asked
// for, in any letter case.
const PersonalWord = "PERSONAL"

// accountNames are accounts that machines come with, whose names SSH sends where
// no other is given: those of Debian's base-passwd, of cloud images (cloud-init's
// default users), and of services that people run ssh as.
const accountNames = `root admin administrator user guest test nobody daemon bin sys mail backup operator www-data
	ubuntu debian ec2-user centos fedora rocky almalinux alpine arch opensuse cloud-user core pi vagrant azureuser opc
	git deploy jenkins gitlab-runner runner docker ansible postgres mysql nginx node`

// reservedCodes cannot be codes of new organizations: those that have a meaning
// of their own as SSH user names, and accountNames.
var reservedCodes = func() map[string]bool {
	all := maps.Clone(ownLogins)
	for _, name := range strings.Fields(accountNames) {
		all[NormCode(name)] = true
	}
	return all
}()

var ownLogins = map[string]bool{"NEW": true, "JOIN": true, "REQUEST": true, PersonalWord: true, "MUSTER": true}

// CheckCode checks the code of a shared organization: 2 to 32 letters, digits
// and inner hyphens, starting with a letter.
func CheckCode(field, s string) (string, error) {
	s = strings.TrimSpace(s)
	ok := len(s) >= minCode && len(s) <= maxCode && !strings.HasSuffix(s, "-")
	for i, r := range s {
		letter := asciiAlnum(r) && (r < '0' || r > '9')
		ok = ok && (letter || i > 0 && (asciiAlnum(r) || r == '-'))
	}
	if !ok {
		return "", Invalid(field, "%s %q is not allowed: %d to %d letters, digits and inner hyphens, starting with a letter, like ACME",
			field, clip(SafeText(s), 40), minCode, maxCode)
	}
	if reservedCodes[NormCode(s)] {
		return "", Invalid(field, "%s %q is reserved: choose another", field, s)
	}
	return s, nil
}

// NormCode is the form in which codes are compared. Only ASCII letters change
// their case, so that no other letter can stand for one of them.
func NormCode(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' {
			return r - 'a' + 'A'
		}
		return r
	}, strings.TrimSpace(s))
}

// PersonalCode is the code of a user's personal workspace. The tilde keeps it
// apart from every code of a shared organization.
func PersonalCode(handle string) string { return "~" + handle }

// CodeFrom proposes a code for an organization's name: its letters and digits
// in upper case, words joined by hyphens. It is empty for a name without any
// Latin letter, and else a code that CheckCode takes.
func CodeFrom(name string) string {
	var b strings.Builder
	for _, r := range strings.ToUpper(baseLetters(NormText(name))) {
		switch {
		case asciiAlnum(r):
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
		if b.Len() == maxCode {
			break
		}
	}
	code := strings.TrimLeft(strings.Trim(b.String(), "-"), "0123456789-")
	if code != "" && (len(code) < minCode || reservedCodes[code]) {
		code += "-ORG"
	}
	return code
}

// Accents are the colours an organization can choose: names of the sixteen
// colours that every terminal has, so that a theme keeps its contrast.
func Accents() []string {
	return []string{"blue", "cyan", "green", "magenta", "red", "yellow"}
}

func clip(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	return string(r[:n]) + "…"
}

// Clip makes what somebody typed fit to be repeated in an error.
func Clip(s string) string { return clip(SafeText(s), 40) }
