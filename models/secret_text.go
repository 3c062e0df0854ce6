package models

import (
	"regexp"
	"strings"
)

// This file finds codes and keys in what people type: one in the wrong place is
// neither kept nor shown to others.

// hiddenCode stands where a code stood.
const hiddenCode = "(a code)"

// mayHoldSecret is a quick look whether a text could hold a code or a key. JSON may
// have an escape right before one, so it asks for no word boundary.
var mayHoldSecret = regexp.MustCompile(`(?i)[a-z2-7]{26}|[a-z2-7]{4}(-[a-z2-7]{4}){3}|mu[pos]_[0-9a-z]{20}|must0\.[0-9a-z]|whsec_|PRIVATE KEY`)

// codeShaped finds what could be a code or the secret of a second factor: 26 of the
// characters of base32, of which the last stands for three bits, or 32. An id has an
// underscore before them, and is none.
var codeShaped = regexp.MustCompile(`(?i)\b(?:[a-z2-7]{25}[aeimquy4]|[a-z2-7]{32})\b`)

// recoveryShaped finds what could be a recovery code as it is shown.
var recoveryShaped = regexp.MustCompile(`(?i)\b[a-z2-7]{4}(?:-[a-z2-7]{4}){3}\b`)

// tokenShaped finds what could be a token that somebody has signed.
var tokenShaped = regexp.MustCompile(`must0\.[0-9A-Za-z_-]{10,}[.0-9A-Za-z_-]*`)

// privateKey finds a private key of OpenSSH, or what is left of it.
var privateKey = regexp.MustCompile(`(?s)-----BEGIN [A-Z ]*PRIVATE KEY.*`)

// MayHoldSecret tells whether a text, or the JSON of several, has to be looked at by
// HideSecrets. Almost none has.
func MayHoldSecret(s []byte) bool { return mayHoldSecret.Match(s) }

// HideSecrets hides what could be a code or a key wherever somebody typed it: a log
// outlives the code, and more people read it than were meant to have it.
func HideSecrets(s string) string {
	if !mayHoldSecret.MatchString(s) {
		return s
	}
	s = privateKey.ReplaceAllString(RedactWebhookSecrets(RedactAPIKeys(s)), "(a private key)")
	s = tokenShaped.ReplaceAllString(s, "(a token)")
	return recoveryShaped.ReplaceAllString(codeShaped.ReplaceAllString(s, hiddenCode), hiddenCode)
}

// minDistinct is how many different characters a code has at least. A random one has 18
// on average, and a line of the same letter has one.
const minDistinct = 8

// checkNoSecret refuses text with a code or a key in it, which would stay in the
// database, its backups and everybody's lists. Four words of four letters with hyphens
// between them are no recovery code: those have a digit, but for one in thirty.
func checkNoSecret(field, s string) error {
	if !mayHoldSecret.MatchString(s) {
		return nil
	}
	found := apiKeyShaped.MatchString(s) || tokenShaped.MatchString(s) || webhookSecretShaped.MatchString(s) || privateKey.MatchString(s)
	for _, c := range codeShaped.FindAllString(s, -1) {
		seen := map[rune]bool{}
		for _, r := range strings.ToLower(c) {
			seen[r] = true
		}
		found = found || len(seen) >= minDistinct
	}
	for _, r := range recoveryShaped.FindAllString(s, -1) {
		found = found || strings.ContainsAny(r, "234567")
	}
	if !found {
		return nil
	}
	return Invalid(field, "%s contains what looks like a code or a key, which muster stores nowhere", field).
		WithHint("leave it out; nothing was stored")
}
