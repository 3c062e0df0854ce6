package sshserver

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"muster/models"
)

func TestSplitCommand(t *testing.T) {
	for _, c := range []struct {
		line string
		want []string
	}{
		{"whoami", []string{"whoami"}},
		{"  member\trole  bob \n admin\r\n", []string{"member", "role", "bob", "admin"}},
		{"member role bob 'admin'", []string{"member", "role", "bob", "admin"}},
		{`org create --name "Acme & Sons" --code ACME`, []string{"org", "create", "--name", "Acme & Sons", "--code", "ACME"}},
		{`--name='a b'"c d"e`, []string{"--name=a bc de"}},
		{`a\ b \"c\" \\`, []string{"a b", `"c"`, `\`}},
		{`"say \"hi\" \\ \n"`, []string{`say "hi" \ \n`}},
		{`'it\s "so"'`, []string{`it\s "so"`}},
		{`x '' ""`, []string{"x", "", ""}},
		{"echo $HOME `id` ; rm -rf / | cat > f && ! * ? ~ #x", strings.Fields("echo $HOME `id` ; rm -rf / | cat > f && ! * ? ~ #x")},
		{"name Jürgen 株式会社", []string{"name", "Jürgen", "株式会社"}},
		{" \t ", nil},
		{"", nil},
	} {
		got, err := splitCommand(c.line)
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%q: %q, %v; want %q", c.line, got, err, c.want)
		}
	}
}

func TestSplitCommandRefuses(t *testing.T) {
	for _, line := range []string{
		`"`, `'`, `a "b`, `a 'b`, `a\`, `"a\"`, `a"b'c`, "a\x00b", "a\x1bb", "'\x07'", "a\u009bb", "a\x7f", "\xff", "'\xc3'",
	} {
		got, err := splitCommand(line)
		e := models.AsError(err)
		if err == nil || e.Code != models.CodeUsage || e.Hint == "" {
			t.Errorf("%q: %q, %v; want a usage error with a hint", line, got, err)
		}
	}
}

// What quote makes of any words comes back as those words, and whatever comes
// back holds nothing that was not there.
func FuzzSplitCommand(f *testing.F) {
	for _, seed := range []string{`a 'b c' "d\"e" f\ g`, `"`, `\`, "a\x00", "''", `"\x"`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, line string) {
		words, err := splitCommand(line)
		if err != nil {
			if models.CodeOf(err) != models.CodeUsage {
				t.Fatalf("%q: %v", line, err)
			}
			return
		}
		total := 0
		for _, w := range words {
			total += len(w)
			if !utf8.ValidString(w) || strings.ContainsFunc(w, isControl) {
				t.Fatalf("%q: %q", line, words)
			}
		}
		if total > len(line) {
			t.Fatalf("%q grew to %q", line, words)
		}
		quoted := make([]string, len(words))
		for i, w := range words {
			quoted[i] = "'" + strings.ReplaceAll(w, "'", `'\''`) + "'"
		}
		again, err := splitCommand(strings.Join(quoted, " "))
		if err != nil || !slices.Equal(again, words) {
			t.Fatalf("%q: %q, then %q, %v", line, words, again, err)
		}
	})
}
