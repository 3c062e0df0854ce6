package models

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

// The keys of the API section.
const (
	SetAPIWho       = "api.who_may_create"
	SetAPIPersonal  = "api.personal_keys"
	SetAPILife      = "api.max_lifetime"
	SetAPIRate      = "api.rate"
	SetAPIAddresses = "api.addresses"
)

// SetCreditLimit is how many credits a month owners let the organization use.
const SetCreditLimit = "billing.credit_limit"

// Who may create API keys.
const (
	KeysByMembers = "members"
	KeysByAdmins  = "admins"
)

// DefaultKeyLife is the longest that a key lives where an organization has not
// said otherwise.
const DefaultKeyLife = 366 * 24 * time.Hour

// noLimit is the value of a setting that bounds nothing.
const noLimit = "none"

// APISettings are the settings of the API section, in force.
type APISettings struct {
	WhoMayCreate string        `json:"who_may_create"`
	PersonalKeys bool          `json:"personal_keys"`
	MaxLife      time.Duration `json:"-"` // 0 for any
	Rate         int           `json:"rate"`
	Addresses    []string      `json:"addresses"`
}

// MarshalJSON gives the longest life in the form in which it is set.
func (s APISettings) MarshalJSON() ([]byte, error) {
	type plain APISettings
	if s.Addresses == nil {
		s.Addresses = []string{}
	}
	return json.Marshal(struct {
		plain
		MaxLife string `json:"max_lifetime"`
	}{plain(s), formatKeyLife(s.MaxLife)})
}

func apiSettings() []SettingDef {
	onOff, who := []string{On, Off}, []string{KeysByMembers, KeysByAdmins}
	return []SettingDef{
		{Key: SetAPIWho, Title: "Who may create keys", Help: "members for themselves, or admins only", Kind: KindChoice, Default: KeysByMembers, Choices: who, Permission: PermSettings, Check: oneOf(who)},
		{Key: SetAPIPersonal, Title: "Personal keys", Help: "whether keys of single people work", Kind: KindSwitch, Default: On, Choices: onOff, Permission: PermSettings, Check: oneOf(onOff)},
		{Key: SetAPILife, Title: "Longest life of a key", Help: "of every kind of key, like 90d; none for no limit", Kind: KindText, Default: formatKeyLife(DefaultKeyLife), Permission: PermSettings, Check: checkKeyLife},
		{Key: SetAPIRate, Title: "API rate", Help: "requests a minute, up to the plan's; empty for the plan's", Kind: KindText, Permission: PermSettings, Check: checkAPIRate},
		{Key: SetAPIAddresses, Title: "API addresses", Help: "addresses and networks that keys work from; empty allows all", Kind: KindList, Permission: PermSettings, Check: checkAllowlist},
	}
}

// ParseAPISettings reads the API section from stored values. What is missing has
// its default.
func ParseAPISettings(values map[string]string) APISettings {
	s := APISettings{WhoMayCreate: KeysByMembers, PersonalKeys: values[SetAPIPersonal] != Off, MaxLife: DefaultKeyLife}
	if values[SetAPIWho] == KeysByAdmins {
		s.WhoMayCreate = KeysByAdmins
	}
	if v, ok := values[SetAPILife]; ok {
		if d, err := parseKeyLife(SetAPILife, v); err == nil {
			s.MaxLife = d
		}
	}
	s.Rate, _ = strconv.Atoi(values[SetAPIRate])
	if v := values[SetAPIAddresses]; v != "" {
		s.Addresses = strings.Split(v, ",")
	}
	return s
}

// ParseKeyLife reads how long a key is to live.
func ParseKeyLife(field, s string) (time.Duration, error) {
	d, err := parseKeyLife(field, s)
	if err == nil && d == 0 {
		err = Invalid(field, "%s %q is not a time: 90d, 12h, 30m", field, clip(SafeText(s), 20))
	}
	return d, err
}

var keyLifeUnits = map[byte]time.Duration{'m': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour, 'w': 7 * 24 * time.Hour, 'y': 366 * 24 * time.Hour}

// parseKeyLife reads a number with a unit; none is 0.
func parseKeyLife(field, s string) (time.Duration, error) {
	text := strings.ToLower(strings.TrimSpace(s))
	if text == noLimit || text == "never" {
		return 0, nil
	}
	wrong := Invalid(field, "%s %q is not a time from a minute to ten years: 90d, 12h, 30m", field, clip(SafeText(s), 20))
	if text == "" || keyLifeUnits[text[len(text)-1]] == 0 {
		return 0, wrong
	}
	n, err := strconv.ParseUint(text[:len(text)-1], 10, 16)
	if err != nil {
		return 0, wrong
	}
	d := time.Duration(n) * keyLifeUnits[text[len(text)-1]]
	if d < MinKeyLife || d > MaxKeyLife {
		return 0, wrong
	}
	return d, nil
}

func checkKeyLife(field, value string) (string, error) {
	d, err := parseKeyLife(field, value)
	return formatKeyLife(d), err
}

func formatKeyLife(d time.Duration) string {
	day := 24 * time.Hour
	switch {
	case d == 0:
		return noLimit
	case d%day == 0:
		return strconv.Itoa(int(d/day)) + "d"
	case d%time.Hour == 0:
		return strconv.Itoa(int(d/time.Hour)) + "h"
	}
	return strconv.Itoa(int(d/time.Minute)) + "m"
}

// ParseOverlap reads how long a rotated key goes on working, from 0 to 7 days.
func ParseOverlap(field, s string) (time.Duration, error) {
	text := strings.TrimSpace(s)
	if text == "0" {
		return 0, nil
	}
	d, err := parseKeyLife(field, text)
	if err != nil || d == 0 || d > MaxOverlap {
		return 0, Invalid(field, "%s %q is not a time from 0 to 7 days: 24h, 2d, 0", field, clip(SafeText(s), 20))
	}
	return d, nil
}

// maxAPIRate is the highest rate that can be set.
const maxAPIRate = 1_000_000

func checkAPIRate(field, value string) (string, error) {
	return checkOptionalNumber(field, value, maxAPIRate, "requests a minute")
}

func checkCreditLimit(field, value string) (string, error) {
	return checkOptionalNumber(field, value, maxSeatLimit, "credits a month")
}

// checkOptionalNumber reads a limit of one's own: 0, none or empty for none.
func checkOptionalNumber(field, value string, most int, of string) (string, error) {
	value = strings.TrimSpace(value)
	if value == "" || strings.EqualFold(value, noLimit) {
		return "", nil
	}
	n, err := strconv.Atoi(value)
	if err != nil || n < 0 || n > most {
		return "", Invalid(field, "%s must be a number of %s from 1 to %d, or empty for the plan's", field, of, most)
	}
	if n == 0 {
		return "", nil
	}
	return strconv.Itoa(n), nil
}

// RateOf is how many requests a minute an organization has: the plan's, or fewer
// where it set a limit. 0 is no limit.
func RateOf(p Plan, s APISettings) int { return lower(p.APIRate, s.Rate) }

// CreditsOf is how many credits a month an organization has: the plan's, or fewer
// where its owners set a limit. 0 is no limit.
func CreditsOf(p Plan, values map[string]string) int {
	n, _ := strconv.Atoi(values[SetCreditLimit])
	return lower(p.Credits, n)
}

// lower is the lower of two limits of which 0 is none.
func lower(a, b int) int {
	switch {
	case a == 0:
		return b
	case b == 0:
		return a
	}
	return min(a, b)
}
