package cli

import (
	"bytes"
	"context"
	"crypto/rand"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"muster/models"
)

// TestAKeyGoesToItsServerAlone holds that an API key is not sent where a server
// points, and that what is no answer of muster's changes no snapshot.
func TestAKeyGoesToItsServerAlone(t *testing.T) {
	_, key, err := models.MintAPIKey(models.KeyService, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	var elsewhere []string
	other := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		elsewhere = append(elsewhere, r.Header.Get("Authorization"))
	}))
	defer other.Close()
	for name, x := range map[string]struct {
		answer http.HandlerFunc
		want   string
	}{
		"a redirect":   {func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, other.URL, http.StatusFound) }, "302 Found"},
		"another site": {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) }, "not one of muster's"},
		"half of it":   {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"id":"x","version":"1"}`)) }, "not whole"},
		"an old answer": {func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte(`{"id":"x","version":"1","unchanged":true}`))
		}, "another question"},
		"a failure": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }, "502"},
		"escapes": {func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusForbidden)
			_, _ = w.Write([]byte(`{"detail":"a\u001b[2Jb"}`))
		}, "gave no keys"},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(x.answer)
			defer server.Close()
			file := filepath.Join(t.TempDir(), "key")
			if err := os.WriteFile(file, []byte(key+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			dir := filepath.Join(t.TempDir(), "keys")
			var out, errs bytes.Buffer
			status := Run(context.Background(), Env{
				Args: []string{"pull", "--http", server.URL, "--org", "ACME", "--api-key-file", file, "--out", dir},
				Out:  &out, Err: &errs, Now: time.Now, After: time.After, Getenv: func(string) string { return "" },
			})
			if status != models.CodeInternal.ExitStatus() || out.Len() > 0 {
				t.Errorf("status %d, output %q", status, &out)
			}
			said := errs.String()
			if !strings.Contains(said, x.want) || strings.Contains(said, key) || strings.Contains(said, "\x1b") {
				t.Errorf("it says %q, want %q", said, x.want)
			}
			if _, err := os.Stat(dir); !os.IsNotExist(err) {
				t.Errorf("there is a snapshot: %v", err)
			}
		})
	}
	if len(elsewhere) > 0 {
		t.Errorf("the key went elsewhere: %q", elsewhere)
	}
}
