package config_test

import (
	"os"
	"path/filepath"
	"testing"

	"muster/models"
)

// TestHTTPAddresses holds who may be listened to without TLS.
func TestHTTPAddresses(t *testing.T) {
	for listen, plain := range map[string]bool{
		"127.0.0.1:8080": true, "127.1.2.3:80": true, "[::1]:8080": true, "localhost:8080": true,
		":8080": false, "0.0.0.0:8080": false, "[::]:8080": false, "192.0.2.1:80": false, "localhost.example.com:80": false, "[::ffff:192.0.2.1]:80": false,
	} {
		for name, tt := range map[string]struct {
			args []string
			want bool
		}{
			"plain":     {nil, plain},
			"TLS":       {[]string{"--tls-cert=/c", "--tls-key=/k"}, true},
			"a proxy":   {[]string{"--http-proxy-from=192.0.2.7"}, true},
			"PROXY":     {[]string{"--proxy-from=192.0.2.7"}, plain},
			"metrics":   {[]string{"--metrics=" + listen}, plain},
			"no server": {[]string{"--http="}, true},
		} {
			w := world{args: append([]string{"--http=" + listen}, tt.args...)}
			if _, err := w.load(); (err == nil) != tt.want {
				t.Errorf("%s, %s: %v", listen, name, err)
			}
		}
	}
}

// TestTheKeyOfTLSIsNobodyElses holds that a key that others can read is refused.
func TestTheKeyOfTLSIsNobodyElses(t *testing.T) {
	key := filepath.Join(t.TempDir(), "key.pem")
	for mode, ok := range map[os.FileMode]bool{0o600: true, 0o400: true, 0o640: false, 0o604: false} {
		if err := os.WriteFile(key, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(key, mode); err != nil {
			t.Fatal(err)
		}
		_, err := world{args: []string{"--http=:443", "--tls-cert=/c", "--tls-key=" + key}}.load()
		if (err == nil) != ok || err != nil && models.AsError(err).Field != "tls.key" {
			t.Errorf("mode %o: %v", mode, err)
		}
		if err := os.Chmod(key, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
