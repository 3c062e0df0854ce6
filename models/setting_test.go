package models_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"muster/models"
)

func TestSettingChecks(t *testing.T) {
	type io map[string]string // what is typed, and what is stored; "!" for a refusal
	for key, cases := range map[string]io{
		models.SetName:              {" Acme ": "Acme", "": "!", "a\x1b[m": "!", strings.Repeat("x", 65): "!"},
		models.SetCode:              {"acme": "acme", "new": "!", "1": "!"},
		models.SetDescription:       {"": "", "one\r\ntwo": "one\ntwo", "a\u202eb": "!", strings.Repeat("x", 2049): "!"},
		models.SetAccent:            {"": "", "Blue": "blue", "mauve": "!", "#ff0000": "!"},
		models.SetBadge:             {"": "", "AC": "AC", "🚀": "🚀", "ABCDE": "!", "a\nb": "!"},
		models.SetMOTD:              {"Hello\nall": "Hello\nall", "\x07": "!"},
		models.SetDefaultRole:       {"Member": "member", "viewer": "viewer", "admin": "admin", "owner": "!", "": "!", "root": "!"},
		models.SetExpiry:            {"48h": "2d", "3600": "1h", "90m": "90m", "61": "61", "59": "!", "31d": "!", "213504d": "!", "": "!"},
		models.SetInvite:            {"OWNERS": "owners", "members": "members", "": "!", "everybody": "!"},
		models.SetDomains:           {"": "", "Example.com, @acme.dev example.com": "example.com,acme.dev", "a b\nc": "a,b,c", "ex ample_.com": "!", "-a.b": "!", strings.Repeat("a", 64): "!"},
		models.SetJoinRequests:      {"on": "on", "OFF": "off", "yes": "!", "": "!"},
		models.SetSelfApproval:      {"on": "on", "off": "off", "1": "!"},
		models.SetTwoFactor:         {"Required": "required", "off": "off", "on": "!", "": "!"},
		models.SetHardwareKeyCounts: {"on": "on", "off": "off", "": "!"}, models.SetHardwareKeyRequired: {"ON": "on", "off": "off", "yes": "!"},
		models.SetIPAllowlist: {
			"": "", "192.0.2.7": "192.0.2.7", "192.0.2.7/32, 192.0.2.7": "192.0.2.7", "10.1.2.3/8\n2001:DB8:0::1/32": "10.0.0.0/8,2001:db8::/32",
			"::ffff:192.0.2.7": "192.0.2.7", "::ffff:10.0.0.0/104": "10.0.0.0/8", "::1 0.0.0.0/0": "::1,0.0.0.0/0",
			"example.com": "!", "10.0.0": "!", "10.0.0.0/33": "!", "fe80::1%eth0": "!", "10.0.0.0-10.0.0.9": "!", "1.2.3.4/": "!", "010.0.0.1": "!", "\x1b[m": "!",
		},
		models.SetSessionIdle: {"": "", "0": "", "15": "15", " 5m ": "5", "1": "1", "30": "30", "31": "!", "-1": "!", "+5": "!", "1h": "!", "90s": "!", "1.5": "!"},
	} {
		d, err := models.FindSetting(key)
		if err != nil {
			t.Fatal(err)
		}
		for in, want := range cases {
			got, err := d.Check(d.Key, in)
			if want == "!" {
				if e := models.AsError(err); err == nil || e.Code != models.CodeInvalid || e.Field != key {
					t.Errorf("%s = %.20q: %q, %v", key, in, got, err)
				}
				continue
			}
			if err != nil || got != want {
				t.Errorf("%s = %q: %q, %v", key, in, got, err)
				continue
			}
			if again, err := d.Check(d.Key, got); err != nil || again != got {
				t.Errorf("%s = %q is not stable: %q, %v", key, got, again, err)
			}
		}
	}
	domains, _ := models.FindSetting(models.SetDomains)
	var many []string
	for i := range 51 {
		many = append(many, strings.Repeat("a", i+1)+".de")
	}
	if _, err := domains.Check(models.SetDomains, strings.Join(many, ",")); err == nil {
		t.Error("51 domains are taken")
	}
}

