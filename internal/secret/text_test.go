package secret_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"muster/internal/secret"
)

func TestTextNeverShows(t *testing.T) {
	v := struct{ Password secret.Text }{"hunter2"}
	js, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var logged bytes.Buffer
	slog.New(slog.NewTextHandler(&logged, nil)).Info("x", "password", v.Password, "all", v)
	for _, shown := range []string{
		fmt.Sprint(v), fmt.Sprintf("%+v", v), fmt.Sprintf("%#v", v), fmt.Sprintf("%s %q %v", v.Password, v.Password, &v),
		string(js), logged.String(),
	} {
		if strings.Contains(shown, "hunter2") || !strings.Contains(shown, "(set)") {
			t.Errorf("shown as %s", shown)
		}
	}
	if v.Password.Reveal() != "hunter2" || secret.Text("").String() != "" {
		t.Error("the secret is lost, or none looks like one")
	}
}
