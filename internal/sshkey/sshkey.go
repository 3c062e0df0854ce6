// Package sshkey reads SSH public keys that people hand in, and says which
// keys may be anybody's identity.
package sshkey

import (
	"bytes"
	"crypto/rsa"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/rivo/uniseg"
	"golang.org/x/crypto/ssh"

	"muster/models"
)

// minRSA is in bits. The library itself refuses more than 16384, OpenSSH's
// limit, and a line whose type is not the one in its bytes.
const minRSA = 2048

// maxText, in bytes, is several times the longest allowed key and a comment.
const maxText = 16 << 10

// field is the name that errors give to what was handed in.
const field = "key"

// Parse reads one line as it stands in a .pub or authorized_keys file, or the
// block of RFC 4716 that PuTTYgen and ssh-keygen -e write. Blank lines and lines
// that start with # are skipped. The label is the comment, made safe and cut to
// the length of a name; it may be empty.
//
// Refused, with CodeInvalid, are private keys, certificates, options before the
// key, several keys, dsa, and rsa under 2048 bits. No error repeats anything
// of the text, which may be a private key pasted by mistake.
func Parse(text []byte) (models.PublicKey, error) {
	if isPrivate(text) {
		return models.PublicKey{}, privateKey()
	}
	if len(text) > maxText {
		return models.PublicKey{}, refuse("this is too long for one SSH public key")
	}
	switch text = bytes.TrimPrefix(text, []byte("\ufeff")); {
	case isBlock(text):
		return parseBlock(text)
	case IsSignature(text):
		return models.PublicKey{}, refuse("this is a signature, not a public key").
			WithHint("a signature proves a key of your own: {key.add}")
	case bytes.HasPrefix(bytes.TrimSpace(text), []byte("-----BEGIN")):
		return models.PublicKey{}, refuse("keys in PEM are not accepted").
			WithHint("convert it to an SSH public key with: ssh-keygen -i -m PKCS8 -f FILE (RSA PUBLIC KEY: -m PEM)")
	}
	var line []byte
	for l := range bytes.Lines(text) {
		l = bytes.TrimSpace(l)
		if len(l) == 0 || l[0] == '#' {
			continue
		}
		if line != nil {
			return models.PublicKey{}, refuse("there is more than one line; one key at a time").
				WithHint("an SSH public key is one line")
		}
		line = l
	}
	if line == nil {
		return models.PublicKey{}, refuse("the SSH public key is missing").WithHint(example)
	}
	pub, comment, options, _, err := ssh.ParseAuthorizedKey(line)
	if err != nil {
		return models.PublicKey{}, notAKey()
	}
	if len(options) > 0 {
		return models.PublicKey{}, refuse("there are options before the key").
			WithHint("leave out everything before the key type")
	}
	return Check(pub, comment)
}

const example = "it is one line like: ssh-ed25519 AAAA… comment, or the block that PuTTYgen shows; create one with: ssh-keygen -t ed25519"

func notAKey() *models.Error { return refuse("this is not an SSH public key").WithHint(example) }

func privateKey() *models.Error {
	return refuse("this is a private key, not a public one; nothing was stored").
		WithHint("never give a private key away; use the file next to it that ends in .pub")
}

// Check gives the key in the form the store takes, or refuses it by the same
// rules as Parse: a key that connects and a key that is pasted are held to one
// standard.
func Check(pub ssh.PublicKey, label string) (models.PublicKey, error) {
	switch pub.Type() {
	case ssh.KeyAlgoED25519, ssh.KeyAlgoSKED25519, ssh.KeyAlgoSKECDSA256,
		ssh.KeyAlgoECDSA256, ssh.KeyAlgoECDSA384, ssh.KeyAlgoECDSA521:
	case ssh.KeyAlgoRSA:
		if err := checkRSA(pub); err != nil {
			return models.PublicKey{}, err
		}
	default:
		if _, ok := pub.(*ssh.Certificate); ok {
			return models.PublicKey{}, refuse("this is a certificate, not a plain public key").
				WithHint("use the key's own .pub file, not the one that ends in -cert.pub")
		}
		return models.PublicKey{}, refuse("keys of this type are not allowed; allowed are ed25519, ecdsa, their security key forms, and rsa of at least %d bits", minRSA).
			WithHint("create one with: ssh-keygen -t ed25519")
	}
	return models.PublicKey{
		Type:        pub.Type(),
		Fingerprint: ssh.FingerprintSHA256(pub),
		Wire:        pub.Marshal(),
		Label:       cleanLabel(label),
	}, nil
}

