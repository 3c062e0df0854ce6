package models

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// rowsOf shows rows in one line each.
func rowsOf(l ImportList) (out []string) {
	for _, r := range l.Rows {
		s := fmt.Sprintf("%d %s|%s|%s|%s|%s", r.Line, r.Email, r.Name, r.Role, FormatExpiry(r.TTL), r.Message)
		if r.Err != nil {
			s = fmt.Sprintf("%d %s: %s", r.Line, r.Email, r.Err)
		}
		out = append(out, s)
	}
	return out
}

func TestParseImport(t *testing.T) {
	for _, tt := range []struct {
		name, in string
		want     []string
	}{
		{"one address a line", "ada@x.org\nbob@x.org\n", []string{"1 ada@x.org|||0d|", "2 bob@x.org|||0d|"}},
		{"no line break at the end", "ada@x.org", []string{"1 ada@x.org|||0d|"}},
		{"CRLF, blank lines, BOM", "\ufeff\r\nada@x.org\r\n\r\nbob@x.org\r\n", []string{"2 ada@x.org|||0d|", "4 bob@x.org|||0d|"}},
		{"several a line", "ada@x.org, bob@x.org;cy@x.org", []string{"1 ada@x.org|||0d|", "1 bob@x.org|||0d|", "1 cy@x.org|||0d|"}},
		{"commas", "ada@x.org,bob@x.org , cy@x.org", []string{"1 ada@x.org|||0d|", "1 bob@x.org|||0d|", "1 cy@x.org|||0d|"}},
		{"as mail programs paste", `Ada Lovelace <ada@x.org>; "Babbage, Charles" <cb@x.org>; Gödel, Kurt <kg@x.org>`,
			[]string{"1 ada@x.org|Ada Lovelace||0d|", "1 cb@x.org|Babbage, Charles||0d|", "1 kg@x.org|Gödel, Kurt||0d|"}},
		{"quoted comma between commas", `"Lovelace, Ada" <ada@x.org>, bob@x.org`, []string{"1 ada@x.org|Lovelace, Ada||0d|", "1 bob@x.org|||0d|"}},
		{"only angle brackets", "<ada@x.org>", []string{"1 ada@x.org|||0d|"}},
		{"role after it", "ada@x.org;Admin\nbob@x.org\tviewer", []string{"1 ada@x.org||admin|0d|", "2 bob@x.org||viewer|0d|"}},
		{"name and role after it", "ada@x.org,Ada L.,admin", []string{"1 ada@x.org|Ada L.|admin|0d|"}},
		{"no address", "Ada Lovelace\nbob@x.org", []string{`1 : line 1: "Ada Lovelace" is neither an address nor a role`, "2 bob@x.org|||0d|"}},
		{"a header", "email,name,role,message,expires_in\nada@x.org,Ada,admin,Hello,2d\n,,,,\nbob@x.org,,,,3600\n",
			[]string{"2 ada@x.org|Ada|admin|2d|Hello", "4 bob@x.org|||1h|"}},
		{"a header in another order and case", "\ufeffRole;E-Mail;Full Name\r\nVIEWER;ada@x.org;Ada\r\n", []string{"2 ada@x.org|Ada|viewer|0d|"}},
		{"tabs", "Name\tEmail Address\nAda\tada@x.org\n", []string{"2 ada@x.org|Ada||0d|"}},
		{"quoted cells", "email,name,message\n\"ada@x.org\",\"Lovelace, \"\"Ada\"\"\",\"two\nlines\"\nbob@x.org,Bob,\n",
			[]string{"2 ada@x.org|Lovelace, \"Ada\"||0d|two\nlines", "4 bob@x.org|Bob||0d|"}},
		{"a name within the address", "email,role\nAda L. <ada@x.org>,admin\n", []string{"2 ada@x.org|Ada L.|admin|0d|"}},
		{"short and long rows", "email,name\nada@x.org\nbob@x.org,Bob,more,cells\n", []string{"2 ada@x.org|||0d|", "3 bob@x.org|Bob||0d|"}},
		{"wrong values", "email,role,expires_in\nada@,,\nbob@x.org,king,\ncy@x.org,,1s\n",
			[]string{"2 ada@: email is not an email address: it needs the form name@domain", `3 bob@x.org||king|0d|`,
				"4 cy@x.org: expires_in must be from 60 seconds to 30 days"}},
		{"an open quote takes nothing else along", "email,name\nada@x.org,\"Ada\nbob@x.org,Bob\ncy@x.org,Cy\n",
			[]string{"2 : line 2 cannot be read: a quote is out of place", "3 bob@x.org|Bob||0d|", "4 cy@x.org|Cy||0d|"}},
		{"a stray quote", "email,name\nada@x.org,A\"da\nbob@x.org,Bob\n", []string{"2 : line 2 cannot be read: a quote is out of place", "3 bob@x.org|Bob||0d|"}},
		{"text that acts on terminals", "email,name\nada@x.org,\x1b[31mred\n", []string{"2 ada@x.org: name holds the character U+001B; control, formatting and invisible characters are not allowed"}},
		{"not UTF-8", "email,name\nada@x.org,G\xf6del\n", []string{"2 ada@x.org: name is not valid UTF-8 text"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := ParseImport([]byte(tt.in))
			if err != nil {
				t.Fatal(err)
			}
			if g, w := strings.Join(rowsOf(got), "\n"), strings.Join(tt.want, "\n"); g != w {
				t.Errorf("got\n%s\nwant\n%s", g, w)
			}
		})
	}
}

