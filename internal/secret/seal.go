package secret

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"errors"
	"io"
)

// errSealed is told apart by nobody: a wrong key and a damaged text look alike.
var errSealed = errors.New("secret: sealed with another key, or damaged")

// Seal encrypts text for the database, with AES-256-GCM under a key derived
// from the secret of the installation for this label alone (RFC 5869). about
// names the row it belongs to: moved to another one it does not open.
func Seal(master []byte, label, about string, text []byte, rand io.Reader) (string, error) {
	gcm, err := sealer(master, label)
	if err != nil {
		return "", err
	}
	nonce := make([]byte, gcm.NonceSize(), gcm.NonceSize()+len(text)+gcm.Overhead())
	if _, err := io.ReadFull(rand, nonce); err != nil {
		return "", err
	}
	return base64.StdEncoding.EncodeToString(gcm.Seal(nonce, nonce, text, []byte(about))), nil
}

// Open gives back what Seal encrypted.
func Open(master []byte, label, about, sealed string) ([]byte, error) {
	gcm, err := sealer(master, label)
	if err != nil {
		return nil, err
	}
	b, err := base64.StdEncoding.DecodeString(sealed)
	if err != nil || len(b) < gcm.NonceSize() {
		return nil, errSealed
	}
	text, err := gcm.Open(nil, b[:gcm.NonceSize()], b[gcm.NonceSize():], []byte(about))
	if err != nil {
		return nil, errSealed
	}
	return text, nil
}

func sealer(master []byte, label string) (cipher.AEAD, error) {
	key, err := Derive(master, label, "", 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}
