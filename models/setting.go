package models

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// MemberSettings are the settings of the Members section, in force.
type MemberSettings struct {
	DefaultRole      Role          `json:"default_role"`
	InvitationExpiry time.Duration `json:"-"`
	InvitePolicy     InvitePolicy  `json:"who_may_invite"`
	EmailDomains     []string      `json:"email_domains"`
	JoinRequests     bool          `json:"join_requests"`
	SelfApproval     bool          `json:"self_approval"`
	Reminders        bool          `json:"reminders"`
	AcceptanceMail   bool          `json:"acceptance_mail"`
}

// MarshalJSON gives times in the form in which they are set.
func (s MemberSettings) MarshalJSON() ([]byte, error) {
	type plain MemberSettings
	if s.EmailDomains == nil {
		s.EmailDomains = []string{}
	}
	return json.Marshal(struct {
		plain
		InvitationExpiry string `json:"invitation_expiry"`
	}{plain(s), FormatExpiry(s.InvitationExpiry)})
}

// SettingKind says how a setting is edited.
type SettingKind string

// The kinds of settings.
const (
	KindText     SettingKind = "text"
	KindLongText SettingKind = "long_text"
	KindChoice   SettingKind = "choice"
	KindSwitch   SettingKind = "switch" // on or off
	KindDuration SettingKind = "duration"
	KindList     SettingKind = "list" // words with commas between them
)

// SettingDef describes one setting of organizations. Values are text in the
// form that Check returns.
type SettingDef struct {
	Key        string // section.name
	Title      string
	Help       string // what it does, one line
	Kind       SettingKind
	Default    string
	Choices    []string
	Permission Permission
	Check      func(field, value string) (string, error)
	// Fixed says why nobody sets it here; empty for what can be set.
	Fixed string
	// Private says that the value never enters the log, which admins read too.
	Private bool
}

// Section is the part of the key before the dot.
func (d SettingDef) Section() string {
	s, _, _ := strings.Cut(d.Key, ".")
	return s
}

// The keys of settings.
const (
	SetName         = "general.name"
	SetCode         = "general.code"
	SetDescription  = "general.description"
	SetAccent       = "general.accent"
	SetBadge        = "general.badge"
	SetMOTD         = "general.message_of_the_day"
	SetDefaultRole  = "members.default_role"
	SetExpiry       = "members.invitation_expiry"
	SetInvite       = "members.who_may_invite"
	SetDomains      = "members.email_domains"
	SetJoinRequests = "members.join_requests"
	SetSelfApproval = "members.self_approval"
	SetReminders    = "members.reminders"
	SetAcceptance   = "members.acceptance_mail"
	SetPlan         = "billing.plan"
	SetPayment      = "billing.payment_method"
	SetPaymentRef   = "billing.payment_reference"
	SetSeatLimit    = "billing.seat_limit"
	SetCredits      = "billing.credits"
)

// The values of switches.
const (
	On  = "on"
	Off = "off"
)

