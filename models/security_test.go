package models_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"muster/models"
)

const (
	plainKey    = "ssh-ed25519"
	hardwareKey = "sk-ssh-ed25519@openssh.com"
)

func security(pairs ...string) models.SecuritySettings {
	values := map[string]string{}
	for i := 0; i < len(pairs); i += 2 {
		values[pairs[i]] = pairs[i+1]
	}
	return models.ParseSecuritySettings(values)
}

func TestAdmit(t *testing.T) {
	client := models.Client{Address: "192.0.2.7", KeyType: plainKey}
	with := func(change func(*models.Client)) models.Client {
		c := client
		change(&c)
		return c
	}
	token := with(func(c *models.Client) { c.KeyType = hardwareKey })
	enrolled := with(func(c *models.Client) { c.Enrolled = true })
	verified := with(func(c *models.Client) { c.Enrolled, c.Verified = true, true })
	local := models.Client{Local: true}
	from := func(address string) models.Client { return with(func(c *models.Client) { c.Address = address }) }

	open := security()
	twoFactor := security(models.SetTwoFactor, "required")
	counts := security(models.SetTwoFactor, "required", models.SetHardwareKeyCounts, "on")
	hardware := security(models.SetHardwareKeyRequired, "on")
	list := security(models.SetIPAllowlist, "192.0.2.0/24,198.51.100.9,2001:db8::/32")
	all := security(models.SetTwoFactor, "required", models.SetHardwareKeyRequired, "on", models.SetIPAllowlist, "192.0.2.7")
	damaged := security(models.SetIPAllowlist, "damaged")

	for i, c := range []struct {
		rule models.SecuritySettings
		who  models.Client
		want models.Requirement
	}{
		{open, client, ""}, {open, models.Client{}, ""},
		{security(models.SetHardwareKeyCounts, "on"), client, ""},

		{twoFactor, client, models.NeedSecondFactor}, {twoFactor, enrolled, models.NeedSecondFactor},
		{twoFactor, verified, ""}, {twoFactor, token, models.NeedSecondFactor}, {twoFactor, local, ""},
		{counts, token, ""}, {counts, client, models.NeedSecondFactor}, {counts, verified, ""},

		{hardware, client, models.NeedHardwareKey}, {hardware, verified, models.NeedHardwareKey},
		{hardware, token, ""}, {hardware, local, ""}, {hardware, models.Client{Address: "192.0.2.7"}, models.NeedHardwareKey},

		{list, client, ""}, {list, from("192.0.3.1"), models.NeedAddress}, {list, from("198.51.100.9"), ""},
		{list, from("198.51.100.8"), models.NeedAddress}, {list, from("2001:db8:1::1"), ""}, {list, from("2001:db9::1"), models.NeedAddress},
		// IPv4 addresses come as IPv6 from a socket that serves both.
		{list, from("::ffff:192.0.2.200"), ""}, {list, from("::ffff:192.0.3.1"), models.NeedAddress},
		{security(models.SetIPAllowlist, "fe80::/10"), from("fe80::1%eth0"), ""},
		{list, from(""), models.NeedAddress}, {list, from("nonsense"), models.NeedAddress}, {list, local, ""},
		{damaged, client, models.NeedAddress}, {security(models.SetIPAllowlist, "0.0.0.0/0"), from("::1"), models.NeedAddress},

		// The address first: it can be had without telling anybody anything.
		{all, from("192.0.2.8"), models.NeedAddress}, {all, client, models.NeedHardwareKey}, {all, token, models.NeedSecondFactor},
		{all, with(func(c *models.Client) { c.KeyType, c.Enrolled, c.Verified = hardwareKey, true, true }), ""},
	} {
		err := c.rule.Admit("ACME", c.who)
		if got := models.RequirementOf(err); got != c.want || (err == nil) != (c.want == "") {
			t.Errorf("%d: %+v: %q (%v), want %q", i, c.who, got, err, c.want)
			continue
		}
		if err == nil {
			continue
		}
		if e := models.AsError(err); e.Code != models.CodeDenied || !errors.Is(err, c.want) || !strings.HasPrefix(e.Message, "ACME ") || e.Hint == "" {
			t.Errorf("%d: %+v", i, e)
		}
	}
	if models.RequirementOf(nil) != "" || models.RequirementOf(models.Errorf(models.CodeDenied, "no")) != "" {
		t.Error("a barrier where there is none")
	}
	for _, s := range []models.SecuritySettings{twoFactor, hardware, list, damaged} {
		if s.Open() {
			t.Errorf("open: %+v", s)
		}
	}
	if !open.Open() || open.SessionIdle != 0 || security(models.SetSessionIdle, "5").SessionIdle != 5*time.Minute {
		t.Error("defaults")
	}
}

func TestCheckLockOut(t *testing.T) {
	me := models.Client{Address: "192.0.2.7", KeyType: plainKey}
	enrolled := models.Client{Address: "192.0.2.7", KeyType: plainKey, Enrolled: true}
	token := models.Client{Address: "192.0.2.7", KeyType: hardwareKey}
	for i, c := range []struct {
		rule models.SecuritySettings
		who  models.Client
		says string // "" if it is allowed
	}{
		{security(models.SetIPAllowlist, "192.0.2.0/24"), me, ""},
		{security(models.SetIPAllowlist, "198.51.100.0/24"), me, "your own address 192.0.2.7"},
		{security(models.SetIPAllowlist, "198.51.100.0/24"), models.Client{Local: true}, ""},
		{security(models.SetHardwareKeyRequired, "on"), me, "your own key is ssh-ed25519"},
		{security(models.SetHardwareKeyRequired, "on"), token, ""},
		{security(models.SetTwoFactor, "required"), me, "you have no second factor yourself"},
		{security(models.SetTwoFactor, "required"), enrolled, ""},
		{security(models.SetTwoFactor, "required"), token, "you have no second factor yourself"},
		{security(models.SetTwoFactor, "required", models.SetHardwareKeyCounts, "on"), token, ""},
	} {
		err := c.rule.CheckLockOut(c.who)
		if c.says == "" && err != nil || c.says != "" && (models.CodeOf(err) != models.CodeConflict || !strings.Contains(err.Error(), c.says)) {
			t.Errorf("%d: %v", i, err)
		}
	}
}

func TestAllowlistLength(t *testing.T) {
	d, err := models.FindSetting(models.SetIPAllowlist)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for i := range models.MaxNetworks {
		list = append(list, fmt.Sprintf("192.0.2.%d", i))
	}
	if _, err := d.Check(d.Key, strings.Join(list, " ")); err != nil {
		t.Error(err)
	}
	if _, err := d.Check(d.Key, strings.Join(append(list, "198.51.100.1"), " ")); models.CodeOf(err) != models.CodeInvalid {
		t.Error(err)
	}
}

func TestFactorCodes(t *testing.T) {
	if got := models.NormFactorCode(" 123 456\r\n"); got != "123456" {
		t.Errorf("%q", got)
	}
	shown := models.ShownRecoveryCode("abcdefghijklmnop")
	if shown != "abcd-efgh-ijkl-mnop" || models.NormFactorCode(strings.ToUpper(shown)) != "abcdefghijklmnop" {
		t.Errorf("%q", shown)
	}
}
