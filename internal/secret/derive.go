package secret

import (
	"crypto/hkdf"
	"crypto/sha256"
)

// Derive makes a key of 32 bytes from the secret of the installation, for this
// label alone (RFC 5869).
func Derive(master []byte, label string) ([]byte, error) {
	return hkdf.Key(sha256.New, master, nil, label, 32)
}
