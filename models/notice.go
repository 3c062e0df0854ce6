package models

import (
	"fmt"
	"strings"
	"time"
)

// NoticeKind says what an account notice tells.
type NoticeKind string

// The kinds of account notices.
const (
	NoticeKeyLost     NoticeKind = "key_lost"         // somebody else has proven a key that was pasted here
	NoticeApproved    NoticeKind = "request_approved" // what they proposed
	NoticeRejected    NoticeKind = "request_rejected"
	NoticeRefused     NoticeKind = "join_rejected" // their own request to join
	NoticeRemoved     NoticeKind = "member_removed"
	NoticeEnded       NoticeKind = "member_ended"
	NoticeSuspended   NoticeKind = "member_suspended"
	NoticeReactivated NoticeKind = "member_reactivated"
	NoticeJoined      NoticeKind = "joined" // leaves by mail only: how to come back
	NoticeKeyExpires  NoticeKind = "api_key_expires"
	NoticeKeyExpired  NoticeKind = "api_key_expired"
	NoticeWebhook     NoticeKind = "webhook_disabled"
	NoticeAdded       NoticeKind = "added"   // a site admin has put the account into an organization
	NoticeInvited     NoticeKind = "invited" // leaves by mail only: the code for a key of an account made for them
)

// NoticeTime is how long a notice waits to be read.
const NoticeTime = 30 * 24 * time.Hour

// AccountNotice is what somebody is told about their own account, memberships and
// proposals: in an open session at once, at their next sign-in, or by mail.
type AccountNotice struct {
	ID        string     `json:"id"`
	Kind      NoticeKind `json:"kind"`
	Subject   string     `json:"subject"`      // of a proposal, the address proposed
	OrgName   string     `json:"organization"` // "" for what concerns no organization
	By        string     `json:"by"`           // whose doing it was, "" for nobody's or where that is not said
	Reason    string     `json:"reason"`
	CreatedAt time.Time  `json:"created_at"`
}

// Minor says that a line in passing is enough for somebody who has the app open:
// what became of a proposal also stands beside it.
func (n AccountNotice) Minor() bool {
	return n.Kind == NoticeApproved || n.Kind == NoticeRejected || n.Kind == NoticeReactivated || n.Kind == NoticeKeyExpires
}

// Headline is the notice in short, for the subject of a mail.
func (n AccountNotice) Headline() string {
	org, subject := SafeText(n.OrgName), SafeText(n.Subject)
	switch n.Kind {
	case NoticeApproved:
		return fmt.Sprintf("Your proposal of %s for %s was approved", subject, org)
	case NoticeRejected:
		return fmt.Sprintf("Your proposal of %s for %s was rejected", subject, org)
	case NoticeRefused:
		return "Your request to join " + org + " was rejected"
	case NoticeRemoved:
		return "You were removed from " + org
	case NoticeEnded:
		return "Your membership of " + org + " has ended as scheduled"
	case NoticeSuspended:
		return "You are suspended in " + org
	case NoticeReactivated:
		return "You are active in " + org + " again"
	case NoticeJoined:
		return "You joined " + org
	case NoticeKeyLost:
		return "A key was removed from your account"
	case NoticeKeyExpires:
		return fmt.Sprintf("The API key %s of %s expires soon", subject, org)
	case NoticeKeyExpired:
		return fmt.Sprintf("The API key %s of %s has expired", subject, org)
	case NoticeWebhook:
		return fmt.Sprintf("The webhook to %s of %s was disabled", subject, org)
	case NoticeInvited:
		return "An account on muster was made for you"
	case NoticeAdded:
		return "You were made a member of " + subject
	}
	return subject
}

// Text is the notice in full: what happened, who did it and why.
func (n AccountNotice) Text() string {
	switch n.Kind {
	case NoticeKeyLost:
		return fmt.Sprintf("The key %s was removed from your account: it had only been pasted here, and somebody else has proven that it is theirs.", SafeText(n.Subject))
	case NoticeAdded:
		return fmt.Sprintf("A site admin made you a member of %s.", SafeText(n.Subject))
	}
	text := n.Headline()
	if n.By != "" {
		text += ", by " + SafeText(n.By)
	}
	if n.Reason != "" {
		return text + ": " + SafeText(n.Reason)
	}
	return strings.TrimSuffix(text, ".") + "."
}

// Line is the notice for a line in passing, which has no room for the address of who
// did it.
func (n AccountNotice) Line() string {
	n.By, _, _ = strings.Cut(n.By, " <")
	return strings.TrimSuffix(n.Text(), ".")
}
