// Package totp makes and checks the time-based one-time codes of RFC 6238 with
// the parameters that every authenticator app takes for granted: HMAC-SHA-1,
// steps of 30 seconds, six digits.
package totp

import (
	"crypto/subtle"
	"encoding/base32"
	"io"
	"net/url"
	"strings"
	"time"

	"github.com/pquerna/otp/hotp"
)

// SecretSize is the length of a secret in bytes, that of the hash (RFC 4226,
// section 4).
const SecretSize = 20

// Step is how long a code is shown.
const Step = 30 * time.Second

// Digits is the length of a code.
const Digits = 6

// skew is how many steps a clock may be off, in both directions (RFC 6238,
// section 5.2).
const skew = 1

// NewSecret makes a secret.
func NewSecret(rand io.Reader) ([]byte, error) {
	b := make([]byte, SecretSize)
	_, err := io.ReadFull(rand, b)
	return b, err
}

// Text is the secret as people type it and URI carries it: base32 without
// padding.
func Text(secret []byte) string {
	return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(secret)
}

// URI is what a QR code carries to an authenticator app. The issuer tells
// several installations apart. Parameters with their default value are left
// out, which keeps the QR code small.
func URI(secret []byte, issuer, account string) string {
	// Blanks have to be %20, since not every app reads a plus sign as one.
	query := "secret=" + Text(secret) + "&issuer=" + strings.ReplaceAll(url.QueryEscape(issuer), "+", "%20")
	return (&url.URL{Scheme: "otpauth", Host: "totp", Path: "/" + account, RawQuery: query}).String()
}

// Code is the code that is shown during a step.
func Code(secret []byte, step int64) string {
	// It fails only for a secret that is no base32.
	code, _ := hotp.GenerateCode(Text(secret), uint64(step))
	return code
}

// StepAt is the number of the step at a time.
func StepAt(t time.Time) int64 { return t.Unix() / int64(Step/time.Second) }

// Match finds the step that a code belongs to, one off the time at most, and
// after the step last, whose code and all before it count as used.
func Match(secret []byte, code string, now time.Time, last int64) (step int64, ok bool) {
	at := StepAt(now)
	for s := at - skew; s <= at+skew; s++ {
		// Every step is looked at, so that the time taken tells nothing.
		if subtle.ConstantTimeCompare([]byte(Code(secret, s)), []byte(code)) == 1 && s > last && !ok {
			step, ok = s, true
		}
	}
	return step, ok
}
