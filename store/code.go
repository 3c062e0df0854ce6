package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/base32"
	"encoding/hex"
	"errors"
	"io"
	"strings"
	"time"

	"muster/models"
)

// CodeKind says what a code is for.
type CodeKind string

// The kinds of codes.
const (
	CodeInvitation CodeKind = "invitation"
	CodePairing    CodeKind = "pairing" // brings a key into an account that exists
	CodeLink       CodeKind = "link"    // a join link: whoever has it can join
)

// CodeOffer is what the bearer of a code is shown before they accept.
type CodeOffer struct {
	Kind    CodeKind
	Offer   models.JoinOffer // of an invitation
	Link    models.LinkOffer // of a join link
	User    models.User      // of a pairing: whose account it is
	Expires time.Time

	factor []byte // the secret that a newcomer has to set up a second factor with
}

// noCode is what a code gets that was never given out, or replaced.
func noCode() error {
	return models.Errorf(models.CodeNotFound, "this code is not valid").
		WithHint("check that it was copied whole, or ask for a new invitation")
}

// resolved is what a code stands for: of the three, the one of its kind.
type resolved struct {
	kind       CodeKind
	pairing    pairing
	link       link
	invitation invitation
}

// resolveCode finds what a code stands for. One that was never given out, or was
// replaced, is CodeNotFound; a pairing that can no longer be used is CodeGone.
// Whether a link or an invitation still lets anybody in is for its own rules.
func (t *tx) resolveCode(ctx context.Context, code string) (c resolved, err error) {
	var id string
	err = t.row(ctx, `SELECT 'pairing', id FROM pairings WHERE code_hash = $1 UNION ALL SELECT 'link', id FROM join_links WHERE code_hash = $1
		UNION ALL SELECT 'invitation', id FROM invitations WHERE code_hash = $1`, hashCode(code)).Scan(&c.kind, &id)
	if errors.Is(err, sql.ErrNoRows) {
		return c, noCode()
	}
	if err != nil {
		return c, err
	}
	switch c.kind {
	case CodePairing:
		c.pairing, err = t.pairingByID(ctx, id)
	case CodeLink:
		c.link, err = scanLink()(t.row(ctx, "SELECT "+linkColumns+" FROM join_links WHERE id = $1", id))
	default:
		c.invitation, err = t.invitationByID(ctx, "", id)
	}
	return c, err
}

// Codes are 128 bits in lower-case base32 (RFC 4648, section 6): 26 letters and
// digits that stand in an SSH user name and can be read aloud.
var codeEncoding = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

func encodeCode(b []byte) string { return codeEncoding.EncodeToString(b[:16]) }

// hashCode is what the database keeps of a code: enough to find its row, not
// enough to use it.
func hashCode(code string) string {
	sum := sha256.Sum256([]byte(strings.ToLower(strings.TrimSpace(code))))
	return hex.EncodeToString(sum[:])
}

// newCode makes a code that is stored nowhere.
func (s *Store) newCode() (string, error) {
	var b [16]byte
	if _, err := io.ReadFull(s.rand, b[:]); err != nil {
		return "", err
	}
	return encodeCode(b[:]), nil
}
