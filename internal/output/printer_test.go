package output_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"
	"pgregory.net/rapid"

	"muster/internal/output"
	"muster/models"
)

var members = struct {
	headers []string
	rows    [][]string
}{
	[]string{"EMAIL", "NAME", "ROLE", "WHY"},
	[][]string{
		{"ada@acme.dev", "Ada Lovelace", "owner", "founded the organization and looks after its members"},
		{"misaki@acme.dev", "高橋 美咲", "viewer", ""},
		{"eve@acme.dev", "Eve \x1b[31m", "member"},
	},
}

// Scripts read these bytes: a Printer that writes to no terminal changes none.
func TestPrinterIsPlainForScripts(t *testing.T) {
	e := models.Errorf(models.CodeDenied, "you may not").WithHint("ask an owner")
	help := "Usage:\n  muster [command]\n"
	var want, got bytes.Buffer
	must(t, output.Table(&want, members.headers, members.rows), output.Error(&want, e, false), output.Error(&want, e, true))
	want.WriteString(help)
	for name, p := range map[string]*output.Printer{
		"plain":               output.Plain(&got),
		"colours, no columns": output.NewPrinter(&got, 0, colorprofile.TrueColor),
	} {
		got.Reset()
		must(t, p.Table(members.headers, members.rows), p.Error(e, false), p.Error(e, true), p.Help(help))
		if got.String() != want.String() {
			t.Errorf("%s: got\n%q\nwant\n%q", name, got.String(), want.String())
		}
	}
}

func must(t *testing.T, errs ...error) {
	t.Helper()
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
}

// Where there is room, a terminal shows the table that a script reads.
func TestPrinterTableWithRoom(t *testing.T) {
	var want, got bytes.Buffer
	must(t, output.Table(&want, members.headers, members.rows),
		output.NewPrinter(&got, 120, colorprofile.ANSI256).Table(members.headers, members.rows))
	if ansi.Strip(got.String()) != want.String() {
		t.Errorf("got\n%s\nwant\n%s", ansi.Strip(got.String()), want.String())
	}
	if !strings.HasPrefix(got.String(), "\x1b[1mEMAIL") {
		t.Errorf("the heading has no look: %q", got.String())
	}
	got.Reset()
	must(t, output.NewPrinter(&got, 120, colorprofile.ASCII).Table(members.headers, members.rows))
	if strings.Contains(got.String(), "\x1b[3") {
		t.Errorf("colours without colours: %q", got.String())
	}
}

// No line is longer than the terminal, and no letter is lost.
func TestPrinterTableKeepsToTheWidth(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		columns := rapid.IntRange(1, 4).Draw(rt, "columns")
		cell := rapid.StringOfN(rapid.RuneFrom([]rune("ab c日")), 0, 30, -1)
		row := rapid.SliceOfN(cell, columns, columns)
		headers, rows := row.Draw(rt, "headers"), rapid.SliceOfN(row, 1, 4).Draw(rt, "rows")
		width := rapid.IntRange(22, 60).Draw(rt, "width")
		var b bytes.Buffer
		if err := output.NewPrinter(&b, width, colorprofile.NoTTY).Table(headers, rows); err != nil {
			rt.Fatal(err)
		}
		for line := range strings.Lines(b.String()) {
			if w := ansi.StringWidth(strings.TrimRight(line, "\n")); w > width {
				rt.Fatalf("a line of %d columns in %d:\n%s", w, width, b.String())
			}
		}
		letters := func(s string) (n int) {
			return strings.Count(s, "a") + strings.Count(s, "b") + strings.Count(s, "c") + strings.Count(s, "日")
		}
		want := 0
		for i, h := range headers { // of a column in which something stands
			if slices.ContainsFunc(rows, func(r []string) bool { return r[i] != "" }) {
				want += letters(h)
			}
		}
		for _, r := range rows {
			want += letters(strings.Join(r, ""))
		}
		if got := letters(b.String()); got != want {
			rt.Fatalf("%d letters of %d are left in %d columns:\n%s", got, want, width, b.String())
		}
	})
}

func TestPrinterErrorAndHelp(t *testing.T) {
	var b bytes.Buffer
	p := output.NewPrinter(&b, 80, colorprofile.ANSI)
	must(t, p.Error(models.Errorf(models.CodeDenied, "you may not\x1b[2J").WithHint("ask an owner"), false))
	if got, want := b.String(), "\x1b[1;31mmuster: error:\x1b[m you may not�[2J\n\x1b[33mmuster: hint:\x1b[m ask an owner\n"; got != want {
		t.Errorf("error is\n%q, want\n%q", got, want)
	}
	b.Reset()
	must(t, p.Help("about muster\n\nUsage:\n  muster [command]\n\nFlags:\n      --json   one value\n  -h, --help   help for muster\n"))
	want := "about muster\n\n\x1b[1mUsage:\x1b[m\n  \x1b[36mmuster [command]\x1b[m\n\n\x1b[1mFlags:\x1b[m\n      \x1b[36m--json\x1b[m   one value\n  \x1b[36m-h, --help\x1b[m   help for muster\n"
	if b.String() != want {
		t.Errorf("help is\n%q, want\n%q", b.String(), want)
	}
}

func BenchmarkPrinterTable(b *testing.B) {
	rows := make([][]string, 1000)
	for i := range rows {
		rows[i] = members.rows[i%3]
	}
	for name, width := range map[string]int{"plain": 0, "room": 200, "narrow": 60} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				var out bytes.Buffer
				_ = output.NewPrinter(&out, width, colorprofile.ANSI256).Table(members.headers, rows)
			}
		})
	}
}
