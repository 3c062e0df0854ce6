package store_test

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"muster/models"
	"muster/store"
)

// TestNoSecretIsKept makes and uses keys in every way, also in the wrong place, and
// looks for their secrets in all that is kept: database, audit log, backup, and the
// server's own log.
func TestNoSecretIsKept(t *testing.T) {
	var log bytes.Buffer
	k := newKeyWorld(t)
	s := k.open(func(o *store.Options) {
		o.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	k.s = s
	one := k.create(k.admin, models.NewAPIKey{})
	next := must[models.SecretKey](t)(s.RotateAPIKey(k.ctx, k.admin, k.org, one.ID, time.Hour))
	secrets := []string{one.Secret, next.Secret}
	for _, secret := range secrets {
		if err := k.works(secret); err != nil {
			t.Fatal(err)
		}
		k.verify(secret, models.KeyQuestion{Cost: 1})
		// Where it does not belong.
		_, _ = s.APIKey(k.ctx, k.mel, k.org, secret)
		_, _ = s.RevokeAPIKey(k.ctx, k.mel, k.org, secret)
		_, _ = s.RemoveMember(k.ctx, k.mel, k.org, secret)
		_, _ = s.Service(k.ctx, k.mel, k.org, secret)
		_, _ = s.Role(k.ctx, k.mel, secret, secret)
		_, _ = s.SuspendMember(k.ctx, k.viewer, k.org, "mel@example.com", "because of "+secret)
		k.verify(secret[:50]+"00000", models.KeyQuestion{})
	}
	if err := s.FlushUsage(k.ctx); err != nil {
		t.Fatal(err)
	}
	backup := filepath.Join(t.TempDir(), "backup")
	if err := s.Backup(k.ctx, backup); err != nil {
		t.Fatal(err)
	}
	kept := map[string][]byte{"the log": log.Bytes()}
	files, err := filepath.Glob(filepath.Join(k.dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range append(files, backup) {
		if kept[name], err = os.ReadFile(name); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range kept {
		for _, secret := range secrets {
			if bytes.Contains(text, []byte(secret[16:])) || bytes.Contains(text, []byte(secret[20:40])) {
				t.Errorf("a secret is in %s", name)
			}
		}
	}
	if !bytes.Contains(kept[backup], []byte(models.HashAPIKey(one.Secret))) {
		t.Error("the backup has no hash of the key either: the search looks in the wrong place")
	}
}