func checkRSA(pub ssh.PublicKey) error {
	var bits int
	if c, ok := pub.(ssh.CryptoPublicKey); ok {
		if k, ok := c.CryptoPublicKey().(*rsa.PublicKey); ok {
			bits = k.N.BitLen()
		}
	}
	if bits < minRSA {
		return refuse("this rsa key has %d bits and needs at least %d", bits, minRSA).
			WithHint("create a new key with: ssh-keygen -t ed25519")
	}
	return nil
}

// cleanLabel makes a comment a name that models.CheckName takes, or empty.
// Comments are written by ssh-keygen as often as by people, so what is wrong
// with one is dropped and not worth an error.
func cleanLabel(s string) string {
	s = strings.ReplaceAll(models.SafeText(s), "\uFFFD", "")
	var b strings.Builder
	graphemes := uniseg.NewGraphemes(strings.TrimSpace(s))
	for n := 0; n < models.MaxNameGraphemes && graphemes.Next(); n++ {
		if b.Len()+len(graphemes.Str()) > models.MaxNameBytes {
			break
		}
		b.WriteString(graphemes.Str())
	}
	label, err := models.CheckName("label", b.String())
	if err != nil {
		return ""
	}
	return label
}

// isPrivate knows the formats of OpenSSH, PEM, PuTTY and ssh.com, and
// OpenSSH's body without its first line.
func isPrivate(text []byte) bool {
	for _, mark := range []string{
		"PRIVATE KEY", "PuTTY-User-Key-File", "Private-Lines:", "b3BlbnNzaC1rZXktdjE",
	} {
		if bytes.Contains(text, []byte(mark)) {
			return true
		}
	}
	return false
}

func refuse(format string, args ...any) *models.Error {
	return models.Invalid(field, format, args...)
}

// Load parses the public key in a file. Every error names the file;
// fs.ErrNotExist lies beneath when there is none.
func Load(path string) (key models.PublicKey, err error) {
	_, err = load(path, func(text []byte) error { key, err = Parse(text); return err })
	return key, err
}

// LoadText gives the text of a file that holds a public key or a signature by
// one. Its errors are those of Load.
func LoadText(path string) (string, error) {
	text, err := load(path, CheckText)
	return string(text), err
}

// CheckText refuses what is neither a public key nor a signature by one.
func CheckText(text []byte) (err error) {
	if IsSignature(text) {
		_, err = ParseSignature(text)
	} else {
		_, err = Parse(text)
	}
	return err
}

func load(path string, parse func([]byte) error) ([]byte, error) {
	text, err := readFile(path)
	if err != nil {
		e := refuse("cannot read the key file %s: %v", path, cause(err))
		e.Err = err
		return nil, e
	}
	if err := parse(text); err != nil {
		e := *models.AsError(err)
		e.Message = path + ": " + e.Message
		return nil, &e
	}
	return text, nil
}

func readFile(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() { // opening a named pipe would wait
		return nil, errors.New("not a regular file")
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxText+1))
}

// cause leaves out the path, which the message has already.
func cause(err error) error {
	var e *fs.PathError
	if errors.As(err, &e) {
		return e.Err
	}
	return err
}

// Find gives the first usable public key in dir, the user's ~/.ssh, and its
// file, in the order in which people prefer them. When there is none at all,
// fs.ErrNotExist lies beneath the error; when there are only unusable ones, it
// says what is wrong with the first.
func Find(dir string) (models.PublicKey, string, error) {
	var first error
	for _, name := range []string{
		"id_ed25519.pub", "id_ed25519_sk.pub", "id_ecdsa_sk.pub", "id_ecdsa.pub", "id_rsa.pub",
	} {
		path := filepath.Join(dir, name)
		key, err := Load(path)
		switch {
		case err == nil:
			return key, path, nil
		case errors.Is(err, fs.ErrNotExist) || first != nil:
		default:
			first = err
		}
	}
	if first != nil {
		return models.PublicKey{}, "", first
	}
	e := refuse("there is no SSH public key in %s", dir).WithHint("create one with: ssh-keygen -t ed25519")
	e.Err = fs.ErrNotExist
	return models.PublicKey{}, "", e
}
