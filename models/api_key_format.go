package models

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"hash/crc32"
	"io"
	"regexp"
	"strings"
)

// An API key is a prefix of four characters, 12 of id, 33 of secret and 6 of
// CRC-32 over all before, in base62: 55 characters. The prefix says what kind it
// is, and lets scanners find keys that were published; the id finds its row; the
// checksum tells a key that was cut or mistyped without looking it up. 33
// characters of base62 are 196 bits, which is why a fast hash is enough.
const (
	keyPrefixLen = 4
	keyIDLen     = keyPrefixLen + 12
	keyBodyLen   = keyIDLen + 33
	keyLen       = keyBodyLen + 6
)

const base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// keyPrefix begins the keys of a kind.
func keyPrefix(kind APIKeyKind) string {
	switch kind {
	case KeyPersonal:
		return "mup_"
	case KeyOrganization:
		return "muo_"
	}
	return "mus_"
}

// MintAPIKey makes a key of a kind: its id and the whole of it.
func MintAPIKey(kind APIKeyKind, random io.Reader) (id, secret string, err error) {
	var b strings.Builder
	b.WriteString(keyPrefix(kind))
	var buf [64]byte
	for b.Len() < keyBodyLen {
		if _, err := io.ReadFull(random, buf[:]); err != nil {
			return "", "", err
		}
		for _, x := range buf {
			// 248 is the largest multiple of 62 in a byte: what is above it is left out,
			// so that every character is as likely as any other.
			if x < 248 && b.Len() < keyBodyLen {
				b.WriteByte(base62[x%62])
			}
		}
	}
	body, sum := b.String(), keyChecksum(b.String())
	return body[:keyIDLen], body + string(sum[:]), nil
}

// keyChecksum is CRC-32 (IEEE) in six characters of base62. It is computed from the
// text itself, since a copy for crc32.ChecksumIEEE would be made for every request.
func keyChecksum(body string) (out [keyLen - keyBodyLen]byte) {
	n := ^uint32(0)
	for i := range len(body) {
		n = crc32.IEEETable[byte(n)^body[i]] ^ n>>8
	}
	n = ^n
	for i := len(out) - 1; i >= 0; i-- {
		out[i] = base62[n%62]
		n /= 62
	}
	return out
}

// ParseAPIKey takes a key apart without looking it up: ok is false for what
// cannot be one.
func ParseAPIKey(secret string) (kind APIKeyKind, id string, ok bool) {
	if len(secret) != keyLen {
		return "", "", false
	}
	if kind, ok = keyKind(secret[:keyPrefixLen]); !ok {
		return "", "", false
	}
	for i := keyPrefixLen; i < keyLen; i++ {
		if !asciiLetterOrDigit(secret[i]) {
			return "", "", false
		}
	}
	if sum := keyChecksum(secret[:keyBodyLen]); string(sum[:]) != secret[keyBodyLen:] {
		return "", "", false
	}
	return kind, secret[:keyIDLen], true
}

func keyKind(prefix string) (APIKeyKind, bool) {
	for _, kind := range [...]APIKeyKind{KeyPersonal, KeyOrganization, KeyService} {
		if keyPrefix(kind) == prefix {
			return kind, true
		}
	}
	return "", false
}

func asciiLetterOrDigit(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
}

// IsAPIKeyID tells whether a text has the form of the id of a key.
func IsAPIKeyID(s string) bool {
	if len(s) != keyIDLen {
		return false
	}
	_, ok := keyKind(s[:keyPrefixLen])
	return ok
}

// HashAPIKey is what is kept of a key.
func HashAPIKey(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// SameAPIKey tells whether a key is the one of a hash, in a time that does not
// depend on how much of it is right.
func SameAPIKey(secret, hash string) bool {
	if len(secret) != keyLen || len(hash) != 2*sha256.Size {
		return false
	}
	var text [keyLen]byte // on the stack, as the rest: this is asked for every request
	copy(text[:], secret)
	sum := sha256.Sum256(text[:])
	var got, want [2 * sha256.Size]byte
	hex.Encode(got[:], sum[:])
	copy(want[:], hash)
	return subtle.ConstantTimeCompare(got[:], want[:]) == 1
}

// apiKeyShaped finds what could be a key, also one with a mistyped checksum.
var apiKeyShaped = regexp.MustCompile(`mu[pos]_[0-9A-Za-z]{20,}`)

// RedactAPIKeys leaves the id of every key in a text and hides the rest.
func RedactAPIKeys(s string) string {
	if !strings.Contains(s, "mu") {
		return s
	}
	return apiKeyShaped.ReplaceAllStringFunc(s, func(key string) string { return key[:keyIDLen] + "…" })
}
