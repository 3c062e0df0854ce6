package models

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestListsOfOtherTools reads an export of each tool: one row is one person,
// with the main address, whatever other addresses the row holds.
func TestListsOfOtherTools(t *testing.T) {
	want := map[string][]string{
		"google-workspace.csv": {"2 nora@lind.example|Nora Lindqvist|", `3 olle@lind.example: left out: "Status [READ ONLY]" is Suspended in the list`},
		"google-contacts.csv": {"2 ruth@gc.example|Ruth Abrams|",
			`5 : no address: the column "E-mail 1 - Value" is empty`},
		"google-contacts-old.csv": {"2 ruth@gc.example|Ruth Abrams|"},
		"entra.csv": {"2 priya@fjord.example|Priya Nair|", `3 tom@fjord.example: left out: "accountEnabled" is False in the list`,
			"4 lea@partner.example|Léa Martin|"},
		"microsoft365.csv":    {"2 ann@harbour.example|Ann Lee|", `3 old@harbour.example: left out: "Block credential" is True in the list`},
		"outlook.csv":         {"2 ivo@quay.example|Ivo Petrov|"},
		"outlook-de.csv":      {"2 juergen@kai.example|Jürgen Müller|"},
		"outlook-fr.csv":      {"2 chloe@quai.example|Chloé Dubois|"},
		"outlook-es.csv":      {"2 inigo@muelle.example|Íñigo Ruiz|"},
		"okta.csv":            {"2 amir@delta.example|Amir Haddad|", `3 eva@delta.example: left out: "Status" is SUSPENDED in the list`, `4 jo@delta.example: left out: "Status" is DEPROVISIONED in the list`, "5 kim@delta.example|Kim New|"},
		"slack.csv":           {"2 mina@reef.example|Mina Okafor|", "3 paul@reef.example|Paul Reyes|", `4 former@reef.example: left out: "status" is Deactivated in the list`, `5 : left out: "status" is Bot in the list`},
		"github.csv":          {"2 tove@reef.example|Tove Krag|owner", "3 lim@reef.example||member"},
		"github-licenses.csv": {"2 tove@reef.example|Tove Krag|"},
		"mailchimp.csv":       {"2 wren@moss.example|Wren Ito|"},
		"thunderbird.csv":     {"2 ada@loom.example|Ada Byron|"},
		"thunderbird-de.csv":  {"2 kaethe@loom.example|Käthe Wolff|"},
		"thunderbird-fr.csv":  {"2 luc@loom.example|Luc Moreau|"},
		"thunderbird-es.csv":  {"2 ana@loom.example|Ana Soler|"},
		"apple-business.csv":  {"2 noa@grove.example|Noa Levi|viewer", `3 ben@grove.example: left out: "Status" is Deactivated in the list`},
		"excel-sep-de.csv":    {"3 mia@werft.example|Mia Vogel|viewer"},
		"old-mac.txt":         {"2 zoe@mac.example|Zoe Park|", "3 yan@mac.example|Yan Wu|"},
		"unicode-text.txt":    {"2 zoe@sheet.example|Zoë Park|"},
		"hr.csv":              {"2 otto@hr.example|Otto K|"},
		"directory.csv":       {"2 ivo@x.example|Ivo|"},
	}
	files, err := filepath.Glob("testdata/lists/*")
	if err != nil || len(files) != len(want) {
		t.Fatalf("%d files, %d expected, %v", len(files), len(want), err)
	}
	for _, file := range files {
		name := filepath.Base(file)
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		l, err := ParseImport(data)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := brief(l); !slices.Equal(got, want[name]) {
			t.Errorf("%s: got\n%s\nwant\n%s", name, strings.Join(got, "\n"), strings.Join(want[name], "\n"))
		}
		for _, r := range l.Rows {
			if r.Message != "" {
				t.Errorf("%s: %q would be mailed", name, r.Message)
			}
			if left := strings.HasPrefix(fmt.Sprint(r.Err), "left out"); left != r.LeftOut || r.Err != nil && left != (r.Status() == ImportSkipped) {
				t.Errorf("%s: line %d is left out: %v, status %s", name, r.Line, r.LeftOut, r.Status())
			}
		}
	}
}

// TestTheExamplesOfTheLists holds docs/lists.md to what it says: after each list
// stands who would be invited.
func TestTheExamplesOfTheLists(t *testing.T) {
	page, err := os.ReadFile("../docs/lists.md")
	if err != nil {
		t.Fatal(err)
	}
	examples := regexp.MustCompile("(?s)```(?:csv|text)\n(.*?)```\n\nInvites ([^\n]*)\\.").FindAllStringSubmatch(string(page), -1)
	if blocks := strings.Count(string(page), "```csv"); len(examples) < blocks || blocks < 10 {
		t.Errorf("%d examples with an outcome for %d lists", len(examples), blocks)
	}
	for _, x := range examples {
		l, err := ParseImport([]byte(x[1]))
		if err != nil {
			t.Errorf("%v in\n%s", err, x[1])
			continue
		}
		var got []string
		for _, r := range l.Rows {
			if r.Err != nil {
				continue
			}
			who := r.Email
			if r.Name != "" {
				who = r.Name + " <" + who + ">"
			}
			if r.Role != "" {
				who += " as " + string(r.Role)
			}
			got = append(got, "`"+who+"`")
		}
		if g := strings.Join(got, " and "); g != x[2] {
			t.Errorf("got %s, want %s from\n%s", g, x[2], x[1])
		}
	}
}

