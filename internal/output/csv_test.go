package output

import (
	"encoding/csv"
	"strings"
	"testing"
)

func TestCSVDefusesFormulas(t *testing.T) {
	for in, want := range map[string]string{
		"":                               "",
		"plain":                          "plain",
		"a=b":                            "a=b",
		"=1+1":                           "'=1+1",
		"+49":                            "'+49",
		"-2":                             "'-2",
		"@SUM(A1)":                       "'@SUM(A1)",
		"\t=1":                           "' =1",
		"\r=1":                           "' =1",
		"  =cmd|' /C calc'!A0":           "'  =cmd|' /C calc'!A0",
		"＝1":                             "'＝1",
		`say "hi", all`:                  `say "hi", all`,
		"two\nlines":                     "two\nlines",
		"\x1b[31mred":                    "\uFFFD[31mred",
		`{"role":"admin"}`:               `{"role":"admin"}`,
		"=HYPERLINK(\"http://x\",\"y\")": "'=HYPERLINK(\"http://x\",\"y\")",
	} {
		var b strings.Builder
		w := NewCSV(&b)
		if err := w.Write(in, "next"); err != nil {
			t.Fatal(err)
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
		got, err := csv.NewReader(strings.NewReader(b.String())).ReadAll()
		if err != nil || len(got) != 1 || len(got[0]) != 2 || got[0][0] != want || got[0][1] != "next" {
			t.Errorf("%q became %q (%v), want %q", in, got, err, want)
		}
	}
}
