package models

import (
	"fmt"
	"time"
)

// UnprovenKey is what whoever pastes a public key is told.
const UnprovenKey = "the key counts as yours once it has signed in, since anyone can paste a public key"

// KeyChallenge is what somebody signs with a key to prove that it is theirs.
type KeyChallenge struct {
	Text      string    `json:"text"` // one line, of characters that no shell reads
	Namespace string    `json:"namespace"`
	Command   string    `json:"command"` // signs it, in a shell
	ExpiresAt time.Time `json:"expires_at"`
}

// challengeStep is how long a challenge holds at least; it holds at most twice as
// long. Nothing of it is stored: the times at which challenges end are the
// multiples of it.
const challengeStep = time.Hour

// ChallengeText is what is signed. It names the account, so that nobody can use the
// signature for theirs, and the installation by the fingerprint of its host key, so
// that no other server can.
func ChallengeText(u User, host string, ends time.Time) string {
	return fmt.Sprintf("This key belongs to %s (%s) on %s. Good until %s.", u.Handle, u.ID, host, ends.UTC().Format(time.RFC3339))
}

// ChallengeEnds are the ends of the challenges that hold at a time, the one to
// give out last.
func ChallengeEnds(now time.Time) []time.Time {
	next := now.UTC().Truncate(challengeStep).Add(challengeStep)
	return []time.Time{next, next.Add(challengeStep)}
}
