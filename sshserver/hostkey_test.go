package sshserver

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"encoding/pem"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	gossh "golang.org/x/crypto/ssh"

	"muster/models"
)

func TestHostKeyIsMadeOnce(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "host_key")
	var all sync.WaitGroup
	prints := make([]string, 8)
	for i := range prints {
		all.Go(func() {
			signer, err := LoadOrCreateHostKey(path, rand.Reader)
			if err != nil {
				t.Error(err)
				return
			}
			prints[i] = gossh.FingerprintSHA256(signer.PublicKey())
			if got := signer.PublicKey().Type(); got != "ssh-ed25519" {
				t.Error(got)
			}
		})
	}
	all.Wait()
	for _, p := range prints {
		if p != prints[0] {
			t.Fatalf("several keys: %q", prints)
		}
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("left behind: %v %v", entries, err)
	}
}

func TestHostKeyIsNeverReplaced(t *testing.T) {
	armour := func(private any, passphrase string) []byte {
		block, err := gossh.MarshalPrivateKey(private, "")
		if passphrase != "" {
			block, err = gossh.MarshalPrivateKeyWithPassphrase(private, "", []byte(passphrase))
		}
		if err != nil {
			t.Fatal(err)
		}
		return pem.EncodeToMemory(block)
	}
	_, good, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		text []byte
		mode fs.FileMode
		want string
	}{
		{"empty", nil, 0o600, "is empty"},
		{"group may read", armour(good, ""), 0o640, "by others"},
		{"others may read", armour(good, ""), 0o604, "by others"},
		{"others may write", armour(good, ""), 0o602, "by others"},
		{"unreadable", armour(good, ""), 0o000, "cannot be read"},
		{"garbage", []byte("hello"), 0o600, "no private key"},
		{"cut off", armour(good, "")[:100], 0o600, "no private key"},
		{"rsa", armour(other, ""), 0o600, "not an ed25519"},
		{"passphrase", armour(good, "secret"), 0o600, "passphrase"},
		{"huge", make([]byte, 1<<20), 0o600, "too large"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.mode == 0 && os.Getuid() == 0 {
				t.Skip("root reads everything")
			}
			path := filepath.Join(t.TempDir(), "host_key")
			if err := os.WriteFile(path, c.text, 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(path, c.mode); err != nil {
				t.Fatal(err)
			}
			signer, err := LoadOrCreateHostKey(path, rand.Reader)
			e := models.AsError(err)
			if signer != nil || err == nil || e.Code != models.CodeInvalid || !strings.Contains(e.Message, c.want) || e.Hint == "" {
				t.Fatalf("%v %v", signer, err)
			}
			if err := os.Chmod(path, 0o600); err != nil {
				t.Fatal(err)
			}
			if text, err := os.ReadFile(path); err != nil || !bytes.Equal(text, c.text) {
				t.Error("the file was changed", err)
			}
		})
	}
	t.Run("a folder", func(t *testing.T) {
		if _, err := LoadOrCreateHostKey(t.TempDir(), rand.Reader); models.CodeOf(err) != models.CodeInvalid || err == nil {
			t.Error(err)
		}
	})
	t.Run("no folder", func(t *testing.T) {
		if _, err := LoadOrCreateHostKey(filepath.Join(t.TempDir(), "none", "key"), rand.Reader); err == nil {
			t.Error("made a folder")
		}
	})
	t.Run("a good one of ssh-keygen's form", func(t *testing.T) {
		path := writeKey(t, good)
		signer, err := LoadOrCreateHostKey(path, rand.Reader)
		if err != nil || !bytes.Equal(signer.PublicKey().Marshal()[19:], good.Public().(ed25519.PublicKey)) {
			t.Error(err)
		}
	})
}
