package secret

import (
	"crypto/hkdf"
	"crypto/sha256"
)

// Derive gives bytes that follow from the secret of the installation, from what
// they are for and from what they belong to (RFC 5869): the same each time, and
// nobody without the secret can tell them.
func Derive(master []byte, label, about string, size int) ([]byte, error) {
	return hkdf.Key(sha256.New, master, []byte(about), label, size)
}
