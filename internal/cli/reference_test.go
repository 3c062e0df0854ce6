package cli

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"muster/internal/tools/pages"
	"muster/tui"
	"muster/tui/tuitest"
)

func tree(r *Remote) *cobra.Command { return treeOf(r) }

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
	for name, want := range map[string]string{"commands.md": reference(t), "keys.md": keys} {
		file := filepath.Join("..", "..", "docs", name)
		must(t, pages.Keep(t, file, want, tuitest.Updating()))
	}
}
