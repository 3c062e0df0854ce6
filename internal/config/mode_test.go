package config_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"muster/internal/config"
	"muster/models"
)

// onDisk loads what real files say, without a home directory unless env has one.
func onDisk(env map[string]string) (*config.Config, error) {
	return config.Load(config.Sources{
		Env: func(name string) string { return env[name] }, ReadFile: os.ReadFile, Hostname: "box.example.com",
	})
}

// write makes a file with a mode that no umask changes.
func write(t *testing.T, name, content string, mode fs.FileMode) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
	return path
}

func wantInvalid(t *testing.T, what string, err error, text string) {
	t.Helper()
	if text == "" {
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
		return
	}
	if models.CodeOf(err) != models.CodeInvalid || !strings.Contains(err.Error(), text) {
		t.Errorf("%s: %v, want %q", what, err, text)
	}
}

func TestFilesOpenToOthersAreRefused(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("modes are not what protects files there")
	}
	for _, tt := range []struct {
		mode             fs.FileMode
		config, password string
	}{
		{0o600, "", ""},
		{0o400, "", ""},
		{0o644, "", "contains a secret and is open to others (mode 0644)"},
		{0o640, "", "open to others"},
		{0o604, "", "open to others"},
		{0o620, "can be changed by others (mode 0620)", "open to others"},
		{0o602, "can be changed by others", "open to others"},
		{0o666, "can be changed by others", "open to others"},
	} {
		env := map[string]string{"MUSTER_DATA": "/data", "MUSTER_CONFIG": write(t, "config.toml", "theme = \"dark\"\n", tt.mode)}
		_, err := onDisk(env)
		wantInvalid(t, "configuration "+tt.mode.String(), err, tt.config)

		env = map[string]string{"MUSTER_DATA": "/data", "MUSTER_MAIL_SMTP_PASSWORD_FILE": write(t, "password", "x\n", tt.mode)}
		c, err := onDisk(env)
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.MailPassword(os.ReadFile)
		wantInvalid(t, "password "+tt.mode.String(), err, tt.password)
	}
}

func TestNothingIsGuessedWithoutAHome(t *testing.T) {
	for name, tt := range map[string]struct {
		env        map[string]string
		data, file string
		err        string
	}{
		"nothing":      {nil, "", "", "there is no home directory"},
		"data":         {map[string]string{"MUSTER_DATA": "/d"}, "/d", "", ""},
		"XDG":          {map[string]string{"XDG_DATA_HOME": "/d", "XDG_CONFIG_HOME": "/c"}, "/d/muster", "/c/muster/config.toml", ""},
		"relative XDG": {map[string]string{"XDG_DATA_HOME": "d"}, "", "", "there is no home directory"},
		"tilde":        {map[string]string{"MUSTER_DATA": "~/d"}, "", "", "begins with ~/"},
		"home":         {map[string]string{"HOME": "/h"}, "/h/.local/share/muster", "/h/.config/muster/config.toml", ""},
	} {
		t.Run(name, func(t *testing.T) {
			c, err := onDisk(tt.env)
			wantInvalid(t, "load", err, tt.err)
			if err == nil && (c.Data != tt.data || c.File != tt.file) {
				t.Errorf("data %q, file %q", c.Data, c.File)
			}
		})
	}
}
