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