func TestSettingDefinitions(t *testing.T) {
	seen := map[string]bool{}
	for _, d := range models.Settings() {
		perm, ok := map[string]models.Permission{"general": models.PermSettings, "members": models.PermSettings, "billing": models.PermBilling, "security": models.PermSettings, "api": models.PermSettings}[d.Section()]
		if seen[d.Key] || d.Title == "" || d.Help == "" || d.Check == nil || !ok || d.Permission != perm {
			t.Errorf("%+v", d)
		}
		seen[d.Key] = true
		if d.Section() == "members" || d.Section() == "security" || d.Section() == "api" {
			if v, err := d.Check(d.Key, d.Default); err != nil || v != d.Default {
				t.Errorf("the default of %s: %q, %v", d.Key, v, err)
			}
		}
	}
	if len(seen) != 30 {
		t.Errorf("%d settings", len(seen))
	}
	if _, err := models.FindSetting("general.nmae"); models.CodeOf(err) != models.CodeInvalid || !strings.Contains(models.AsError(err).Hint, models.SetName) {
		t.Error(err)
	}
}

func TestMemberSettings(t *testing.T) {
	got := models.ParseMemberSettings(nil)
	if got.DefaultRole != member || got.InvitationExpiry != 48*time.Hour || got.InvitePolicy != models.PolicyApproval || got.JoinRequests || !got.SelfApproval || !got.Reminders || !got.AcceptanceMail || got.EmailDomains != nil {
		t.Errorf("defaults: %+v", got)
	}
	got = models.ParseMemberSettings(map[string]string{
		models.SetDefaultRole: "viewer", models.SetExpiry: "1h", models.SetInvite: "owners", models.SetDomains: "a.de,b.de", models.SetJoinRequests: "on", models.SetSelfApproval: "off",
		models.SetReminders: "off", models.SetAcceptance: "off",
	})
	if got.DefaultRole != viewer || got.InvitationExpiry != time.Hour || got.InvitePolicy != models.PolicyOwners || !got.JoinRequests || got.SelfApproval || got.Reminders || got.AcceptanceMail || len(got.EmailDomains) != 2 {
		t.Errorf("values: %+v", got)
	}
	if got = models.ParseMemberSettings(map[string]string{models.SetExpiry: "never"}); got.InvitationExpiry != models.DefaultExpiry {
		t.Errorf("a damaged value: %v", got.InvitationExpiry)
	}
}

// TestSettingsInJSON holds that every setting that is not the organization's own
// column can be read back in the form in which it is set.
func TestSettingsInJSON(t *testing.T) {
	for want, v := range map[string]any{
		`{"default_role":"member","who_may_invite":"approval","email_domains":[],"join_requests":false,"self_approval":true,"reminders":true,"acceptance_mail":true,"invitation_expiry":"2d"}`: models.ParseMemberSettings(nil),
		`{"default_role":"member","who_may_invite":"approval","email_domains":["x.org"],"join_requests":false,"self_approval":true,"reminders":true,"acceptance_mail":true,"invitation_expiry":"90"}`: models.ParseMemberSettings(map[string]string{
			models.SetExpiry: "90", models.SetDomains: "x.org"}),
		`{"two_factor_required":false,"hardware_key_counts":false,"hardware_key_required":false,"ip_restricted":false,"ip_allowlist":[],"session_idle":""}`: models.ParseSecuritySettings(nil),
		`{"two_factor_required":true,"hardware_key_counts":false,"hardware_key_required":false,"ip_restricted":true,"ip_allowlist":["192.0.2.0/24"],"session_idle":"5"}`: models.ParseSecuritySettings(map[string]string{
			models.SetTwoFactor: models.TwoFactorRequired, models.SetIPAllowlist: "192.0.2.0/24", models.SetSessionIdle: "5"}),
	} {
		got, err := json.Marshal(v)
		if err != nil || string(got) != want {
			t.Errorf("got  %s (%v)\nwant %s", got, err, want)
		}
	}
}