// brief shows who would be invited as what, or why not.
func brief(l ImportList) (out []string) {
	for _, r := range l.Rows {
		if r.Err != nil {
			out = append(out, fmt.Sprintf("%d %s: %s", r.Line, r.Email, r.Err))
			continue
		}
		out = append(out, fmt.Sprintf("%d %s|%s|%s", r.Line, r.Email, r.Name, r.Role))
	}
	return out
}

func TestHeaders(t *testing.T) {
	for header, field := range map[string]string{
		"E-Mail-Adresse": fieldEmail, "Courriel": fieldEmail, "Correo electrónico": fieldEmail, "Correo electro\u0301nico": fieldEmail,
		"emailAddress": fieldEmail, "EMAIL_ADDRESS": fieldEmail, " e-mail ": fieldEmail, "Email Address [Required]": fieldEmail, "Email:": fieldEmail,
		"Message": fieldMessage, "accountEnabled": fieldEnabled, "Prénom": fieldFirst,
		// Others' addresses, further addresses, and what only sounds like one.
		"Address": "", "Manager Email": "", "Email (Manager)": "", "Email [Manager]": "", "Recovery Email": "", "Secondary Email": "", "Personal Email": "",
		"E-mail 2 - Value": "", "E-mail 1 - Label": "", "E-mail Type": "", "Email opt-in": "", "Sekundäre E-Mail-Adresse": "", "Adresse e-mail secondaire": "",
		"New Primary Email [UPLOAD ONLY]": "", "": "", strings.Repeat("Email", 100): "",
	} {
		if got := layoutWords().headers[foldHeader(header)].field; got != field {
			t.Errorf("%q is %q, want %q", header, got, field)
		}
	}
}

func TestImportRefusesWhatItDoesNotUnderstand(t *testing.T) {
	for _, tt := range []struct{ in, message string }{
		{"Full Name,Mailbox,Manager Email\nOtto,otto@hr.example,chief@hr.example\n", `no column is recognized as the email address; the list has "Full Name", "Mailbox" and "Manager Email"`},
		{"Manager Email\nchief@hr.example\n", `no column is recognized as the email address; the list has "Manager Email"`},
		{"Name;Adresse privée\nIvo;ivo@x.example\n", `no column is recognized as the email address; the list has "Name" and "Adresse privée"`},
		{"login\nada\n", "the list has no addresses"},
		{"Name\nada@x.example\n", `no column is recognized as the email address; the list has "Name"`},
		{"Mailbox\nada@x.example\n", `no column is recognized as the email address; the list has "Mailbox"`},
		{"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Ada\r\nEMAIL;type=HOME:ada@x.example\r\nEND:VCARD\r\n", "the list is a vCard file; muster reads CSV and lines of addresses"},
		{"Pr\xe9nom,Email\nIvo,ivo@x.example\n", "the header is not UTF-8 text"},
		{strings.Repeat("a,", maxImportColumns) + "email\n", "the list has more than 500 columns"},
	} {
		l, err := ParseImport([]byte(tt.in))
		if err == nil || err.Error() != tt.message {
			t.Errorf("%.60q: %v and %d rows, want %s", tt.in, err, len(l.Rows), tt.message)
		}
	}
	if _, err := ParseImport([]byte("Mailbox,Boss\nada@x.example,bob@x.example\n")); !strings.Contains(AsError(err).Hint, `--column email="HEADER"`) {
		t.Errorf("the hint is %q", AsError(err).Hint)
	}
}

