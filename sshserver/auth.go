package sshserver

import (
	"bytes"
	"context"
	"crypto/rsa"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"strings"

	"charm.land/ssh"
	gossh "golang.org/x/crypto/ssh"

	"muster/models"
)

// minRSABits is the smallest RSA key that is taken.
const minRSABits = 2048

// identity is a key, and whose it is.
type identity struct {
	userID      string // "" for a stranger
	fingerprint string
	keyType     string
	wire        []byte
}

// identityKey finds an identity in gossh.Permissions.
type identityKey struct{}

// authentication is the state of one handshake. Only the goroutine of the
// handshake uses it.
type authentication struct {
	looked   int       // keys asked about
	stranger *identity // a key nobody has, proven, for a user name that admits such
	unknown  []string  // fingerprints of refused keys
	notes    []string  // what else was wrong
	told     bool
}

var (
	errUnknownKey  = errors.New("unknown key")
	errUnusableKey = errors.New("unusable key")
	errTooManyKeys = errors.New("too many keys")
	errNoKey       = errors.New("no usable key")
)

// serverConfig is made anew for every connection: the library writes into it.
func (s *Server) serverConfig(ctx ssh.Context) *gossh.ServerConfig {
	c := ctx.Value(connKey{}).(*conn)
	return &gossh.ServerConfig{
		Config: gossh.Config{
			KeyExchanges: []string{gossh.KeyExchangeMLKEM768X25519, gossh.KeyExchangeCurve25519},
			Ciphers: []string{gossh.CipherChaCha20Poly1305, gossh.CipherAES256GCM,
				gossh.CipherAES128GCM, gossh.CipherAES256CTR},
			MACs: []string{gossh.HMACSHA256ETM, gossh.HMACSHA512ETM},
		},
		PublicKeyAuthAlgorithms: []string{
			gossh.KeyAlgoED25519, gossh.KeyAlgoSKED25519, gossh.KeyAlgoSKECDSA256,
			gossh.KeyAlgoECDSA256, gossh.KeyAlgoECDSA384, gossh.KeyAlgoECDSA521,
			gossh.KeyAlgoRSASHA256, gossh.KeyAlgoRSASHA512,
		},
		// Room for the keys and for what OpenSSH repeats at the end.
		MaxAuthTries:                s.limits.Keys + 4,
		PreAuthConnCallback:         c.authenticating,
		PublicKeyCallback:           c.offered,
		VerifiedPublicKeyCallback:   c.proven,
		KeyboardInteractiveCallback: c.explain,
	}
}

// offered is asked about a key that the client may or may not own. Nothing of
// it becomes the connection's identity here.
func (c *conn) offered(meta gossh.ConnMetadata, key gossh.PublicKey) (*gossh.Permissions, error) {
	wire, a := key.Marshal(), &c.auth
	again := a.stranger != nil && bytes.Equal(a.stranger.wire, wire)
	if !again {
		c.failed.Store(true) // until one is good
		if a.looked++; a.looked > c.srv.limits.Keys {
			a.note("your client offered too many keys; name the one with ssh -o IdentitiesOnly=yes -i FILE")
			return nil, errTooManyKeys
		}
	}
	if why := unusable(key); why != "" {
		a.note(why)
		return nil, errUnusableKey
	}
	id := &identity{fingerprint: gossh.FingerprintSHA256(key), keyType: key.Type(), wire: wire}
	ctx, cancel := context.WithTimeout(c.ctx, c.srv.limits.Handshake)
	defer cancel()
	userID, known, err := c.srv.cfg.Directory.KeyUser(ctx, id.fingerprint, c.srv.admitsStrangers(meta.User()))
	if err == nil && known && userID == "" {
		err = errors.New("a known key without a user")
	}
	if e := models.AsError(err); err != nil && e.Code == models.CodeConflict {
		a.note(e.Message)
		a.note(e.PlainHint())
		return nil, errUnusableKey
	}
	if err != nil {
		c.note(slog.LevelError, "key lookup failed", "conn", c.id, "err", err)
		a.note("keys cannot be looked up at the moment; try again, or tell whoever runs this server")
		return nil, err
	}
	switch {
	case known:
		id.userID = userID
	case !c.srv.admitsStrangers(meta.User()), a.stranger != nil && !again:
		a.unknown = append(a.unknown, id.fingerprint)
		return nil, errUnknownKey
	}
	return &gossh.Permissions{ExtraData: map[any]any{identityKey{}: id}}, nil
}

// proven is told about a key whose signature was verified. The permissions are
// those that offered gave for that very key.
//
// A stranger's key is not the end of it: a person whose agent offers an unknown
// key before the known one would get a second account. The answer "partial
// success" makes OpenSSH offer its other keys and this one last, so that a
// known one wins; a client that has no other comes straight back with this one.
// It costs a stranger a second signature, once. Clients that begin again with
// the same key (x/crypto's) have to name the right one.
func (c *conn) proven(meta gossh.ConnMetadata, key gossh.PublicKey, perms *gossh.Permissions, _ string) (*gossh.Permissions, error) {
	id, ok := perms.ExtraData[identityKey{}].(*identity)
	if !ok || !bytes.Equal(id.wire, key.Marshal()) {
		return nil, errUnknownKey
	}
	if id.userID == "" && c.auth.stranger == nil {
		c.auth.stranger = id
		return nil, &gossh.PartialSuccessError{Next: gossh.ServerAuthCallbacks{
			PublicKeyCallback:           c.offered,
			KeyboardInteractiveCallback: c.lastResort,
		}}
	}
	return c.admit(meta, id)
}

