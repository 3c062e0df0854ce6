package models

import (
	"encoding/json"
	"errors"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The keys of the Security section.
const (
	SetTwoFactor           = "security.two_factor"
	SetHardwareKeyCounts   = "security.hardware_key_counts"
	SetHardwareKeyRequired = "security.hardware_key_required"
	SetIPAllowlist         = "security.ip_allowlist"
	SetSessionIdle         = "security.session_idle"
)

// TwoFactorRequired is the value of SetTwoFactor that asks for a second factor;
// the other one is Off.
const TwoFactorRequired = "required"

// SessionIdle is how long a session may go without a key pressed where an
// organization says nothing, and the longest that one can say.
const SessionIdle = 30 * time.Minute

// SecuritySettings are the settings of the Security section, in force.
type SecuritySettings struct {
	TwoFactor           bool           `json:"two_factor_required"`
	HardwareKeyCounts   bool           `json:"hardware_key_counts"`
	HardwareKeyRequired bool           `json:"hardware_key_required"`
	Restricted          bool           `json:"ip_restricted"`
	Allowlist           []netip.Prefix `json:"ip_allowlist"` // with Restricted; where it is empty nobody passes
	SessionIdle         time.Duration  `json:"-"`            // 0 for the server's own
}

// MarshalJSON gives the idle time as it is set, in minutes; "" is the server's
// own.
func (s SecuritySettings) MarshalJSON() ([]byte, error) {
	type plain SecuritySettings
	idle := ""
	if s.SessionIdle > 0 {
		idle = strconv.Itoa(int(s.SessionIdle / time.Minute))
	}
	return json.Marshal(struct {
		plain
		SessionIdle string `json:"session_idle"`
	}{plain(s), idle})
}

func securitySettings() []SettingDef {
	onOff := []string{On, Off}
	twoFactor := []string{Off, TwoFactorRequired}
	return []SettingDef{
		{Key: SetTwoFactor, Title: "Two-factor", Help: "whether members need a second factor", Kind: KindChoice, Default: Off, Choices: twoFactor, Permission: PermSettings, Check: oneOf(twoFactor)},
		{Key: SetHardwareKeyCounts, Title: "Hardware key counts as second factor", Help: "an sk-… key needs no other second factor", Kind: KindSwitch, Default: Off, Choices: onOff, Permission: PermSettings, Check: oneOf(onOff)},
		{Key: SetHardwareKeyRequired, Title: "Hardware key required", Help: "members may only connect with sk-… keys", Kind: KindSwitch, Default: Off, Choices: onOff, Permission: PermSettings, Check: oneOf(onOff)},
		{Key: SetIPAllowlist, Title: "IP allowlist", Help: "addresses and networks that may connect; empty allows all", Kind: KindList, Permission: PermSettings, Check: checkAllowlist},
		{Key: SetSessionIdle, Title: "Session idle time", Help: "minutes without input, 1 to 30; empty for the server's 30", Kind: KindText, Permission: PermSettings, Check: checkIdle},
	}
}

// ParseSecuritySettings reads the Security section from stored values. What is
// missing has its default. A value that is damaged closes rather than opens: an
// allowlist that holds no network lets nobody in.
func ParseSecuritySettings(values map[string]string) SecuritySettings {
	s := SecuritySettings{
		TwoFactor:           values[SetTwoFactor] == TwoFactorRequired,
		HardwareKeyCounts:   values[SetHardwareKeyCounts] == On,
		HardwareKeyRequired: values[SetHardwareKeyRequired] == On,
		Restricted:          values[SetIPAllowlist] != "",
		Allowlist:           []netip.Prefix{},
	}
	for word := range strings.SplitSeq(values[SetIPAllowlist], ",") {
		if p, err := parseNetwork(word); err == nil {
			s.Allowlist = append(s.Allowlist, p)
		}
	}
	if n, err := strconv.Atoi(values[SetSessionIdle]); err == nil {
		s.SessionIdle = time.Duration(n) * time.Minute
	}
	return s
}

// MaxNetworks is how many entries an allowlist can have.
const MaxNetworks = 100

func checkAllowlist(field, value string) (string, error) {
	var out []string
	for _, word := range strings.FieldsFunc(value, func(r rune) bool { return r == ',' || r == ' ' || r == '\n' || r == '\t' }) {
		p, err := parseNetwork(word)
		if err != nil {
			return "", Invalid(field, "%s: %q is not an address or network, like 192.0.2.7 or 2001:db8::/32", field, clip(SafeText(word), 50))
		}
		text := p.String()
		if p.IsSingleIP() {
			text = p.Addr().String()
		}
		if !slices.Contains(out, text) {
			out = append(out, text)
		}
	}
	if len(out) > MaxNetworks {
		return "", Invalid(field, "%s can have at most %d addresses and networks", field, MaxNetworks)
	}
	return strings.Join(out, ","), nil
}

// parseNetwork reads an address or a network in CIDR form. IPv4 addresses that
// are written as IPv6 (RFC 4291, section 2.5.5.2) become IPv4, and bits behind
// the prefix become zero.
func parseNetwork(word string) (netip.Prefix, error) {
	if !strings.Contains(word, "/") {
		a, err := netip.ParseAddr(word)
		if err != nil || a.Zone() != "" {
			return netip.Prefix{}, Invalid("address", "not an address")
		}
		a = a.Unmap()
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	p, err := netip.ParsePrefix(word)
	if err != nil {
		return p, err
	}
	if a := p.Addr(); a.Is4In6() && p.Bits() >= 96 {
		p = netip.PrefixFrom(a.Unmap(), p.Bits()-96)
	}
	return p.Masked(), nil
}

func checkIdle(field, value string) (string, error) {
	text := strings.TrimSpace(value)
	text = strings.TrimSpace(strings.TrimSuffix(text, "m"))
	if text == "" || text == "0" {
		return "", nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || !isDigits(text) || n < 1 || n > int(SessionIdle/time.Minute) {
		return "", Invalid(field, "%s %q is not allowed: whole minutes from 1 to %d, or empty for the server's own", field, clip(SafeText(value), 20), SessionIdle/time.Minute)
	}
	return strconv.Itoa(n), nil
}

// Network is what one party is assumed to have: an IPv4 address or an IPv6 /64.
func Network(a netip.Addr) netip.Prefix {
	a = a.Unmap().WithZone("")
	bits := 32
	if a.Is6() {
		bits = 64
	}
	p, _ := a.Prefix(bits)
	return p
}

// HardwareKey tells whether keys of this type live in a hardware token, which
// wants a touch for every use: those of OpenSSH's PROTOCOL.u2f.
func HardwareKey(keyType string) bool { return strings.HasPrefix(keyType, "sk-") }

// Client is what the rules of the Security section look at in whoever wants to
// enter. The store fills it in from the session and the database.
type Client struct {
	// Local is a process on the machine of the database, whose user could read the
	// file without muster: no rule holds it up.
	Local    bool
	Address  string
	KeyType  string // of the key that authenticated
	Enrolled bool   // has a confirmed second factor
	Verified bool   // and gave a code for this key and address
	// Machine is a key of the organization or of a service account: there is no
	// person, so of the rules only the address counts.
	Machine bool
	// Newcomer has no account yet. They are Enrolled and Verified by setting a
	// second factor up with the code that they join with.
	Newcomer bool
}

// Requirement says which rule of an organization keeps somebody out who belongs to
// it. It is an error so that errors.Is(err, NeedSecondFactor) finds it beneath
// the refusal.
type Requirement string

// The requirements.
const (
	NeedAddress      Requirement = "ip_allowlist"
	NeedHardwareKey  Requirement = "hardware_key"
	NeedSecondFactor Requirement = "second_factor"
	// NotSuspended stands in somebody's list of organizations only: what keeps them
	// out is their suspension, and no rule for everybody.
	NotSuspended Requirement = "suspended"
)

func (b Requirement) Error() string { return "the organization asks for: " + string(b) }

// RequirementOf gives the requirement that err speaks of, "" for every other error.
func RequirementOf(err error) Requirement {
	for _, b := range []Requirement{NeedAddress, NeedHardwareKey, NeedSecondFactor} {
		if errors.Is(err, b) {
			return b
		}
	}
	return ""
}

// Open tells whether there is no rule that could keep anybody out.
func (s SecuritySettings) Open() bool {
	return !s.TwoFactor && !s.HardwareKeyRequired && !s.Restricted
}

// Admit refuses a client that the rules keep out of the organization called
// name, with CodeDenied, the requirement beneath, and what to do about it.
func (s SecuritySettings) Admit(name string, c Client) error {
	refuse := func(b Requirement, message, hint string) error {
		return &Error{Code: CodeDenied, Message: name + " " + message, Hint: hint, Err: b}
	}
	switch {
	case c.Local:
		return nil
	case !s.allows(c.Address):
		return refuse(NeedAddress, "allows only certain networks, and your address "+shownAddress(c.Address)+" is not in any of them",
			"connect from an allowed network, or ask an owner or admin to add yours")
	case c.Machine:
		return nil
	case s.HardwareKeyRequired && !HardwareKey(c.KeyType):
		return refuse(NeedHardwareKey, "requires a hardware key (sk-…), and yours is "+c.KeyType,
			"make one with `ssh-keygen -t ed25519-sk`, add it with {key.add < KEY.pub}, and sign in with it")
	case !s.TwoFactor, s.HardwareKeyCounts && HardwareKey(c.KeyType), c.Verified:
		return nil
	case !c.Enrolled:
		return refuse(NeedSecondFactor, "requires a second factor, and you have none",
			"set one up with {second_factor.enrol}, then come back")
	}
	return refuse(NeedSecondFactor, "requires your second factor",
		"run {second_factor.verify CODE} from here; it is then valid for 12 hours")
}

// AdmitJoiner is Admit for somebody about to join the organization called name:
// what would keep them out refuses the joining, and uses nothing up. Who comes from
// a network that is not allowed does not learn which organization it is.
func (s SecuritySettings) AdmitJoiner(name string, c Client) error {
	err := s.Admit(name, c)
	if err == nil {
		return nil
	}
	e := *AsError(err)
	switch RequirementOf(err) {
	case NeedAddress:
		e.Message = "this can only be used from certain networks, and your address " + shownAddress(c.Address) + " is not in any of them"
		e.Hint = "connect from an allowed network, or ask whoever gave it to you"
	case NeedHardwareKey:
		if c.Newcomer {
			e.Hint = "make one with `ssh-keygen -t ed25519-sk`, and connect with it"
		}
	case NeedSecondFactor:
		if c.Newcomer {
			e.Hint = "{code.show} shows what to set one up with; then join with {code.accept --code 123456} and the digits that your app shows"
		}
	}
	e.Hint += "; nothing was used up"
	return &e
}

func (s SecuritySettings) allows(address string) bool {
	if !s.Restricted {
		return true
	}
	a, err := netip.ParseAddr(address)
	if err != nil {
		return false
	}
	a = a.Unmap().WithZone("")
	return slices.ContainsFunc(s.Allowlist, func(p netip.Prefix) bool { return p.Contains(a) })
}

func shownAddress(address string) string {
	if a, err := netip.ParseAddr(address); err == nil {
		return a.Unmap().String()
	}
	return "(unknown)"
}

// LockOut lies beneath the refusal of settings that would lock their author out.
// Who forces them may save them all the same.
type LockOut struct{}

func (LockOut) Error() string { return "these settings would lock you out" }

// Locked makes such a refusal.
func Locked(message, hint string) error {
	return &Error{Code: CodeConflict, Message: message, Hint: hint, Err: LockOut{}}
}

// CheckLockOut refuses settings under which their author, c, could no longer
// enter. Being asked for a code that one can give is no lock-out.
func (s SecuritySettings) CheckLockOut(c Client) error {
	var what, hint string
	err := s.Admit("", c)
	switch b := RequirementOf(err); {
	case b == NeedAddress:
		what = "your own address " + shownAddress(c.Address) + " is not in " + SetIPAllowlist + ": you would lose access at once"
		hint = "add " + shownAddress(c.Address) + " or its network, or force it"
	case b == NeedHardwareKey:
		what = "your own key is " + c.KeyType + " and not a hardware key (sk-…): with " + SetHardwareKeyRequired + " = on you would lose access at once"
		hint = "sign in with a hardware key first, or force it"
	case b == NeedSecondFactor && !c.Enrolled:
		what = "you have no second factor yourself: with " + SetTwoFactor + " = required you would lose access at once"
		hint = "set one up with {second_factor.enrol} first, or force it"
	default:
		return nil
	}
	return Locked(what, hint)
}
