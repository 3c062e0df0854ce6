package models

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"time"
)

// Outcome says whether an audited action was done or refused.
type Outcome string

// The outcomes.
const (
	OutcomeDone    Outcome = "done"
	OutcomeRefused Outcome = "refused"
)

// ActingAs says in what capacity somebody acted.
type ActingAs string

// The capacities.
const (
	AsMember    ActingAs = "member"
	AsSiteAdmin ActingAs = "site_admin"
	AsInvitee   ActingAs = "invitee"
	AsSelf      ActingAs = "self"     // on the own account
	AsOutsider  ActingAs = "outsider" // no part of the organization
	AsSystem    ActingAs = "system"
)

// AuditEntry is one line of the append-only log of an organization. Entries
// without an organization belong to the installation's own chain. No field
// ever holds a code, a key or another secret.
type AuditEntry struct {
	ID         string    `json:"id"` // the chain and the number in it
	OrgID      string    `json:"organization_id"`
	Seq        int64     `json:"seq"` // from 1, without gaps, per chain
	At         time.Time `json:"at"`
	ActorID    string    `json:"actor_id"`
	ActorEmail string    `json:"actor_email"` // as it was then
	// ActorUnverified says that nobody had verified that address then.
	ActorUnverified bool     `json:"actor_email_unverified,omitempty"`
	ActingAs        ActingAs `json:"acting_as"`
	OnBehalfOf      string   `json:"on_behalf_of,omitempty"` // address, with --as
	Action          string   `json:"action"`
	TargetType      string   `json:"target_type"`
	TargetID        string   `json:"target_id"`
	TargetLabel     string   `json:"target_label"`
	Before          string   `json:"before,omitempty"` // a JSON object, or empty
	After           string   `json:"after,omitempty"`
	Outcome         Outcome  `json:"outcome"`
	Reason          string   `json:"reason,omitempty"` // of a refusal
	Via             Via      `json:"via"`
	Address         string   `json:"address,omitempty"`
	Key             string   `json:"key,omitempty"` // fingerprint
	PrevHash        string   `json:"prev_hash"`
	Hash            string   `json:"hash"`
}

// ComputeHash is the hash that belongs to the entry: SHA-256 over every field
// but ID and Hash, each preceded by its length, in hexadecimal.
func (e AuditEntry) ComputeHash() string {
	h := sha256.New()
	var n [8]byte
	num := func(v uint64) {
		binary.BigEndian.PutUint64(n[:], v)
		h.Write(n[:])
	}
	num(uint64(e.Seq))
	num(uint64(e.At.UnixMicro()))
	for _, s := range []string{
		e.PrevHash, e.OrgID, e.ActorID, e.ActorEmail, string(e.ActingAs), e.OnBehalfOf, e.Action,
		e.TargetType, e.TargetID, e.TargetLabel, e.Before, e.After, string(e.Outcome), e.Reason,
		string(e.Via), e.Address, e.Key,
	} {
		num(uint64(len(s)))
		h.Write([]byte(s))
	}
	if e.ActorUnverified { // entries from before there was such a mark have the hash they had
		num(1)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// ShownActor is the address of who acted as people are shown it.
func (e AuditEntry) ShownActor() string { return ShownEmail(e.ActorEmail, !e.ActorUnverified) }

// InstallationLog stands for the installation's own chain wherever the log of
// an organization is asked for. No organization has such a code.
const InstallationLog = "*"

// AuditQuery asks for a page of the log, newest first.
type AuditQuery struct {
	Actor  string // user id or address, of who acted or who was acted for
	Action string // an action or the part before its dot
	Target string // target id, or what it is called
	From   time.Time
	Until  time.Time
	Limit  int
	After  string
	Before string
}

// ChainReport is what verifying one chain found.
type ChainReport struct {
	OrgID   string `json:"organization_id"`
	Entries int64  `json:"entries"`
	OK      bool   `json:"ok"`
	// Broken is the number of the first entry that does not fit, 0 if all do.
	Broken int64  `json:"broken_seq,omitempty"`
	Why    string `json:"why,omitempty"`
}
