package models

import (
	"strings"
	"time"
)

// Bounds of the second factor.
const (
	RecoveryCodes       = 10               // made at a time
	SecondFactorTime    = 12 * time.Hour   // a code holds for a key and an address
	SecondFactorGuesses = 5                // wrong codes within SecondFactorWindow lock it
	SecondFactorWindow  = 15 * time.Minute // and for as long
)

// SecondFactor is how somebody's second factor stands.
type SecondFactor struct {
	Enrolled    bool       `json:"enrolled"` // confirmed by a first code
	Pending     bool       `json:"pending"`  // begun and not confirmed
	Since       *time.Time `json:"since,omitempty"`
	Recovery    int        `json:"recovery_codes_left"`
	LockedUntil *time.Time `json:"locked_until,omitempty"` // after too many wrong codes
	// VerifiedUntil is how long a code given for this session's key and address
	// holds; nil for none.
	VerifiedUntil *time.Time `json:"verified_until,omitempty"`
	// HardwareKey says that the key of this session is one (sk-…), which counts
	// as the second factor where an organization says so.
	HardwareKey bool `json:"hardware_key"`
	// Local says that the session has neither key nor address to hold a code
	// for, and that no organization asks it for one.
	Local bool `json:"local"`
	// RequiredBy are the codes of the organizations of the user that require a
	// second factor.
	RequiredBy []string `json:"required_by"`
}

// NeedCode lies beneath the refusal of a change that wants a code of the second
// factor given with it, whether or not the session has given one before.
type NeedCode struct{}

func (NeedCode) Error() string { return "a two-factor code is needed" }

// WithoutCode refuses a change that wants a code and came without one.
func WithoutCode() error {
	return &Error{Code: CodeDenied, Message: "this needs a two-factor code", Err: NeedCode{},
		Hint: "give the 6 digits that your authenticator app shows now, or a recovery code, with --code"}
}

// CheckNoFactor asks whether somebody who has no second factor may change how
// they sign in: not where an organization of theirs, called name, requires one.
// Whoever holds a stolen key could otherwise bring in a key of their own, of
// any type that the organization takes for a second factor.
func (s SecuritySettings) CheckNoFactor(name string, c Client) error {
	return (SecuritySettings{TwoFactor: s.TwoFactor, HardwareKeyCounts: s.HardwareKeyCounts}).Admit(name, Client{Local: c.Local, KeyType: c.KeyType})
}

// FactorEnrolment is what an authenticator app needs, once. None of it is ever shown
// again.
type FactorEnrolment struct {
	Secret string `json:"secret"` // base32
	URI    string `json:"uri"`    // otpauth://…, for a QR code
}

// NormFactorCode is the form in which codes of an authenticator app and
// recovery codes are compared: without the blanks and hyphens of groups, in
// lower case.
func NormFactorCode(code string) string {
	return strings.ToLower(strings.NewReplacer(" ", "", "-", "", "\t", "", "\r", "", "\n", "").Replace(code))
}

// ShownRecoveryCode groups a recovery code so that it can be read and typed.
func ShownRecoveryCode(code string) string {
	var groups []string
	for ; len(code) > 4; code = code[4:] {
		groups = append(groups, code[:4])
	}
	return strings.Join(append(groups, code), "-")
}
