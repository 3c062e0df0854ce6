package models_test

import (
	"slices"
	"strings"
	"testing"

	"muster/models"
)

func TestFoldText(t *testing.T) {
	for _, same := range [][]string{
		{"Ελένη Σοφός", "ΕΛΈΝΗ ΣΟΦΌΣ", "ελένη σοφόσ"}, {"ÉTÉ 2026", "été 2026", "E\u0301te\u0301 2026"},
		{"Straße", "STRASSE", "strasse", "STRAẞE"}, {"ﬁn", "FIN"}, {"Ada", "ADA"},
	} {
		for _, s := range same[1:] {
			if got, want := models.NormText(s), models.NormText(same[0]); got != want {
				t.Errorf("%q is %q, and %q is %q", s, got, same[0], want)
			}
		}
	}
	if models.NormText("été") == models.NormText("ete") {
		t.Error("accents do not count")
	}
}

func TestNormName(t *testing.T) {
	names := strings.Fields("Ada alpha Beta Ebbe éclair ECLAIR Eclat øre Œuvre Zeta Ωmega")
	want := "Ada alpha Beta Ebbe ECLAIR éclair Eclat Œuvre øre Zeta Ωmega"
	slices.SortFunc(names, func(a, b string) int { return strings.Compare(models.NormName(a), models.NormName(b)) })
	if got := strings.Join(names, " "); got != want {
		t.Errorf("the order is %s", got)
	}
	if models.NormName("La bor") != models.NormName(" la  BOR") || models.NormName("Straße") != models.NormName("STRASSE") || models.NormName("éclair") == models.NormName("eclair") {
		t.Error("names that are one are told apart, or the other way round")
	}
}

func TestCodeFromLettersWithAccents(t *testing.T) {
	for name, want := range map[string]string{"éclair": "ECLAIR", "Straße 9": "STRASSE-9", "Ångström Łódź": "ANGSTROM-LODZ", "Æther": "AETHER", "日本": ""} {
		if got := models.CodeFrom(name); got != want {
			t.Errorf("%q proposes %q, want %q", name, got, want)
		}
	}
}