func TestParseImportRefuses(t *testing.T) {
	for name, tt := range map[string]struct {
		in   string
		code Code
	}{
		"nothing":       {" \n\r\n", CodeInvalid},
		"only a header": {"email,role\n", CodeInvalid},
		"UTF-16":        {"\xff\xfea\x00", CodeInvalid},
		"binary":        {"PK\x03\x04\x00\x00", CodeInvalid},
		"too large":     {strings.Repeat("x", MaxImportBytes+1), CodeLimit},
		"too many rows": {strings.Repeat("a@b.c\n", MaxImportRows+1), CodeLimit},
		"too many, CSV": {"email\n" + strings.Repeat("a@b.c\n", MaxImportRows+1), CodeLimit},
	} {
		if l, err := ParseImport([]byte(tt.in)); CodeOf(err) != tt.code {
			t.Errorf("%s: %v and %d rows, want %s", name, err, len(l.Rows), tt.code)
		}
	}
}

func TestParseImportNamesWhatItIgnores(t *testing.T) {
	l, err := ParseImport([]byte("Department,email,Start\x1bdate,email\nR&D,ada@x.org,soon,other@x.org\n"))
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprintf("%q", l.Ignored); got != `["Department" "Start�date" "email"]` || l.Rows[0].Email != "ada@x.org" {
		t.Errorf("ignored %s, row %+v", got, l.Rows[0])
	}
}

func TestParseImportOfWorkspaces(t *testing.T) {
	l, err := ParseImport([]byte("email,Workspaces\nada@x.org,Research:editor; Team: Blue ;;General\nbob@x.org, ;\ncy@x.org," + strings.Repeat("x;", MaxWorkspaceGrants+1) + "\n"))
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(l.Rows[0].Workspaces); got != "[{Research:editor } {Team: Blue } {General }]" {
		t.Error(got)
	}
	if l.Rows[1].Workspaces != nil || CodeOf(l.Rows[2].Err) != CodeInvalid || l.Ignored != nil {
		t.Errorf("%+v", l)
	}
	fill := ImportRow{Workspaces: []WorkspaceGrant{{Workspace: "Research"}}}
	if got := fmt.Sprint(l.Rows[0].Or(fill).Workspaces, l.Rows[1].Or(fill).Workspaces); got != "[{Research:editor } {Team: Blue } {General }] [{Research }]" {
		t.Error(got)
	}
}

func TestParseImportIsQuickWithHostileQuotes(t *testing.T) {
	for _, line := range []string{"\"\n", "\"\"\"\n", "a,\"\n", "\"a\"b\n", "\"\"\"\"\n", "\"\n\"\"\n"} {
		in := append([]byte("email,name\n"), bytes.Repeat([]byte(line), 15_000)...)
		start := time.Now()
		if _, err := ParseImport(in); err != nil && CodeOf(err) == CodeInternal {
			t.Fatal(err)
		}
		if d := time.Since(start); d > 5*time.Second {
			t.Errorf("%q repeated took %s", line, d)
		}
	}
}

func FuzzParseImport(f *testing.F) {
	for _, s := range []string{"ada@x.org", "email,role\nada@x.org,admin\n", "email;name\n\"a\";\"b\n", `"A, B" <a@b.c>; d@e.f`, "\ufeffmail\r\n<x@y.z>\r\n", "email\n=cmd()@x.org,\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		l, err := ParseImport(data)
		if err != nil {
			if c := CodeOf(err); c != CodeInvalid && c != CodeLimit {
				t.Fatalf("unexpected error %v", err)
			}
			return
		}
		lines := bytes.Count(data, []byte("\n")) + 1
		for i, r := range l.Rows {
			if r.Line < 1 || r.Line > lines || i > 0 && r.Line < l.Rows[i-1].Line {
				t.Fatalf("row %d is in line %d of %d", i, r.Line, lines)
			}
			if r.Err != nil {
				if m := r.Err.Error(); SafeText(m) != m {
					t.Fatalf("the error %q is not safe", m)
				}
				continue
			}
			if e, err := CheckEmail("email", r.Email); err != nil || e != r.Email {
				t.Fatalf("row %d has the address %q", i, r.Email)
			}
			if SafeText(r.Name) != r.Name || SafeLines(r.Message) != r.Message || len(r.Message) > MaxLongBytes || len(r.Name) > MaxNameBytes || !utf8.ValidString(r.Name) {
				t.Fatalf("row %d: %+v", i, r)
			}
			if r.TTL != 0 && (r.TTL < MinExpiry || r.TTL > MaxExpiry) || r.Role != "" && r.Role.Rank() == 0 {
				t.Fatalf("row %d: %+v", i, r)
			}
		}
	})
}
