package models_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"muster/models"
)

var filterNow = time.Date(2026, 8, 14, 9, 30, 0, 0, time.UTC)

func TestFilterReadsTerms(t *testing.T) {
	f := models.MemberFilter()
	for text, want := range map[string]string{
		"":                               "",
		"  ada   lovelace ":              "ada lovelace",
		`"ada lovelace" ROLE:Owner`:      `"ada lovelace" role:Owner`,
		"-bot role:admin -status:active": "-bot role:admin -status:active",
		`role:"release manager"`:         `role:"release manager"`,
		`"role:admin" "-x" -"two words"`: `"role:admin" "-x" -"two words"`,
		"- a":                            `"-" a`,
		"STATUS:Active":                  "status:active",
		"status:active,invited":          "status:active,invited",
	} {
		terms, err := f.Parse(text)
		if got := models.FilterText(terms); err != nil || got != want {
			t.Errorf("%q is read as %q, %v; want %q", text, got, err, want)
		}
	}
	for text, want := range map[string]string{
		"rol:admin":                    "rol: is not a filter of this list",
		"status:gone":                  `status "gone" is not one of active, suspended, invited`,
		"role:":                        "role: needs a value",
		"-seen:30d":                    "-seen: cannot be used; - works with words, role:, status:",
		`"ada`:                         `unclosed "`,
		"seen:yesterday":               `seen "yesterday" is not a time`,
		"role:admin role:owner":        "role is given twice",
		strings.Repeat("a ", 17):       "too many parts",
		"seen:2026-08-02..2026-08-01":  "ends before it starts",
		"seen:30":                      "is not a time",
		strings.Repeat("a", 513):       "too long",
		"-status:active status:active": "status is given twice: put commas between several",
	} {
		_, err := models.MemberQuery{}.Filter(text, filterNow)
		if err == nil || models.CodeOf(err) != models.CodeInvalid || !strings.Contains(err.Error(), want) {
			t.Errorf("%q gives %v, want %q", text, err, want)
		}
	}
	if _, err := models.AuditFilter().Parse("ada"); err == nil || !strings.Contains(models.AsError(err).Hint, "actor:, action:, target:, period:, from:, until:") {
		t.Errorf("words in the log give %v", err)
	}
}

func TestFilterFillsQueries(t *testing.T) {
	ago := func(d int) time.Time { return filterNow.AddDate(0, 0, -d) }
	m, err := models.MemberQuery{}.Filter("seen:>30d ada by:grace -status:suspended -role:viewer joined:2026-08 -bot", filterNow)
	if err != nil || !m.InactiveSince.Equal(ago(30)) || m.InvitedBy != "grace" || m.Status != models.MemberActive || !slices.Equal(m.NotRoles, []models.Role{models.RoleViewer}) ||
		!slices.Equal(m.Terms.With, []string{"ada"}) || !slices.Equal(m.Terms.Without, []string{"bot"}) || m.Unfiltered() ||
		m.Joined.From.Format(time.DateOnly) != "2026-08-01" || m.Joined.Until.Format(time.DateOnly) != "2026-09-01" {
		t.Errorf("members: %+v, %v", m, err)
	}
	i, err := models.InvitationQuery{}.Filter("status:pending,expired -status:pending by:me sent:7d", filterNow)
	if err != nil || !slices.Equal(i.States, []models.InvitationState{models.StateExpired}) || !i.Own || i.By != "" || !i.Sent.From.Equal(ago(7)) {
		t.Errorf("invitations: %+v, %v", i, err)
	}
	if _, err := (models.InvitationQuery{}).Filter("status:pending status:expired", filterNow); err == nil {
		t.Error("an invitation can be both pending and expired")
	}
	k, err := models.APIKeyQuery{}.Filter("status:active kind:service service:robot ci -old")
	if err != nil || k.State != models.APIKeyActive || k.Kind != models.KeyService || k.Service != "robot" ||
		!slices.Equal(k.Terms.With, []string{"ci"}) || !slices.Equal(k.Terms.Without, []string{"old"}) {
		t.Errorf("API keys: %+v, %v", k, err)
	}
	s, err := models.ServiceQuery{}.Filter("status:disabled robot")
	if err != nil || s.Status != models.ServiceDisabled || !slices.Equal(s.Terms.With, []string{"robot"}) {
		t.Errorf("service accounts: %+v, %v", s, err)
	}
	a, err := models.AuditQuery{}.Filter("from:2026-08-01 until:2026-08-03 action:member", filterNow)
	if err != nil || a.Action != "member" || a.From.Format(time.DateOnly) != "2026-08-01" || a.Until.Format(time.DateOnly) != "2026-08-03" {
		t.Errorf("audit: %+v, %v", a, err)
	}
	for text, want := range map[string]string{
		"2026-08-01":             "2026-08-01..2026-08-02",
		"2026":                   "2026-01-01..2027-01-01",
		"2026-08-01..2026-08-15": "2026-08-01..2026-08-16",
		"..2026-08":              "0001-01-01..2026-09-01",
		">2026-08-01":            "2026-08-02..0001-01-01",
		"<2026-08-01":            "0001-01-01..2026-08-01",
		"<2w":                    "2026-07-31..0001-01-01",
		">36h":                   "0001-01-01..2026-08-12",
	} {
		p, err := models.ParseWhen("seen", text, filterNow)
		if got := p.From.Format(time.DateOnly) + ".." + p.Until.Format(time.DateOnly); err != nil || got != want {
			t.Errorf("%q is %s, %v; want %s", text, got, err, want)
		}
	}
}