// Settings lists every setting of an organization, in the order of a screen.
func Settings() []SettingDef {
	policies := make([]string, 0, 4)
	for _, p := range invitePolicies() {
		policies = append(policies, string(p))
	}
	roles := []string{string(RoleAdmin), string(RoleMember), string(RoleViewer)}
	return append([]SettingDef{
		{Key: SetName, Title: "Name", Help: "the name that people see", Kind: KindText, Permission: PermSettings, Check: CheckName},
		{Key: SetCode, Title: "Code", Help: "short and unique, for ssh CODE@host and --org", Kind: KindText, Permission: PermSettings, Check: CheckCode},
		{Key: SetDescription, Title: "Description", Help: "a short description", Kind: KindLongText, Permission: PermSettings, Check: CheckLong},
		{Key: SetAccent, Title: "Accent colour", Help: "colours the frame, to tell organizations apart", Kind: KindChoice, Choices: append([]string{""}, Accents()...), Permission: PermSettings, Check: oneOf(append([]string{""}, Accents()...))},
		{Key: SetBadge, Title: "Badge", Help: "up to 4 characters beside the name", Kind: KindText, Permission: PermSettings, Check: checkBadge},
		{Key: SetMOTD, Title: "Message of the day", Help: "shown to everybody who opens the organization", Kind: KindLongText, Permission: PermSettings, Check: CheckLong},
		{Key: SetDefaultRole, Title: "Default role", Help: "for invitations that give no role", Kind: KindChoice, Default: string(RoleMember), Choices: roles, Permission: PermSettings, Check: oneOf(roles)},
		{Key: SetExpiry, Title: "Invitation expiry", Help: "how long an invitation is valid, from 60 seconds to 30 days", Kind: KindDuration, Default: FormatExpiry(DefaultExpiry), Permission: PermSettings, Check: checkExpiry},
		{Key: SetInvite, Title: "Who may invite", Help: "members at once, members with approval, admins, or owners", Kind: KindChoice, Default: string(PolicyApproval), Choices: policies, Permission: PermSettings, Check: oneOf(policies)},
		{Key: SetDomains, Title: "Allowed email domains", Help: "addresses must end in one of them; empty allows all", Kind: KindList, Permission: PermSettings, Check: checkDomains},
		{Key: SetJoinRequests, Title: "Join requests", Help: "people may ask to join with ssh request+CODE", Kind: KindSwitch, Default: Off, Choices: []string{On, Off}, Permission: PermSettings, Check: oneOf([]string{On, Off})},
		{Key: SetSelfApproval, Title: "Self-approval", Help: "admins may invite without a second person's approval", Kind: KindSwitch, Default: On, Choices: []string{On, Off}, Permission: PermSettings, Check: oneOf([]string{On, Off})},
		{Key: SetReminders, Title: "Reminders", Help: "a second mail before an invitation of a day or more expires", Kind: KindSwitch, Default: On, Choices: []string{On, Off}, Permission: PermSettings, Check: oneOf([]string{On, Off})},
		{Key: SetAcceptance, Title: "Notify the inviter when accepted", Help: "send the inviter a mail when somebody accepts", Kind: KindSwitch, Default: On, Choices: []string{On, Off}, Permission: PermSettings, Check: oneOf([]string{On, Off})},
		{Key: SetPlan, Title: "Plan", Help: "what the organization may use", Kind: KindChoice, Permission: PermBilling, Check: lowerName},
		{Key: SetPayment, Title: "Payment method", Help: "a label like Visa ending 4242; never a card number", Kind: KindText, Permission: PermBilling, Check: CheckPayment, Private: true},
		{Key: SetPaymentRef, Title: "Payment reference", Help: "your payment provider's reference; never a card number", Kind: KindText, Permission: PermBilling, Check: CheckPayment, Private: true},
		{Key: SetSeatLimit, Title: "Seat limit", Help: "maximum number of seats, to limit the cost; empty for all of the plan", Kind: KindText, Permission: PermBilling, Check: checkSeatLimit},
		{Key: SetCredits, Title: "Credits", Help: "per month, set by the plan; 0 for no limit", Kind: KindText, Permission: PermBilling, Check: CheckName, Fixed: "set by the plan"},
		{Key: SetCreditLimit, Title: "Credit limit", Help: "maximum number of credits a month, to limit the cost; empty for all of the plan", Kind: KindText, Permission: PermBilling, Check: checkCreditLimit},
	}, append(securitySettings(), apiSettings()...)...)
}

// WhoMay names who has the permission of the setting.
func (d SettingDef) WhoMay() string {
	if d.Permission == PermBilling {
		return "owners"
	}
	return "owners and admins"
}

// SeenBy tells whether the actor sees the setting at all: billing is for those
// who may change it.
func (d SettingDef) SeenBy(a Access) bool {
	return d.Permission != PermBilling || a.Can(PermBilling)
}

