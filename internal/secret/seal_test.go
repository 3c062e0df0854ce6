package secret_test

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"testing"

	"muster/internal/secret"
)

func TestSeal(t *testing.T) {
	master, other := bytes.Repeat([]byte{1}, secret.Size), bytes.Repeat([]byte{2}, secret.Size)
	text := []byte("twenty bytes of text")
	sealed, err := secret.Seal(master, "label", "usr_1", text, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if raw, err := base64.StdEncoding.DecodeString(sealed); err != nil || bytes.Contains(raw, text) {
		t.Errorf("the text is readable, or %v", err)
	}
	again, err := secret.Seal(master, "label", "usr_1", text, rand.Reader)
	if err != nil || again == sealed {
		t.Errorf("the same text looks the same twice: %v", err)
	}
	if got, err := secret.Open(master, "label", "usr_1", sealed); err != nil || !bytes.Equal(got, text) {
		t.Errorf("%q, %v", got, err)
	}
	flipped, _ := base64.StdEncoding.DecodeString(sealed)
	flipped[len(flipped)-1] ^= 1
	for name, try := range map[string]func() ([]byte, error){
		"another secret": func() ([]byte, error) { return secret.Open(other, "label", "usr_1", sealed) },
		"another label":  func() ([]byte, error) { return secret.Open(master, "labels", "usr_1", sealed) },
		"another row":    func() ([]byte, error) { return secret.Open(master, "label", "usr_2", sealed) },
		"a changed byte": func() ([]byte, error) {
			return secret.Open(master, "label", "usr_1", base64.StdEncoding.EncodeToString(flipped))
		},
		"a short text": func() ([]byte, error) { return secret.Open(master, "label", "usr_1", "AAAA") },
		"no base64":    func() ([]byte, error) { return secret.Open(master, "label", "usr_1", "-") },
	} {
		if got, err := try(); err == nil {
			t.Errorf("%s opens it: %q", name, got)
		}
	}
}
