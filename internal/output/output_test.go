package output_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode"

	"github.com/charmbracelet/x/ansi"
	"pgregory.net/rapid"

	"muster/internal/output"
	"muster/models"
)

func TestJSON(t *testing.T) {
	for name, tt := range map[string]struct {
		v    any
		want string
	}{
		"plain":            {map[string]string{"name": "Ada"}, `{"name":"Ada"}`},
		"address readable": {"Ada <ada@acme.dev> & co", `"Ada <ada@acme.dev> & co"`},
		"letters stay":     {"Zoë 李 🚀 e\u0301", `"Zoë 李 🚀 ` + "e\u0301" + `"`},
		"escape sequence":  {"\x1b[31m", `"\u001b[31m"`},
		"DEL":              {"a\x7fb", `"a\u007fb"`},
		"C1 control":       {"a\u009b31m", `"a\u009b31m"`},
		"bidi override":    {"a\u202eb\u2066", `"a\u202eb\u2066"`},
		"line separators":  {"\u2028\u2029", `"\u2028\u2029"`},
		"zero width":       {"a\u200bb\ufeff", `"a\u200bb\ufeff"`},
		"tags":             {"a\U000E0041", `"a\udb40\udc41"`},
		"key too":          {map[string]int{"a\u202e": 1}, `{"a\u202e":1}`},
		"raw JSON too":     {json.RawMessage("\"\u202e\""), `"\u202e"`},
		"bad UTF-8":        {"a\xff", `"a\ufffd"`},
	} {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			if err := output.JSON(&b, tt.v); err != nil {
				t.Fatal(err)
			}
			if b.String() != tt.want+"\n" {
				t.Errorf("got  %q\nwant %q", b.String(), tt.want+"\n")
			}
		})
	}
}

func TestJSONIsHarmlessAndMeansTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := rapid.String().Draw(t, "in")
		var b bytes.Buffer
		if err := output.JSON(&b, in); err != nil {
			t.Fatal(err)
		}
		for _, r := range strings.TrimSuffix(b.String(), "\n") {
			if unicode.Is(unicode.Cc, r) || unicode.Is(unicode.Cf, r) {
				t.Fatalf("%q holds %U", b.String(), r)
			}
		}
		var back string
		if err := json.Unmarshal(b.Bytes(), &back); err != nil || back != in {
			t.Fatalf("%q came back as %q, %v", in, back, err)
		}
	})
}

func TestJSONTellsWhatCannotBeEncoded(t *testing.T) {
	var b bytes.Buffer
	if err := output.JSON(&b, func() {}); err == nil || b.Len() > 0 {
		t.Errorf("wrote %q, error %v", b.String(), err)
	}
}

func TestTable(t *testing.T) {
	var b bytes.Buffer
	err := output.Table(&b, []string{"EMAIL", "NAME", "ROLE"}, [][]string{
		{"ada@acme.dev", "Ada", "owner"},
		{"li@acme.dev", "李小龙", "admin"},
		{"zoe@acme.dev", "Zoe\u0308 🚀", ""},
		{"mal@acme.dev", "a\x1b[2Jb\nc\td\u202e", "member", "beyond"},
		{"short@acme.dev"},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := "" +
		"EMAIL           NAME         ROLE\n" +
		"ada@acme.dev    Ada          owner\n" +
		"li@acme.dev     李小龙       admin\n" +
		"zoe@acme.dev    Zoe\u0308 🚀\n" +
		"mal@acme.dev    a\uFFFD[2Jb c d\uFFFD  member\n" +
		"short@acme.dev\n"
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
}

func TestTableColumnsAreStraightWhateverStandsInThem(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cells := rapid.SliceOfN(rapid.String(), 1, 10).Draw(t, "cells")
		rows := make([][]string, len(cells))
		for i, c := range cells {
			rows[i] = []string{c, "|"}
		}
		var b bytes.Buffer
		if err := output.Table(&b, []string{"X", "|"}, rows); err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
		if len(lines) != len(rows)+1 {
			t.Fatalf("%d lines for %d rows: %q", len(lines), len(rows), b.String())
		}
		for _, line := range lines {
			if ansi.StringWidth(line) != ansi.StringWidth(lines[0]) || !strings.HasSuffix(line, "|") {
				t.Fatalf("%q is not as wide as %q", line, lines[0])
			}
		}
	})
}

func TestError(t *testing.T) {
	e := models.Invalid("name", "name\n is \x1b[31mtoo long").WithHint("at most 64 characters")
	for name, tt := range map[string]struct {
		e      *models.Error
		asJSON bool
		want   string
	}{
		"text":         {e, false, "muster: error: name  is \uFFFD[31mtoo long\nmuster: hint: at most 64 characters\n"},
		"text no hint": {models.Errorf(models.CodeDenied, "no"), false, "muster: error: no\n"},
		"json": {e, true, `{"error":{"code":"invalid","message":"name\n is \u001b[31mtoo long",` +
			`"hint":"at most 64 characters","field":"name"}}` + "\n"},
		"json no field": {models.Errorf(models.CodeDenied, "no"), true,
			`{"error":{"code":"denied","message":"no","hint":""}}` + "\n"},
		"what lies beneath stays hidden": {models.AsError(errors.New("secret")), false,
			"muster: error: something went wrong inside muster\n" +
				"muster: hint: the log has the details; installation doctor checks the installation\n"},
	} {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			if err := output.Error(&b, tt.e, tt.asJSON); err != nil {
				t.Fatal(err)
			}
			if b.String() != tt.want {
				t.Errorf("got  %q\nwant %q", b.String(), tt.want)
			}
		})
	}
}