func TestNamedColumns(t *testing.T) {
	const in = "Full Name,Mailbox,Email,Role,note,Message\nOtto K,otto@hr.example,team@hr.example,Baker,on probation,Hello\n"
	for _, tt := range []struct {
		columns []string
		want    string
	}{
		{nil, "team@hr.example|Otto K|Baker|Hello"},
		{[]string{"email=Mailbox", "role="}, "otto@hr.example|Otto K||Hello"},
		{[]string{"email=mailbox", "name=Role", "message="}, "otto@hr.example|Baker||"},
		{[]string{`message=note`}, "team@hr.example|Otto K|Baker|on probation"},
		{[]string{"email=Mail Box"}, "otto@hr.example|Otto K|Baker|Hello"},
		{[]string{"email=Work Mail"}, `the list has no column "Work Mail"`},
		{[]string{"mail=Mailbox"}, `"mail=Mailbox" does not name a column`},
		{[]string{"Mailbox"}, `"Mailbox" does not name a column`},
		{[]string{"email="}, "the column of the email address cannot be left out"},
	} {
		got := func() string {
			var named []ImportColumn
			for _, c := range tt.columns {
				column, err := ParseImportColumn(c)
				if err != nil {
					return err.Error()
				}
				named = append(named, column)
			}
			l, err := ParseImport([]byte(in), named...)
			if err != nil {
				return err.Error()
			}
			r := l.Rows[0]
			return fmt.Sprintf("%s|%s|%s|%s", r.Email, r.Name, r.Role, r.Message)
		}()
		if got != tt.want {
			t.Errorf("%q: got %s, want %s", tt.columns, got, tt.want)
		}
	}
	if l, err := ParseImport([]byte("ada@x.example\n"), ImportColumn{"email", "Mailbox"}); err == nil {
		t.Errorf("a list without a header has a column: %+v", l)
	}
}

func TestImportSaysHowItReadTheHeader(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"email,name,note\nivy@x.example,Ivy,on probation\n", `the column "note" is not mailed; only a column named message is`},
		{"Vorname;Nachname;E-Mail-Adresse;Abteilung\nA;B;a@x.example;C\n", `the address is read from "E-Mail-Adresse", the name from "Vorname" and "Nachname"` + "\n" +
			`the column "Abteilung" is not used`},
		{"Display name;First name;Last name;Full name;email\nA B;A;B;A B;a@x.example\n", `the address is read from "email", the name from "Full name"`},
		{"email,a,b,c,d,e,f,g,h,i,j,k\nivy@x.example\n", `these columns are not used: "a", "b", "c", "d", "e", "f", "g", "h" and 3 more`},
		{"ivy@x.example\n", ""}, {"Name;E-Mail\nIvy;ivy@x.example\n", ""},
	} {
		l, err := ParseImport([]byte(tt.in))
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(l.Remarks(), "\n"); got != tt.want {
			t.Errorf("got\n%s\nwant\n%s", got, tt.want)
		}
		if l.Rows[0].Message != "" {
			t.Errorf("%q would be mailed", l.Rows[0].Message)
		}
	}
}

func TestRowsThatTheListRulesOut(t *testing.T) {
	for _, tt := range []struct {
		header, cell string
		out          bool
	}{
		{"Status", "Active", false}, {"Status", "", false}, {"Status", "Deactivated", true}, {"Status", "deactivated (2024)", true}, {"Status", "Not suspended", false},
		{"Statut", "Désactivé", true}, {"Benutzerstatus", "Gesperrt", true}, {"Estado", "Bloqueada", true}, {"Estado", "Sonora", false},
		{"Blocked", "no", false}, {"Blocked", "True", true}, {"Blocked", "", false}, {"Suspended", "2025-01-01", true}, {"Suspended", "-", false}, {"Is bot", "1", true}, {"Bot", "FALSE", false},
		{"Active", "yes", false}, {"Active", "", false}, {"Active", "No", true}, {"Active", "Inactive", true}, {"accountEnabled", "False", true}, {"Aktiv", "nein", true},
		{"User Type", "Bot", true}, {"User Type", "Guest", false}, {"billing-active", "0", false},
	} {
		l, err := ParseImport(fmt.Appendf(nil, "email,%s\nada@x.example,%s\n", tt.header, tt.cell))
		if err != nil {
			t.Fatal(err)
		}
		if l.Rows[0].LeftOut != tt.out {
			t.Errorf("%s %q: left out is %v, %v", tt.header, tt.cell, l.Rows[0].LeftOut, l.Rows[0].Err)
		}
	}
}

func TestAddressesInTheirForms(t *testing.T) {
	for _, tt := range []struct{ in, name, email string }{
		{"nora@lind.example", "", "nora@lind.example"},
		{" Nora <nora@lind.example> ", "Nora", "nora@lind.example"},
		{`"Lindqvist, Nora" <nora@lind.example>`, "Lindqvist, Nora", "nora@lind.example"},
		{"<nora@lind.example>", "", "nora@lind.example"},
		{"MAILTO:nora@lind.example?subject=hi", "", "nora@lind.example"},
		{"Nora <mailto:nora@lind.example>", "Nora", "nora@lind.example"},
	} {
		name, email, err := CheckAddress("email", tt.in)
		if name != tt.name || email != tt.email || err != nil {
			t.Errorf("%q: %q, %q, %v", tt.in, name, email, err)
		}
	}
	for _, in := range []string{"", "Nora", "Nora <>", "Nora <nora@lind.example", "<a@b.example> <c@d.example>\x1b", "\x1b <nora@lind.example>", "mailto:"} {
		if name, email, err := CheckAddress("email", in); CodeOf(err) != CodeInvalid {
			t.Errorf("%q: %q, %q, %v", in, name, email, err)
		}
	}
}