// lastResort lets a stranger in whose client, asked for its other keys, had none
// and does not repeat the first (PuTTY with an agent). That key was proven on
// this connection, and the user name cannot change after a partial success.
func (c *conn) lastResort(meta gossh.ConnMetadata, _ gossh.KeyboardInteractiveChallenge) (*gossh.Permissions, error) {
	if c.auth.told {
		return nil, errNoKey
	}
	return c.admit(meta, c.auth.stranger)
}

// admit takes an authenticated client in, if the limits leave room.
func (c *conn) admit(meta gossh.ConnMetadata, id *identity) (*gossh.Permissions, error) {
	if err := c.ticket.admit(c.holder(id), id.userID == ""); err != nil {
		c.note(slog.LevelWarn, "login refused", "conn", c.id, "addr", c.remote.String(), "user", id.userID, "reason", err.Error())
		c.auth.told = true
		return nil, &gossh.BannerError{Err: err, Message: "muster: " + err.Error() + "\r\n"}
	}
	c.user = c.ticket.holder
	login := cleanLogin(meta.User())
	c.authenticated(id, login)
	c.note(slog.LevelInfo, "login", "conn", c.id, "addr", c.remote.String(), "user", id.userID,
		"login", loggedLogin(login), "key", id.fingerprint, "key_type", id.keyType)
	return &gossh.Permissions{ExtraData: map[any]any{identityKey{}: id}}, nil
}

// holder is who a connection or a command is counted against. Strangers make
// keys at will, so they are counted by where they come from.
func (c *conn) holder(id *identity) string { return holderName(id.userID, c.remote.Addr()) }

// holderName is the holder for a user, or for the strangers of a network.
func holderName(userID string, from netip.Addr) string {
	if userID != "" {
		return userID
	}
	return "stranger " + models.Network(from).String()
}

// explain is what is left when no key opened the door: it says what to do, and
// fails. OpenSSH asks three times, and is told once.
func (c *conn) explain(meta gossh.ConnMetadata, challenge gossh.KeyboardInteractiveChallenge) (*gossh.Permissions, error) {
	if c.auth.told {
		return nil, errNoKey
	}
	c.auth.told = true
	if _, err := challenge("", c.auth.explanation(c.srv.cfg.SignUp), nil, nil); err != nil {
		return nil, err
	}
	return nil, errNoKey
}

func (a *authentication) note(text string) {
	for _, n := range a.notes {
		if n == text {
			return
		}
	}
	a.notes = append(a.notes, text)
}

func (a *authentication) explanation(signUp bool) string {
	var b strings.Builder
	switch {
	case len(a.unknown) > 0:
		b.WriteString("muster does not know your key.\n")
	case len(a.notes) == 0:
		b.WriteString("muster knows people by their SSH key, and your client offered none.\n  1. Make one:               ssh-keygen -t ed25519\n  2. Run the same command again.\n")
	default:
		b.WriteString("muster could not let you in.\n")
	}
	for _, n := range a.notes {
		b.WriteString("  " + n + "\n")
	}
	for _, fp := range a.unknown[:min(len(a.unknown), 3)] {
		b.WriteString("  " + fp + "\n")
	}
	b.WriteString("\nTo accept an invitation:   ssh join+CODE@HOST\nTo ask to join:            ssh request+CODE@HOST\n")
	if signUp {
		b.WriteString("To open an account:        ssh new@HOST\n")
	}
	b.WriteString("Somebody with an account here can add your key to theirs, or invite you.\n")
	return b.String()
}

// unusable says why a key is not taken, "" if it is.
func unusable(key gossh.PublicKey) string {
	if _, ok := key.(*gossh.Certificate); ok {
		return "certificates are not accepted; use the plain key"
	}
	crypto, ok := key.(gossh.CryptoPublicKey)
	if !ok {
		return ""
	}
	if k, ok := crypto.CryptoPublicKey().(*rsa.PublicKey); ok && k.N.BitLen() < minRSABits {
		return "RSA keys need at least 2048 bits; create a new one with: ssh-keygen -t ed25519"
	}
	return ""
}

// handshakeFailed logs one line. Errors of the library can quote user names, and
// those can hold codes.
func (s *Server) handshakeFailed(raw net.Conn, err error) {
	var timeout net.Error
	var refused *gossh.ServerAuthError
	reason := err.Error()
	switch {
	case errors.As(err, &refused):
		reason = "no key was accepted"
	case errors.As(err, &timeout) && timeout.Timeout():
		reason = "it took too long"
	case strings.Contains(reason, "user"):
		reason = "the client changed its user name"
	}
	from, _ := addrPort(raw.RemoteAddr())
	const longest = 200
	if len(reason) > longest { // what a client sent can be in it
		reason = reason[:longest]
	}
	s.note(from.Addr(), slog.LevelInfo, "handshake failed", "addr", from.String(), "reason", reason)
}