func TestFilterCompletes(t *testing.T) {
	f := models.InvitationFilter()
	more := func(name string) []string { return map[string][]string{"role": {"release manager"}}[name] }
	for text, want := range map[string]string{
		"ada st":            "ada |status:",
		"s":                 "|status: sent:",
		"-s":                "|-status:",
		"status:ex":         "|status:expired",
		"status:expired,re": "|status:expired,requested status:expired,rejected status:expired,revoked",
		"role:re":           `|role:"release manager"`,
		"nothing":           "|",
		"":                  "|",
		"ada ":              "ada |",
	} {
		before, options := f.Completions(text, more)
		if got := before + "|" + strings.Join(options, " "); got != want {
			t.Errorf("%q goes on as %q, want %q", text, got, want)
		}
	}
	if got := f.With("ada status:expired by:me", "status", "pending"); got != "ada status:pending by:me" {
		t.Errorf("put in place: %q", got)
	}
	if got := f.With("ada status:expired", "status", ""); got != "ada" || f.Value("x status:expired", "status") != "expired" {
		t.Errorf("taken out: %q", got)
	}
}

// Whatever is typed is read or refused, and what is read is written so that it
// reads the same.
func FuzzFilter(f *testing.F) {
	for _, s := range hostile {
		f.Add(s)
	}
	for _, s := range []string{`role:admin -x "a b" seen:>30d`, `-role:"`, `by:a"b`, "a:b:c", `--x`, `"-"`, `-"":`, "seen:>99999999999d", "joined:..", "seen:>106751d"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		filter := models.MemberFilter()
		terms, err := filter.Parse(s)
		if err == nil {
			text := models.FilterText(terms)
			again, err := filter.Parse(text)
			if len(text) <= 512 && (err != nil || fmt.Sprint(again) != fmt.Sprint(terms)) {
				t.Errorf("%q is read as %q, which is read as %q, %v", s, terms, again, err)
			}
		} else {
			harmless(t, "refusal", err.Error())
		}
		if _, err := (models.MemberQuery{}).Filter(s, filterNow); err != nil {
			harmless(t, "refusal", err.Error())
		}
		if _, err := (models.AuditQuery{}).Filter(s, filterNow); err != nil {
			harmless(t, "refusal", err.Error())
		}
		filter.Completions(s, nil)
		filter.With(s, "role", "admin")
	})
}
