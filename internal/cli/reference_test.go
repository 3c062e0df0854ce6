package cli

import (
	"bytes"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"muster/internal/op"
	"muster/tui"
	"muster/tui/tuitest"
)

// tree is the command tree as a shell (nil) or a login over SSH has it.
func tree(r *Remote) *cobra.Command {
	c := &cli{env: Env{Remote: r, Getenv: func(string) string { return "" }}, log: slog.New(slog.DiscardHandler)}
	root := c.root()
	root.InitDefaultCompletionCmd()
	walk(root, func(cmd *cobra.Command) { finish(cmd, r != nil) })
	return root
}

func trees() map[string]*cobra.Command {
	return map[string]*cobra.Command{
		"local": tree(nil), "ssh": tree(&Remote{}), "join": tree(&Remote{Kind: LoginJoin}),
		"request": tree(&Remote{Kind: LoginRequest}), "new": tree(&Remote{Kind: LoginNew}),
	}
}

func walk(cmd *cobra.Command, visit func(*cobra.Command)) {
	visit(cmd)
	for _, sub := range cmd.Commands() {
		walk(sub, visit)
	}
}

func TestEveryCommandIsExplained(t *testing.T) {
	for name, root := range trees() {
		walk(root, func(cmd *cobra.Command) {
			if strings.HasPrefix(cmd.CommandPath(), root.CommandPath()+" completion") {
				return // cobra's own
			}
			if cmd.Short == "" || cmd.Long == "" || !cmd.HasSubCommands() && cmd.Example == "" {
				t.Errorf("%s tree: %q lacks a short or long help or an example", name, cmd.CommandPath())
			}
			for line := range strings.SplitSeq(cmd.Long, "\n") {
				if len(line) > 80 {
					t.Errorf("%q: a line of %d characters: %s", cmd.CommandPath(), len(line), line)
				}
			}
			if name != "local" && strings.Contains(cmd.Example, "muster ") {
				t.Errorf("%q over SSH has the example %q", cmd.CommandPath(), cmd.Example)
			}
			cmd.Flags().VisitAll(func(f *pflag.Flag) {
				if f.Usage == "" {
					t.Errorf("%q: --%s is not explained", cmd.CommandPath(), f.Name)
				}
			})
		})
	}
}

// TestWhatBelongsToTheMachine holds that nothing over SSH opens files, listens
// or acts for somebody else.
func TestWhatBelongsToTheMachine(t *testing.T) {
	for name, root := range trees() {
		if name == "local" {
			continue
		}
		for _, cmd := range root.Commands() {
			for _, local := range localOnly {
				if cmd.Name() == local && name != "local" && !(name == "ssh" && cmd.Name() == "completion" && !cmd.IsAvailableCommand()) {
					t.Errorf("the %s tree has %q", name, local)
				}
			}
		}
		for _, flag := range []string{"data", "config", "as"} {
			walk(root, func(cmd *cobra.Command) {
				if cmd.Flags().Lookup(flag) != nil || cmd.PersistentFlags().Lookup(flag) != nil {
					t.Errorf("%q in the %s tree takes --%s", cmd.CommandPath(), name, flag)
				}
			})
		}
	}
}

// TestReference holds the generated pages of docs to what they are made from;
// `make docs` writes them.
func TestReference(t *testing.T) {
	keys, err := tui.KeyReference()
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"commands.md": reference(), "keys.md": keys} {
		file := filepath.Join("..", "..", "docs", name)
		if tuitest.Updating() {
			if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		got, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, string(got)); diff != "" {
			t.Errorf("docs/%s is out of date, run make docs (-made +file):\n%s", name, diff)
		}
	}
}

const referenceHead = `# Commands

Made from the table of operations by ` + "`make docs`" + `; do not edit. Below each command
stand the name of its operation, as in the audit log and for ` + "`can-i`" + `, and who may run it.
Site admins may do all of it, personal workspaces aside.

Every command runs in a shell on the machine of the database, ` + "`muster member list`" + `,
and, unless it says otherwise, over SSH: ` + "`ssh HOST member list`" + `. ` + "`ssh ACME@HOST …`" + ` works
in the organization ACME.

` + "`--json`" + ` answers with one JSON value on standard output. Lists are
` + "`{\"items\":[…],\"next\":\"…\"}`" + `; next goes into ` + "`--after`" + ` for the next page and is empty on
the last. Times are RFC 3339 in UTC. An error is one JSON value on standard error,
` + "`{\"error\":{\"code\":\"…\",\"message\":\"…\",\"hint\":\"…\"}}`" + `.

| exit status | code | what it means |
|---|---|---|
| 0 | | done |
| 1 | internal | a fault of muster or of the machine under it |
| 2 | usage | the words of the command are wrong |
| 3 | invalid | a value is not allowed |
| 4 | denied | you may not do this |
| 5 | not_found | it does not exist, or not for you |
| 6 | conflict | it changed meanwhile, or is taken |
| 7 | limit | too many, too often, too large |
| 8 | gone | expired, revoked, used |
`

func reference() string {
	var b bytes.Buffer
	b.WriteString(referenceHead)
	root := tree(nil)
	b.WriteString("\n## Options of every command\n\n")
	options(&b, root.PersistentFlags())
	for _, noun := range root.Commands() {
		section(&b, noun, "##")
	}
	b.WriteString("\n## With a code as the user name\n\nThese commands are for people who may have no account yet.\n")
	for _, login := range []struct {
		name string
		kind LoginKind
	}{{"join+CODE", LoginJoin}, {"request+CODE", LoginRequest}, {"new", LoginNew}} {
		for _, cmd := range tree(&Remote{Kind: login.kind}).Commands() {
			if cmd.Name() != "version" && cmd.Name() != "help" {
				cmd.Root().Annotations[cobra.CommandDisplayNameAnnotation] = "ssh " + login.name + "@HOST"
				section(&b, cmd, "###")
			}
		}
	}
	return b.String()
}

func section(b *bytes.Buffer, cmd *cobra.Command, level string) {
	if cmd.Name() == "help" {
		return
	}
	fmt.Fprintf(b, "\n%s %s\n\n%s\n", level, cmd.CommandPath(), cmd.Long)
	if cmd.Name() == "completion" { // its four subcommands are cobra's own
		return
	}
	for _, name := range localOnly {
		if cmd.CommandPath() == "muster "+name {
			b.WriteString("\nOnly in a shell on the machine of the database.\n")
		}
	}
	if cmd.HasSubCommands() {
		for _, sub := range cmd.Commands() {
			section(b, sub, level+"#")
		}
		return
	}
	if r := op.Find(cmd.Annotations[operation]); r != nil {
		fmt.Fprintf(b, "\n`%s`, for %s.\n", r.Name, r.Who())
	}
	fmt.Fprintf(b, "\n    %s\n", cmd.UseLine())
	if cmd.Example != "" {
		fmt.Fprintf(b, "\nFor example:\n\n    %s\n", strings.ReplaceAll(strings.TrimSpace(cmd.Example), "\n", "\n  "))
	}
	if cmd.LocalNonPersistentFlags().HasAvailableFlags() {
		b.WriteByte('\n')
		options(b, cmd.LocalNonPersistentFlags())
	}
}

func options(b *bytes.Buffer, flags *pflag.FlagSet) {
	b.WriteString("| option | what it is for |\n|---|---|\n")
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Hidden || f.Name == "help" {
			return
		}
		name := "--" + f.Name
		if f.Value.Type() != "bool" {
			name += " " + strings.ToUpper(f.Value.Type())
		}
		fmt.Fprintf(b, "| `%s` | %s |\n", name, f.Usage)
	})
}
