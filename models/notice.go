package models

import (
	"fmt"
	"time"
)

// NoticeKind says what an account notice tells.
type NoticeKind string

// The kinds of account notices.
const (
	NoticeKeyLost NoticeKind = "key_lost" // somebody else has proven a key that was pasted here
)

// NoticeTime is how long a notice waits to be read.
const NoticeTime = 30 * 24 * time.Hour

// AccountNotice is what somebody is told at their next sign-in about their own
// account.
type AccountNotice struct {
	ID        string     `json:"id"`
	Kind      NoticeKind `json:"kind"`
	Subject   string     `json:"subject"`
	CreatedAt time.Time  `json:"created_at"`
}

// Text is the notice as a sentence.
func (n AccountNotice) Text() string {
	switch n.Kind {
	case NoticeKeyLost:
		return fmt.Sprintf("The key %s was removed from your account: it had only been pasted, and its holder has proven that it is theirs.", SafeText(n.Subject))
	}
	return SafeText(n.Subject)
}
