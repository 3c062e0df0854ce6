package models_test

import (
	"crypto/rand"
	"strings"
	"testing"

	"muster/models"
)

// A code or a key in the place of something else is hidden where it was typed
// already, and refused where it would be kept.
func TestSecretsInText(t *testing.T) {
	_, apiKey, err := models.MintAPIKey(models.KeyPersonal, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for kind, secret := range map[string]string{
		"a code":            "cmmhf3qhfhvxh662qogvbdj3tm",
		"a second factor":   "AM4DP4XUHL3HCO56WOZJF6ODXC7HV26T",
		"a recovery code":   "abcd-efgh-2345-mnop",
		"an API key":        apiKey,
		"a part of a key":   apiKey[:40],
		"a signed token":    "must0.eyJpYXQiOjE3OTU4NzA1MDd9.U1NIU0lHAAAAAQAAADMAAAALc3NoLWVkMjU1MTk",
		"a private SSH key": "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmU",
	} {
		for _, text := range []string{secret, strings.ToUpper(secret), "join+" + secret + "@host", "use " + secret + ".", "été " + secret} {
			if kind == "an API key" || kind == "a part of a key" || kind == "a signed token" {
				text = strings.ReplaceAll(text, strings.ToUpper(secret), secret) // letter case is part of it
			}
			if hidden := models.HideSecrets(text); strings.Contains(hidden, secret[len(secret)-10:]) || hidden == text {
				t.Errorf("%s: %q is shown as %q", kind, text, hidden)
			}
			if !models.MayHoldSecret([]byte(`{"x":"\n` + text + `"}`)) {
				t.Errorf("%s is not found in JSON", kind)
			}
			_, err := models.CheckLong("reason", text)
			if e := models.AsError(err); models.CodeOf(err) != models.CodeInvalid || e.Field != "reason" || strings.Contains(e.Error()+e.Hint, secret) {
				t.Errorf("%s: %q is taken as a reason: %v", kind, text, err)
			}
			if _, err := models.CheckName("label", text); err == nil {
				t.Errorf("%s: %q is taken as a label", kind, text)
			}
		}
		if _, err := models.CheckEmail("email", "join+"+secret+"@example.com"); err == nil {
			t.Errorf("%s is taken as an address", kind)
		}
	}
	for _, text := range []string{
		"blue-team-west-side", "inv_06h24i0gq1td5esrj788jsbg8c", "org_06h24htufdo85bo0d5rot3dp44", apiKey[:16], "SHA256:eRVCPcO5LMj0ZKIqxLwHbJcRrRzszMK/pJqPvxTS4G8",
		"0123456789abcdef0123456789abcdef", "d41d8cd98f00b204e9800998ecf8427e", "01ARZ3NDEKTSV4RRFFQ69G5FAV", "550e8400-e29b-41d4-a716-446655440000",
		"Rechtsschutzversicherungen", strings.Repeat("x", 32), strings.Repeat("a", 26), "https://example.com/a/b?c=d", "where is my private key?",
	} {
		if got, err := models.CheckLong("message", text); err != nil || got != text {
			t.Errorf("%q is refused: %v", text, err)
		}
	}
}
