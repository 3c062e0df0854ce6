package api

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"net/netip"
	"strings"
	"sync"
	"time"

	"muster/internal/sshkey"
	"muster/models"
)

// A token is made by whoever sends it, and signed with an SSH key: nothing of it is
// stored here. It is
//
//	must0.PAYLOAD.SIGNATURE
//
// both parts in base64url without padding. The payload is a Claims in JSON, the
// signature what ssh-keygen -Y sign -n muster-token@FINGERPRINT makes of the very
// bytes of it, without its first and last line (PROTOCOL.sshsig of OpenSSH).
// FINGERPRINT is that of the host key: no other installation takes the token.
const tokenPrefix = "must0."

// TokenNamespace is what tokens for the installation with this host key are signed
// for.
func TokenNamespace(hostKey string) string { return "muster-token@" + hostKey }

const (
	// TokenLife is how long a token holds at most.
	TokenLife = 24 * time.Hour
	// OnceLife is how long one holds at most that is for one request.
	OnceLife = time.Hour
	// tokenSkew is how far the clock of whoever made it may be ahead.
	tokenSkew = time.Minute

	maxPayload  = 2 << 10
	maxNonce    = 64
	maxAudience = 253 // of a host name
)

// Claims are what a token says of itself.
type Claims struct {
	Issued  int64 `json:"iat"` // in seconds since 1970
	Expires int64 `json:"exp"`
	// Nonce makes a token of one request: sent again, it is refused.
	Nonce string `json:"nonce,omitempty"`
	// Org is the only organization that it leads into, Ops are the only operations
	// that it does, or nouns of some; empty for all.
	Org string   `json:"org,omitempty"`
	Ops []string `json:"ops,omitempty"`
	// Audience is the site behind a proxy that the token is for. It opens that alone:
	// whoever runs the site gets nothing here by it.
	Audience string `json:"aud,omitempty"`
}

var (
	errToken   = models.Errorf(models.CodeDenied, "the token is malformed")
	errSigned  = models.Errorf(models.CodeDenied, "the signature is of something else, or for another installation")
	errExpired = models.Errorf(models.CodeDenied, "the token is not valid at this time, or is valid for too long")
)

// Keys knows whose an SSH key is, and which tokens of one request were used.
type Keys interface {
	KeyUser(ctx context.Context, fingerprint string, proven bool) (userID string, ok bool, err error)
	UseToken(ctx context.Context, token string, expires time.Time) error
}

// Tokens authenticates those who sign tokens with their SSH key. Whose key it is is
// asked each time, so removing the key ends its tokens. A key that nobody has gives
// a Caller without a user.
type Tokens struct {
	Keys    Keys
	HostKey func() (string, error) // fingerprint
	Now     func() time.Time

	mu    sync.Mutex
	known map[[sha256.Size]byte]checked // signatures that were checked
}

// checked is a token whose signature is good.
type checked struct {
	claims Claims
	key    models.PublicKey
}

// maxKnown bounds the tokens whose signature is not checked again.
const maxKnown = 4096

// Authenticate says who signed a token.
func (t *Tokens) Authenticate(ctx context.Context, credential string, from netip.Addr) (Caller, bool, error) {
	if !strings.HasPrefix(credential, tokenPrefix) {
		return Caller{}, false, nil
	}
	c, err := t.check(credential)
	if err != nil {
		return Caller{}, true, err
	}
	now, issued, expires := t.Now(), time.Unix(c.claims.Issued, 0), time.Unix(c.claims.Expires, 0)
	life := TokenLife
	if c.claims.Nonce != "" {
		life = OnceLife
	}
	if !now.Before(expires) || issued.After(now.Add(tokenSkew)) || expires.Sub(issued) > life {
		return Caller{}, true, errExpired
	}
	user, _, err := t.Keys.KeyUser(ctx, c.key.Fingerprint, false)
	if err != nil {
		return Caller{}, true, err
	}
	if c.claims.Nonce != "" {
		// By key and nonce: the same claims can be signed in many ways.
		if err := t.Keys.UseToken(ctx, c.key.Fingerprint+" "+c.claims.Nonce, expires); err != nil {
			return Caller{}, true, err
		}
	}
	a := models.Actor{UserID: user, Address: from.String(), Key: c.key.Fingerprint, KeyType: c.key.Type, Login: c.claims.Org,
		Grant: &models.Grant{Organization: c.claims.Org, Operations: c.claims.Ops}}
	return Caller{Actor: a, Key: c.key, ID: c.key.Fingerprint, Organization: c.claims.Org, Audience: c.claims.Audience, Until: expires}, true, nil
}

// Knows tells whether the signature of a token was checked before.
func (t *Tokens) Knows(credential string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	_, ok := t.known[sha256.Sum256([]byte(credential))]
	return ok
}

// check takes a token apart and checks its signature, once for each.
func (t *Tokens) check(token string) (checked, error) {
	sum := sha256.Sum256([]byte(token))
	t.mu.Lock()
	c, ok := t.known[sum]
	t.mu.Unlock()
	if ok {
		return c, nil
	}
	payload, signature, ok := strings.Cut(strings.TrimPrefix(token, tokenPrefix), ".")
	if !ok {
		return c, errToken
	}
	text, err := base64.RawURLEncoding.Strict().DecodeString(payload)
	if err != nil || len(text) > maxPayload {
		return c, errToken
	}
	if c.claims, err = readClaims(text); err != nil {
		return c, err
	}
	blob, err := base64.RawURLEncoding.Strict().DecodeString(signature)
	if err != nil {
		return c, errToken
	}
	host, err := t.HostKey()
	if err != nil {
		return c, err
	}
	sig, err := sshkey.ParseSignatureFor(TokenNamespace(host), pem.EncodeToMemory(&pem.Block{Type: "SSH SIGNATURE", Bytes: blob}))
	if err != nil {
		return c, err
	}
	if !sig.SignsExactly(string(text)) {
		return c, errSigned
	}
	c.key = sig.Key
	t.keep(sum, c)
	return c, nil
}

func (t *Tokens) keep(sum [sha256.Size]byte, c checked) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.known == nil || len(t.known) >= maxKnown {
		t.known = map[[sha256.Size]byte]checked{}
	}
	t.known[sum] = c
}

// readClaims reads a payload. What it does not know it refuses: a claim that
// somebody relies on must hold.
func readClaims(text []byte) (c Claims, err error) {
	d := json.NewDecoder(strings.NewReader(string(text)))
	d.DisallowUnknownFields()
	if err := d.Decode(&c); err != nil {
		return c, errToken
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return c, errToken
	}
	if c.Issued <= 0 || c.Expires <= 0 || len(c.Nonce) > maxNonce || len(c.Audience) > maxAudience {
		return c, errToken
	}
	for _, name := range append([]string{"x"}, c.Ops...) {
		if name == "" {
			return c, errToken
		}
	}
	return c, nil
}
