package models

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
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
		{"a role after a blank", "cal@acme.dev admin\nCal <cal@acme.dev> Viewer\n", []string{"1 cal@acme.dev||admin|0d|", "2 cal@acme.dev|Cal|viewer|0d|"}},
		{"a custom role", "cal@acme.dev Field Auditor\nCal <cal@acme.dev>, Auditor\n", []string{"1 cal@acme.dev||Field Auditor|0d|", "2 cal@acme.dev|Cal|Auditor|0d|"}},
		{"each with a role", "ada@x.org viewer, bob@x.org, admin, Cy <cy@x.org> member", []string{"1 ada@x.org||viewer|0d|", "1 bob@x.org||admin|0d|", "1 cy@x.org|Cy|member|0d|"}},
		{"blanks between addresses", "ada@x.org  bob@x.org", []string{"1 ada@x.org|||0d|", "1 bob@x.org|||0d|"}},
		{"links", "mailto:ada@x.org\nBob <mailto:bob@x.org>", []string{"1 ada@x.org|||0d|", "2 bob@x.org|Bob||0d|"}},
		{"typed at a terminal in raw mode", "q1@x.example\rq2@x.example\r\x04", []string{"1 q1@x.example|||0d|", "2 q2@x.example|||0d|"}},
		{"typed at a terminal", "q1@x.example\nq2@x.example\n", []string{"1 q1@x.example|||0d|", "2 q2@x.example|||0d|"}},
		{"CR and CRLF mixed", "a@x.example\r\nb@x.example\rc@x.example\n\x1a", []string{"1 a@x.example|||0d|", "2 b@x.example|||0d|", "3 c@x.example|||0d|"}},
		{"a table without its header invites nobody else of a row", "ada@x.org,Ada,boss@x.org\nIvo,1 High St,ivo@x.example,chief@x.example\nada@x.org;Ada;admin;Leeds\n",
			[]string{`1 ada@x.org: line 1: "Ada" is neither an address nor a role`, `2 : line 2: "Ivo" is neither an address nor a role`, `3 ada@x.org: line 3: "Leeds" is neither an address nor a role`}},
		{"a name without brackets", "Cal cal@acme.dev\nA <a@x.org> B <b@x.org>", []string{`1 : line 1: "Cal cal@acme.dev" is neither an address nor a role`, `2 : line 2: "A <a@x.org> B <b@x.org>" is neither an address nor a role`}},
		{"two addresses in a cell", "email,name\na@x.org;b@x.org,Ada\n", []string{`2 a@x.org;b@x.org: "a@x.org;b@x.org" is not one address`}},
		{"any separator", "Name|Email|Role\nAda|ada@x.org|viewer\n", []string{"2 ada@x.org|Ada|viewer|0d|"}},
		{"the separator named", "\ufeffsep=^\r\nName^Courriel\r\nAda^mailto:ada@x.org\r\n", []string{"3 ada@x.org|Ada||0d|"}},
		{"the separator named as a tab", "\"sep=\t\"\nName\tCorreo electrónico\nAda\tada@x.org\n", []string{"3 ada@x.org|Ada||0d|"}},
		{"blanks after the separator", "name, email\n\"Lovelace, Ada\", ada@x.org\n", []string{"2 ada@x.org|Lovelace, Ada||0d|"}},
		{"UTF-16", "\xfe\xff\x00a\x00@\x00x\x00.\x00o\x00r\x00g", []string{"1 a@x.org|||0d|"}},
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
		{"text that acts on terminals", "email,name\nada@x.org,\x1b[31mred\n", []string{"2 ada@x.org: name contains the character U+001B; control, formatting and invisible characters are not allowed"}},
		{"a role that acts on terminals", "email,role\nada@x.org,\x1b[31mking\n", []string{"2 ada@x.org: role contains the character U+001B; control, formatting and invisible characters are not allowed"}},
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
		"UTF-16, alone": {"\xff\xfea\x00", CodeInvalid},
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
	for _, s := range []string{"ada@x.org", "email,role\nada@x.org,admin\n", "email;name\n\"a\";\"b\n", `"A, B" <a@b.c>; d@e.f`, "\ufeffmail\r\n<x@y.z>\r\n", "email\n=cmd()@x.org,\n",
		"sep=;\nName;E-Mail-Adresse;Status\nA;mailto:a@b.c;Bot\n", "Name,E-mail 1 - Value\nA,a@b.c ::: d@e.f\n", "a@b.c admin\rB <b@b.c> viewer\r\x04", "\xff\xfea\x00@\x00b\x00"} {
		f.Add([]byte(s))
	}
	files, err := filepath.Glob("testdata/lists/*")
	if err != nil || len(files) == 0 {
		f.Fatalf("no lists: %v", err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		l, err := ParseImport(data)
		if err != nil {
			if c := CodeOf(err); c != CodeInvalid && c != CodeLimit {
				t.Fatalf("unexpected error %v", err)
			}
			return
		}
		text, err := plainText(data)
		if err != nil {
			t.Fatal(err)
		}
		lines := bytes.Count(text, []byte("\n")) + 1
		for _, said := range l.Remarks() {
			if SafeText(said) != said {
				t.Fatalf("the remark %q is not safe", said)
			}
		}
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
			if r.TTL != 0 && (r.TTL < MinExpiry || r.TTL > MaxExpiry) || SafeText(string(r.Role)) != string(r.Role) {
				t.Fatalf("row %d: %+v", i, r)
			}
		}
	})
}