// FindSetting gives the setting of a key; the error names the keys there are.
func FindSetting(key string) (SettingDef, error) {
	all := Settings()
	keys := make([]string, len(all))
	for i, d := range all {
		if d.Key == key {
			return d, nil
		}
		keys[i] = d.Key
	}
	return SettingDef{}, Invalid("key", "there is no setting %q", clip(SafeText(key), 40)).WithHint("settings: %s", strings.Join(keys, ", "))
}

// ParseMemberSettings reads the Members section from stored values. What is
// missing has its default; values were checked when written.
func ParseMemberSettings(values map[string]string) MemberSettings {
	get := func(key string) string {
		if v, ok := values[key]; ok {
			return v
		}
		return memberDefaults[key]
	}
	s := MemberSettings{
		DefaultRole:  Role(get(SetDefaultRole)),
		InvitePolicy: InvitePolicy(get(SetInvite)),
		JoinRequests: get(SetJoinRequests) == On,
		SelfApproval: get(SetSelfApproval) == On,

		Reminders:      get(SetReminders) == On,
		AcceptanceMail: get(SetAcceptance) == On,
	}
	var err error
	if s.InvitationExpiry, err = ParseExpiry(SetExpiry, get(SetExpiry)); err != nil {
		s.InvitationExpiry = DefaultExpiry
	}
	if d := get(SetDomains); d != "" {
		s.EmailDomains = strings.Split(d, ",")
	}
	return s
}

var memberDefaults = func() map[string]string {
	m := map[string]string{}
	for _, d := range Settings() {
		m[d.Key] = d.Default
	}
	return m
}()

// SettingValue is one setting as an actor sees it.
type SettingValue struct {
	Key      string      `json:"key"`
	Title    string      `json:"title"`
	Help     string      `json:"help"`
	Kind     SettingKind `json:"kind"`
	Value    string      `json:"value"`
	Default  string      `json:"default"`
	Choices  []string    `json:"choices,omitempty"`
	ReadOnly string      `json:"read_only,omitempty"` // why the actor cannot change it; empty if they can
	WhoMay   string      `json:"who_may_change"`
}

// SettingChange is one setting to save. Base is the value that the form showed;
// if the stored one differs by now, the save is a conflict. A nil Base
// overwrites whatever there is.
type SettingChange struct {
	Key   string
	Value string
	Base  *string
}

func oneOf(choices []string) func(field, value string) (string, error) {
	return func(field, value string) (string, error) {
		v := strings.ToLower(strings.TrimSpace(value))
		if slices.Contains(choices, v) {
			return v, nil
		}
		shown := slices.DeleteFunc(slices.Clone(choices), func(c string) bool { return c == "" })
		return "", Invalid(field, "%s %q is not one of %s", field, clip(SafeText(value), 40), strings.Join(shown, ", "))
	}
}

func lowerName(field, value string) (string, error) {
	return CheckName(field, strings.ToLower(value))
}

func checkBadge(field, value string) (string, error) {
	return checkText(field, value, 4, 32, false)
}

func checkExpiry(field, value string) (string, error) {
	d, err := ParseExpiry(field, value)
	if err != nil {
		return "", err
	}
	return FormatExpiry(d), nil
}

// maxDomains bounds the list of allowed domains.
const maxDomains = 50

func checkDomains(field, value string) (string, error) {
	var out []string
	for _, d := range strings.FieldsFunc(value, func(r rune) bool { return r == ',' || r == ' ' || r == '\n' }) {
		d = strings.TrimPrefix(asciiLower(d), "@")
		if err := CheckDomain(field, d); err != nil {
			return "", err
		}
		if !slices.Contains(out, d) {
			out = append(out, d)
		}
	}
	if len(out) > maxDomains {
		return "", Invalid(field, "%s can have at most %d domains", field, maxDomains)
	}
	return strings.Join(out, ","), nil
}
