package models_test

import (
	"strings"
	"testing"

	"muster/models"
)

func TestCodes(t *testing.T) {
	for _, s := range []string{"ACME", "acme", "a1", "A-1", "x" + strings.Repeat("y", 31), " ACME ", "NEWS"} {
		if got, err := models.CheckCode("code", s); err != nil || got != strings.TrimSpace(s) {
			t.Errorf("%q: %q, %v", s, got, err)
		}
	}
	for _, s := range []string{"", "a", "1a", "-a", "a-", "a b", "a_b", "a+b", "~ada", "ä1", "ac\u200bme", "АСМЕ", "ſad", "new", "Join", "REQUEST", "personal", "muster",
		"x" + strings.Repeat("y", 32), strings.Repeat("x", 1<<16), "acme\n", "a\x1b[31m"} {
		if strings.TrimSpace(s) == "acme" {
			continue
		}
		got, err := models.CheckCode("code", s)
		if e := models.AsError(err); err == nil || e.Code != models.CodeInvalid || e.Field != "code" || len(e.Message) > 300 || strings.ContainsRune(e.Message, 0x1b) {
			t.Errorf("%.30q: %q, %v", s, got, err)
		}
	}
	// Only ASCII letters change case: ſ and ı must not stand for S and I.
	for in, want := range map[string]string{"acme": "ACME", " aCmE": "ACME", "ſ": "ſ", "ı": "ı", "~ada-b": "~ADA-B"} {
		if got := models.NormCode(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
	if _, err := models.CheckCode("code", models.PersonalCode("ada")); err == nil {
		t.Error("a shared organization can take the code of a personal workspace")
	}
}

func TestCodeFrom(t *testing.T) {
	for in, want := range map[string]string{
		"Acme Corp": "ACME-CORP", "  acme  ": "ACME", "3M Company": "M-COMPANY", "Ünï": "UNI", "new": "NEW-ORG", "x": "X-ORG", "李": "", "42": "", "": "",
		"The Very Long Name Of A Company Indeed": "THE-VERY-LONG-NAME-OF-A-COMPANY",
	} {
		if got := models.CodeFrom(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestHandleFrom(t *testing.T) {
	for in, want := range map[string]string{
		"Ada.Lovelace@example.com": "ada-lovelace", "ada+spam@example.com": "ada", "a@b.c": "user-a", "+@b.c": "user", "--__--@b.c": "user",
		strings.Repeat("a", 64) + "@b.c": strings.Repeat("a", 32), strings.Repeat("a", 31) + ".b@c.d": strings.Repeat("a", 31),
	} {
		if got := models.HandleFrom(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestSeats(t *testing.T) {
	for _, tt := range []struct {
		used, max int
		ok        bool
	}{{0, 1, true}, {1, 1, false}, {2, 1, false}, {49, 50, true}, {50, 50, false}, {1_000_000, 0, true}} {
		err := models.Seats{Used: tt.used, Max: tt.max}.CheckFree()
		if (err == nil) != tt.ok || err != nil && models.CodeOf(err) != models.CodeLimit {
			t.Errorf("%+v: %v", tt, err)
		}
	}
}

func TestAccessOfView(t *testing.T) {
	v := models.OrgView{Organization: models.Organization{ID: "org", Kind: models.KindPersonal}, Role: admin}
	if a := v.Access("me"); a.UserID != "me" || a.OrgID != "org" || !a.Member || a.Role != admin || !a.Personal || a.SiteAdmin {
		t.Errorf("%+v", a)
	}
	v = models.OrgView{SiteAdmin: true, Organization: models.Organization{Kind: models.KindShared}}
	if a := v.Access("me"); a.Member || !a.SiteAdmin || a.Personal || a.Effective() != owner {
		t.Errorf("%+v", a)
	}
}

func TestDefaultPlans(t *testing.T) {
	for name, p := range models.DefaultPlans() {
		if p.Name != name || p.Seats < 0 || p.Price == "" || p.Personal != (name == models.PlanExplore) {
			t.Errorf("%s: %+v", name, p)
		}
	}
	if len(models.DefaultPlans()) != 4 {
		t.Error("there are not four plans")
	}
}

func TestPaging(t *testing.T) {
	for n, want := range map[int]int{0: models.DefaultLimit, 1: 1, 500: 500, -1: 0, 501: 0} {
		if got, err := models.CheckLimit(n); got != want || (err == nil) != (want > 0) {
			t.Errorf("%d: %d, %v", n, got, err)
		}
	}
	for _, m := range models.MemberSorts() {
		if s, r, err := models.ParseMemberSort("-" + string(m)); s != m || !r || err != nil {
			t.Errorf("%s: %s %v %v", m, s, r, err)
		}
	}
	if s, r, err := models.ParseMemberSort(""); s != models.SortEmail || r || err != nil {
		t.Error(s, r, err)
	}
	if _, _, err := models.ParseMemberSort("password"); models.CodeOf(err) != models.CodeInvalid {
		t.Error(err)
	}
}
