package models

import (
	"net/netip"
	"strings"
	"sync"
	"time"
)

// KeyQuestion asks whether a key is good for something.
type KeyQuestion struct {
	Key       string       // the secret
	Scopes    []string     // each must be in the key's
	Needs     []Permission // each must be one that the holder has; what scopes mean is for the table of operations to say
	Cost      int          // credits that it uses
	Address   string       // whom it came from, as the service that asks saw it
	Workspace string       // id or name
}

// MaxKeyCost is the most that one verification can cost.
const MaxKeyCost = 1_000_000

// Check reads the question.
func (q KeyQuestion) Check() (KeyQuestion, netip.Addr, error) {
	var from netip.Addr
	var err error
	q.Key = strings.TrimSpace(q.Key)
	if q.Cost < 0 || q.Cost > MaxKeyCost {
		return q, from, Invalid("cost", "cost must be from 0 to %d", MaxKeyCost)
	}
	if q.Address != "" {
		if from, err = netip.ParseAddr(q.Address); err != nil {
			return q, from, Invalid("address", "address %q is not an IP address", clip(SafeText(q.Address), 50))
		}
	}
	if len(q.Scopes) > 0 {
		q.Scopes, err = CheckScopes(q.Scopes)
	}
	return q, from, err
}

// KeyVerdict is the answer. What is beside Code is there for a valid key only, but
// RetryAt: when one is good again whose rate or credits are used up.
type KeyVerdict struct {
	Valid        bool         `json:"valid"`
	Code         KeyCode      `json:"code"`
	RetryAt      *time.Time   `json:"retry_at,omitempty"`
	Key          *VerifiedKey `json:"key,omitempty"`
	Organization *VerifiedOrg `json:"organization,omitempty"`
	Subject      *KeySubject  `json:"subject,omitempty"`
	Scopes       []string     `json:"scopes,omitempty"`
	Workspaces   []KeyPlace   `json:"workspaces,omitempty"`
	Rate         *KeyLimit    `json:"rate,omitempty"`    // nil for none
	Credits      *KeyLimit    `json:"credits,omitempty"` // nil for none

	// Prepared is the same in all answers about a key that is as it was.
	Prepared *Prepared `json:"-"`
}

// Prepared holds what a door has made of an answer that it gives often.
type Prepared struct {
	once sync.Once
	text []byte
}

// Text gives what was made the first time.
func (p *Prepared) Text(build func() []byte) []byte {
	p.once.Do(func() { p.text = build() })
	return p.text
}

// VerifiedKey is a key that was verified.
type VerifiedKey struct {
	ID        string     `json:"id"`
	Kind      APIKeyKind `json:"kind"`
	Label     string     `json:"label"`
	ExpiresAt *time.Time `json:"expires_at"`
}

// VerifiedOrg is the organization of a key that was verified.
type VerifiedOrg struct {
	ID   string `json:"id"`
	Code string `json:"code"`
	Plan string `json:"plan"`
}

// KeySubject is for whom a key acts.
type KeySubject struct {
	Type  string `json:"type"` // user, organization or service
	ID    string `json:"id"`
	Name  string `json:"name"`
	Email string `json:"email,omitempty"`
	Role  string `json:"role"`
}

// KeyPlace is a workspace that a key has a part of.
type KeyPlace struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Role string `json:"role"`
}

// KeyLimit is a rate or a budget, and what is left of it.
type KeyLimit struct {
	Limit     int       `json:"limit"`
	Remaining int       `json:"remaining"`
	ResetsAt  time.Time `json:"resets_at"`
}

// KeyUsage is what keys of an organization were used for.
type KeyUsage struct {
	Days    []UsageDay `json:"days"` // the oldest first, those without use too
	Credits CreditUse  `json:"credits"`
}

// UsageDay is the use of one day (UTC).
type UsageDay struct {
	Day    string `json:"day"` // 2026-08-01
	Uses   int    `json:"uses"`
	Denied int    `json:"denied"`
	Cost   int    `json:"credits"`
}

// CreditUse is the budget of the present month.
type CreditUse struct {
	Month    string    `json:"month"` // 2026-08
	Limit    int       `json:"limit"` // 0 for none
	Used     int       `json:"used"`
	ResetsAt time.Time `json:"resets_at"`
}

// Months are counted from year 0, UTC.
func Month(t time.Time) int64 { t = t.UTC(); return int64(t.Year())*12 + int64(t.Month()) - 1 }

// MonthStart is when a month begins.
func MonthStart(month int64) time.Time {
	return time.Date(int(month/12), time.Month(month%12+1), 1, 0, 0, 0, 0, time.UTC)
}

// NoCredits refuses what has no credits left, and says when they come back.
func NoCredits(limit int, month int64) error {
	return Errorf(CodeLimit, "the %s of this month are used up", Count(limit, "credit")).
		WithHint("they come back on %s (UTC); owners can raise the limit: {settings.list billing}", MonthStart(month+1).Format(time.DateOnly))
}
