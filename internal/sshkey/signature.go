package sshkey

import (
	"bytes"
	"strings"

	"github.com/hiddeco/sshsig"
	"golang.org/x/crypto/ssh"

	"muster/models"
)

// Namespace keeps what is signed to prove a key apart from everything else that
// people sign with it (PROTOCOL.sshsig of OpenSSH).
const Namespace = "muster-key"

// beginSignature is the first line of what ssh-keygen -Y sign writes.
const beginSignature = "-----BEGIN SSH SIGNATURE-----"

// Signature is a signature by an SSH key, which it carries with it. It proves
// nothing until it was compared with what should have been signed.
type Signature struct {
	Key       models.PublicKey
	sig       *sshsig.Signature
	namespace string
}

// IsSignature tells whether a text is what ssh-keygen -Y sign writes, or should
// be, rather than a public key.
func IsSignature(text []byte) bool {
	return bytes.HasPrefix(bytes.TrimSpace(text), []byte(beginSignature))
}

// ParseSignature reads what ssh-keygen -Y sign -n muster-key wrote. The key in it
// is held to the rules of Parse.
func ParseSignature(text []byte) (Signature, error) { return ParseSignatureFor(Namespace, text) }

// ParseSignatureFor is ParseSignature for another namespace.
func ParseSignatureFor(namespace string, text []byte) (Signature, error) {
	if isPrivate(text) {
		return Signature{}, privateKey()
	}
	if len(text) > maxText {
		return Signature{}, refuse("this is too long for a signature")
	}
	sig, err := sshsig.Unarmor(bytes.ReplaceAll(bytes.TrimSpace(text), []byte("\r"), nil))
	if err != nil {
		return Signature{}, refuse("this signature cannot be read").
			WithHint("copy everything from BEGIN to END SSH SIGNATURE")
	}
	if sig.Namespace != namespace {
		return Signature{}, refuse("this signature is for something else").
			WithHint("sign with: ssh-keygen -Y sign -n %s", namespace)
	}
	key, err := Check(sig.PublicKey, "")
	return Signature{Key: key, sig: sig, namespace: namespace}, err
}

// Signs tells whether the key signed one of these texts, each alone or as a line.
func (s Signature) Signs(texts ...string) bool {
	for _, text := range texts {
		for _, end := range []string{"\n", "", "\r\n"} {
			if s.SignsExactly(text + end) {
				return true
			}
		}
	}
	return false
}

// SignsExactly tells whether the key signed this very text.
func (s Signature) SignsExactly(text string) bool {
	if s.sig == nil || strings.HasPrefix(s.Key.Type, "sk-") && !userPresent(s.sig.Signature) {
		return false
	}
	return sshsig.Verify(strings.NewReader(text), s.sig, s.sig.PublicKey, s.sig.HashAlgorithm, s.namespace) == nil
}

// userPresent tells whether somebody pressed the hardware key for a signature: the
// first flag of PROTOCOL.u2f.
func userPresent(sig *ssh.Signature) bool { return len(sig.Rest) > 0 && sig.Rest[0]&1 != 0 }
